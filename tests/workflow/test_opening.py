"""Which case an alert belongs to, and what is kept of it."""

from shared.domain.case import Case, Mode, Verdict
from shared.workflow.opening import admit
from tests.hospital import THIEF, Hospital, signal
from tests.workflow.driving import go_on, respond

RAW = b'{"detail": {"requestParameters": {"key": "charts/Jane Doe.pdf"}}}'


def test_a_true_alert_does_not_wait_behind_one_that_nobody_could_confirm(hospital: Hospital) -> None:
    doubtful = respond(hospital.worker(), signal(THIEF, id="nobody-knows-it"))
    assert (doubtful.mode, doubtful.verdict) == (Mode.ASK, Verdict.AWAITING_APPROVAL)
    true = respond(hospital.worker())
    assert true.id != doubtful.id
    assert (true.mode, true.verdict) == (Mode.AUTO, Verdict.CONTAINED)


def test_the_same_doubtful_alert_again_is_the_same_case(hospital: Hospital) -> None:
    first, second = (respond(hospital.worker(), signal(THIEF, id="nobody-knows-it")) for _ in range(2))
    assert first.id == second.id


def test_the_alert_as_it_came_is_in_the_record_and_not_in_clear(hospital: Hospital) -> None:
    deps = hospital.worker()
    case = admit(signal(), deps, automatic=True, raw=RAW)
    assert isinstance(case, Case)
    go_on(case, deps)
    journal = deps.journal(case.id)
    blobs = [blob["cipher"] for entry in journal.entries() for blob in entry.body.get("blobs", ())]  # type: ignore[attr-defined]
    assert RAW in [journal.blobs(blob) for blob in blobs]
    assert all(b"Jane" not in sink.get(path) for sink in hospital.sinks for path in sink.list(""))
