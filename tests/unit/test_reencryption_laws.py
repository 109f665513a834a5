"""Laws of a migration, over random estates, with people who write and delete meanwhile and workers who die."""

from collections.abc import Iterator
from contextlib import suppress
from copy import replace
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.memory.objects import Held, MemoryObjects
from shared.ports.objects import Encryption, Lock, Scheme, Versioning
from shared.reencryption.lanes import MOVES
from shared.reencryption.manifest import Manifest
from tests.doubles import Killed, Life, mortal
from tests.unit.reencryption import (
    CHARTS,
    COMPLIANCE,
    NEW,
    OLD,
    PLAN,
    UNDER_NEW,
    UNDER_OLD,
    UNDER_OTHER,
    NamingJournal,
    estate,
    prove,
    run,
)

pytestmark = pytest.mark.usefixtures("every_engine")

KEYS = ("a", "b/1", "b/2")
LARGE = PLAN.but(copy_limit=4, part=3)

ENCRYPTIONS = st.sampled_from(
    [
        UNDER_OLD,
        UNDER_OLD,
        UNDER_OLD,
        UNDER_NEW,
        UNDER_OTHER,
        Encryption(Scheme.SSE_S3),
        Encryption(Scheme.SSE_C),
        Encryption(Scheme.DSSE, OLD),
    ]
)
LOCKS = st.sampled_from([Lock(), Lock(), Lock(), COMPLIANCE, Lock(legal_hold=True)])


@dataclass(frozen=True)
class Put:
    """Somebody stores an object."""

    key: str
    encryption: Encryption
    content: bytes
    lock: Lock
    archived: bool


@dataclass(frozen=True)
class Delete:
    """Somebody deletes an object."""

    key: str


PUTS = st.builds(Put, st.sampled_from(KEYS), ENCRYPTIONS, st.sampled_from([b"x", b"content"]), LOCKS, st.booleans())
EDITS = st.one_of(PUTS, st.builds(Delete, st.sampled_from(KEYS)))
STATES = st.tuples(st.sampled_from(Versioning), st.lists(EDITS, max_size=8))
HISTORIES = st.one_of(
    st.tuples(st.tuples(st.just(Versioning.NEVER), st.lists(EDITS, max_size=6))),
    st.tuples(
        st.tuples(st.just(Versioning.NEVER), st.lists(EDITS, max_size=4)),
        st.tuples(st.just(Versioning.ENABLED), st.lists(EDITS, max_size=6)),
        st.tuples(st.sampled_from([Versioning.ENABLED, Versioning.SUSPENDED]), st.lists(EDITS, max_size=4)),
    ),
)


@dataclass
class People:
    """Whoever writes and deletes, and what of theirs must still be there: content and description by key and id, newest last."""

    objects: MemoryObjects
    theirs: dict[str, list[Held]] = field(default_factory=dict)

    def do(self, edit: Put | Delete) -> None:
        store = self.objects.stores[CHARTS]
        if isinstance(edit, Put):
            described = {"metadata": (("n", edit.content.decode()),), "tags": (("t", edit.key),)}
            lock = edit.lock if store.versioning is Versioning.ENABLED else Lock()
            self.objects.write(CHARTS, edit.key, edit.content, edit.encryption, lock=lock, archived=edit.archived, **described)
        else:
            self.objects.delete(CHARTS, edit.key)
        made = next(iter(store.versions.get(edit.key, [])), None)
        replaced = made.id if made else None
        kept = [held for held in self.theirs.get(edit.key, []) if held.id != replaced]
        self.theirs[edit.key] = (
            [*kept, made] if made and (isinstance(edit, Put) or store.versioning is not Versioning.NEVER) else []
        )

    def build(self, history: tuple[tuple[Versioning, list[Put | Delete]], ...]) -> None:
        for versioning, edits in history:
            self.objects.stores[CHARTS].versioning = versioning
            for edit in edits:
                self.do(edit)


def told(held: Held) -> tuple[object, ...]:
    return (held.content, held.facts.metadata, held.facts.tags, held.facts.storage_class)


def assert_nothing_of_theirs_is_harmed(people: People) -> None:
    """Every version they left is there with its content, in their order; the newest is what they wrote last."""
    for key, theirs in people.theirs.items():
        now = people.objects.stores[CHARTS].versions.get(key, [])[::-1]
        ids = [held.id for held in now]
        here = [held for held in theirs if held.id in ids]
        assert [told(now[ids.index(held.id)]) for held in here] == [told(held) for held in here]
        assert [ids.index(held.id) for held in here] == sorted(ids.index(held.id) for held in here)
        assert here == theirs, "a version of theirs is gone"
        assert bool(now) == bool(theirs)
        if theirs:
            assert told(now[-1]) == told(theirs[-1])


