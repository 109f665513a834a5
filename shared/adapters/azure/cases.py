"""Cases in a container: one blob a case, every change of it conditional on its ETag.

The rules are those of `shared.custody.leases`; the blob's ETag, and no worker, decides who was first.
"""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

from shared.adapters.azure.documents import Documents
from shared.custody.leases import Held, Stop, written
from shared.domain.case import Case
from shared.domain.errors import Absent
from shared.ports import Clock, Lease

ACTIONS: frozenset[str] = frozenset()
DATA_ACTIONS = frozenset(f"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/{verb}" for verb in ("read", "write"))
"""What the recorder needs at the container, exactly."""

STOP = "stop"
AT_ONCE = 8


class BlobCases:
    """Blobs `case/<id>`, `name/<name>`, `call/<request id>` and `stop`.

    Leases go by `clock`; workers' may differ by a second or two.
    """

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents, self._clock = documents, clock

    def create(self, case: Case) -> bool:
        written(case)
        return self._documents.create(_name(case.id), _bytes(Held(case=case)))

    def allot(self, name: str, case_id: str) -> str:
        document = f"name/{name}"
        return case_id if self._documents.create(document, case_id.encode()) else self._documents.read(document)[0].decode()

    def load(self, case_id: str) -> Case:
        return self._held(case_id).case

    def save(self, case: Case, lease: Lease) -> Case:
        saved = self._change(case.id, lambda held: held.save(case, lease))
        return saved.case if saved else self.load(case.id)

    def all(self) -> tuple[Case, ...]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            cases = list(pool.map(lambda name: _read(self._documents.read(name)[0]).case, self._documents.names(_name(""))))
        return tuple(sorted(cases, key=lambda case: case.opened, reverse=True))

    def take(self, case_id: str, owner: str) -> Lease | None:
        leases: list[Lease] = []
        now = self._clock.now()

        def step(held: Held) -> Held | None:
            taken = held.take(owner, now)
            leases[:] = [taken[1]] if taken else []
            return taken[0] if taken else None

        self._change(case_id, step)
        return leases[0] if leases else None

    def renew(self, lease: Lease) -> Lease:
        leases: list[Lease] = []
        now = self._clock.now()

        def step(held: Held) -> Held:
            after, renewed = held.renew(lease, now)
            leases[:] = [renewed]
            return after

        self._change(lease.case, step)
        return leases[0]

    def give_back(self, lease: Lease) -> None:
        self._change(lease.case, lambda held: held.give_back(lease))

    def remember(self, request_ids: Sequence[str]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda i: self._documents.create(_call(i), b""), dict.fromkeys(request_ids)))

    def remembered(self, request_ids: Collection[str]) -> frozenset[str]:
        asked = list(dict.fromkeys(request_ids))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = pool.map(lambda i: self._documents.exists(_call(i)), asked)
            return frozenset(i for i, known in zip(asked, found, strict=True) if known)

    def paused(self) -> bool:
        try:
            return Stop.model_validate_json(self._documents.read(STOP)[0]).on
        except Absent:
            return False

    def pause(self, by: str) -> None:
        self._say(Stop(on=True, by=by, at=self._clock.now()))

    def resume(self, by: str) -> None:
        self._say(Stop(on=False, by=by, at=self._clock.now()))

    def _say(self, stop: Stop) -> None:
        self._documents.write(STOP, stop.model_dump_json().encode())

    def _held(self, case_id: str) -> Held:
        try:
            return _read(self._documents.read(_name(case_id))[0])
        except Absent:
            raise Absent(f"there is no case {case_id}") from None

    def _change(self, case_id: str, step: Callable[[Held], Held | None]) -> Held | None:
        def on_bytes(content: bytes) -> bytes | None:
            before = _read(content)
            after = step(before)
            return None if after is None or after == before else _bytes(after)

        try:
            changed = self._documents.change(_name(case_id), on_bytes)
        except Absent:
            raise Absent(f"there is no case {case_id}") from None
        return _read(changed) if changed is not None else None


def _read(content: bytes) -> Held:
    return Held.model_validate_json(content)


def _bytes(held: Held) -> bytes:
    return held.model_dump_json().encode()


def _name(case_id: str) -> str:
    return f"case/{case_id}"


def _call(request_id: str) -> str:
    return f"call/{request_id}"
