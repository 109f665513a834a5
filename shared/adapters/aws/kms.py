"""KMS keys: policy, state, grants, material on demand, and the rest of a multi-Region family (AWS KMS API Reference)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from shared.adapters.aws import arns, policies
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages, request_id
from shared.adapters.aws.facets import FacetAdapter, FacetTable, RelationAdapter, RelationTable
from shared.adapters.aws.rewrite import PolicyPlace, rewrite, statements
from shared.adapters.aws.steps import Step, in_turn
from shared.domain.errors import Refused
from shared.domain.facet import Grant, KeyState, PolicyStatement, Rotated
from shared.domain.resource import Kind, Ref
from shared.domain.value import canonical
from shared.ports import Receipt, Relation

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

POLICY_BYTES = 32 * 1024

SPEC = ("GranteePrincipal", "RetiringPrincipal", "RetiringServicePrincipal", "Operations", "Constraints", "Name")
"""The fields of a grant that `Grant.spec` keeps, where the grant has them: what CreateGrant takes."""

_SERVICES = (".amazonaws.com", ".amazonaws.com.cn")
_INSIDE_SERVICES = (":assumed-role/aws:", ":assumed-role/AWSServiceRoleFor", ":role/aws-service-role/")


def _read_policy(clients: Clients, key: Ref) -> tuple[PolicyStatement, ...]:
    return statements(_policy(clients, key))


def _write_policy(clients: Clients, key: Ref, changes: Sequence[PolicyStatement]) -> Receipt:
    return rewrite(_policy(clients, key), changes)


def _policy(clients: Clients, key: Ref) -> PolicyPlace:
    """Never written with BypassPolicyLockoutSafetyCheck: KMS is to refuse a policy that would shut everybody out."""
    client = _client(clients, key)
    return PolicyPlace(
        read=lambda: policies.parse(call(client.get_key_policy, KeyId=key.id, PolicyName="default")["Policy"]),
        write=lambda text: call(client.put_key_policy, KeyId=key.id, PolicyName="default", Policy=text),
        limit=POLICY_BYTES,
    )


def _read_state(clients: Clients, key: Ref) -> tuple[KeyState, ...]:
    state = call(_client(clients, key).describe_key, KeyId=key.id)["KeyMetadata"].get("KeyState", "")
    return (KeyState(enabled=state == "Enabled", deletion_pending=state in ("PendingDeletion", "PendingReplicaDeletion")),)


def _write_state(clients: Clients, key: Ref, wanted: Sequence[KeyState]) -> Receipt:
    """A deletion is only ever cancelled, which leaves the key disabled."""
    (state,) = wanted
    if state.deletion_pending:
        raise Refused("no deletion of a key is ever scheduled by the program")
    (now,) = _read_state(clients, key)
    client = _client(clients, key)
    steps: list[Step] = []
    if now.deletion_pending:
        steps.append(lambda: call(client.cancel_key_deletion, KeyId=key.id))
    if state.enabled != now.enabled:
        steps.append(lambda: call(client.enable_key if state.enabled else client.disable_key, KeyId=key.id))
    return in_turn(steps)


def _read_grants(clients: Clients, key: Ref) -> tuple[Grant, ...]:
    """Grants of the same specification count as one."""
    specs = dict.fromkeys(_spec(grant) for grant in _grants(clients, key))
    return tuple(Grant(spec=spec, present=True) for spec in specs)


def _write_grants(clients: Clients, key: Ref, wanted: Sequence[Grant]) -> Receipt:
    """Revoke every grant of a specification, or create one. Raises `Refused` for a service's grant: its workloads would stop."""
    client = _client(clients, key)
    (grant,) = wanted
    same = [found for found in _grants(clients, key) if _spec(found) == grant.spec]
    if grant.present:
        return in_turn([] if same else [partial(call, client.create_grant, KeyId=key.id, **json.loads(grant.spec))])
    if any(map(_is_of_service, same)):
        raise Refused("the grant belongs to an AWS service: without it, what the service runs would stop")
    return in_turn(partial(call, client.revoke_grant, KeyId=key.id, GrantId=found["GrantId"]) for found in same)


