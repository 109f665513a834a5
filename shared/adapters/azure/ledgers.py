"""A ledger on Azure that nobody can change: one append blob a case, in a container under a locked time-based policy.

The service gives the sequence its two properties. An append that states the position it starts at (`appendpos`) is taken from one
writer of two ("Append Block", 412 AppendPositionConditionNotMet); a locked policy with `allowProtectedAppendWrites` lets blocks be
added and nothing be altered or deleted, whoever asks ("Configure immutability policies for containers"). The account's own
encryption keys are the service's, so that no deletion of a key can shred the record.

Evidence blobs are named by their own digest and need no order: each is a blob of its own, written once.
"""

import json
from collections.abc import Iterator
from threading import Lock, RLock
from typing import TYPE_CHECKING

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.custody_places import LEDGERS, Places
from shared.adapters.azure.errors import call, every
from shared.domain.errors import Absent, AlreadyRecorded, CloudError, NotDurable, NotReady, Tampered, Throttled, Unreachable

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, ContainerClient

ACTIONS = frozenset({"Microsoft.Storage/storageAccounts/blobServices/containers/read"})
DATA_ACTIONS = frozenset(f"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/{verb}" for verb in ("read", "write"))
"""What the recorder needs at the container, exactly."""

LEDGER = "ledger"
WHOLE = "blobs/"
LARGEST = 100 * 1024 * 1024
"""bytes of one appended block (service version 2022-11-02 and later)"""

ATTEMPTS = 64
"""times that other writers may have been faster before this one gives up"""

TAKEN = frozenset({"BlobAlreadyExists", "ConditionNotMet", "BlobImmutableDueToPolicy"})
BEHIND = frozenset({"AppendPositionConditionNotMet", "ConditionNotMet"})


class AppendSink:
    """One container. Threads may share it."""

    def __init__(self, clients: Clients, places: Places, container: str = LEDGERS) -> None:
        self.name = f"{places.blob_url}/{container}"
        self._clients, self._places, self._container = clients, places, container
        self._lock = Lock()
        self._ledgers: dict[str, _Ledger] = {}

    def ready(self) -> None:
        """Raise `NotReady` unless the container's policy is locked and lets blocks be appended; unlocked is not evidence.

        A container that does not answer now is not judged: nothing is kept there, and a response must not stop for it.
        """
        containers = self._clients.storage(self._places.subscription).blob_containers
        try:
            found = call(containers.get, self._places.group, self._places.account, self._container)
        except (Throttled, Unreachable):
            return
        except Absent:
            raise NotReady(f"{self.name} is absent") from None
        policy = found.immutability_policy
        if policy is None or policy.state != "Locked" or not policy.allow_protected_append_writes:
            raise NotReady(f"{self.name} has no locked policy that lets blocks be appended")

    def put(self, path: str, content: bytes) -> None:
        """Keep it. The same bytes again are no error: an answer can be lost and the call repeated."""
        case, _, rest = path.partition("/")
        if rest.startswith(WHOLE):
            self._put_whole(path, content)
        else:
            self._of(case).put(rest, content)

    def get(self, path: str) -> bytes:
        case, _, rest = path.partition("/")
        if rest.startswith(WHOLE):
            return bytes(call(call(self._blobs.get_blob_client(path).download_blob).readall))
        return self._of(case).get(rest)

    def list(self, prefix: str) -> tuple[str, ...]:
        """Every path below the prefix, read anew. Raises `Tampered` where a ledger is not what one writer after another made."""
        found: list[str] = []
        case, slash, _ = prefix.partition("/")
        listed: Iterator[str] = every(lambda: self._blobs.list_blob_names(name_starts_with=case + slash))
        for name in listed:
            case, _, rest = name.partition("/")
            found += (f"{case}/{path}" for path in self._of(case).paths()) if rest == LEDGER else (name,)
        return tuple(sorted(path for path in found if path.startswith(prefix)))

    def _put_whole(self, path: str, content: bytes) -> None:
        try:
            call(self._blobs.get_blob_client(path).upload_blob, content, overwrite=False)
        except CloudError as error:
            if error.code not in TAKEN:
                raise NotDurable(f"{self.name}: {error}") from None
            if self.get(path) != content:
                raise AlreadyRecorded(path) from None

    def _of(self, case: str) -> "_Ledger":
        with self._lock:
            if case not in self._ledgers:
                self._ledgers[case] = _Ledger(self._blobs.get_blob_client(f"{case}/{LEDGER}"))
            return self._ledgers[case]

    @property
    def _blobs(self) -> "ContainerClient":
        return self._clients.blobs(self._places.blob_url).get_container_client(self._container)


