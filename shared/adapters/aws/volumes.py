"""The key that new block storage of an account and Region is encrypted with (Amazon EC2 API). Volumes stay under their own."""

from collections.abc import Iterator, Mapping

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.encrypted import Lister, Named, under_one_key
from shared.adapters.aws.errors import call
from shared.adapters.aws.facets import FacetTable
from shared.domain.facet import EncryptedWith
from shared.domain.resource import Cloud, Kind, Ref

OWN = "alias/aws/ebs"
"""What EC2 answers where nobody has chosen a key."""


def _key(clients: Clients, volumes: Ref) -> str:
    name = call(clients.ec2(volumes.account, volumes.region).get_ebs_default_kms_key_id)["KmsKeyId"]
    return "" if name.endswith(OWN) else name


def _put(clients: Clients, volumes: Ref, key: str) -> Mapping[str, object]:
    client = clients.ec2(volumes.account, volumes.region)
    return call(client.modify_ebs_default_kms_key_id, KmsKeyId=key) if key else call(client.reset_ebs_default_kms_key_id)


def _all(clients: Clients, key: Ref) -> Iterator[Named]:
    ref = Ref(cloud=Cloud.AWS, kind=Kind.VOLUMES, account=key.account, region=key.region, id=key.account)
    yield ref, _key(clients, ref)


_READ = frozenset({"ec2:GetEbsDefaultKmsKeyId"})

FACETS: FacetTable = {
    (Kind.VOLUMES, EncryptedWith): under_one_key(
        _key, _put, _READ, frozenset({"ec2:ModifyEbsDefaultKmsKeyId", "ec2:ResetEbsDefaultKmsKeyId"}), aliases=False
    ),
}

LISTER = Lister(_all, _READ)
