"""A key that the actor never used is sound: where the policy says so it gets new material, and nothing has to move."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.adapters.memory.traffic import MemoryTraffic
from shared.containment.journal import CHANGES
from shared.domain.case import Case, Verdict
from shared.domain.facet import Grant, Rotated
from shared.domain.plan import Change, Wave
from shared.settings import Keys, Policy
from shared.workflow.deps import Deps
from shared.workflow.soundness import SOUND
from tests.hospital import ALERT, CHARTS, EXPORT, FOREIGN, KEY, REPLICA, THIEF, act, statement
from tests.workflow.after_proof import used
from tests.workflow.driving import YES, respond
from tests.workflow.recovering import Night

ROTATE = Policy(keys=Keys(sound="rotate"))


@pytest.fixture
def traffic(night: Night) -> MemoryTraffic:
    """A whole record, in which clinicians use the key and nobody else does."""
    found = MemoryTraffic(night.hospital.clock)
    found.used(used(KEY), used(REPLICA))
    return found


def worker(night: Night, traffic: MemoryTraffic, policy: Policy = ROTATE) -> Deps:
    return night.worker(policy, traffic=lambda: traffic)


def planned(case: Case, deps: Deps) -> dict[str, Change]:
    """The changes to the key's own family that are asked about, by action."""
    blob = next(p.blob for p in case.plans if p.wave is Wave.REKEY)
    changes = CHANGES.validate_json(deps.journal(case.id).blobs(blob))
    return {c.action: c for c in changes if c.action in {"rotate-key", "replace-key"}}


def test_a_sound_key_is_rotated_and_nothing_moves(night: Night, traffic: MemoryTraffic) -> None:
    deps = worker(night, traffic)
    case = respond(deps, asks=YES)
    assert (case.verdict, case.awaiting, case.scope.rotated) == (Verdict.CONTAINED, None, (KEY,))
    assert night.hospital.world.look(KEY, Rotated) == (Rotated(since=ALERT),)
    assert (night.successor(), night.look(CHARTS), night.schemes()) == ("", KEY.id, {KEY.id})
    assert {r.wave for r in case.waves} >= {Wave.FENCE, Wave.REKEY}


def test_a_person_is_asked_about_it_and_its_reason_stands_in_the_plan(night: Night, traffic: MemoryTraffic) -> None:
    deps = worker(night, traffic)
    case = respond(deps)
    assert case.awaiting
    assert {name: c.why for name, c in planned(case, deps).items()} == {"rotate-key": SOUND}


def test_where_the_policy_says_nothing_it_is_replaced_all_the_same(night: Night, traffic: MemoryTraffic) -> None:
    deps = worker(night, traffic, Policy())
    assert {name: c.why for name, c in planned(respond(deps), deps).items()} == {"replace-key": SOUND}


AGAINST: dict[str, tuple[Callable[[Night, MemoryTraffic], object], str]] = {
    "the actor used it": (lambda _, t: t.used(used(KEY, THIEF, at=ALERT)), "the actor used the key"),
    "the actor used it through S3": (lambda _, t: t.used(used(KEY, THIEF, within=CHARTS.id)), "the actor used the key"),
    "the actor used a replica": (lambda _, t: t.used(used(REPLICA, THIEF)), "the actor used the key"),
    "there are more uses than could be read": (lambda _, t: setattr(t, "whole", False), "the log is not whole"),
    "the log is late": (lambda _, t: setattr(t, "through", ALERT - timedelta(minutes=9)), "the log is not whole"),
    "nobody answers": (lambda _, t: setattr(t, "reachable", False), "nobody can say"),
    "the actor wrote its policy": (
        lambda n, _: n.hospital.evidence.happened(act(THIEF, "PutKeyPolicy", KEY)),
        "touched the key itself: PutKeyPolicy",
    ),
    "an outsider had a grant": (
        lambda n, _: n.hospital.world.put(
            KEY, Grant(spec=json.dumps({"GranteePrincipal": f"arn:aws:iam::{FOREIGN}:role/theirs"}), present=True)
        ),
        "a grant let",
    ),
    "its policy names the actor": (
        lambda n, _: n.hospital.world.put(
            KEY, statement("Odd", Effect="Allow", Principal={"AWS": EXPORT.id}, Action="kms:*", Resource="*")
        ),
        "its policy lets the actor",
    ),
}


@pytest.mark.parametrize(("happens", "why"), AGAINST.values(), ids=AGAINST)
def test_it_is_replaced_where(
    night: Night, traffic: MemoryTraffic, happens: Callable[[Night, MemoryTraffic], object], why: str
) -> None:
    happens(night, traffic)
    deps = worker(night, traffic)
    plan = planned(respond(deps), deps)
    assert list(plan) == ["replace-key"]
    assert why in plan["replace-key"].why
