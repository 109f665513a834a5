"""A log that takes its time, or does not answer: it stops no fence, and nobody is locked out for what it did not say."""

import time
from datetime import datetime

import pytest

from shared.adapters.memory.evidence import MemoryEvidence
from shared.containment import scope as scoping
from shared.containment.estate import Tenant
from shared.containment.statements import Ordinal, sid
from shared.domain.case import Verdict
from shared.domain.facet import DenyAll, PolicyStatement
from shared.domain.resource import Ref
from shared.ports import Act
from tests.hospital import CHARTS, CLINICIAN, EXPORT, KEY, Hospital, estate
from tests.workflow.driving import YES, go_on, respond
from tests.workflow.recovering import Night


class SlowEvidence(MemoryEvidence):
    """A log whose first answers about resources take longer than a fence waits."""

    def __init__(self, other: MemoryEvidence, seconds: float) -> None:
        self.__dict__.update(other.__dict__)
        self.seconds = seconds

    def on(self, target: Ref, since: datetime) -> tuple[Act, ...]:
        time.sleep(self.seconds)
        return super().on(target, since)


def strangers_are_refused(hospital: Hospital, case: str) -> bool:
    return sid(case, Ordinal.RIGHTFUL) in {s.sid for s in hospital.world.look(KEY, PolicyStatement)}


def test_a_fence_does_not_wait_for_a_slow_log_and_the_sweep_does(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoping, "LOG_SECONDS", 0.05)
    deps = hospital.worker(evidence=SlowEvidence(hospital.evidence, 0.2))
    case = respond(deps)
    first = next(n for n, (_, facets) in enumerate(hospital.world.writes) if isinstance(facets[0], DenyAll))
    refused = sid(case.id, Ordinal.RIGHTFUL)
    late = next(n for n, (_, facets) in enumerate(hospital.world.writes) if refused in {getattr(f, "sid", "") for f in facets})
    assert first < late
    assert (case.verdict, strangers_are_refused(hospital, case.id)) == (Verdict.CONTAINED, True)


def test_a_log_that_can_not_be_read_locks_nobody_out_and_is_said_to_be_missing(hospital: Hospital) -> None:
    hospital.evidence.reachable = False
    case = respond(hospital.worker(), asks=lambda _: ("dr-yes", True))
    assert hospital.world.look(EXPORT, DenyAll) == (DenyAll(on=True, via="inline"),)
    assert not strangers_are_refused(hospital, case.id)
    assert (case.verdict, {left.target for left in case.left if left.blocks}) == (
        Verdict.PARTIAL,
        {"strangers", "the record of the actors"},
    )


def test_the_thief_is_refused_at_the_store_whatever_the_log_says(hospital: Hospital) -> None:
    hospital.evidence.reachable = False
    case = respond(hospital.worker(), asks=lambda _: ("dr-yes", True))
    assert sid(case.id, Ordinal.ACTORS) in {s.sid for s in hospital.world.look(CHARTS, PolicyStatement)}


WARD = Tenant(name="ward", stores=frozenset({CHARTS}), keys=frozenset({KEY}), principals=frozenset({CLINICIAN.id}))
DECLARED = estate(tenants=(WARD,))
"""Who works there is declared: the list of strangers needs no log, and what the users do still does."""


def let_in(night: Night) -> bool:
    return any(CLINICIAN.id in str(s.body) for s in night.hospital.world.look(KEY.but(id=night.successor()), PolicyStatement))


def test_users_that_a_slow_log_did_not_tell_in_time_are_let_in_at_the_successor(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoping, "LOG_SECONDS", 0.05)
    deps = night.worker(evidence=SlowEvidence(night.hospital.evidence, 0.2), estate=DECLARED)
    case = respond(deps, asks=YES)
    assert (case.scope.acquainted, let_in(night)) == (True, True)


def test_no_key_is_replaced_while_nobody_can_say_who_uses_it(night: Night) -> None:
    night.hospital.evidence.reachable = False
    case = respond(night.worker(estate=DECLARED), asks=YES)
    assert (night.successor(), case.scope.acquainted, case.verdict) == ("", False, Verdict.PARTIAL)
    assert [left.target for left in case.left if "no key is replaced" in left.reason] == ["strangers"]
    night.hospital.evidence.reachable = True
    case = go_on(case, night.worker(estate=DECLARED), asks=YES)
    assert (case.scope.acquainted, let_in(night)) == (True, True)
