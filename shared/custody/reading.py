"""Reading many files of a ledger, and finding how far a sink's chain can be followed."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count, takewhile

import msgspec

from shared.domain.errors import CodeblueError, Tampered
from shared.ports import Sink

from .entry import GENESIS, decode, digest
from .layout import ENTRY, entry_path

THREADS = 16
ROUNDS = 4
"""Pieces of work for each thread: few enough to cost nothing, enough to even out slow answers."""

type Found = bytes | CodeblueError
"""The bytes of a file, or why they could not be had."""


def read_all(sink: Sink, paths: Sequence[str]) -> Iterator[Found]:
    """Each file's bytes in the order asked for, read beside one another."""
    step = max(1, len(paths) // (THREADS * ROUNDS))
    pieces = [paths[at : at + step] for at in range(0, len(paths), step)]
    with ThreadPoolExecutor(THREADS, thread_name_prefix="custody-read") as pool:
        for found in pool.map(partial(_read, sink), pieces):
            yield from found


def _read(sink: Sink, paths: Sequence[str]) -> list[Found]:
    return [_get(sink, path) for path in paths]


def _get(sink: Sink, path: str) -> Found:
    try:
        return sink.get(path)
    except CodeblueError as error:
        return error


class Holding(msgspec.Struct, frozen=True):
    """What one sink holds of a case: its paths, and the entries' bytes as far as the chain can be followed."""

    paths: frozenset[str]
    chain: tuple[bytes, ...]

    def follows(self, chain: Sequence[bytes]) -> bool:
        """Whether its entries are the beginning of this chain and nothing else, so that what is missing can be added."""
        entries = sum(bool(ENTRY.search(path)) for path in self.paths)
        return entries == len(self.chain) and self.chain == tuple(chain[: len(self.chain)])


def survey(sink: Sink, case: str) -> Holding:
    """What the sink holds. Raises what the sink raises."""
    paths = frozenset(sink.list(f"{case}/"))
    return Holding(paths, _followed(sink, case, paths))


def _followed(sink: Sink, case: str, paths: frozenset[str]) -> tuple[bytes, ...]:
    """Entries from the first on, as long as each is canonical, of this case, and names the one before it."""
    unbroken = takewhile(paths.__contains__, (entry_path(case, n) for n in count()))
    chain: list[bytes] = []
    head = GENESIS
    for found in read_all(sink, list(unbroken)):
        if not isinstance(found, bytes):
            raise found
        if not _is_next(found, case, len(chain), head):
            break
        chain.append(found)
        head = digest(found)
    return tuple(chain)


def _is_next(content: bytes, case: str, seq: int, prev: str) -> bool:
    try:
        entry = decode(content)
    except Tampered:
        return False
    return (entry.case, entry.seq, entry.prev) == (case, seq, prev)