def _grants(clients: Clients, key: Ref) -> Iterable[Mapping[str, Any]]:
    for page in pages(_client(clients, key).get_paginator("list_grants"), KeyId=key.id):
        yield from page["Grants"]


def _spec(grant: Mapping[str, Any]) -> str:
    """The grant without what a re-created one does not keep. The order of operations means nothing."""
    said = {field: grant[field] for field in SPEC if grant.get(field)}
    return canonical({**said, "Operations": sorted(grant["Operations"])}).decode()


def _is_of_service(grant: Mapping[str, Any]) -> bool:
    grantee = str(grant.get("GranteePrincipal", ""))
    inside = grantee.endswith(_SERVICES) or any(mark in grantee for mark in _INSIDE_SERVICES)
    return inside or bool(grant.get("GranteeServicePrincipal"))


def _read_rotated(clients: Clients, key: Ref) -> tuple[Rotated, ...]:
    """The last rotation on demand, be it still under way."""
    client = _client(clients, key)
    listed = [r for page in pages(client.get_paginator("list_key_rotations"), KeyId=key.id) for r in page["Rotations"]]
    dates = [rotation["RotationDate"] for rotation in listed if rotation.get("RotationType") == "ON_DEMAND"]
    status = call(client.get_key_rotation_status, KeyId=key.id)
    if "OnDemandRotationStartDate" in status:
        dates.append(status["OnDemandRotationStartDate"])
    return (Rotated(since=max(dates)),) if dates else ()


def _write_rotated(clients: Clients, key: Ref, wanted: Sequence[Rotated]) -> Receipt:
    """New material for new data keys; old ciphertext stays readable. A key has 25 such rotations and none can be taken back."""
    (rotated,) = wanted
    if rotated.since is None:
        raise Refused("a rotation can not be undone")
    if any(rotated.satisfied_by(now) for now in _read_rotated(clients, key)):
        return Receipt(())
    return Receipt((request_id(call(_client(clients, key).rotate_key_on_demand, KeyId=key.id)),))


def _replicas(clients: Clients, key: Ref) -> tuple[Ref, ...]:
    """The rest of the family, the primary first; none for a key of one Region."""
    metadata = call(_client(clients, key).describe_key, KeyId=key.id)["KeyMetadata"]
    family = metadata.get("MultiRegionConfiguration")
    if not family:
        return ()
    members = [family["PrimaryKey"]["Arn"], *(replica["Arn"] for replica in family.get("ReplicaKeys", []))]
    return tuple(arns.named(Kind.KEY, arn) for arn in members if arn != metadata["Arn"])


def _client(clients: Clients, key: Ref) -> "KMSClient":
    return clients.kms(key.account, key.region)


_READ_POLICY = frozenset({"kms:GetKeyPolicy"})
_READ_STATE = frozenset({"kms:DescribeKey"})
_READ_GRANTS = frozenset({"kms:ListGrants"})
_READ_ROTATED = frozenset({"kms:GetKeyRotationStatus", "kms:ListKeyRotations"})

FACETS: FacetTable = {
    (Kind.KEY, PolicyStatement): FacetAdapter(_read_policy, _write_policy, _READ_POLICY, _READ_POLICY | {"kms:PutKeyPolicy"}),
    (Kind.KEY, KeyState): FacetAdapter(
        _read_state, _write_state, _READ_STATE, _READ_STATE | {"kms:CancelKeyDeletion", "kms:DisableKey", "kms:EnableKey"}
    ),
    (Kind.KEY, Grant): FacetAdapter(
        _read_grants, _write_grants, _READ_GRANTS, _READ_GRANTS | {"kms:CreateGrant", "kms:RevokeGrant"}
    ),
    (Kind.KEY, Rotated): FacetAdapter(_read_rotated, _write_rotated, _READ_ROTATED, _READ_ROTATED | {"kms:RotateKeyOnDemand"}),
}

RELATIONS: RelationTable = {
    (Kind.KEY, Relation.REPLICAS): RelationAdapter(_replicas, _READ_STATE),
    # a key lies in no vault with doors of its own
    (Kind.KEY, Relation.VAULTS): RelationAdapter(lambda _clients, _key: (), frozenset()),
}
