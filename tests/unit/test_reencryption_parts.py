"""Workers beside each other: how a store is cut, what a part is, what becomes of one that does not get on, what is on record."""

import random
from collections.abc import Callable, Iterator
from copy import replace
from itertools import count
from typing import cast

import pytest

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.wire.objects import FastObjects
from shared.adapters.memory.clock import MemoryClock
from shared.adapters.memory.objects import MemoryObjects, MemoryStore
from shared.domain.errors import Refused
from shared.domain.resource import Ref
from shared.ports.asking import Together
from shared.ports.objects import Page, StoreFacts, Version, Versioning
from shared.ports.record import TAKEN_IN, case_of, part_ledger
from shared.reencryption import by_parts
from shared.reencryption.by_parts import ASKED, CUT, OVER, Shared
from shared.reencryption.lanes import Lane, Reason
from shared.reencryption.migrate import migrate
from shared.reencryption.stretch import Stretch, within
from shared.workflow.unmoved import Ran, failed
from tests.unit.reencryption import CHARTS, NEW, PLAN, UNDER_OLD, NamingJournal, estate, ledger_of, prove, run
from tests.unit.test_reencryption_turns import Beside

COPYING = PLAN.but(canary=None)


@pytest.fixture
def journal() -> NamingJournal:
    return NamingJournal()


def filled(names: str, page: int = 2, versions: int = 1) -> MemoryObjects:
    objects = estate(Versioning.ENABLED if versions > 1 else Versioning.NEVER, page=page)
    for name in names:
        for _ in range(versions):
            objects.write(CHARTS, name, name.encode(), UNDER_OLD)
    return objects


def shared(objects: MemoryObjects, journal: NamingJournal, versions: int = 1) -> Shared:
    return Shared(COPYING, objects, journal, lambda number: ledger_of(journal, number), MemoryClock(), versions)


def after(pages: int) -> Callable[[], bool]:
    """A turn that is over after so many pages."""
    left = iter(range(pages))
    return lambda: next(left, None) is None


def under_new(objects: MemoryObjects) -> str:
    return "".join(n for n, held in objects.stores[CHARTS].versions.items() if held[0].facts.encryption.key == NEW)


def test_the_parts_are_the_whole_listing_and_no_two_meet(journal: NamingJournal) -> None:
    of = shared(objects := filled("abcdefg"), journal)
    assert by_parts.open_parts(of) == (0, 1, 2, 3)
    seen = []
    for number in range(4):
        result = by_parts.work(of, number)
        assert result
        seen.append((result.total, under_new(objects)))
    assert [n for n, _ in seen] == [2, 2, 2, 1]
    assert [text for _, text in seen] == ["ab", "abcd", "abcdef", "abcdefg"]
    assert by_parts.open_parts(of) == ()
    after = run(objects, journal, COPYING)
    assert (after.finished, after.moved, after.nothing) == (True, {Lane.COPY: 7}, {Reason.SUCCESSOR: 7})
    assert prove(objects, journal, COPYING).compared == 7


def test_versions_of_one_object_are_one_parts(journal: NamingJournal) -> None:
    class Straddling(MemoryObjects):
        """Ends pages in the middle of an object's versions."""

        def list(self, store: object, after: tuple[str, str] | None) -> Page:
            del store
            at = int(after[1]) if after else 0
            return Page(tuple(LINES[at : at + 2]), ("", str(at + 2)) if at + 2 < len(LINES) else None)

    lines: Iterator[Version] = (Version(k, f"v{n}", n == 0, MemoryClock().now()) for k in "abc" for n in range(3))
    LINES = list(lines)  # noqa: N806
    of = shared(Straddling(), journal)
    by_parts.open_parts(of)
    cut = by_parts._cut_of(of).whole
    assert [(part.first, part.end) for part in cut] == [("", "c"), ("c", "")]


def test_a_worker_asks_together_where_its_objects_can_and_nothing_outside_its_stretch(journal: NamingJournal) -> None:
    class Fast(Beside):
        """Counts the pages of its own reader."""

        pages = 0

        def listed(self, store: Ref, after: tuple[str, str] | None) -> Page:
            self.pages += 1
            return super().listed(store, after)

    fast = Fast(memory := filled("abcdef"), clock := MemoryClock(), random.Random(1))  # noqa: S311  # an order of answers
    of = replace(shared(cast("MemoryObjects", fast), journal, versions=2), clock=clock)
    assert by_parts.open_parts(of) == (0, 1, 2)
    assert fast.pages == 0
    assert by_parts.work(of, 1)
    assert fast.pages
    assert {ask.key for ask in fast.asked} == set("cd")
    assert under_new(memory) == "cd"


