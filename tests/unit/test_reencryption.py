"""What moves, what stays and why, and what others did meanwhile."""

from copy import replace

import pytest

from shared.adapters.memory.objects import MemoryObjects
from shared.domain.errors import Throttled
from shared.ports.objects import NULL, Consumer, Encryption, Lock, Scheme, Versioning
from shared.reencryption.lanes import Lane, Reason
from tests.unit.reencryption import (
    CHARTS,
    COMPLIANCE,
    NEW,
    OLD,
    OTHER,
    OURS,
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


@pytest.fixture
def journal() -> NamingJournal:
    return NamingJournal()


def keys(objects: MemoryObjects, name: str) -> list[str]:
    """The keys of all versions of an object, newest first."""
    return [held.facts.encryption.key for held in objects.stores[CHARTS].versions[name]]


def contents(objects: MemoryObjects, name: str) -> list[bytes | None]:
    return [held.content for held in objects.stores[CHARTS].versions[name]]


def test_every_version_is_updated_in_place_where_the_canary_proved_it(journal: NamingJournal) -> None:
    objects = estate()
    for content in (b"one", b"two", b"three"):
        objects.write(CHARTS, "jane", content, UNDER_OLD, metadata=(("ward", "7"),))
    before = objects.stores[CHARTS].versions["jane"]
    result = run(objects, journal)
    after = objects.stores[CHARTS].versions["jane"]
    assert (result.finished, result.moved, result.update_lane) == (True, {Lane.UPDATE: 3}, "proved")
    assert after == [replace(held, facts=replace(held.facts, encryption=UNDER_NEW)) for held in before]
    proof = prove(objects, journal)
    assert (proof.done, proof.keys, proof.compared) == (True, {NEW: 3}, 3)


def test_a_server_that_takes_the_update_for_a_put_destroys_the_canary_and_nothing_else(journal: NamingJournal) -> None:
    objects = estate(updates=False)
    objects.write(CHARTS, "jane", b"one", UNDER_OLD)
    objects.write(CHARTS, "jane", b"two", UNDER_OLD)
    objects.stores[OURS].versioning = Versioning.NEVER
    result = run(objects, journal)
    assert result.update_lane == "closed: the call changed size, etag, modified, checksum"
    assert contents(objects, "jane") == [b"two", b"two", b"one"]
    assert keys(objects, "jane") == [NEW, OLD, OLD]
    assert (result.finished, result.moved, result.blocked) == (True, {Lane.COPY: 1}, {Reason.NONCURRENT: 2})
    assert prove(objects, journal).done


def test_a_canary_that_gets_no_answer_closes_no_lane(journal: NamingJournal) -> None:
    objects = estate()

    def throttled(call: str) -> None:
        if call == "put":
            raise Throttled("slow down", "SlowDown")

    objects.beside = throttled
    with pytest.raises(Throttled):
        run(objects, journal)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"canary": None}, "the responder has no bucket of its own"),
        ({"foreign": True}, "only under a key of the bucket's own account"),
    ],
)
def test_what_can_not_be_tried_or_is_another_accounts_key_is_never_updated_in_place(
    journal: NamingJournal, changes: dict[str, object], why: str
) -> None:
    objects = estate()
    for content in (b"old", b"new"):
        objects.write(CHARTS, "a", content, UNDER_OLD)
    result = run(objects, journal, PLAN.but(**changes))
    assert why in result.update_lane
    assert (result.finished, result.moved, result.blocked) == (True, {Lane.COPY: 1}, {Reason.NONCURRENT: 2})
    assert objects.stores[OURS].versions == {}


def test_the_canary_stays_out_of_stores_with_data(journal: NamingJournal) -> None:
    objects = estate()
    objects.write(CHARTS, "jane", b"one", UNDER_OLD)
    run(objects, journal)
    assert list(objects.stores[CHARTS].versions) == ["jane"]
    assert len(objects.stores[OURS].versions) == 1


@pytest.mark.parametrize(
    ("encryption", "lock", "reason"),
    [
        pytest.param(UNDER_OLD, COMPLIANCE, Reason.COMPLIANCE, id="a version in compliance mode stays"),
        pytest.param(UNDER_OLD, Lock(legal_hold=True), Reason.LEGAL_HOLD, id="a version under legal hold stays"),
        pytest.param(Encryption(Scheme.DSSE, OLD), Lock(), Reason.DUAL_LAYER, id="a version with two layers stays"),
        pytest.param(Encryption(Scheme.SSE_C), Lock(), Reason.CUSTOMER_KEY, id="a version under a customer's key stays"),
    ],
)
def test_what_stays_is_listed_with_its_reason(journal: NamingJournal, encryption: Encryption, lock: Lock, reason: Reason) -> None:
    objects = estate()
    objects.write(CHARTS, "jane", b"one", encryption, lock=lock)
    before = objects.stores[CHARTS].versions["jane"]
    result = run(objects, journal)
    assert (result.finished, result.blocked, result.moved) == (True, {reason: 1}, {})
    assert objects.stores[CHARTS].versions["jane"] == before
    proof = prove(objects, journal)
    assert (proof.done, proof.blocked) == (True, {reason: 1})


