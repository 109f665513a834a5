"""Each adapter of a store, key, trail, share and vault declares exactly the IAM actions that it lives by."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from shared.adapters.aws import (
    access_points,
    bucket_keys,
    dependants,
    key_names,
    kms,
    lambda_functions,
    left_behind,
    log_groups,
    messages,
    s3,
    s3_rules,
    sharing,
    stored_secrets,
    successor,
    trail,
    vault,
    volumes,
)
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.facets import FacetAdapter, RelationAdapter
from shared.adapters.aws.permissions import Statement, through_services
from shared.adapters.aws.world import AwsWorld
from shared.domain.errors import Poisoned, Refused
from shared.domain.facet import Facet, Successor
from shared.domain.resource import Kind, Ref
from shared.ports import Relation
from tests.contract import aws_rekey_scenes as rekey
from tests.contract import test_aws_stores_relations as relations
from tests.contract.aws_stores import Stage, staged
from tests.contract.aws_stores_scenes import ELSEWHERE, ONE_WAY, SEEN_ONLY, UNDONE, Play, sentence

type Slot = tuple[Kind, type[Facet]]

MODULES = (
    *(access_points, kms, s3, s3_rules, sharing, trail, vault),
    *(bucket_keys, key_names, lambda_functions, log_groups, messages, stored_secrets, successor, volumes),
    *(dependants, left_behind),
)
FACETS: Mapping[Slot, FacetAdapter[Any]] = {slot: adapter for m in MODULES for slot, adapter in getattr(m, "FACETS", {}).items()}
RELATIONS: Mapping[tuple[Kind, Relation], RelationAdapter] = {
    slot: adapter for m in MODULES for slot, adapter in getattr(m, "RELATIONS", {}).items()
}
THERE_AND_BACK: tuple[Play, ...] = (*UNDONE, *ONE_WAY)


@dataclass(frozen=True)
class Responder:
    """A user who may do what its one policy says and use keys through services, and the world as it sees it."""

    stage: Stage
    world: AwsWorld

    def may(self, actions: frozenset[str], through: Statement | None = None) -> None:
        statement = {"Effect": "Allow", "Action": sorted(actions) or ["none:None"], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement, through or through_services()]})
        self.stage.client("iam").put_user_policy(UserName="responder", PolicyName="only", PolicyDocument=document)


@pytest.fixture(scope="module")
def responder() -> Iterator[Responder]:
    with staged() as stage, pytest.MonkeyPatch.context() as environment:
        stage.client("iam").create_user(UserName="responder")
        key = stage.client("iam").create_access_key(UserName="responder")["AccessKey"]
        environment.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        environment.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        yield Responder(stage, AwsWorld(Clients()))


@pytest.fixture(scope="module")
def scenes(responder: Responder) -> Mapping[Slot, list[Play]]:
    """The scenes that need each facet."""
    found: dict[Slot, list[Play]] = defaultdict(list)
    for scene in THERE_AND_BACK:
        ref, wanted = scene(responder.stage)
        found[ref.kind, type(wanted)].append(scene)
    return found


# first, while there is little else to list
@pytest.mark.parametrize("row", relations.ROWS, ids=lambda row: row.sentence)
def test_what_is_declared_for_a_relation_is_enough_and_none_of_it_in_vain(responder: Responder, row: relations.Row) -> None:
    ref, related = row.scene(responder.stage)
    adapter = RELATIONS[ref.kind, row.relation]
    responder.may(adapter.reads)
    found = responder.world.related(ref, row.relation)
    assert set(related) <= set(found)
    for action in adapter.reads - row.elsewhere:
        responder.may(adapter.reads - {action})
        assert _differs(lambda: responder.world.related(ref, row.relation), found), action


def _write_and_undo(responder: Responder, scene: Play, writes: frozenset[str]) -> tuple[str, ...]:
    """Write the facet and, where that can be, what was there before, with these permissions; what people are told of it."""
    ref, wanted = scene(responder.stage)
    before = {facet.part: facet for facet in responder.stage.world.look(ref, type(wanted))}.get(wanted.part, wanted.absent)
    responder.may(writes)
    notes = responder.world.write(ref, [wanted]).notes
    if scene in UNDONE and before is not None:
        responder.world.write(ref, [before])
    return notes


# a successor's writer looks at every key there is, so these are first
def _writing() -> list[Any]:
    return [
        pytest.param(slot, action, id=f"writing {slot[1].model_fields['facet'].default} of {slot[0]} needs {action}")
        for slot, adapter in sorted(FACETS.items(), key=lambda row: row[0][1] is not Successor)
        for action in sorted(adapter.writes)
    ]


@pytest.mark.parametrize(("slot", "action"), _writing())
def test_no_permission_to_write_is_declared_in_vain(
    responder: Responder, scenes: Mapping[Slot, list[Play]], slot: Slot, action: str
) -> None:
    refused: list[str] = []
    for scene in scenes[slot]:
        try:
            refused += _write_and_undo(responder, scene, FACETS[slot].writes - {action})
        except (Poisoned, Refused) as error:
            refused.append(error.code)
    assert any(map(_is_denial, refused)), refused


@pytest.mark.parametrize("scene", THERE_AND_BACK, ids=sentence)
def test_what_is_declared_for_writing_is_enough(responder: Responder, scene: Play) -> None:
    ref, wanted = scene(responder.stage)
    assert _write_and_undo(responder, scene, FACETS[ref.kind, type(wanted)].writes) == ()


@pytest.mark.parametrize("scene", [*THERE_AND_BACK, *SEEN_ONLY], ids=sentence)
def test_what_is_declared_for_reading_is_enough(responder: Responder, scene: Play) -> None:
    ref, wanted = scene(responder.stage)
    responder.may(FACETS[ref.kind, type(wanted)].reads)
    assert responder.world.look(ref, type(wanted)) == responder.stage.world.look(ref, type(wanted))


@pytest.mark.parametrize(
    ("scene", "action"),
    [
        *((rekey.a_secret_under_an_alias, action) for action in sorted(stored_secrets.KEY_USE)),
        *((rekey.a_function_under_an_alias, action) for action in sorted(lambda_functions.KEY_USE)),
    ],
    ids=sentence,
)
def test_no_use_of_a_key_through_a_service_is_declared_in_vain(responder: Responder, scene: Play, action: str) -> None:
    ref, wanted = scene(responder.stage)
    kept = sorted((stored_secrets.KEY_USE | lambda_functions.KEY_USE) - {action})
    responder.may(FACETS[ref.kind, type(wanted)].writes, {**through_services(), "Action": kept})
    with pytest.raises(Refused) as refused:
        responder.world.write(ref, [wanted])
    assert _is_denial(refused.value.code)


@pytest.mark.parametrize("scene", [*THERE_AND_BACK, *SEEN_ONLY], ids=sentence)
def test_no_permission_to_read_is_declared_in_vain(responder: Responder, scene: Play) -> None:
    ref, wanted = scene(responder.stage)
    seen = responder.stage.world.look(ref, type(wanted))
    for action in FACETS[ref.kind, type(wanted)].reads - ELSEWHERE.get(scene, frozenset()):
        responder.may(FACETS[ref.kind, type(wanted)].reads - {action})
        assert _differs(lambda: responder.world.look(ref, type(wanted)), seen), action


def _differs(look: Callable[[], tuple[Facet | Ref, ...]], seen: tuple[Facet | Ref, ...]) -> bool:
    """Whether looking is refused, or shows something else than there is to see."""
    try:
        return set(seen) != set(look())
    except Refused as error:
        return _is_denial(error.code)


def _is_denial(code: str) -> bool:
    """KMS takes no policy from a caller who could not write it again, and calls the policy malformed."""
    return any(word in code for word in ("Denied", "uthoriz", "MalformedPolicyDocument"))
