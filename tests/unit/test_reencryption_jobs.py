"""The bulk of a store moved by a job of its own service: what is on record when, and what ends a run."""

from collections.abc import Callable, Iterator
from copy import replace
from functools import partial

import pytest

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.jobs import MemoryJobs
from shared.adapters.memory.objects import MemoryObjects
from shared.domain.errors import Refused
from shared.domain.resource import Ref
from shared.ports.jobs import Job, JobState, TaskDone
from shared.ports.objects import Encryption, Lock, Scheme
from shared.reencryption.by_job import CANCELLED, EARLY, GOES_ON, OTHER, ByJob
from shared.reencryption.lanes import Lane, Reason
from shared.reencryption.manifest import Manifest
from shared.reencryption.migrate import migrate
from shared.reencryption.plan import Migration
from shared.reencryption.result import MigrationResult, Progress
from tests.unit.reencryption import CHARTS, NEW, OLD, PLAN, UNDER_NEW, UNDER_OLD, NamingJournal, estate, prove


@pytest.fixture
def objects() -> MemoryObjects:
    """Five charts under the old key, the last of them in two versions, and one under the new."""
    made = estate(page=2)
    for name in ("a", "b", "c", "d", "d"):
        made.write(CHARTS, name, b"x", UNDER_OLD)
    made.write(CHARTS, "e", b"x", UNDER_NEW)
    return made


@pytest.fixture
def jobs(objects: MemoryObjects) -> MemoryJobs:
    return MemoryJobs(objects)


@pytest.fixture
def journal() -> NamingJournal:
    return NamingJournal()