def test_parts_of_buckets_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert isinstance(within(FastObjects(Clients()), Stretch()), Together)


def test_a_part_that_is_not_over_is_asked_for_again_as_long_as_any_gets_on(journal: NamingJournal) -> None:
    of = shared(objects := filled("abcd"), journal)
    assert by_parts.open_parts(of) == (0, 1)
    by_parts.work(of, 0)
    assert by_parts.open_parts(of) == (1,)
    by_parts.work(of, 1, cancelled=lambda: True)
    assert by_parts.open_parts(of) == (1,)
    by_parts.work(of, 1, cancelled=lambda: True)
    assert by_parts.open_parts(of) == ()  # nobody gets on: the sweep does what is left
    assert under_new(objects) == "ab"
    assert run(objects, journal, COPYING).moved == {Lane.COPY: 4}


def test_what_a_part_meant_to_do_is_known_to_the_sweep_after_it(journal: NamingJournal) -> None:
    of = shared(objects := filled("ab"), journal)
    by_parts.open_parts(of)

    def dies(call: str) -> None:
        if call == "head" and under_new(objects):
            raise KeyboardInterrupt

    objects.beside = dies
    with pytest.raises(KeyboardInterrupt):
        by_parts.work(of, 0)
    objects.beside = lambda _: None
    assert by_parts.open_parts(of) == (0,)  # it has got on
    assert by_parts.open_parts(of) == ()  # its worker is gone
    result = run(objects, journal, COPYING)
    assert (result.finished, result.moved) == (True, {Lane.COPY: 2})
    assert prove(objects, journal, COPYING).compared == 2


def test_a_part_that_always_fails_is_not_asked_for_for_ever(journal: NamingJournal) -> None:
    of = shared(objects := filled("abcd"), journal)

    def denies(call: str) -> None:
        if call == "copy":
            raise Refused("denied", "AccessDenied")

    objects.beside = denies
    rounds = 0
    while parts := by_parts.open_parts(of):
        rounds += 1
        for number in parts:
            by_parts.work(of, number)
    assert rounds == 2
    result = run(objects, journal, COPYING)
    assert (result.finished, result.failed) == (False, {Reason.DENIED: 4})


def test_who_is_stopped_while_cutting_has_cut_nothing(journal: NamingJournal) -> None:
    of = shared(filled("abcd"), journal)
    assert by_parts.open_parts(of, cancelled=lambda: True) == ()
    assert not by_parts.begun(of)


def test_a_part_has_so_many_versions_however_few_a_page_has(journal: NamingJournal) -> None:
    of = shared(filled("abcdefghi", page=1), journal, versions=4)
    assert by_parts.open_parts(of) == (0, 1, 2)
    assert [(part.first, part.end) for part in by_parts._cut_of(of).whole] == [("", "e"), ("e", "i"), ("i", "")]


def test_what_is_behind_the_most_parts_is_the_sweeps(journal: NamingJournal) -> None:
    of = replace(shared(objects := filled("abcdefghi"), journal), most=2)
    assert by_parts.open_parts(of) == (0, 1)
    for number in (0, 1):
        by_parts.work(of, number)
    assert (by_parts.open_parts(of), under_new(objects)) == ((), "abcd")
    assert run(objects, journal, COPYING).moved == {Lane.COPY: 9}


def test_a_stores_ceiling_is_divided_among_those_who_work_beside_each_other(journal: NamingJournal) -> None:
    of = shared(objects := filled("abcdef"), journal)
    of = replace(of, plan=of.plan.but(ceiling=3.0))
    assert by_parts.open_parts(of) == (0, 1, 2)
    asked, began = list[str](), of.clock.monotonic()
    objects.beside = asked.append
    by_parts.work(of, 0)
    paced = sum(call in {"head", "copy"} for call in asked)
    assert of.clock.monotonic() - began >= paced - 1 >= 3  # one a second


@pytest.mark.parametrize("number", [0, 9_999, 10_000, 99_999])
def test_every_parts_ledger_is_under_its_cases_secrets(number: int) -> None:
    assert case_of(part_ledger("case-1", "0123456789abcdef", number)) == "case-1"


