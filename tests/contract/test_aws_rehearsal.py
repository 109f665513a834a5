"""A rehearsal against the embedded AWS: a deed of its own actor, read from the log, taken in and fenced as any other alert is."""

from copy import replace

import pytest
from typer.testing import CliRunner

from shared.cli.app import app
from shared.domain.case import Case, Mode, Stage, Verdict
from shared.domain.errors import NotReady
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.server import ACCOUNT
from shared.workflow import rehearsing
from shared.workflow.rehearsing import outside, written
from tests.contract.aws_rehearsal_night import Night, night
from tests.custody_cases import case

__all__ = ["night"]


def test_a_deed_is_fenced_and_measured_and_nothing_else_is_touched(night: Night) -> None:
    scenery = night.scenery()
    went = night.rehearse(night.respond, scenery)
    (opened,) = night.working.cases.all()
    assert (went.case, went.wrong) == (opened.id, ())
    assert opened.verdict is not Verdict.AWAITING_APPROVAL
    times = (went.opened, went.fenced, went.refused)
    assert None not in times
    assert times == tuple(sorted(time for time in times if time is not None))
    roles, buckets = night.left()
    assert (roles, len(buckets)) == ([], 1), "the actor is gone; what its open case looks after stays"

    changes = tuple(written(night.working.journal(opened.id)))
    stranger = next(change for change in changes if change.target.kind == "bucket")
    charts = stranger.target.but(id="arn:aws:s3:::charts")
    (told,) = outside(scenery, (*changes, stranger.but(target=charts)))
    assert "charts was changed" in told

    assert rehearsing.clear(night.scenery(), night.looking()) == ()
    assert len(night.left()[1]) == 1
    lease = night.working.cases.take(opened.id, "a person")
    assert lease
    night.working.cases.save(night.working.cases.load(opened.id).but(stage=Stage.CLOSE), lease)
    assert rehearsing.clear(night.scenery(), night.looking()) == ()
    assert night.left() == ([], [])


def test_setting_the_scene_alarms_nobody(night: Night) -> None:
    night.scenery().set_up()
    night.respond()
    assert {"CreateRole", "CreateKey", "PutRolePolicy", "AssumeRole"} <= {record["eventName"] for record in night.log()}
    assert night.working.cases.all() == ()


def test_a_response_that_never_comes_is_told_and_leaves_nothing(night: Night) -> None:
    went = night.rehearse()
    (wrong,) = went.wrong
    assert "no case was opened" in wrong
    assert (went.case, went.opened, went.fenced, went.refused, night.left()) == ("", None, None, None, ([], []))


def test_a_fence_that_never_comes_is_told_with_its_case(night: Night) -> None:
    asks = night.policy.but(modes=night.policy.modes.but(fence=Mode.ASK))
    night.working, night.policy = replace(night.working, policy=asks), asks
    (wrong,) = (went := night.rehearse(night.respond, limit=61)).wrong
    assert f"case {went.case} is awaiting_approval, and its fence did not come" in wrong
    assert (went.fenced, went.refused, night.left()[0]) == (None, None, [])


def test_a_real_case_that_is_open_comes_first(night: Night) -> None:
    night.working.cases.create(case("cb-real"))
    with pytest.raises(NotReady, match="cb-real is open"):
        night.rehearse()
    assert night.left() == ([], [])


def test_a_real_case_that_comes_meanwhile_ends_the_rehearsal(night: Night) -> None:
    def real() -> None:
        night.working.cases.create(case("cb-real"))

    (wrong,) = night.rehearse(real).wrong
    assert "cb-real came" in wrong
    assert night.left() == ([], [])


def test_a_thief_who_names_a_rehearsal_and_something_else_is_a_real_case(night: Night) -> None:
    scenery = night.scenery()
    went = night.rehearse(night.respond, scenery)
    opened: Case = night.working.cases.load(went.case)
    charts = opened.signal.resources[0].but(id="arn:aws:s3:::charts")
    widened = opened.but(fronts=(opened.signal.but(resources=(charts,)),))
    assert rehearsing._real(scenery, (opened,)) == ""
    assert rehearsing._real(scenery, (widened,)) == opened.id


def test_what_a_killed_run_left_the_next_one_takes_away(night: Night) -> None:
    night.scenery().set_up()
    night.judged.append("another second")
    assert [len(each) for each in night.left()] == [1, 1]
    night.rehearse()
    assert night.left() == ([], [])


def test_what_can_not_be_removed_is_told_and_goes_the_next_time(night: Night) -> None:
    number = night.sandbox.cloud.faults.add(Fault("error", "s3", "DeleteBucket"))
    wrong = night.rehearse().wrong
    assert any("could not be removed" in each for each in wrong)
    night.sandbox.cloud.faults.remove(number)
    assert rehearsing.clear(night.scenery(), night.looking()) == ()
    assert night.left() == ([], [])


def test_the_command_shows_its_plan_and_stops_at_a_no(night: Night) -> None:
    ran = CliRunner().invoke(app, ["rehearse", "--account", ACCOUNT], input="n\n")
    assert "until `codeblue rollback CASE`" in ran.output
    assert (ran.exit_code, night.left()) == (1, ([], []))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param(["--account", ACCOUNT, "--yes", "--limit", "0", "--json"], 3, id="nobody answers"),
        pytest.param(["--account", ACCOUNT, "--clear"], 0, id="only clearing"),
        pytest.param(["--account", ACCOUNT, "--rights"], 0, id="only the rights"),
    ],
)
def test_the_command_by_its_exit_code(night: Night, given: list[str], code: int) -> None:
    assert CliRunner().invoke(app, ["rehearse", *given]).exit_code == code
    assert night.left() == ([], [])


def test_the_command_enters_no_other_account(night: Night) -> None:
    ran = CliRunner().invoke(app, ["rehearse", "--account", "444455556666", "--yes"])
    assert "not of 444455556666" in str(ran.exception)
    assert night.left() == ([], [])
