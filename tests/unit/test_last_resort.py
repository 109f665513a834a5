"""Whom the policy names and nobody finds: people get to know, once a day, and the night goes on."""

from copy import replace
from datetime import date

import pytest

from shared.adapters.local.notifier import LogNotifier
from shared.adapters.memory.notifier import MemoryNotifier
from shared.adapters.memory.windows import BoundedMemory
from shared.bootstrap.clouds import tell
from shared.containment.actions import ACTIONS
from shared.domain.errors import Refused
from shared.ports import Memory
from tests.hospital import EXPORT, KEY
from tests.unit.action_rows import ROWS
from tests.unit.test_actions import situation

NIGHT = date(2026, 11, 22)
GONE, SILENT = "break-glass does not exist", "on-call could not be looked up"


class Pages(MemoryNotifier):
    """What people were woken with."""

    @property
    def said(self) -> list[str]:
        assert all("response.toml" in page.subject and not page.case_id for page in self.pages)
        return [page.body for page in self.pages]


def no_table() -> Memory:
    raise Refused("GetItem: AccessDenied")


def test_a_second_worker_wakes_nobody_again() -> None:
    people, memory = Pages(), BoundedMemory()
    for _ in range(2):
        tell([GONE, SILENT], people, lambda: memory, NIGHT)
    assert people.said == [GONE, SILENT]


def test_the_day_after_they_are_told_again() -> None:
    people, memory = Pages(), BoundedMemory()
    for day in (NIGHT, NIGHT.replace(day=23)):
        tell([GONE], people, lambda: memory, day)
    assert people.said == [GONE, GONE]


def test_where_nothing_can_be_remembered_they_are_told_anyway() -> None:
    people = Pages()
    tell([GONE], people, no_table, NIGHT)
    assert people.said == [GONE]


def test_a_log_is_told_without_a_table_being_asked(caplog: pytest.LogCaptureFixture) -> None:
    memory = BoundedMemory()
    tell([GONE], LogNotifier(), lambda: memory, NIGHT)
    assert GONE in caplog.text
    assert not memory.seen(f"{NIGHT}: {GONE}")


def test_nobody_asks_anything_where_everybody_was_found() -> None:
    tell([], Pages(), no_table, NIGHT)


def test_no_store_or_key_is_denied_to_whom_nothing_else_may_touch() -> None:
    fence, (_, seen) = ACTIONS["fence-key"], situation(ROWS["a key is denied to the actors"])
    assert list(fence.propose(fence, KEY, seen))
    assert list(fence.propose(fence, KEY, replace(seen, exempt=frozenset({EXPORT.id})))) == []
