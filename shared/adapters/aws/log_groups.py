"""Log groups and the key of their events (Amazon CloudWatch Logs API). What is stored already stays under its old key."""

from collections.abc import Iterator, Mapping

from shared.adapters.aws.arns import named
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.encrypted import Lister, Named, under_one_key
from shared.adapters.aws.errors import call, pages
from shared.adapters.aws.facets import FacetTable
from shared.domain.errors import Absent
from shared.domain.facet import EncryptedWith
from shared.domain.resource import Kind, Ref

_MARK = ":log-group:"


def _key(clients: Clients, group: Ref) -> str:
    """There is no call for one group: they are listed by the beginning of the name. Raises `Absent`."""
    paginator = clients.logs(group.account, group.region).get_paginator("describe_log_groups")
    for page in pages(paginator, logGroupNamePrefix=_name(group)):
        for found in page["logGroups"]:
            if found["logGroupName"] == _name(group):
                return found.get("kmsKeyId", "")
    raise Absent("the log group is gone")


def _put(clients: Clients, group: Ref, key: str) -> Mapping[str, object]:
    client = clients.logs(group.account, group.region)
    if not key:
        return call(client.disassociate_kms_key, logGroupName=_name(group))
    return call(client.associate_kms_key, logGroupName=_name(group), kmsKeyId=key)


def _name(group: Ref) -> str:
    return group.id.partition(_MARK)[2]


def _all(clients: Clients, key: Ref) -> Iterator[Named]:
    for page in pages(clients.logs(key.account, key.region).get_paginator("describe_log_groups")):
        for found in page["logGroups"]:
            yield named(Kind.LOG_GROUP, found["arn"].removesuffix(":*")), found.get("kmsKeyId", "")


_READ = frozenset({"logs:DescribeLogGroups"})

FACETS: FacetTable = {
    (Kind.LOG_GROUP, EncryptedWith): under_one_key(
        _key, _put, _READ, frozenset({"logs:AssociateKmsKey", "logs:DisassociateKmsKey"}), aliases=False
    ),
}

LISTER = Lister(_all, _READ)
