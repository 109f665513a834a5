"""The proof: what it counts, what it compares, and what it never shows."""

from collections.abc import Callable
from copy import replace
from typing import Any

import pytest

from shared.adapters.memory.clock import BEGINNING, MemoryClock
from shared.adapters.memory.objects import MemoryObjects
from shared.ports.objects import Lock, Versioning
from shared.reencryption.lanes import Lane, Reason
from shared.reencryption.manifest import Manifest
from shared.reencryption.plan import Migration
from shared.reencryption.rows import Seen, Sum, differences
from shared.reencryption.verify import verify
from tests.unit.reencryption import (
    CHARTS,
    COMPLIANCE,
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


def test_an_update_that_does_harm_ends_the_run(journal: NamingJournal) -> None:
    objects = estate()
    for name in "abc":
        objects.write(CHARTS, name, b"x", UNDER_OLD)
    seen = iter([False] * 6)

    def harm(call: str) -> None:
        held = objects.stores[CHARTS].versions["a"][0]
        if call == "head" and held.facts.encryption == UNDER_NEW and next(seen, True) is False:
            objects.stores[CHARTS].versions["a"] = [replace(held, facts=replace(held.facts, size=99))]

    objects.beside = harm
    result = run(objects, journal)
    assert (result.finished, result.why) == (False, "an update in place changed more than the key")
    proof = prove(objects, journal)
    assert not proof.done
    assert [mismatch.differs for mismatch in proof.mismatches] == [("size",)]


def test_verification_finds_what_the_migration_left(journal: NamingJournal) -> None:
    objects = estate()
    objects.write(CHARTS, "jane", b"one", UNDER_OLD)
    run(objects, journal)
    objects.write(CHARTS, "jane", b"two", UNDER_OLD)
    proof = prove(objects, journal)
    assert (proof.done, proof.eligible_left, proof.keys) == (False, 1, {NEW: 1, OLD: 1})
    assert run(objects, journal).finished
    assert prove(objects, journal).done


def test_what_was_blocked_for_being_old_is_open_again_when_it_becomes_the_latest(journal: NamingJournal) -> None:
    objects = estate(updates=False)
    objects.write(CHARTS, "jane", b"one", UNDER_OLD)
    newest = objects.write(CHARTS, "jane", b"two", UNDER_OTHER)
    assert run(objects, journal).blocked == {Reason.NONCURRENT: 1}
    assert prove(objects, journal).done
    objects.delete_version(CHARTS, "jane", newest)
    assert prove(objects, journal).eligible_left == 1


def test_verification_tells_others_work_from_ours(journal: NamingJournal) -> None:
    objects = estate(Versioning.NEVER)
    objects.write(CHARTS, "jane", b"one", UNDER_OLD)
    objects.write(CHARTS, "john", b"one", UNDER_OLD)
    run(objects, journal)
    objects.write(CHARTS, "jane", b"two", UNDER_NEW)
    objects.delete(CHARTS, "john")
    proof = prove(objects, journal)
    assert (proof.done, proof.rewritten, proof.gone, proof.compared) == (True, 1, 1, 0)


def test_verification_names_what_differs_and_no_patient(journal: NamingJournal) -> None:
    objects = estate()
    version = objects.write(CHARTS, "jane-doe", b"one", UNDER_OLD, metadata=(("ward", "7"),))
    run(objects, journal)
    (held,) = objects.stores[CHARTS].versions["jane-doe"]
    objects.stores[CHARTS].versions["jane-doe"] = [replace(held, facts=replace(held.facts, metadata=()))]
    proof = prove(objects, journal)
    (mismatch,) = proof.mismatches
    assert (proof.done, mismatch.differs, mismatch.name) == (False, ("content",), journal.name(f"jane-doe\0{version}"))


def test_no_object_key_is_in_an_entry_in_clear(journal: NamingJournal) -> None:
    objects = estate(updates=False)
    objects.write(CHARTS, "jane-doe", b"x" * 25, UNDER_OLD)
    result = run(objects, journal, PLAN.but(copy_limit=10, part=10))
    assert "jane-doe" not in f"{[entry.body for entry in journal.listed]}{result}{prove(objects, journal)}"


def test_two_migrations_in_one_record_do_not_mix(journal: NamingJournal) -> None:
    objects = estate()
    objects.write(CHARTS, "jane", b"one", UNDER_OLD)
    objects.write(CHARTS, "john", b"one", UNDER_OTHER)
    other = Migration(store=CHARTS, old=frozenset({OTHER}), successor=NEW, canary=PLAN.canary, width=1)
    assert run(objects, journal).moved == run(objects, journal, other).moved == {Lane.UPDATE: 1}
    assert Manifest.recall(PLAN, journal).moved != Manifest.recall(other, journal).moved


def test_every_move_is_on_record_with_its_request(journal: NamingJournal) -> None:
    objects = estate(page=1)
    for name in "abc":
        objects.write(CHARTS, name, b"x", UNDER_OLD)
    run(objects, journal)
    manifest = Manifest.recall(PLAN, journal)
    assert manifest.pending == {}
    assert all(row.before and row.after and row.request_ids for row in manifest.moved.values())


def five(journal: NamingJournal) -> MemoryObjects:
    """Five charts that were moved, one that is kept, and one that somebody deleted since; a page for each."""
    objects = estate(page=1)
    for name in "abcdef":
        objects.write(CHARTS, name, b"x", UNDER_OLD, lock=COMPLIANCE if name == "d" else Lock())
    run(objects, journal)
    objects.delete_version(CHARTS, "e", objects.stores[CHARTS].versions["e"][0].id)
    return objects


def stops_after(pages: int) -> Callable[[], bool]:
    asked = iter([False] * pages)
    return lambda: next(asked, True)


def test_a_proof_that_is_stopped_goes_on_where_it_was(journal: NamingJournal) -> None:
    objects = five(journal)
    whole, listed = prove(objects, journal), list[str]()
    objects.beside = lambda call: listed.append(call) if call == "list" else None
    for _ in range(2):
        assert verify(PLAN, objects, journal, MemoryClock(), stops_after(2)) is None
    assert verify(PLAN, objects, journal, MemoryClock(), stops_after(0)) is None
    assert prove(objects, journal) == whole
    assert (len(listed), whole.gone, whole.compared) == (5, 1, 4)
    # the next proof looks at everything again
    assert prove(objects, journal) == whole
    assert len(listed) == 10


def test_a_proof_begins_again_where_something_was_moved_meanwhile(journal: NamingJournal) -> None:
    objects = five(journal)
    assert verify(PLAN, objects, journal, MemoryClock(), stops_after(3)) is None
    objects.write(CHARTS, "a", b"late", UNDER_OLD)
    assert run(objects, journal).finished
    assert prove(objects, journal).compared == 5


WHOLE, PARTS = Sum(algorithm="CRC32", value="a=", whole=True), Sum(algorithm="CRC32", value="b=-2", whole=False)


@pytest.mark.parametrize(
    ("lane", "before", "after", "differs"),
    [
        pytest.param(Lane.UPDATE, WHOLE, WHOLE, (), id="an update keeps the checksum"),
        pytest.param(Lane.UPDATE, WHOLE, PARTS, ("checksum",), id="whichever it is"),
        pytest.param(Lane.COPY, WHOLE, WHOLE.but(value="c="), ("checksum",), id="a copy keeps that of the content"),
        pytest.param(Lane.COPY, PARTS, WHOLE, (), id="a copy has no more parts"),
        pytest.param(Lane.MULTIPART, PARTS, PARTS.but(value="c=-3"), (), id="a copy in parts has others"),
        pytest.param(Lane.COPY, None, WHOLE, (), id="S3 gives a copy a checksum where there was none"),
    ],
)
def test_checksums_are_compared_where_they_speak_of_the_same(
    lane: Lane, before: Sum | None, after: Sum | None, differs: tuple[str, ...]
) -> None:
    held: dict[str, Any] = {
        "size": 1,
        "etag": "e",
        "modified": BEGINNING,
        "storage_class": "STANDARD",
        "key": OLD,
        "content": "",
        "tags": "",
    }
    assert differences(lane, Seen(**held, checksum=before), Seen(**held, checksum=after)) == differs
