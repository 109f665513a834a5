"""Custody in memory: for rehearsals, and as the plainest statement of what every other adapter has to do."""

import secrets
from collections.abc import Collection, Sequence
from threading import Lock

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.custody.leases import Held, Stop, written
from shared.domain.case import Case
from shared.domain.errors import Absent, AlreadyRecorded
from shared.ports import Clock, Lease

KEY = 32


class MemorySink:
    """A sink that lasts as long as the process."""

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self._files: dict[str, bytes] = {}
        self._lock = Lock()

    def put(self, path: str, content: bytes) -> None:
        with self._lock:
            if self._files.setdefault(path, content) != content:
                raise AlreadyRecorded(path)

    def get(self, path: str) -> bytes:
        try:
            return self._files[path]
        except KeyError:
            raise Absent(f"{self.name} has no {path}") from None

    def list(self, prefix: str) -> tuple[str, ...]:
        with self._lock:
            return tuple(sorted(path for path in self._files if path.startswith(prefix)))


class MemorySigner:
    """A key that dies with the process."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, ec.ECDSA(SHA256()))

    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class MemoryKeyring:
    """Secrets that die with the process."""

    def __init__(self) -> None:
        self._secrets: dict[str, bytes] = {}
        self._lock = Lock()

    def data_key(self, case: str) -> bytes:
        return self._secret(case)[:KEY]

    def name_key(self, case: str) -> bytes:
        return self._secret(case)[KEY:]

    def forget(self, case: str) -> None:
        """Delete the case's secrets for ever: its evidence and names can not be read again."""
        with self._lock:
            self._secrets[case] = b""

    def _secret(self, case: str) -> bytes:
        with self._lock:
            secret = self._secrets.setdefault(case, secrets.token_bytes(2 * KEY))
        if not secret:
            raise Absent(f"the secrets of {case} were deleted")
        return secret


class MemoryCases:
    """Cases that last as long as the process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, Held] = {}
        self._stop: Stop | None = None
        self._calls: set[str] = set()
        self._names: dict[str, str] = {}
        self._lock = Lock()

    def create(self, case: Case) -> bool:
        written(case)
        with self._lock:
            if case.id in self._held:
                return False
            self._held[case.id] = Held(case=case)
            return True

    def allot(self, name: str, case_id: str) -> str:
        return self._names.setdefault(name, case_id)

    def load(self, case_id: str) -> Case:
        return self._find(case_id).case

    def save(self, case: Case, lease: Lease) -> Case:
        with self._lock:
            held = self._held[case.id] = self._find(case.id).save(case, lease)
        return held.case

    def all(self) -> tuple[Case, ...]:
        with self._lock:
            return tuple(sorted((held.case for held in self._held.values()), key=lambda case: case.opened, reverse=True))

    def take(self, case_id: str, owner: str) -> Lease | None:
        with self._lock:
            taken = self._find(case_id).take(owner, self._clock.now())
            if taken is None:
                return None
            self._held[case_id], lease = taken
            return lease

    def renew(self, lease: Lease) -> Lease:
        with self._lock:
            self._held[lease.case], renewed = self._find(lease.case).renew(lease, self._clock.now())
        return renewed

    def give_back(self, lease: Lease) -> None:
        with self._lock:
            self._held[lease.case] = self._find(lease.case).give_back(lease)

    def remember(self, request_ids: Sequence[str]) -> None:
        self._calls.update(request_ids)

    def remembered(self, request_ids: Collection[str]) -> frozenset[str]:
        return frozenset(self._calls).intersection(request_ids)

    def paused(self) -> bool:
        return self._stop is not None and self._stop.on

    def pause(self, by: str) -> None:
        self._stop = Stop(on=True, by=by, at=self._clock.now())

    def resume(self, by: str) -> None:
        self._stop = Stop(on=False, by=by, at=self._clock.now())

    def _find(self, case_id: str) -> Held:
        try:
            return self._held[case_id]
        except KeyError:
            raise Absent(f"there is no case {case_id}") from None
