"""Runs that are stopped, throttled, refused or killed: nothing is missed, nothing is done twice, and it is said."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.objects import MemoryObjects
from shared.domain.errors import CloudError, CodeblueError, NotDurable, Refused, Throttled
from shared.domain.versions import Engine
from shared.ports.objects import Versioning
from shared.reencryption.lanes import Lane, Reason
from shared.reencryption.migrate import migrate
from shared.reencryption.plan import Migration
from shared.reencryption.result import Progress
from tests.doubles import Killed, Life, mortal
from tests.unit.reencryption import (
    CHARTS,
    NEW,
    OLD,
    OTHER,
    PLAN,
    UNDER_NEW,
    UNDER_OLD,
    UNDER_OTHER,
    NamingJournal,
    estate,
    prove,
    run,
)

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def journal() -> NamingJournal:
    return NamingJournal()


def keys(objects: MemoryObjects, name: str) -> list[str]:
    """The keys of all versions of an object, newest first."""
    return [held.facts.encryption.key for held in objects.stores[CHARTS].versions[name]]


def test_intents_are_on_record_before_the_first_move_of_a_page() -> None:
    objects = estate()
    objects.write(CHARTS, "jane", b"one", UNDER_OLD)
    journal = NamingJournal(durable=1)
    with pytest.raises(NotDurable):
        run(objects, journal)
    assert keys(objects, "jane") == [OLD]


def test_a_cancelled_run_goes_on_where_it_stopped(journal: NamingJournal, engine: Engine) -> None:
    objects = estate(page=1)
    for name in ("a", "b", "c"):
        objects.write(CHARTS, name, b"x", UNDER_OLD)
    answers = iter([False, False, False, False, True])
    first = run(objects, journal, cancelled=lambda: next(answers, True))
    assert (first.finished, first.why, first.moved) == (False, "cancelled", {} if engine is Engine.BATCH else {Lane.UPDATE: 2})
    second = run(objects, journal)
    assert (second.finished, second.moved, second.total) == (True, {Lane.UPDATE: 3}, 3)


def test_what_a_cancelled_page_did_not_try_is_not_done(journal: NamingJournal) -> None:
    objects = estate()
    objects.write(CHARTS, "jane", b"x", UNDER_OLD)
    answers = iter([False, True])
    result = run(objects, journal, cancelled=lambda: next(answers, True))
    assert (result.finished, result.moved, keys(objects, "jane")) == (False, {}, [OLD])
    assert run(objects, journal).moved == {Lane.UPDATE: 1}


def test_an_older_version_with_the_same_content_is_not_taken_for_a_dead_workers_copy(journal: NamingJournal) -> None:
    objects = estate(updates=False)
    objects.write(CHARTS, "jane", b"x", UNDER_NEW)
    objects.write(CHARTS, "jane", b"x", UNDER_OLD)
    objects.beside = dies_at("copy")
    with suppress(Killed):
        run(objects, journal)
    objects.beside = _nobody
    objects.write(CHARTS, "jane", b"y", UNDER_NEW)
    result = run(objects, journal)
    assert (result.finished, result.moved, result.blocked) == (True, {}, {Reason.NONCURRENT: 1})


def dies_at(call_name: str) -> Callable[[str], None]:
    def beside(call: str) -> None:
        if call == call_name:
            raise Killed

    return beside


def test_throttling_slows_down_and_gives_nothing_up(journal: NamingJournal) -> None:
    objects = estate()
    for name in "abcdefgh":
        objects.write(CHARTS, name, b"x", UNDER_OLD)
    calls = iter(range(10_000))

    def beside(call: str) -> None:
        if call == "update" and next(calls) % 3:
            raise Throttled("slow down", "SlowDown")

    objects.beside = beside
    clock = MemoryClock()
    assert run(objects, journal, clock=clock).moved == {Lane.UPDATE: 8}
    assert clock.monotonic() > 0


def fails(call_name: str, error: CloudError, times: int = 10_000) -> Callable[[str], None]:
    """Somebody whose calls of this name fail, after the canary's."""
    left = iter([False] + [True] * times)

    def beside(call: str) -> None:
        if call == call_name and next(left, False):
            raise error

    return beside


def test_a_disabled_key_ends_the_run_and_is_said(journal: NamingJournal) -> None:
    objects = estate()
    for name in "abc":
        objects.write(CHARTS, name, b"x", UNDER_OLD)
    objects.beside = fails("update", Refused("disabled", "KMS.DisabledException"))
    result = run(objects, journal)
    assert (result.finished, result.moved) == (False, {})
    assert result.why == "the store, or a key, can not be used now: KMS.DisabledException"