class _Ledger:
    """One append blob: frames of a head line (`{"path", "size"}`), the bytes, a line feed."""

    def __init__(self, blob: "BlobClient") -> None:
        self._blob = blob
        self._lock = RLock()
        self._forget()

    def _forget(self) -> None:
        self._parts: dict[str, bytes] = {}
        self._size = 0

    def put(self, path: str, content: bytes) -> None:
        frame = json.dumps({"path": path, "size": len(content)}).encode() + b"\n" + content + b"\n"
        if len(frame) > LARGEST:
            raise NotDurable(f"an entry of {len(content)} bytes is more than one block takes")
        with self._lock:
            for _ in range(ATTEMPTS):
                if path in self._parts:
                    if self._parts[path] != content:
                        raise AlreadyRecorded(path)
                    return
                if self._append(frame):
                    self._take(frame)
                    return
                self._read_on()
        raise NotDurable("other writers were always faster")

    def get(self, path: str) -> bytes:
        with self._lock:
            if path not in self._parts:
                self._read_on()
            try:
                return self._parts[path]
            except KeyError:
                raise Absent(f"there is no {path}") from None

    def paths(self) -> tuple[str, ...]:
        """All that is in it, from its first byte."""
        with self._lock:
            self._forget()
            self._read_on()
            return tuple(self._parts)

    def _append(self, frame: bytes) -> bool:
        """Whether it was appended where we believe the end to be."""
        try:
            call(self._blob.append_block, frame, appendpos_condition=self._size)
        except Absent:
            self._create()
            return False
        except CloudError as error:
            if error.code in BEHIND:
                return False
            raise NotDurable(f"the ledger could not be appended to: {error}") from None
        return True

    def _create(self) -> None:
        from azure.core import MatchConditions  # noqa: PLC0415 - with its client, paid when needed

        try:
            call(self._blob.create_append_blob, match_condition=MatchConditions.IfMissing)
        except CloudError as error:
            if error.code not in TAKEN:
                raise NotDurable(f"the ledger could not be made: {error}") from None

    def _read_on(self) -> None:
        """What others have appended since."""
        try:
            more = bytes(call(call(self._blob.download_blob, offset=self._size).readall))
        except Absent:
            return
        except CloudError as error:
            if error.code != "InvalidRange":
                raise
            return
        for frame in _frames(more):
            self._take(frame)

    def _take(self, frame: bytes) -> None:
        path, content = _opened(frame)
        if path in self._parts:
            raise Tampered(f"{path} stands in the ledger twice")
        self._parts[path] = content
        self._size += len(frame)


def _frames(content: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        end = content.find(b"\n", at) + 1
        try:
            size = int(json.loads(content[at:end])["size"])
        except (ValueError, KeyError, TypeError):
            raise Tampered(f"the ledger can not be read at byte {at} of what was added") from None
        frame = content[at : end + size + 1]
        if size < 0 or len(frame) != end - at + size + 1 or frame[-1:] != b"\n":
            raise Tampered(f"the ledger breaks off at byte {at} of what was added")
        yield frame
        at += len(frame)


def _opened(frame: bytes) -> tuple[str, bytes]:
    head, _, rest = frame.partition(b"\n")
    return str(json.loads(head)["path"]), rest[:-1]
