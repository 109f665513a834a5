"""Where what moves is copied: the same rows for S3 without updates in place, and for Azure, where there are none."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event, Thread

import pytest

from shared.ports.objects import Objects
from shared.reencryption.lanes import Lane, Reason
from tests.contract.aws_objects import scene
from tests.contract.azure.objects import Estate, estate, swept
from tests.contract.azure.scenes import Scene
from tests.contract.shelves import TAGS, Bucket, Container, Shelf, proof, run
from tests.doubles import Killed, Life, mortal

KEYS = tuple(f"ward/{n}" for n in range(3))


@pytest.fixture(scope="module")
def account() -> Estate:
    return estate(Scene(), page=4)


@pytest.fixture(params=["S3", "Azure"])
def shelf(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    if request.param == "S3":
        yield Bucket(scene(request.getfixturevalue("sandbox"), monkeypatch, page=4))
    else:
        yield Container(swept(request.getfixturevalue("account")))


def large(shelf: Shelf, fill: bytes = b"x") -> bytes:
    """What is just too large for one copy."""
    return fill * (shelf.part + 1)


def test_names_of_any_spelling_are_copied_with_all_they_have(shelf: Shelf) -> None:
    for name in shelf.names:
        shelf.put(name, described=True)
    before = {name: shelf.said(name) for name in shelf.names}
    assert (before[shelf.names[0]]["tags"], run(shelf).moved) == (TAGS, {Lane.COPY: len(shelf.names)})
    assert {name: shelf.said(name) for name in shelf.names} == before
    assert all(shelf.moved(name) and shelf.content(name) == b"phi" for name in shelf.names)
    found = proof(shelf)
    assert (found.done, found.compared, found.mismatches) == (True, len(shelf.names), ())


def test_only_what_is_under_an_old_key_moves(shelf: Shelf) -> None:
    for name in ("old", "new", "other"):
        shelf.put(name, under=name)
    result = run(shelf)
    assert (result.finished, result.moved) == (True, {Lane.COPY: 1})
    assert result.nothing == {Reason.OTHER_KEY: 1, Reason.SUCCESSOR: 2}
    assert [shelf.moved(name) for name in ("old", "new", "other")] == [True, True, False]
    assert proof(shelf).done


def test_an_old_version_stays_and_is_named(shelf: Shelf) -> None:
    shelf.keep_versions()
    for content in (b"one", b"two"):
        shelf.put("jane", content)
    result = run(shelf)
    assert (result.finished, result.moved, result.blocked) == (True, {Lane.COPY: 1}, {Reason.NONCURRENT: 2})
    assert shelf.versions("jane") == [b"two", b"two", b"one"]
    assert shelf.moved("jane")
    assert proof(shelf).done


def test_a_large_object_is_copied_in_parts_with_everything_it_has(shelf: Shelf) -> None:
    content = large(shelf)
    shelf.put("scan", content, described=True)
    before = shelf.said("scan")
    assert run(shelf, parts=True).moved == {Lane.MULTIPART: 1}
    assert (shelf.moved("scan"), shelf.content("scan") == content, shelf.said("scan")) == (True, True, before)
    assert shelf.parts_left() == 0
    assert proof(shelf).done


def interrupted(objects: Objects, before: str, act: Callable[[], None]) -> Objects:
    return Interrupted(objects, before, act)  # type: ignore[return-value]  # it answers to every name that they have


class Interrupted:
    """Objects beside which somebody does something once, right before a call."""

    def __init__(self, objects: Objects, before: str, act: Callable[[], None]) -> None:
        self._objects, self._before, self._acts = objects, before, [act]

    def __getattr__(self, name: str) -> object:
        found = getattr(self._objects, name)
        if name in {"together", "listed"}:
            raise AttributeError(name)  # one call after another

        def called(*args: object) -> object:
            if name == self._before and self._acts:
                self._acts.pop()()
            return found(*args)

        return called if callable(found) else found


@pytest.mark.parametrize("call", ["copy", "copy_parts"])
def test_whoever_writes_between_look_and_copy_is_right(shelf: Shelf, call: str) -> None:
    shelf.put("scan", large(shelf))
    beside = interrupted(shelf.objects, call, lambda: shelf.put("scan", large(shelf, b"y")))
    assert run(shelf, beside, parts=call == "copy_parts").finished
    assert (shelf.content("scan") == large(shelf, b"y"), shelf.moved("scan")) == (True, True)
    assert proof(shelf).done


def test_what_is_deleted_between_look_and_copy_stays_deleted(shelf: Shelf) -> None:
    shelf.put("jane")
    beside = interrupted(shelf.objects, "copy", lambda: shelf.drop("jane"))
    assert run(shelf, beside).finished
    assert shelf.content("jane") is None
    assert proof(shelf).done


@pytest.mark.parametrize("versions", [True, False], ids=["with versions", "without"])
def test_a_clinic_at_work_loses_nothing(shelf: Shelf, versions: bool) -> None:
    if versions:
        shelf.keep_versions()
    written: dict[str, bytes | None] = {key: key.encode() for key in KEYS}
    for key in KEYS:
        shelf.put(key, key.encode())
    quiet = Event()
    nurse = Thread(target=_clinic, args=(shelf, quiet, written))
    nurse.start()
    run(shelf)
    quiet.set()
    nurse.join()
    assert run(shelf).finished
    assert proof(shelf).done
    assert {key: shelf.content(key) for key in KEYS} == written


def _clinic(shelf: Shelf, quiet: Event, written: dict[str, bytes | None]) -> None:
    """Writes, some of it under the old key still, and deletes, until it has done its work or is told to be quiet."""
    for n in range(12):
        key, content = KEYS[n % len(KEYS)], f"note {n}".encode()
        if n % 4 == 3:
            shelf.drop(key)
            written[key] = None
        else:
            shelf.put(key, content, under="old" if n % 3 else "new")
            written[key] = content
        if quiet.wait(0.01):
            return


@pytest.mark.parametrize("after", [False, True], ids=["before it is made", "after it has its effect"])
@pytest.mark.parametrize("last", [5, *(pytest.param(n, marks=pytest.mark.soak) for n in range(1, 16) if n != 5)])
def test_a_worker_may_die_at_any_call(shelf: Shelf, last: int, after: bool) -> None:
    shelf.put("scan", large(shelf), described=True)
    shelf.put("jane", described=True)
    before = [shelf.said(name) for name in ("scan", "jane")]
    with suppress(Killed):
        run(shelf, _dying(shelf.objects, Life(last), after=after), parts=True)
    result = run(shelf, parts=True)
    assert (result.finished, result.moved) == (True, {Lane.MULTIPART: 1, Lane.COPY: 1})
    assert result.nothing == {Reason.SUCCESSOR: 2}
    assert [shelf.said(name) for name in ("scan", "jane")] == before
    assert (shelf.content("jane"), shelf.content("scan") == large(shelf), shelf.parts_left()) == (b"phi", True, 0)
    assert (proof(shelf).done, proof(shelf).compared) == (True, 2)


def _dying(objects: Objects, life: Life, *, after: bool) -> Objects:
    one_by_one = interrupted(objects, "", lambda: None)
    return mortal(one_by_one, life, after=after)


def test_a_listing_in_small_parts_is_whole(shelf: Shelf) -> None:
    shelf.keep_versions()
    for n in range(4):
        for name in ("a/x", "b/y"):
            shelf.put(f"{name}/{n % 2}")
    result = run(shelf)
    assert (result.finished, result.moved, result.blocked) == (True, {Lane.COPY: 4}, {Reason.NONCURRENT: 8})
    assert proof(shelf).done


def test_a_second_run_changes_nothing(shelf: Shelf) -> None:
    shelf.put("jane", described=True)
    first = run(shelf)
    again = run(shelf)
    assert (again.moved, again.blocked, again.finished) == (first.moved, first.blocked, True)
    assert proof(shelf).compared == 1
