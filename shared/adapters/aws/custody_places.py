"""Where the record lies on AWS: what the policy file names, and everything else by convention."""

import msgspec

from shared.adapters.aws.arns import partition_of
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.containment.parallel import in_parallel
from shared.domain.errors import Absent, NotReady
from shared.settings import CustodyPlaces

DATA_KEY = "alias/codeblue-custody-data"
"""The symmetric key that wraps the secrets of cases; another than the signing key, for KMS keys have one use."""

SECOND_REGION = {
    "us-east-1": "us-west-2",
    "us-east-2": "us-west-2",
    "us-west-1": "us-east-1",
    "us-west-2": "us-east-1",
    "us-gov-east-1": "us-gov-west-1",
    "us-gov-west-1": "us-gov-east-1",
    "ca-central-1": "ca-west-1",
    "ca-west-1": "ca-central-1",
    "eu-central-1": "eu-west-1",
    "eu-north-1": "eu-central-1",
    "eu-south-1": "eu-central-1",
    "eu-west-1": "eu-central-1",
    "eu-west-3": "eu-central-1",
    "ap-northeast-1": "ap-northeast-3",
    "ap-south-1": "ap-south-2",
    "ap-southeast-2": "ap-southeast-4",
}
"""A Region far away and under the same law, which a record about health data must not leave. Where none is known, name one."""


class Places(msgspec.Struct, frozen=True):
    """Buckets with their Regions, the table, and the keys by alias. Table and keys are in `region`."""

    bucket: str
    region: str
    second_bucket: str
    second_region: str
    table: str
    key: str
    data_key: str = DATA_KEY


def table_of(cases: str) -> str:
    """The table of what triage has counted, and of links, by that of the cases."""
    return f"{cases}-memory"


def places(clients: Clients, named: CustodyPlaces) -> Places:
    """The places for the responder's own account and Region.

    Raises `NotReady` where no second Region is known for this one and the policy file names no second bucket.
    """
    second = SECOND_REGION.get(clients.region, "")
    if not second and not named.second_bucket:
        raise NotReady(f"no second Region is known for {clients.region}: name a bucket as second_bucket in [custody]")
    return Places(
        bucket=named.bucket or f"codeblue-custody-{clients.home}-{clients.region}",
        region=clients.region,
        second_bucket=named.second_bucket or f"codeblue-custody-{clients.home}-{second}",
        second_region=second or clients.region,
        table=named.table,
        key=named.key,
    )


PERMISSIONS = frozenset({"kms:DescribeKey"})
"""What `resources` needs."""


def resources(clients: Clients, at: Places) -> tuple[str, ...]:
    """The ARNs of the buckets and keys: nothing that this program does may touch them. Raises `NotReady` where a key is absent."""
    kms = clients.kms("", at.region)
    partition = partition_of(at.region)
    try:
        keys = in_parallel(lambda alias: call(kms.describe_key, KeyId=alias)["KeyMetadata"]["Arn"], (at.key, at.data_key))
    except Absent as error:
        raise NotReady(f"custody has no key yet ({error}): run `codeblue init`") from None
    return (*(f"arn:{partition}:s3:::{bucket}" for bucket in (at.bucket, at.second_bucket)), *keys)
