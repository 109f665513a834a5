"""What a KMS key is called: its ARN, its bare id, its aliases; and who else goes by them (AWS KMS API)."""

from collections.abc import Iterator, Sequence

from shared.adapters.aws import arns
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages, request_id
from shared.adapters.aws.facets import FacetAdapter, FacetTable, RelationAdapter, RelationTable
from shared.domain.facet import AliasTarget
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt, Relation

LIST = frozenset({"kms:ListAliases"})
"""What `names_of` needs."""

RESOLVE = frozenset({"kms:DescribeKey"})
"""What `resolved` needs."""


def full(name: str, account: str, region: str) -> str:
    """The ARN of a key or alias that a resource of this account and Region names in short; empty stays empty."""
    if not name or name.startswith("arn:"):
        return name
    resource = name if name.startswith("alias/") else f"key/{name}"
    return f"arn:{arns.partition_of(region)}:kms:{region}:{account}:{resource}"


def resolved(clients: Clients, name: str, account: str, region: str) -> str:
    """The ARN of the key that a resource of this account and Region names in any way; empty stays empty.

    A key's ARN or id is taken as it is, for its policy may shut us out. An alias of AWS's own stays one: its key is not ours.
    """
    arn = full(name, account, region)
    if ":alias/" not in arn or ":alias/aws/" in arn:
        return arn
    client = clients.kms(arns.account_of(arn), arns.region_of(arn))
    return call(client.describe_key, KeyId=arn)["KeyMetadata"]["Arn"]


def names_of(clients: Clients, key: Ref) -> frozenset[str]:
    """Every ARN that means this key now: its own, and those of its aliases."""
    return frozenset({key.id, *(alias.id for alias in _aliases(clients, key))})


def _aliases(clients: Clients, key: Ref) -> tuple[Ref, ...]:
    listed = pages(clients.kms(key.account, key.region).get_paginator("list_aliases"), KeyId=key.id)
    return tuple(arns.named(Kind.ALIAS, alias["AliasArn"]) for page in listed for alias in page["Aliases"])


def aliases_under(clients: Clients, account: str, region: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Name and target (a bare key id) of every alias of the account and Region whose name begins so."""
    for page in pages(clients.kms(account, region).get_paginator("list_aliases")):
        for alias in page["Aliases"]:
            if alias["AliasName"].startswith(prefix) and "TargetKeyId" in alias:
                yield alias["AliasName"], alias["TargetKeyId"]


def _read_target(clients: Clients, alias: Ref) -> tuple[AliasTarget, ...]:
    metadata = call(clients.kms(alias.account, alias.region).describe_key, KeyId=alias.id)["KeyMetadata"]
    return (AliasTarget(key=metadata["Arn"]),)


def _write_target(clients: Clients, alias: Ref, wanted: Sequence[AliasTarget]) -> Receipt:
    """KMS UpdateAlias: both keys are of the alias's account and Region, and of one type and usage, or KMS refuses."""
    (target,) = wanted
    name = alias.id.split(":", 5)[5]
    update = clients.kms(alias.account, alias.region).update_alias
    return Receipt((request_id(call(update, AliasName=name, TargetKeyId=target.key)),))


FACETS: FacetTable = {
    (Kind.ALIAS, AliasTarget): FacetAdapter(_read_target, _write_target, RESOLVE, frozenset({"kms:UpdateAlias"})),
}

RELATIONS: RelationTable = {(Kind.KEY, Relation.ALIASES): RelationAdapter(_aliases, LIST)}
