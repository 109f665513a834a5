"""The next page is listed while one is worked on, and nothing comes of that but time."""

from collections.abc import Iterator
from threading import Event, get_ident

import pytest

from shared.adapters.memory.objects import MemoryObjects
from shared.domain.errors import Refused
from shared.reencryption.lanes import Lane
from shared.reencryption.manifest import Manifest
from shared.reencryption.plan import Migration
from tests.unit.reencryption import CHARTS, PLAN, UNDER_OLD, NamingJournal, estate, run

BY_THREADS = PLAN.but(width=2)
PATIENCE = 30.0
"""Seconds after which a listing that was not asked for does not come; where it was, nobody waits for them."""


@pytest.fixture
def charts() -> MemoryObjects:
    """Three pages of one version."""
    objects = estate(page=1)
    for key in ("jane", "john", "june"):
        objects.write(CHARTS, key, b"phi", UNDER_OLD)
    return objects


def test_a_page_is_listed_while_the_one_before_is_moved(charts: MemoryObjects) -> None:
    listings, second, waited = iter(range(1, 100)), Event(), list[bool]()
    here = get_ident()

    def beside(call: str) -> None:
        if call == "list" and next(listings) == 2:
            second.set()
        elif call == "update" and get_ident() != here:
            waited.append(second.wait(PATIENCE))

    charts.beside = beside
    assert run(charts, NamingJournal(), BY_THREADS).moved == {Lane.UPDATE: 3}
    assert waited == [True, True, True]


def test_what_was_moved_is_on_record_though_the_next_page_can_not_be_listed(charts: MemoryObjects) -> None:
    listings = iter(range(1, 100))

    def beside(call: str) -> None:
        if call == "list" and next(listings) == 2:
            raise Refused("ListObjectVersions: AccessDenied", "AccessDenied")

    charts.beside = beside
    journal = NamingJournal()
    with pytest.raises(Refused):
        run(charts, journal, BY_THREADS)
    assert len(Manifest.recall(BY_THREADS, journal).moved) == 1


@pytest.mark.parametrize("plan", [PLAN, BY_THREADS], ids=["one caller", "threads"])
def test_a_page_that_was_stopped_within_is_listed_again_and_not_passed_over(charts: MemoryObjects, plan: Migration) -> None:
    asked = _stopped_at(2)
    result = run(charts, NamingJournal(), plan, cancelled=lambda: next(asked))
    assert (result.finished, result.moved) == (True, {Lane.UPDATE: 3})


def _stopped_at(which: int) -> Iterator[bool]:
    """Whether a person says stop: at this question, and at no other."""
    n = 0
    while True:
        n += 1
        yield n == which
