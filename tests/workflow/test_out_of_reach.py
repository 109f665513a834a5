"""What the first look could not reach stays on the list for people, and a signing key that fails stops no fence."""

import pytest

from shared.domain.case import Verdict
from shared.domain.errors import Throttled
from shared.domain.facet import DenyAll
from shared.domain.resource import Kind
from tests.hospital import CHARTS, EXPORT, THIEF, Hospital, ref, signal
from tests.workflow.driving import respond

ELSEWHERE = "444455556666"


def test_a_key_of_an_account_without_a_role_of_ours_makes_the_case_partial_and_stays_on_the_list(hospital: Hospital) -> None:
    key = ref(Kind.KEY, "5d0a8f3e", account=ELSEWHERE)
    hospital.world.unreachable.add(ELSEWHERE)
    alert = signal(THIEF, CHARTS, key)
    hospital.sources.learn(alert)
    case = respond(hospital.worker(), alert)
    assert case.verdict is Verdict.PARTIAL
    assert str(key) in {left.target for left in case.people}
    assert {d.on for d in hospital.world.look(EXPORT, DenyAll)} == {True}


def test_a_key_that_does_not_exist_is_said_to_be_missing(hospital: Hospital) -> None:
    key = ref(Kind.KEY, "no-such-key")
    alert = signal(THIEF, CHARTS, key)
    hospital.sources.learn(alert)
    case = respond(hospital.worker(), alert)
    assert (case.verdict, {left.target for left in case.people}) == (Verdict.PARTIAL, {str(key)})


def test_a_signing_key_that_is_throttled_stops_no_fence_and_the_record_is_signed_later(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = hospital.clock.now()
    sign = hospital.signer.sign

    def throttled(message: bytes) -> bytes:
        if (hospital.clock.now() - until).total_seconds() < 3:
            raise Throttled("Sign: ThrottlingException")
        return sign(message)

    monkeypatch.setattr(hospital.signer, "sign", throttled)
    case = respond(hospital.worker())
    assert case.verdict is Verdict.CONTAINED
    assert {d.on for d in hospital.world.look(EXPORT, DenyAll)} == {True}
    assert any("/checkpoints/" in path for path in hospital.sinks[0].list(f"{case.id}/"))
