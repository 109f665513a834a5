"""What is known of each version, and not held: where in the record its row lies, and what was decided about it.

A store has millions of versions, a worker some dozens of megabytes. So there is an index in a file without a name, which ends with
its process (SQLite, "In-Memory Databases": temporary on-disk databases). In it are digests and positions; a row is read from the
record.
"""

import sqlite3
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import batched
from operator import itemgetter
from threading import RLock
from typing import Any

import msgspec

from shared.ports.objects import Version

from .lanes import Decision, Lane
from .rows import Row

BLOBS = 4
"""Blobs of rows that are kept at hand: whoever goes through a store in order asks for the rows of one after another."""

CACHE_KIB = 2_048
MANY = 1_000
"""Keys in one question."""

YOUNG = 4_000
"""Lines that memory holds before they go into the file."""

OPENING = ("PRAGMA journal_mode=OFF", f"PRAGMA cache_size=-{CACHE_KIB}")
BOOK = "CREATE TABLE book (key BLOB PRIMARY KEY, number INT, at INT, lane TEXT, lost INT, became BLOB, listed INT) WITHOUT ROWID"
SETTLED = "CREATE TABLE settled (key BLOB PRIMARY KEY, decision INT) WITHOUT ROWID"


type _Line = tuple[bytes, int, int, str, bool, bytes, bool]
"""Key, number of a blob and place in it, lane, whether something was lost, key of what it became, whether known from a listing."""


class _Listed(msgspec.Struct):
    listed: bool = False


class Brief(msgspec.Struct):
    """Of a row as the record has it what an index needs."""

    name: str
    lane: str
    became: str = ""
    lost: Sequence[str] = ()
    before: _Listed | None = None


_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_BRIEFS = msgspec.json.Decoder(list[Brief])


class Rows:
    """Rows in the record: blobs by number, of which each is a JSON list, read when asked for. Safe for several threads."""

    def __init__(self, content: Callable[[str], bytes]) -> None:
        self._content, self._blobs = content, list[str]()
        self._lists: OrderedDict[int, list[msgspec.Raw]] = OrderedDict()
        self.lock = RLock()

    def number(self, blob: str) -> int:
        """The number that stands for a blob."""
        with self.lock:
            self._blobs.append(blob)
            return len(self._blobs) - 1

    def briefs(self, blob: str) -> list[Brief]:
        """What an index needs of a blob's rows. Raises what reading the record raises."""
        return _BRIEFS.decode(self._content(blob))

    def at(self, number: int, place: int) -> Row:
        """One row. Raises what reading the record raises."""
        with self.lock:
            rows = self._lists.pop(number, None) or _RAWS.decode(self._content(self._blobs[number]))
            self._lists[number] = rows
            if len(self._lists) > BLOBS:
                self._lists.popitem(last=False)
            return Row.model_validate_json(bytes(rows[place]))