def test_who_is_stopped_while_cutting_is_gone_on_from_and_the_parts_are_the_same(journal: NamingJournal) -> None:
    objects, whole = filled("abcdefghi"), NamingJournal()
    by_parts.open_parts(shared(objects, whole))
    of, turns = shared(objects, journal), 0
    while not by_parts.cut(of):
        turns += 1
        by_parts.open_parts(of, cancelled=after(2))
    assert turns == 3
    assert by_parts._cut_of(of) == by_parts._cut_of(shared(objects, whole))


def test_a_listing_that_breaks_off_keeps_what_was_cut(journal: NamingJournal) -> None:
    of, asked = shared(objects := filled("abcdefghi"), journal), count()

    def denies(call: str) -> None:
        if call == "list" and next(asked) == 2:
            raise Refused("denied", "AccessDenied")

    objects.beside = denies
    with pytest.raises(Refused):
        by_parts.open_parts(of)
    assert len(by_parts._cut_of(of).whole) == 1
    assert by_parts.open_parts(of) == (0, 1, 2, 3, 4)
    assert next(asked) == 6


class OfBlocks(MemoryObjects):
    """What is sent in parts of a copy that breaks off stays, and no call takes it away."""

    def store(self, store: Ref) -> StoreFacts:
        return replace(super().store(store), in_place=False)


def test_a_copy_in_blocks_that_broke_off_is_told_of_until_one_ends(journal: NamingJournal) -> None:
    objects = OfBlocks()
    objects.stores[CHARTS] = MemoryStore(versioning=Versioning.NEVER)
    objects.write(CHARTS, "scan", b"x" * 25, UNDER_OLD)
    of = shared(objects, journal)
    of = replace(of, plan=of.plan.but(copy_limit=10, part=10))

    def denies(call: str) -> None:
        if call == "complete":
            raise Refused("denied", "AccessDenied")

    objects.beside = denies
    by_parts.open_parts(of)
    by_parts.work(of, 0)
    by_parts.open_parts(of)
    assert by_parts.open_parts(of) == ()  # it does not get on
    stopped = migrate(of.plan, objects, journal, of.clock, cancelled=lambda: True)
    words = [left.reason for left in failed(Ran(of.plan, stopped))]
    assert (stopped.broken_off, sum("uploads" in each for each in words)) == (1, 1)
    objects.beside = lambda _: None
    assert run(objects, journal, of.plan).broken_off == 0


def test_what_is_over_is_taken_in_part_by_part_and_who_is_stopped_between_them_is_gone_on_from(journal: NamingJournal) -> None:
    of = shared(filled("abcdefgh"), journal)
    for number in by_parts.open_parts(of):
        by_parts.work(of, number)
    stops = after(3)  # the cut, and two parts
    assert by_parts.open_parts(of, cancelled=stops) == ()
    assert sum(entry.kind == TAKEN_IN for entry in journal.listed) == 2
    assert by_parts.open_parts(of) == ()
    assert [entry.body["part"] for entry in journal.listed if entry.kind == TAKEN_IN] == [0, 1, 2, 3]


def test_no_such_part(journal: NamingJournal) -> None:
    of = shared(filled("ab"), journal)
    by_parts.open_parts(of)
    assert by_parts.work(of, 7) is None


def test_the_record_has_counts_and_heads_and_no_name_in_clear(journal: NamingJournal) -> None:
    of = shared(filled("abcd"), journal)
    for number in by_parts.open_parts(of):
        by_parts.work(of, number)
    by_parts.open_parts(of)
    kinds = [entry.kind for entry in journal.listed]
    assert (kinds.count(CUT), kinds.count(ASKED), kinds.count(TAKEN_IN)) == (1, 1, 2)
    taken = [entry.body for entry in journal.listed if entry.kind == TAKEN_IN]
    assert [(body["part"], body["moved"]) for body in taken] == [(0, 2), (1, 2)]
    assert {entry.kind for entry in ledger_of(journal, 0).listed} >= {OVER}
    assert "'c'" not in str([entry.body for entry in journal.listed])


def test_a_ledger_of_a_part_is_under_the_secrets_of_its_case() -> None:
    name = part_ledger("cb-1", PLAN.id, 12)
    assert (case_of(name), case_of("cb-1"), name.endswith("-0012")) == ("cb-1", "cb-1", True)