def test_other_keys_and_delete_markers_are_counted_and_left_alone(journal: NamingJournal) -> None:
    objects = estate()
    objects.write(CHARTS, "jane", b"one", UNDER_OTHER)
    objects.delete(CHARTS, "jane")
    result = run(objects, journal)
    assert result.nothing == {Reason.OTHER_KEY: 1, Reason.DELETE_MARKER: 1}
    assert prove(objects, journal).keys == {OTHER: 1}


def test_a_copy_is_on_condition_and_keeps_what_it_can(journal: NamingJournal) -> None:
    objects = estate(Versioning.NEVER, updates=False)
    kept = {"metadata": (("ward", "7"),), "headers": (("content-type", "application/dicom"),), "tags": (("tenant", "a"),)}
    objects.write(CHARTS, "jane", b"one", UNDER_OLD, storage_class="STANDARD_IA", **kept)
    assert run(objects, journal).moved == {Lane.COPY: 1}
    (held,) = objects.stores[CHARTS].versions["jane"]
    assert (held.content, held.facts.encryption, held.facts.storage_class) == (b"one", UNDER_NEW, "STANDARD_IA")
    assert {name: getattr(held.facts, name) for name in kept} == kept
    proof = prove(objects, journal)
    assert (proof.done, proof.compared) == (True, 1)


def test_a_large_object_is_copied_in_parts(journal: NamingJournal) -> None:
    objects = estate(updates=False)
    objects.write(CHARTS, "scan", b"x" * 25, UNDER_OLD)
    assert run(objects, journal, PLAN.but(copy_limit=10, part=10)).moved == {Lane.MULTIPART: 1}
    assert contents(objects, "scan")[0] == b"x" * 25
    assert objects.stores[CHARTS].uploads == {}


def test_whoever_writes_between_the_look_and_the_copy_is_right(journal: NamingJournal) -> None:
    objects = estate(Versioning.NEVER, updates=False)
    objects.write(CHARTS, "jane", b"one", UNDER_OLD)
    writes = iter([b"two"])

    def beside(call: str) -> None:
        for content in writes if call == "copy" else ():
            objects.write(CHARTS, "jane", content, UNDER_OLD)

    objects.beside = beside
    result = run(objects, journal)
    assert (result.finished, contents(objects, "jane"), keys(objects, "jane")) == (True, [b"two"], [NEW])
    assert prove(objects, journal).done


def test_a_suspended_bucket_loses_no_version(journal: NamingJournal) -> None:
    objects = estate(Versioning.NEVER, updates=False)
    objects.write(CHARTS, "jane", b"null", UNDER_OLD)
    objects.stores[CHARTS].versioning = Versioning.ENABLED
    objects.write(CHARTS, "jane", b"latest", UNDER_OLD)
    objects.write(CHARTS, "john", b"latest", UNDER_OLD)
    objects.stores[CHARTS].versioning = Versioning.SUSPENDED
    result = run(objects, journal)
    assert contents(objects, "jane") == [b"latest", b"null"]
    assert contents(objects, "john") == [b"latest", b"latest"]
    assert result.blocked == {Reason.NULL_BEHIND: 1, Reason.NONCURRENT: 2}


def test_an_older_delete_marker_of_a_suspended_bucket_stays_too(journal: NamingJournal) -> None:
    objects = estate(Versioning.SUSPENDED, updates=False)
    objects.delete(CHARTS, "jane")
    objects.stores[CHARTS].versioning = Versioning.ENABLED
    objects.write(CHARTS, "jane", b"latest", UNDER_OLD)
    objects.stores[CHARTS].versioning = Versioning.SUSPENDED
    assert run(objects, journal).blocked == {Reason.NULL_BEHIND: 1}
    assert contents(objects, "jane") == [b"latest", None]


def test_consumers_of_new_objects_hear_nothing(journal: NamingJournal) -> None:
    objects = estate(updates=False)
    objects.stores[CHARTS].consumers = (Consumer(("s3:ObjectCreated:*",)),)
    objects.write(CHARTS, "jane", b"one", UNDER_OLD)
    assert run(objects, journal).blocked == {Reason.CONSUMERS: 1}


def test_exposed_objects_come_first(journal: NamingJournal) -> None:
    objects = estate(page=2)
    for name in ("a", "b", "c", "d", "e"):
        objects.write(CHARTS, name, b"x", UNDER_OLD)
    moved: list[list[str]] = []
    objects.beside = lambda call: moved.append(_under_new(objects)) if call == "update" else None
    run(objects, journal, PLAN.but(first=frozenset({"d"})))
    assert moved[1:3] == [[], ["d"]]  # the first update is the canary's


def _under_new(objects: MemoryObjects) -> list[str]:
    return [name for name in objects.stores[CHARTS].versions if keys(objects, name) == [NEW]]


def test_a_null_version_is_named_as_s3_names_it() -> None:
    objects = estate(Versioning.NEVER)
    assert objects.write(CHARTS, "jane", b"one", UNDER_OLD) == NULL
