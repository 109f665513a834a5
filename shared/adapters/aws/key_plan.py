"""How a successor is to be: like the key it follows, without what an attacker or a deletion left in its policy (AWS KMS API)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import msgspec

from shared.adapters.aws import policies
from shared.adapters.aws.arns import named
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages
from shared.containment.parallel import in_parallel
from shared.domain.errors import Refused
from shared.domain.resource import Kind, Ref

if TYPE_CHECKING:
    from types_boto3_kms.type_defs import KeyMetadataTypeDef, TagTypeDef

OF, CASE, ORPHAN = "codeblue:successor-of", "codeblue:case", "codeblue:orphan"
"""Tags: the ARN of the (primary) old key, the case, and that the key is in nobody's use."""

ROTATION_DAYS = 365
"""KMS's own period, for an old key that was never rotated by itself."""

SHORTEST = 90
"""The shortest period that KMS takes (EnableKeyRotation)."""

_OURS = re.compile(r"Codeblue[0-9A-Za-z]+")
_RESERVED = ("aws:", "codeblue:")


class KeyPlan(msgspec.Struct, frozen=True):
    """A key to be made: CreateKey's parameters, its policy (JSON) and tags, and its replicas; `rotation_days` is 0 for none.

    `old` is the key of the same Region that it follows.
    """

    old: Ref
    case: str
    parameters: Mapping[str, Any]
    policy: str
    tags: Sequence["TagTypeDef"]
    rotation_days: int
    replicas: tuple["KeyPlan", ...] = ()


def plan(clients: Clients, old: Ref, case: str) -> KeyPlan:
    """The successor of a key, which is the primary where it has replicas. Raises `Refused` for what only people can replace."""
    metadata = _metadata(clients, old)
    if metadata.get("KeyManager") != "CUSTOMER" or metadata.get("Origin") != "AWS_KMS":
        raise Refused("the key is AWS's own, or its material comes from outside KMS: a person makes its successor")
    first, *others = in_parallel(lambda member: _like(clients, member, old, case), _members(metadata))
    return KeyPlan(first.old, case, first.parameters, first.policy, first.tags, _period(clients, old, metadata), tuple(others))


def family(clients: Clients, key: Ref) -> tuple[Ref, ...]:
    """The key's multi-Region family, the primary first; the key alone where it has none."""
    return _members(_metadata(clients, key))


def _metadata(clients: Clients, key: Ref) -> "KeyMetadataTypeDef":
    return call(clients.kms(key.account, key.region).describe_key, KeyId=key.id)["KeyMetadata"]


def _members(metadata: "KeyMetadataTypeDef") -> tuple[Ref, ...]:
    multi = metadata.get("MultiRegionConfiguration")
    arns = [multi["PrimaryKey"]["Arn"], *(each["Arn"] for each in multi.get("ReplicaKeys", []))] if multi else [metadata["Arn"]]
    return tuple(named(Kind.KEY, arn) for arn in arns)


def _like(clients: Clients, old: Ref, primary: Ref, case: str) -> KeyPlan:
    """One member of the family, without its rotation, which is the primary's alone."""
    client = clients.kms(old.account, old.region)
    metadata = _metadata(clients, old)
    parameters = {
        "Description": f"Successor of {old.name} in case {case}",
        "KeySpec": metadata.get("KeySpec", "SYMMETRIC_DEFAULT"),
        "KeyUsage": metadata.get("KeyUsage", "ENCRYPT_DECRYPT"),
        "MultiRegion": metadata.get("MultiRegion", False),
    }
    listed = (tag for page in pages(client.get_paginator("list_resource_tags"), KeyId=old.id) for tag in page["Tags"])
    kept = [tag for tag in listed if not tag["TagKey"].startswith(_RESERVED)]
    ours: list[TagTypeDef] = [{"TagKey": OF, "TagValue": primary.id}, {"TagKey": CASE, "TagValue": case}]
    document = policies.parse(call(client.get_key_policy, KeyId=old.id, PolicyName="default")["Policy"])
    return KeyPlan(old, case, parameters, policies.text(cleaned(document, old.id)), [*kept, *ours], 0)


def _period(clients: Clients, old: Ref, metadata: "KeyMetadataTypeDef") -> int:
    """Days between rotations; 0 for keys that KMS does not rotate (asymmetric, HMAC)."""
    if metadata.get("KeySpec") != "SYMMETRIC_DEFAULT":
        return 0
    status = call(clients.kms(old.account, old.region).get_key_rotation_status, KeyId=old.id)
    return max(SHORTEST, status.get("RotationPeriodInDays", ROTATION_DAYS))


def cleaned(document: policies.Document, key: str) -> policies.Document:
    """A key policy for another key: without statements of ours, and without principals that have been deleted, which KMS refuses.

    A statement that named only such principals goes; one that named others too is kept for them. A statement about the old key's
    ARN is about the key that bears it (`*`).
    """
    return {**document, "Statement": list(_cleaned(document, key))}


def _cleaned(document: policies.Document, key: str) -> Iterator[policies.Statement]:
    for part, statement in policies.listed(document):
        if _OURS.fullmatch(part):
            continue
        living = policies.without_stale(statement)
        if living:
            yield {**living, "Resource": "*"} if _resources(living) == [key] else living


def _resources(statement: policies.Statement) -> list[str]:
    said = statement.get("Resource", [])
    return [said] if isinstance(said, str) else cast("list[str]", said)