def assert_only_the_key_changed(people: People) -> None:
    """A version of theirs that is under the successor now is otherwise what it was, its time and ETag apart where it is a copy."""
    for key, theirs in people.theirs.items():
        now = {held.id: held for held in people.objects.stores[CHARTS].versions.get(key, [])}
        for held in theirs:
            facts = now[held.id].facts
            if facts.etag == held.facts.etag:
                assert replace(facts, encryption=held.facts.encryption) == held.facts


@settings(max_examples=150)
@given(
    history=HISTORIES,
    updates=st.booleans(),
    page=st.integers(1, 4),
    edits=st.lists(st.tuples(st.integers(0, 40), EDITS), max_size=4),
)
def test_nobody_who_writes_or_deletes_meanwhile_is_harmed_or_missed(
    history: tuple[tuple[Versioning, list[Put | Delete]], ...], updates: bool, page: int, edits: list[tuple[int, Put | Delete]]
) -> None:
    objects, journal = estate(updates=updates, page=page), NamingJournal()
    people = People(objects)
    people.build(history)
    todo = sorted(edits, key=lambda edit: edit[0])
    objects.beside = partial(_meanwhile, people, iter(range(10_000)), todo)
    run(objects, journal, LARGE)
    objects.beside = lambda _: None
    # whoever came behind the last sweep is found by the proof, and by the run after it
    if not prove(objects, journal, LARGE).done:
        assert run(objects, journal, LARGE).finished
    assert prove(objects, journal, LARGE).done
    assert_nothing_of_theirs_is_harmed(people)
    assert_only_the_key_changed(people)


def _meanwhile(people: People, calls: Iterator[int], todo: list[tuple[int, Put | Delete]], _: str) -> None:
    now = next(calls)
    while todo and todo[0][0] <= now:
        people.do(todo.pop(0)[1])


@settings(max_examples=150)
@given(
    history=HISTORIES,
    updates=st.booleans(),
    page=st.integers(1, 4),
    deaths=st.lists(st.integers(1, 60), max_size=4),
    after=st.booleans(),
)
def test_workers_may_die_as_often_as_they_like(
    history: tuple[tuple[Versioning, list[Put | Delete]], ...], updates: bool, page: int, deaths: list[int], after: bool
) -> None:
    calm, killed = estate(updates=updates, page=page), estate(updates=updates, page=page)
    quiet, journal = NamingJournal(), NamingJournal()
    people = People(killed)
    People(calm).build(history)
    people.build(history)
    expected = run(calm, quiet, LARGE)
    for last in deaths:
        life = Life(last)
        with suppress(Killed):
            run(mortal(killed, life, after=after), mortal(journal, life, after=after), LARGE)
    result = run(killed, journal, LARGE)
    assert (result.finished, result.blocked, result.moved) == (expected.finished, expected.blocked, expected.moved)
    assert _shape(killed) == _shape(calm)
    proof = prove(killed, journal, LARGE)
    assert (proof.done, proof.compared) == (True, prove(calm, quiet, LARGE).compared)
    assert_nothing_of_theirs_is_harmed(people)


def _shape(objects: MemoryObjects) -> dict[str, list[tuple[object, ...]]]:
    """Every version by content and key, newest first: what must not depend on who died when."""
    versions = objects.stores[CHARTS].versions
    return {key: [(*told(held), held.facts.encryption) for held in held_all] for key, held_all in versions.items()}


@settings(max_examples=60)
@given(history=HISTORIES, updates=st.booleans())
def test_a_second_run_changes_nothing(history: tuple[tuple[Versioning, list[Put | Delete]], ...], updates: bool) -> None:
    objects, journal = estate(updates=updates), NamingJournal()
    People(objects).build(history)
    first = run(objects, journal, LARGE)
    before = {key: list(held) for key, held in objects.stores[CHARTS].versions.items()}
    second = run(objects, journal, LARGE)
    assert objects.stores[CHARTS].versions == before
    assert second.but(sweeps=first.sweeps, keys=first.keys) == first


@settings(max_examples=60)
@given(history=HISTORIES, updates=st.booleans())
def test_every_version_is_accounted_for(history: tuple[tuple[Versioning, list[Put | Delete]], ...], updates: bool) -> None:
    objects, journal = estate(updates=updates), NamingJournal()
    People(objects).build(history)
    result = run(objects, journal, LARGE)
    held = [each for versions in objects.stores[CHARTS].versions.values() for each in versions]
    assert result.total == len(held) == sum(result.blocked.values()) + sum(result.nothing.values())
    under_old = sum(each.content is not None and each.facts.encryption.key == OLD for each in held)
    under_customer = sum(each.facts.encryption.scheme is Scheme.SSE_C for each in held)
    assert sum(result.blocked.values()) == under_old + under_customer
    moved = Manifest.recall(LARGE, journal).moved
    assert all(row.lane in MOVES and row.after and row.after.key == NEW for row in moved.values())