class _Index:
    """A table in a file of its own, which nobody else can open; made when there is more than memory should hold."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._db: sqlite3.Connection | None = None

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            for statement in (*OPENING, self._table):
                self._db.execute(statement)
        return self._db

    def _among(self, question: str, keys: Iterable[bytes]) -> Iterator[Any]:
        """What the table answers to a question about many keys; nothing where there is none yet."""
        for some in batched(keys, MANY, strict=False) if self._db else ():
            marks = ",".join("?" * len(some))
            yield from self._opened().execute(f"{question} WHERE key IN ({marks})", some)

    def __del__(self) -> None:
        if self._db is not None:
            self._db.close()


class Book(_Index, Mapping[str, Row]):
    """The last row of each version, by its name, in the order in which they came. The newest are in memory."""

    def __init__(self, rows: Rows) -> None:
        super().__init__(BOOK)
        self._rows, self._size = rows, 0
        self._young: dict[bytes, _Line] = {}
        self._ends: dict[bytes, tuple[int, int]] | None = None

    def put(self, number: int, rows: Iterable[tuple[int, Row | Brief]]) -> None:
        """Remember rows of a blob, each by its place in it."""
        lines = {_key(row.name): _line(number, at, row) for at, row in rows}
        with self._rows.lock:
            self._drop(lines)
            self._young |= lines
            self._size += len(lines)
            if len(self._young) > YOUNG:
                self._shelve()

    def drop(self, names: Iterable[str]) -> None:
        """Forget these."""
        with self._rows.lock:
            self._drop([_key(name) for name in names])

    def drop_listed(self) -> None:
        """Forget what is known from a listing alone."""
        with self._rows.lock:
            self._drop([line[0] for line in self._lines() if line[6]])

    def fresh(self, rows: Sequence[Row]) -> tuple[Row, ...]:
        """Those that say something else than is here."""
        known = self._known([_key(row.name) for row in rows])
        return tuple(row for row in rows if (place := known.get(_key(row.name))) is None or self._rows.at(*place) != row)

    def by_lane(self, lanes: Collection[Lane]) -> Iterator[Row]:
        """The rows of these lanes."""
        return (self._rows.at(number, at) for _, number, at, lane, *_ in self._lines() if lane in lanes)

    def counts(self) -> Counter[Lane]:
        """How many there are by lane."""
        return Counter(Lane(line[3]) for line in self._lines())

    def lost(self) -> int:
        """How many could not carry everything along."""
        return sum(line[4] for line in self._lines())

    def ends(self) -> int:
        """How many versions they became."""
        with self._rows.lock:
            if self._db is None:
                return len(self._by_end())
            (count,) = self._shelve().execute("SELECT COUNT(DISTINCT became) FROM book").fetchone()
        return int(count)

    def of_end(self, became: str) -> Row | None:
        """The row of the version that became this one; the last, where it is several."""
        with self._rows.lock:
            place = self._by_end().get(_key(became)) if self._db is None else self._in_file(became)
        return self._rows.at(*place) if place else None

    def _by_end(self) -> dict[bytes, tuple[int, int]]:
        if self._ends is None:
            self._ends = {became: (number, at) for _, number, at, _, _, became, _ in self._lines()}
        return self._ends

    def _in_file(self, became: str) -> tuple[int, int] | None:
        db = self._shelve()
        db.execute("CREATE INDEX IF NOT EXISTS ends ON book (became)")
        question = "SELECT number, at FROM book WHERE became = ? ORDER BY number DESC, at DESC LIMIT 1"
        found: tuple[int, int] | None = db.execute(question, (_key(became),)).fetchone()
        return found

    def __getitem__(self, name: str) -> Row:
        place = self._known([_key(name)]).get(_key(name))
        if place is None:
            raise KeyError(name)
        return self._rows.at(*place)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self._known([_key(name)]))

    def __iter__(self) -> Iterator[str]:
        return (self._rows.at(number, at).name for _, number, at, *_ in self._lines())

    def __len__(self) -> int:
        return self._size

    def _drop(self, keys: Collection[bytes]) -> None:
        self._ends = None
        young = [key for key in keys if self._young.pop(key, None)]
        old = [found for (found,) in self._among("SELECT key FROM book", keys)]
        if old:
            self._opened().executemany("DELETE FROM book WHERE key = ?", [(key,) for key in old])
        self._size -= len(young) + len(old)

    def _known(self, keys: Collection[bytes]) -> dict[bytes, tuple[int, int]]:
        with self._rows.lock:
            young = {key: self._young[key][1:3] for key in keys if key in self._young}
            old = {key: (number, at) for key, number, at in self._among("SELECT key, number, at FROM book", keys)}
        return old | young

    def _lines(self) -> Iterator[_Line]:
        """All lines in their order. Whoever goes on with them changes nothing meanwhile."""
        with self._rows.lock:
            if self._db is None:
                return iter(sorted(self._young.values(), key=itemgetter(1, 2)))
            return self._shelve().execute("SELECT * FROM book ORDER BY number, at")

    def _shelve(self) -> sqlite3.Connection:
        """The table, with all lines in it."""
        db = self._opened()
        if self._young:
            db.executemany("INSERT INTO book VALUES (?, ?, ?, ?, ?, ?, ?)", sorted(self._young.values()))
            self._young.clear()
        return db


class Settled(_Index):
    """What was decided about versions that nothing is to be done about. For one thread."""

    def __init__(self) -> None:
        super().__init__(SETTLED)
        self._decisions: list[Decision] = []
        self._young: dict[bytes, int] = {}

    def add(self, decided: Iterable[tuple[Version, Decision]]) -> None:
        self._young |= {_fingerprint(version): self._number(decision) for version, decision in decided}
        if len(self._young) > YOUNG:
            self._opened().executemany("INSERT OR REPLACE INTO settled VALUES (?, ?)", sorted(self._young.items()))
            self._young.clear()

    def of(self, versions: Sequence[Version]) -> dict[Version, Decision]:
        """Those of these versions that were decided about as they are now."""
        keys = {_fingerprint(version): version for version in versions}
        found = {key: self._young[key] for key in keys if key in self._young}
        found |= dict(self._among("SELECT key, decision FROM settled", keys))
        return {keys[key]: self._decisions[number] for key, number in found.items()}

    def _number(self, decision: Decision) -> int:
        if decision not in self._decisions:
            self._decisions.append(decision)
        return self._decisions.index(decision)


def _key(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=16).digest()


def _fingerprint(version: Version) -> bytes:
    """128 bits of all that a listing says of a version."""
    key, *others = version
    return _key(f"{others}\0{key}")


def _line(number: int, at: int, row: Row | Brief) -> _Line:
    listed = bool(row.before and row.before.listed)
    return _key(row.name), number, at, str(row.lane), bool(row.lost), _key(row.became), listed
