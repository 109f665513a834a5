"""What is known of versions without being held: the same as a plain mapping would know, in memory and on disk."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.adapters.memory.clock import BEGINNING, MemoryClock
from shared.ports.objects import Version
from shared.reencryption import books, pacing
from shared.reencryption.books import Book, Rows, Settled
from shared.reencryption.lanes import COPIES, Decision, Lane, Reason
from shared.reencryption.pacing import Paces
from shared.reencryption.rows import Row, Seen

NAMES = st.sampled_from("abcdef")
ROWS = st.builds(
    Row,
    name=NAMES,
    object=NAMES,
    lane=st.sampled_from([Lane.UPDATE, Lane.COPY, Lane.BLOCKED]),
    latest=st.booleans(),
    became=NAMES,
    lost=st.sampled_from([(), ("acl",)]),
    before=st.builds(
        Seen,
        size=st.just(1),
        etag=NAMES,
        modified=st.just(BEGINNING),
        storage_class=st.just("STANDARD"),
        checksum=st.none(),
        key=NAMES,
        content=NAMES,
        tags=NAMES,
        listed=st.booleans(),
    ),
)
PAGES = st.lists(st.tuples(st.lists(ROWS, max_size=5, unique_by=lambda row: row.name), st.lists(NAMES, max_size=2)), max_size=6)
DUMP = TypeAdapter(list[Row]).dump_json


@pytest.mark.parametrize("young", [0, 3, 4_000], ids=["on disk", "on both", "in memory"])
@settings(max_examples=15)
@given(pages=PAGES)
def test_a_book_knows_what_a_mapping_would(young: int, pages: list[tuple[list[Row], list[str]]]) -> None:
    blobs, known = dict[str, bytes](), dict[str, Row]()
    rows = Rows(blobs.__getitem__)
    book = Book(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(books, "YOUNG", young)
        for page, dropped in pages:
            blobs[blob := f"{len(blobs)}"] = DUMP(page)
            assert set(book.fresh(page)) == {row for row in page if known.get(row.name) != row}
            book.put(rows.number(blob), enumerate(rows.briefs(blob)))
            book.drop(dropped)
            known = {name: row for name, row in (known | {row.name: row for row in page}).items() if name not in dropped}
            assert book == known
    assert (len(book), book.counts()) == (len(known), Counter(row.lane for row in known.values()))
    assert (book.lost(), book.ends()) == (sum(bool(row.lost) for row in known.values()), len({r.became for r in known.values()}))
    assert {row.name for row in book.by_lane(COPIES)} == {row.name for row in known.values() if row.lane is Lane.COPY}
    for name in "abcdef":
        ended: list[Row | None] = [row for row in known.values() if row.became == name]
        assert book.of_end(name) in (ended or [None])
        assert (name in book) == (name in known)
    book.drop_listed()
    assert set(book) == {row.name for row in known.values() if not (row.before and row.before.listed)}


def test_a_blob_of_rows_is_read_once_while_it_is_asked_for() -> None:
    reads = list[str]()

    def content(blob: str) -> bytes:
        reads.append(blob)
        return DUMP([Row(name=f"{blob}{n}", object="o", lane=Lane.UPDATE, latest=True) for n in range(3)])

    rows = Rows(content)
    numbers = [rows.number(blob) for blob in "abcdef"]
    assert [rows.at(number, at).name for number in numbers for at in range(3)] == [
        f"{blob}{n}" for blob in "abcdef" for n in range(3)
    ]
    assert reads == list("abcdef")


@pytest.mark.parametrize("young", [0, 4_000], ids=["on disk", "in memory"])
def test_what_was_decided_is_of_a_version_as_it_is_now(monkeypatch: pytest.MonkeyPatch, young: int) -> None:
    monkeypatch.setattr(books, "YOUNG", young)
    settled, left = Settled(), Decision(Lane.NOTHING, Reason.OTHER_KEY)
    version = Version("jane", "v1", latest=True, modified=BEGINNING)
    settled.add([(version, left)])
    others = [version._replace(latest=False), version._replace(modified=BEGINNING + timedelta(1)), version._replace(key="john")]
    assert settled.of([version, *others]) == {version: left}


def test_prefixes_that_are_long_done_with_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "MOST_PACES", 3)
    paces = Paces(MemoryClock())
    first = paces.of("p0/x")
    for n in range(5):
        assert paces.of(f"p{n}/x") is paces.of(f"p{n}/y")
        assert len(paces) <= 3
    assert paces.of("p0/x") is not first
