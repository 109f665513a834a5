"""The ledger of one case, as its one writer keeps it.

Rules
1. An entry is durable on as many sinks as were asked for before `append` returns; sinks are written beside one another.
2. No sink ever has an entry without everything before it (see `lane`), so whatever fails, every sink holds a whole beginning.
3. An entry that was not durable keeps its place and is put again with the next one: the chain never forks inside one writer.
4. Where another writer took the place in the first sink that answers, this one stops for good (`LeaseLost`).
5. Evidence is put before the entry that names it, and the next entry names it whatever the caller's body says.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import UTC
from itertools import islice
from threading import Lock
from typing import Self

from shared.domain.errors import BadInput, CloudError, CustodyError, LeaseLost, NotDurable
from shared.ports import Clock, Keyring, Signer, Sink, Witness
from shared.ports.record import case_of

from .entry import GENESIS, Entry, decode, digest, encode
from .lane import lanes
from .layout import blob_path, checked, checkpoint_path, entry_path
from .note import Checkpoint, sign
from .recovery import recover
from .seal import plain_digest, seal, stand_in, unseal

OWN = frozenset({"blobs", "checkpoints"})
"""Keys of a body that the record itself writes."""

_RESERVED = f"the record itself writes the keys {', '.join(sorted(OWN))}"

KEPT = 4096
"""Entries that a writer keeps at hand, from the first on: stages read the record of their case again and again."""

CLOSED = "closed"
UNWITNESSED = "unwitnessed"


class Record:
    """A ledger from its first entry on; `resume` goes on with one that exists. Threads may append beside one another.

    `sinks`: the first is the one that decides between two writers. Making a record touches no sink.
    Raises `BadInput` for a case that can not be a path.
    """

    def __init__(
        self, case: str, sinks: Sequence[Sink], signer: Signer, keyring: Keyring, clock: Clock, witnesses: Sequence[Witness] = ()
    ) -> None:
        self.case, self._secrets = checked(case), case_of(case)
        self._lanes = lanes(sinks)
        self._signer, self._keyring, self._clock, self._witnesses = signer, keyring, clock, tuple(witnesses)
        self._lock = Lock()
        self._signing = Lock()
        self._size = 0
        self._head = GENESIS
        self._unnamed: dict[str, str] = {}
        self._notes: dict[int, bytes] = {}
        self._sinks = len(sinks)
        self._kept: dict[int, bytes] = {}

    @classmethod
    def resume(
        cls, case: str, sinks: Sequence[Sink], signer: Signer, keyring: Keyring, clock: Clock, witnesses: Sequence[Witness] = ()
    ) -> Self:
        """Go on where the last writer stopped, be it nowhere yet. Raises `NotDurable` where no sink can be used."""
        record = cls(case, sinks, signer, keyring, clock, witnesses)
        with ThreadPoolExecutor(1) as beside:
            beside.submit(keyring.data_key, case_of(case))  # the first evidence would wait for it; where it fails, that says so
            found = recover(case, record._lanes)
        record._size = len(found.chain)
        record._head = digest(found.chain[-1]) if found.chain else GENESIS
        record._kept = dict(islice(enumerate(found.chain), KEPT))
        record._notes, record._unnamed = dict(found.notes), dict(found.unnamed)
        record._lanes = tuple(lane for lane in record._lanes if not lane.taken)
        if not record._lanes:
            raise NotDurable("every sink of the record holds something else than the ledger")
        for lane in record._lanes:
            lane.settle()
        return record

    @property
    def lost(self) -> bool:
        """Another writer took our place: nothing can be added here, and who has the lease again must `resume`."""
        return bool(self._lanes[0].taken)

    def append(self, kind: str, body: Mapping[str, object], need: int = 2) -> Entry:
        """Add a fact and return it once `need` sinks hold it (all, where there are fewer).

        Raises `BadInput` for a body that has no canonical form, `NotDurable`, `LeaseLost`.
        """
        if not OWN.isdisjoint(body):
            raise BadInput(_RESERVED)
        return self._append(kind, body, need)

    def blob(self, content: bytes) -> str:
        """Encrypt evidence and begin to put it; the next entry waits for it and names it. Its digest is what `blobs` takes.

        Raises what the keyring raises.
        """
        sealed = seal(content, self._keyring.data_key(self._secrets))
        name = digest(sealed)
        with self._lock:
            self._unnamed[name] = plain_digest(sealed)
            self._put(blob_path(self.case, name), sealed)
        return name

    def blobs(self, digest: str) -> bytes:
        """The evidence in clear. Raises `Absent`, `Tampered`."""
        self.settle()
        return unseal(self._get(blob_path(self.case, digest)), self._keyring.data_key(self._secrets))

    def name(self, text: str) -> str:
        """The HMAC-SHA256 that stands for a name which may be health data, as 64 hexadecimal digits."""
        return stand_in(text, self._keyring.name_key(self._secrets))

    def checkpoint(self) -> bytes:
        """Sign the ledger as it is now, keep the note and tell every witness. A witness that does not hear is put on record.

        Raises `NotDurable`, `LeaseLost`, and what the signer raises.
        """
        note, deaf = self._checkpoint()
        if deaf:
            self._append(UNWITNESSED, {"witnesses": deaf}, need=1)
        return note

    def close(self, body: Mapping[str, object]) -> None:
        """Add the final entry, which lists every earlier checkpoint, and sign it. Raises as `append` and `checkpoint` do.

        A case that is opened again (a rollback) goes on after it and is closed again.
        """
        deaf = self._close(body)
        if deaf:
            self._append(UNWITNESSED, {"witnesses": deaf}, need=1)
            self._close(body)
        self.settle()

    def entries(self) -> Iterator[Entry]:
        """Every entry, oldest first: as read or written here, else from whichever sink has it. Raises `Absent`, `Tampered`."""
        self.settle()
        return (decode(self._kept.get(seq) or self._get(entry_path(self.case, seq))) for seq in range(self._size))

    def settle(self) -> tuple[str, ...]:
        """Wait until every sink had its turn. The names of those that still lack something."""
        with self._lock:
            puts = [lane.settle() for lane in self._lanes]
        for put in puts:
            _failure(put)
        return tuple(lane.sink.name for lane in self._lanes if lane.behind)

    def _append(self, kind: str, body: Mapping[str, object], need: int) -> Entry:
        with self._lock:
            if self.lost:
                raise LeaseLost(f"another writer has gone on with {self.case}")
            at = self._clock.now().astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
            entry = Entry(self._size, at, self.case, kind, self._head, {**body, **self._naming()})
            content = encode(entry)
            self._size, self._head, self._unnamed = self._size + 1, digest(content), {}
            if entry.seq < KEPT:
                self._kept[entry.seq] = content
            puts = self._put(entry_path(self.case, entry.seq), content)
        self._wait(puts, min(need, self._sinks))
        return entry

    def _naming(self) -> dict[str, object]:
        """The part of the next body that names evidence put since the last entry."""
        named = [{"cipher": cipher, "plain": plain} for cipher, plain in self._unnamed.items()]
        return {"blobs": named} if named else {}

    def _close(self, body: Mapping[str, object]) -> list[int]:
        if not OWN.isdisjoint(body):
            raise BadInput(_RESERVED)
        self._append(CLOSED, {**body, "checkpoints": sorted(self._notes)}, need=2)
        return self._checkpoint()[1]

    def _checkpoint(self) -> tuple[bytes, list[int]]:
        """The note, and which witnesses did not hear of it."""
        with self._signing:
            note = self._notes.get(self._size) or self._sign()
            return note, [n for n, witness in enumerate(self._witnesses) if not _told(witness, self.case, note)]

    def _sign(self) -> bytes:
        with self._lock:
            checkpoint = Checkpoint(self.case, self._size, self._head)
        note = sign(checkpoint, self._signer)
        with self._lock:
            self._notes[checkpoint.size] = note
            puts = self._put(checkpoint_path(self.case, checkpoint.size), note)
        self._wait(puts, need=1)
        return note

    def _put(self, path: str, content: bytes) -> list[Future[None]]:
        """Hand it to every lane, under the lock: the order in which lanes are given things is the order on the sinks."""
        return [lane.put(path, content) for lane in self._lanes]

    def _wait(self, puts: Sequence[Future[None]], need: int) -> None:
        """Return as soon as `need` sinks hold it. Raises `NotDurable`, `LeaseLost`."""
        kept, failures = 0, list[str]()
        for put in puts if all(put.done() for put in puts) else as_completed(puts):
            if failure := _failure(put):
                failures.append(failure)
            elif (kept := kept + 1) >= need:
                return
        taken = [lane.taken for lane in self._lanes if lane.taken]
        if self._lanes[0].taken or (taken and not kept):
            for lane in self._lanes:
                lane.taken = lane.taken or taken[0]  # what is still owed there is no part of the ledger any more
            raise LeaseLost(taken[0])
        raise NotDurable(f"{kept} of {need} sinks hold the entry; {'; '.join(failures)}")

    def _get(self, path: str) -> bytes:
        """The file, from the first sink that has it."""
        *others, last = self._lanes
        for lane in others:
            try:
                return lane.sink.get(path)
            except (CloudError, CustodyError):
                continue
        return last.sink.get(path)


def _failure(put: Future[None]) -> str:
    """Why the sink did not keep it, in its own words; empty where it did."""
    try:
        put.result()
    except (CloudError, CustodyError) as error:
        return str(error)
    return ""


def _told(witness: Witness, case: str, note: bytes) -> bool:
    try:
        witness.remember(case, note)
    except (CloudError, CustodyError):
        return False
    return True
