"""A log that takes its time, or does not answer: it stops no fence, and nobody is locked out for what it did not say."""

import time
from datetime import datetime

import pytest

from shared.adapters.memory.evidence import MemoryEvidence
from shared.containment import scope as scoping
from shared.containment.statements import Ordinal, sid
from shared.domain.case import Verdict
from shared.domain.facet import DenyAll, PolicyStatement
from shared.domain.resource import Ref
from shared.ports import Act
from tests.hospital import CHARTS, EXPORT, KEY, Hospital
from tests.workflow.driving import respond


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
    assert (case.verdict, [left.target for left in case.left if left.blocks]) == (Verdict.PARTIAL, ["strangers"])


def test_the_thief_is_refused_at_the_store_whatever_the_log_says(hospital: Hospital) -> None:
    hospital.evidence.reachable = False
    case = respond(hospital.worker(), asks=lambda _: ("dr-yes", True))
    assert sid(case.id, Ordinal.ACTORS) in {s.sid for s in hospital.world.look(CHARTS, PolicyStatement)}
