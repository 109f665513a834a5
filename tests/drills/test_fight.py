"""A thief who fights back, against the program as it is run on a real night."""

from collections.abc import Iterator

import pytest

from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic import before
from shared.sandbox.aws.scenario_fight import FightReport, Terms, fight
from shared.sandbox.aws.server import Sandbox
from shared.sandbox.aws.thief_moves import QUIET

from .answering import by_command_line, by_one_approval

pytestmark = pytest.mark.timeout(600)

ASKED = 5
ALERT = "guardduty-s3-exfiltration.json"
MARGIN = 2.0
"""Seconds, beside IAM's own propagation, in which the fence has to stand where a call takes `PACE` seconds."""

STOLEN = {names.EXPORT_KEY, names.APP_SESSION_KEY, names.BATCH_SESSION_KEY}
PACE = 0.03
"""What a call takes in a Region. A busy machine is slower than that, for the responder as for everybody."""


@pytest.fixture
def blank() -> Iterator[Sandbox]:
    with before() as sandbox:
        yield sandbox


def outcome(report: FightReport) -> str:
    """What to read when a fight was lost."""
    said = (report.answer.get("status"), *report.survivors, report.answer.get("left_for_people"), report.answer["said"])
    return "\n".join(map(str, (f"seed {report.seed}", *said)))


def stood(report: FightReport) -> None:
    """The fence held: nothing of the thief's is left, care goes on, and no patient was named.

    The stolen credentials end first. What they made in their last seconds comes into force as late as what is written against it,
    and a session of somebody else's role shows when the log does: such credentials live for as long as it takes to notice them.
    """
    margin = MARGIN * max(1.0, report.pace / PACE)
    deadline = report.heard + report.terms.propagation + margin
    noticed = report.terms.trail_lag + report.terms.propagation
    assert report.answer["status"] in {"contained", "partial"}, outcome(report)
    assert not report.survivors, outcome(report)
    assert not [s for s in report.successes if s.credential in STOLEN and s.after > deadline], (deadline, margin)
    assert not [s for s in report.successes if s.after > max(deadline, s.born + noticed) + 3 * margin], (deadline, margin)
    assert not [failure for failure in report.failures if failure.at > report.answered], outcome(report)
    assert not any(patient in f"{report.answer}" for patient in names.PATIENTS)


@pytest.mark.parametrize("seed", range(10))
def test_a_thief_who_fights_back_is_out_and_stays_out(blank: Sandbox, seed: int) -> None:
    stood(fight(seed, blank, by_command_line(ALERT)))


# a fight takes most of a minute: those that a small machine has no time for are here
@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 200))
def test_a_hundred_thieves_are_out_and_stay_out(blank: Sandbox, seed: int) -> None:
    stood(fight(seed, blank, by_command_line(ALERT)))


def test_a_thief_with_the_clinicians_own_credentials_is_out_and_no_clinician_notices(blank: Sandbox) -> None:
    report = fight(1, blank, by_command_line("guardduty-instance-credential-exfiltration.json"), "thief_instance")
    assert report.failures == ()
    stood(report)


@pytest.mark.soak
def test_a_thief_in_a_session_of_a_job_is_out_and_stays_out(blank: Sandbox) -> None:
    stood(fight(2, blank, by_command_line("guardduty-anomalous-iam.json"), "thief_session"))


@pytest.mark.soak
def test_a_pipeline_that_edits_the_same_policy_loses_nothing_of_its_own(blank: Sandbox) -> None:
    report = fight(3, blank, by_command_line(ALERT), terms=Terms(moves=QUIET))
    assert report.losses == ()
    assert report.failures == ()
    stood(report)


@pytest.mark.soak
def test_one_approval_of_an_envelope_is_enough_for_everything_the_thief_does_after_it(blank: Sandbox) -> None:
    report = fight(4, blank, by_one_approval(ALERT), terms=Terms(moves=QUIET))
    assert report.answer["asked"]["exit"] == ASKED
    assert not report.survivors, outcome(report)
    assert report.answer["status"] == "contained", outcome(report)