def test_what_is_denied_is_not_done(journal: NamingJournal) -> None:
    objects = estate()
    objects.write(CHARTS, "jane", b"x", UNDER_OLD)
    objects.beside = fails("update", Refused("denied", "AccessDenied"))
    result = run(objects, journal)
    assert (result.finished, result.why) == (False, "what is left could not be moved")
    assert result.failed == {Reason.DENIED: 1}
    assert prove(objects, journal).eligible_left == 1


def test_a_version_that_the_service_does_not_update_is_copied_if_it_may_be(journal: NamingJournal, engine: Engine) -> None:
    objects = estate()
    objects.write(CHARTS, "jane", b"x", UNDER_OLD)
    objects.beside = fails("update", Refused("source", "InvalidRequest"), times=2 if engine is Engine.BATCH else 1)
    result = run(objects, journal)
    assert (result.finished, result.moved, result.blocked) == (True, {Lane.COPY: 1}, {Reason.NONCURRENT: 1})


@pytest.mark.parametrize("after", [False, True], ids=["before the call has its effect", "after it"])
@pytest.mark.parametrize("versioning", Versioning, ids=lambda v: v.name.lower())
@pytest.mark.parametrize("updates", [True, False], ids=["updating", "copying"])
def test_a_worker_may_die_at_any_call(versioning: Versioning, updates: bool, after: bool) -> None:
    plan = PLAN.but(copy_limit=20, part=7)
    for last in range(1, 60):
        objects, journal, life = two_patients(versioning, updates=updates), NamingJournal(), Life(last)
        objects.beside = _nobody if after else partial(_dying, life)
        port = mortal(objects, life, after=True) if after else objects
        with suppress(Killed):
            run(port, mortal(journal, life, after=after), plan)
        objects.beside = _nobody
        assert run(objects, journal, plan).finished
        # an upload whose worker died before it could say so is empty
        assert all(parts == 0 for _, parts in objects.stores[CHARTS].uploads.values()), last
        assert_moved_once(objects, journal, plan)


def _nobody(_: str) -> None:
    """Nobody else is at work."""


def _dying(life: Life, _: str) -> None:
    life.step()


def two_patients(versioning: Versioning, *, updates: bool) -> MemoryObjects:
    objects = estate(versioning, updates=updates, page=1)
    for content in (b"one", b"two"):
        objects.write(CHARTS, "jane", content, UNDER_OLD)
        objects.write(CHARTS, "john", content * 10, UNDER_OLD)
    return objects


def assert_moved_once(objects: MemoryObjects, journal: NamingJournal, plan: Migration) -> None:
    held = objects.stores[CHARTS]
    in_place = held.updates and held.versioning is Versioning.ENABLED
    expected = 2 if held.versioning is not Versioning.ENABLED else 4 if in_place else 6
    assert sum(map(len, held.versions.values())) == expected
    proof = prove(objects, journal, plan)
    assert (proof.done, proof.compared) == (True, 4 if in_place else 2)


def test_progress_counts_versions_and_knows_the_total_after_the_first_sweep(journal: NamingJournal) -> None:
    objects = estate(page=1)
    for name in "abc":
        objects.write(CHARTS, name, b"x", UNDER_OLD)
    told: list[Progress] = []
    migrate(PLAN, objects, journal, MemoryClock(), progress=told.append)
    assert [(p.sweep, p.done, p.total) for p in told] == [(1, 1, None), (1, 2, None), (1, 3, 3), (2, 1, 3), (2, 2, 3), (2, 3, 3)]
    assert all(p.rate > 0 for p in told)
    assert told[-1].seconds_left == 0


def test_many_threads_do_what_one_does(journal: NamingJournal) -> None:
    objects = estate(page=50)
    for n in range(120):
        objects.write(CHARTS, f"p{n % 7}/{n}", b"x", UNDER_OLD if n % 3 else UNDER_OTHER)
    result = run(objects, journal, PLAN.but(width=8))
    assert (result.finished, result.moved, result.total) == (True, {Lane.UPDATE: 80}, 120)
    assert prove(objects, journal).keys == {NEW: 80, OTHER: 40}


def test_every_error_that_may_come_is_of_ours() -> None:
    objects = estate()
    objects.stores.pop(CHARTS)
    with pytest.raises(CodeblueError):
        run(objects, NamingJournal())