def run(
    objects: MemoryObjects,
    jobs: MemoryJobs,
    journal: NamingJournal,
    plan: Migration = PLAN,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    halted: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> MigrationResult:
    return migrate(plan, objects, journal, MemoryClock(), cancelled=cancelled, progress=progress, job=ByJob(jobs, lambda: halted))


def kinds(journal: NamingJournal) -> list[str]:
    return [entry.kind for entry in journal.listed]


def test_every_version_is_on_record_before_the_job_may_begin(
    objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal
) -> None:
    intended = list[int]()
    recall = partial(Manifest.recall, PLAN, journal)
    objects.beside = lambda call: intended.append(len(recall().pending)) if call == "confirm" else None
    assert run(objects, jobs, journal).finished
    assert intended[0] == 6
    assert kinds(journal).index("migration-job") < kinds(journal).index("migration-intended")


def test_only_what_the_job_moved_counts_as_moved(objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal) -> None:
    result = run(objects, jobs, journal)
    assert (result.moved, result.nothing) == ({Lane.UPDATE: 5}, {Reason.SUCCESSOR: 6})
    assert prove(objects, journal).compared == 5
    assert Manifest.recall(PLAN, journal).pending == {}


def test_a_report_that_is_lost_is_made_up_for_by_the_sweeps(
    objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal
) -> None:
    jobs.reports = False
    assert run(objects, jobs, journal).finished
    assert prove(objects, journal).done
    assert {row.name for row in Manifest.recall(PLAN, journal).moved.values()} >= {
        journal.name(f"{key}\0{held.id}") for key in "abcd" for held in objects.stores[CHARTS].versions[key]
    }


@pytest.mark.parametrize("repeated", [False, True], ids=["one row", "one row for every task"])
def test_a_report_that_does_not_tell_of_every_version_settles_no_other(
    objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal, *, repeated: bool
) -> None:
    whole = jobs.report

    def partly(store: Ref, job: str) -> Iterator[TaskDone]:
        told = list(whole(store, job))
        return iter(told[:1] * (len(told) if repeated else 1))

    jobs.report = partly  # type: ignore[method-assign]
    assert run(objects, jobs, journal).finished
    assert not any(note.told for note in Manifest.recall(PLAN, journal).jobs if (note.over, note.bucket_key) == (True, False))
    assert prove(objects, journal).done


def test_a_job_that_somebody_else_ordered_is_cancelled_and_people_are_told(
    objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal
) -> None:
    def theirs(call: str) -> None:
        for held in jobs.held.values() if call == "look" else ():
            held.order = replace(held.order, successor=OLD)

    objects.beside = theirs
    result = run(objects, jobs, journal)
    assert (result.finished, result.why) == (False, OTHER)
    assert {held.now.state for held in jobs.held.values()} == {JobState.CANCELLED}
    objects.beside = lambda _: None
    assert run(objects, jobs, journal).finished


def test_a_job_that_began_without_our_word_is_cancelled_and_people_are_told(
    objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal
) -> None:
    def begins(call: str) -> None:
        for held in jobs.held.values() if call == "look" else ():
            if held.now.state is JobState.PREPARING:
                held.todo, held.now = [("a", objects.stores[CHARTS].versions["a"][0].id)], Job(JobState.RUNNING, tasks=1)

    objects.beside = begins
    result = run(objects, jobs, journal)
    assert (result.finished, result.why) == (False, EARLY)
    objects.beside = lambda _: None
    assert run(objects, jobs, journal).finished
    assert prove(objects, journal).done


def test_nobody_without_the_record_knows_a_job_s_token(objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal) -> None:
    class Secret(NamingJournal):
        def name(self, text: str) -> str:
            return super().name(f"secret {text}")

    tokens = list[set[str]]()
    for each in (journal, Secret()):
        jobs.held.clear()
        run(objects, jobs, each, cancelled=lambda: True)
        tokens.append(set(jobs.held))
    assert not tokens[0] & tokens[1]
    assert tokens[0]


def test_a_report_that_tells_of_every_version_settles_all(objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal) -> None:
    assert run(objects, jobs, journal).finished
    assert all(note.told for note in Manifest.recall(PLAN, journal).jobs if note.over)


def test_a_job_keeps_locks_and_the_sweep_says_so(objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal) -> None:
    objects.write(CHARTS, "kept", b"x", UNDER_OLD, lock=Lock("COMPLIANCE"))
    result = run(objects, jobs, journal)
    assert (result.finished, result.blocked) == (True, {Reason.COMPLIANCE: 1})


def test_each_version_keeps_its_bucket_key(objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal) -> None:
    objects.write(CHARTS, "with", b"x", Encryption(Scheme.SSE_KMS, OLD, bucket_key=True))
    assert run(objects, jobs, journal).finished
    found = {key: held[0].facts.encryption for key, held in objects.stores[CHARTS].versions.items()}
    assert (found["with"], found["a"]) == (Encryption(Scheme.SSE_KMS, NEW, bucket_key=True), UNDER_NEW)
    assert [held.order.bucket_key for held in jobs.held.values()] == [True, False]


def test_what_was_read_goes_before_the_job(objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal) -> None:
    seen = list[set[str]]()

    def looks(call: str) -> None:
        if call == "order":
            seen.append({key for key, held in objects.stores[CHARTS].versions.items() if held[0].facts.encryption.key == NEW})

    objects.beside = looks
    assert run(objects, jobs, journal, PLAN.but(first=frozenset({"c"}))).finished
    assert seen[0] == {"c", "e"}


def test_without_updates_in_place_no_job_is_ordered(jobs: MemoryJobs, journal: NamingJournal) -> None:
    without = estate(updates=False)
    without.write(CHARTS, "a", b"x", UNDER_OLD)
    assert run(without, jobs, journal).moved == {Lane.COPY: 1}
    assert jobs.held == {}


def test_a_job_that_fails_ends_the_run_and_is_ordered_anew(
    objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal
) -> None:
    jobs.fails = "TooManyFailures"
    first = run(objects, jobs, journal)
    assert (first.finished, first.why, first.moved) == (False, "the store's own job failed: TooManyFailures", {Lane.UPDATE: 2})
    jobs.fails = ""
    assert run(objects, jobs, journal).finished
    assert len(jobs.held) == 3
    assert prove(objects, journal).done


@pytest.mark.parametrize(("code", "finished"), [("NoMatchingObjects", True), ("AccessDenied", False)])
def test_a_job_that_found_nothing_is_no_failure_and_one_that_may_not_look_is(
    objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal, code: str, finished: bool
) -> None:
    jobs.look = lambda *_: Job(JobState.FAILED, why=code)  # type: ignore[method-assign]
    result = run(objects, jobs, journal)
    assert (result.finished, bool(result.why)) == (finished, not finished)


def test_a_job_that_others_cancel_ends_the_run(objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal) -> None:
    objects.write(CHARTS, "with", b"x", Encryption(Scheme.SSE_KMS, OLD, bucket_key=True))

    def cancels(call: str) -> None:
        for ident, held in jobs.held.items() if call == "look" else ():
            jobs.cancel(held.order.store, ident)

    objects.beside = cancels
    result = run(objects, jobs, journal)
    assert (result.finished, result.why) == (False, "the store's own job was cancelled")


@pytest.mark.parametrize(("halted", "states"), [(True, {"cancelled"}), (False, {"waiting", "running", "preparing"})])
def test_a_pause_cancels_the_job_and_the_worker_s_end_does_not(
    objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal, halted: bool, states: set[str]
) -> None:
    result = run(objects, jobs, journal, cancelled=lambda: True, halted=halted)
    assert (result.finished, result.why) == (False, CANCELLED)
    assert {held.now.state.value for held in jobs.held.values()} <= states
    assert run(objects, jobs, journal).finished
    assert len(jobs.held) == (3 if halted else 2)


def test_a_job_that_takes_long_is_left_to_itself(objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal) -> None:
    jobs.pace = 0
    told = list[Progress]()
    assert run(objects, jobs, journal, progress=told.append).why == GOES_ON
    assert told[-1].total == 5
    jobs.pace = 5
    assert run(objects, jobs, journal).finished
    assert kinds(journal).count("migration-job") == 6


def test_a_version_that_the_job_harmed_stops_the_run(objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal) -> None:
    def harms(call: str) -> None:
        held = objects.stores[CHARTS].versions["a"]
        if call == "update" and jobs.held and held[0].facts.encryption.key == NEW:
            held[0] = replace(held[0], facts=replace(held[0].facts, etag="another"))

    objects.beside = harms
    assert run(objects, jobs, journal).why == "an update in place changed more than the key"


def test_an_order_that_is_refused_is_told(objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal) -> None:
    def refuses(call: str) -> None:
        if call == "order":
            raise Refused("no", "AccessDenied")

    objects.beside = refuses
    with pytest.raises(Refused):
        run(objects, jobs, journal)


def test_a_listing_that_is_stopped_goes_on_where_it_was(objects: MemoryObjects, jobs: MemoryJobs, journal: NamingJournal) -> None:
    listed = list[str]()
    objects.beside = lambda call: listed.append(call) if call == "list" else None
    first = run(objects, jobs, journal, cancelled=lambda: bool(listed))
    assert (first.why, len(listed)) == (CANCELLED, 1)
    assert {held.now.state for held in jobs.held.values()} <= {JobState.WAITING, JobState.COMPLETE}
    assert run(objects, jobs, journal).finished
    assert len(Manifest.recall(PLAN, journal).moved) == 5
    assert prove(objects, journal).compared == 5
