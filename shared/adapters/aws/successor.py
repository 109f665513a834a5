"""The key that takes another's place in a case: created once whoever tries, complete before it is found (AWS KMS API).

CreateKey knows no idempotency: the alias `alias/codeblue/<case>/<hash of the old key's id>` is the lock, and it is set last.
A worker that dies before leaves a key that the next one finds by its tags and finishes; a worker whose alias comes second has
made an orphan, which is tagged as one and never deleted.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared.adapters.aws.arns import named
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages
from shared.adapters.aws.facets import FacetAdapter, FacetTable
from shared.adapters.aws.key_names import aliases_under, full
from shared.adapters.aws.key_plan import CASE, OF, ORPHAN, KeyPlan, family, plan
from shared.adapters.aws.policies import parse
from shared.adapters.aws.steps import Work
from shared.containment.parallel import in_parallel
from shared.domain.errors import Absent, Refused
from shared.domain.facet import Successor
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

TAKEN = "AlreadyExistsException"
ALIASES = "alias/codeblue/"


def _read(clients: Clients, old: Ref) -> tuple[Successor, ...]:
    """One of each case. A key that stands under the alias without our tags is somebody else's, and no successor.

    A replica's successor is the replica of the successor in its Region, once there is one.
    """
    primary, hashed = _primary(clients, old), _hash(old)
    found = []
    for alias, target in aliases_under(clients, primary.account, primary.region, ALIASES):
        case, _, last = alias.removeprefix(ALIASES).rpartition("/")
        key = named(Kind.KEY, full(target, primary.account, primary.region))
        if last == hashed and _ours(_tags(clients, key), primary, case):
            members = [key] if old == primary else family(clients, key)
            found += [Successor(case=case, key=member.id) for member in members if member.region == old.region]
    return tuple(found)


def _write(clients: Clients, old: Ref, wanted: Sequence[Successor]) -> Receipt:
    """Raises `Refused`: the successor is another one, or the old key is of a kind that only people can replace."""
    (successor,) = wanted
    there = [each for each in _read(clients, old) if each.case == successor.case]
    if any(successor.satisfied_by(each) for each in there):
        return Receipt(())
    if there or successor.key:
        raise Refused("a successor is created, never chosen, and a case has one for each key")
    primary = _primary(clients, old)
    made = plan(clients, primary, successor.case)
    work = Work()
    return work.receipt(lambda: _make(clients, work, made, f"{ALIASES}{successor.case}/{_hash(old)}"))


def _make(clients: Clients, work: Work, made: KeyPlan, alias: str) -> None:
    """Each step is done already where another worker was here before."""
    client = clients.kms(made.old.account, made.old.region)
    key = _waiting(clients, made) or _create(client, work, made)
    if made.rotation_days:
        work.do(client.enable_key_rotation, KeyId=key.id, RotationPeriodInDays=made.rotation_days)
    for replica in made.replicas:
        if replica.old.region not in {member.region for member in family(clients, key)}:
            _replicate(client, work, key, replica)
    _claim(clients, work, key, alias)


def _create(client: "KMSClient", work: Work, made: KeyPlan) -> Ref:
    answer = work.do(client.create_key, **made.parameters, Policy=made.policy, Tags=made.tags)
    return named(Kind.KEY, answer["KeyMetadata"]["Arn"])


def _replicate(client: "KMSClient", work: Work, key: Ref, replica: KeyPlan) -> None:
    asked = {"Description": replica.parameters["Description"], "Policy": replica.policy, "Tags": replica.tags}
    try:
        work.do(client.replicate_key, KeyId=key.id, ReplicaRegion=replica.old.region, **asked)
    except Refused as error:
        if error.code != TAKEN:
            raise


def _claim(clients: Clients, work: Work, key: Ref, alias: str) -> None:
    """Raises nothing where another worker's key was first: ours is then marked, in every Region, as nobody's."""
    client = clients.kms(key.account, key.region)
    try:
        work.do(client.create_alias, AliasName=alias, TargetKeyId=key.name)
    except Refused as error:
        if error.code != TAKEN:
            raise
        if call(client.describe_key, KeyId=alias)["KeyMetadata"]["Arn"] == key.id:
            return
        for member in family(clients, key):
            mark = clients.kms(member.account, member.region).tag_resource
            work.do(mark, KeyId=member.id, Tags=[{"TagKey": ORPHAN, "TagValue": "true"}])
        work.notes.append(f"another worker was first: the key {key.id} is an orphan in nobody's use, and stays")


def _waiting(clients: Clients, made: KeyPlan) -> Ref | None:
    """A key that an earlier worker created and did not finish: by tags and, as tags can be forged, by exactly our policy."""
    listed = pages(clients.kms(made.old.account, made.old.region).get_paginator("list_keys"))
    keys = [named(Kind.KEY, key["KeyArn"]) for page in listed for key in page["Keys"]]
    ours = [key for key, is_ours in zip(keys, in_parallel(lambda key: _waits(clients, key, made), keys), strict=True) if is_ours]
    return min(ours, default=None)


def _waits(clients: Clients, key: Ref, made: KeyPlan) -> bool:
    """A key that does not let us look is none of ours."""
    client = clients.kms(key.account, key.region)
    try:
        tags = _tags(clients, key)
        if not _ours(tags, made.old, made.case):
            return False
        policy = call(client.get_key_policy, KeyId=key.id, PolicyName="default")["Policy"]
        enabled = call(client.describe_key, KeyId=key.id)["KeyMetadata"].get("KeyState") == "Enabled"
    except (Absent, Refused):
        return False
    return enabled and parse(policy) == parse(made.policy)


def _ours(tags: Mapping[str, str], old: Ref, case: str) -> bool:
    return (tags.get(OF), tags.get(CASE)) == (old.id, case) and ORPHAN not in tags


def _tags(clients: Clients, key: Ref) -> dict[str, str]:
    return dict(_pairs(clients, key))


def _pairs(clients: Clients, key: Ref) -> Iterator[tuple[str, str]]:
    paginator: Any = clients.kms(key.account, key.region).get_paginator("list_resource_tags")
    for page in pages(paginator, KeyId=key.id):
        yield from ((tag["TagKey"], tag["TagValue"]) for tag in page["Tags"])


def _primary(clients: Clients, key: Ref) -> Ref:
    return family(clients, key)[0]


def _hash(old: Ref) -> str:
    """Of the bare id, which all members of a multi-Region family share."""
    return hashlib.sha256(old.name.encode()).hexdigest()[:16]


_READ = frozenset({"kms:DescribeKey", "kms:ListAliases", "kms:ListResourceTags"})
_PLAN = frozenset({"kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListKeys"})
_KEEP = frozenset({"kms:PutKeyPolicy"})
"""KMS takes no policy from a caller who could not write it again (KMS developer guide, "Creating a key policy")."""

_MAKE = frozenset({"kms:CreateAlias", "kms:CreateKey", "kms:EnableKeyRotation", "kms:ReplicateKey", "kms:TagResource"})

FACETS: FacetTable = {(Kind.KEY, Successor): FacetAdapter(_read, _write, _READ, _READ | _PLAN | _KEEP | _MAKE)}
