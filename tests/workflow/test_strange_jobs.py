"""Jobs under the role of ours that nobody of us ordered: people are told as things are now, in one entry of a small case."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from shared.adapters.memory.jobs import MemoryJobs
from shared.domain.case import Case, LeftForPeople, Verdict
from shared.domain.errors import Refused
from shared.ports.capacity import Holding
from shared.ports.jobs import JobSeen, JobState
from shared.workflow.deps import Deps
from shared.workflow.local import Patience
from shared.workflow.strange_jobs import with_strange_jobs
from tests.hospital import built
from tests.workflow.driving import FOR_EVER, YES, go_on, respond
from tests.workflow.recovering import Night, fallen
from tests.workflow.test_foreseeing import QUIET, Counts, counted

A_WHILE = Patience(sweep_seconds=100, hold_seconds=4000)
"""For the jobs to end, and not until the case is closed."""
AT = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass
class Scene:
    """A case that was driven while a job of somebody else's ran, besides our own two."""

    night: Night
    deps: Deps
    jobs: MemoryJobs
    case: Case

    def looked(self, *others: JobSeen) -> list[LeftForPeople]:
        """What is left for people about jobs where these are seen now."""
        assert self.deps.recovery
        self.jobs.others = list(others)
        return about(with_strange_jobs(self.case, self.deps, self.deps.recovery()))


def theirs(state: JobState, ident: str = "j-theirs", succeeded: int = 0) -> JobSeen:
    return JobSeen(ident, "S3PutObjectCopy", state, AT, succeeded)


def about(case: Case) -> list[LeftForPeople]:
    return [left for left in case.people if left.target.startswith("jobs in ")]


@pytest.fixture(scope="module")
def scene() -> Scene:
    night = fallen(built())
    deps = counted(night, Counts(Holding(versions=500_000_000)), QUIET)
    jobs = deps.recovery().jobs if deps.recovery else None
    assert isinstance(jobs, MemoryJobs)
    jobs.others = [theirs(JobState.RUNNING)]
    return Scene(night, deps, jobs, respond(deps, asks=YES, patience=A_WHILE))


def test_it_is_named_to_people_and_ours_are_not(scene: Scene) -> None:
    (left,) = about(scene.case)
    assert "a job that none of us ordered has the role of our jobs: j-theirs (S3PutObjectCopy, running" in left.reason
    assert (left.blocks, len(scene.jobs.held), scene.case.verdict) == (True, 2, Verdict.PARTIAL)


def test_however_many_are_one_entry(scene: Scene) -> None:
    (left,) = scene.looked(theirs(JobState.CANCELLED), *(theirs(JobState.WAITING, f"j-{n}") for n in range(350)))
    assert "351 jobs that none of us ordered have the role of our jobs: such as j-0 (" in left.reason
    assert left.blocks


@pytest.mark.parametrize(
    ("job", "blocks"),
    [
        (theirs(JobState.WAITING), True),
        (theirs(JobState.CANCELLED), False),
        (theirs(JobState.FAILED), False),
        (theirs(JobState.CANCELLED, succeeded=1), True),
        (theirs(JobState.COMPLETE, succeeded=9), True),
    ],
    ids=["may begin", "was cancelled before it did anything", "failed at everything", "was cancelled too late", "did it"],
)
def test_it_keeps_a_case_from_being_contained_where_it(scene: Scene, job: JobSeen, blocks: bool) -> None:
    assert [left.blocks for left in scene.looked(job)] == [blocks]


def test_what_was_said_is_taken_back_where_none_is_there_any_more(scene: Scene) -> None:
    assert scene.looked() == []


def test_where_nobody_may_look_people_are_told_until_somebody_may(scene: Scene) -> None:
    def refuses(call: str) -> None:
        if call == "seen":
            raise Refused("ListJobs: AccessDenied", "AccessDenied")

    scene.jobs.others, scene.night.objects.beside = [], refuses
    scene.night.hospital.clock.sleep(1000)
    denied = go_on(scene.case, scene.deps, YES, A_WHILE)
    (left,) = about(denied)
    assert left.reason.endswith("could not be looked for: AccessDenied")
    assert (left.blocks, left.passing, denied.verdict) == (True, True, Verdict.PARTIAL)
    scene.night.objects.beside = lambda _: None
    again = go_on(denied, scene.deps, YES, FOR_EVER)
    assert (about(again), again.verdict) == ([], Verdict.CONTAINED)
