"""Doors to custody: where the record is kept, signed, witnessed, and read back."""

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

PART = re.compile(r"(.+)\.part-[0-9a-f]{12}-\d{4,}")
"""A ledger beside a case's own: of one part of a migration."""


TAKEN_IN = "migration-part"
"""The kind of the entry that takes in what a part came to, with the signed head of its ledger."""


def part_ledger(case: str, migration: str, number: int) -> str:
    """What the ledger of a part is called; `migration` is the digest that the record knows it by."""
    return f"{case}.part-{migration[:12]}-{number:04}"


def case_of(ledger: str) -> str:
    """The case whose secrets a ledger is kept under."""
    found = PART.fullmatch(ledger)
    return found[1] if found else ledger


class Sink(Protocol):
    """A place that keeps bytes under a path for ever. Paths are relative, with `/`."""

    name: str

    def put(self, path: str, content: bytes) -> None:
        """Keep it. Raises `AlreadyRecorded` where the path is taken, `NotDurable` where it could not be kept."""
        ...

    def get(self, path: str) -> bytes:
        """The bytes. Raises `Absent`."""
        ...

    def list(self, prefix: str) -> tuple[str, ...]:
        """Every path below the prefix, sorted."""
        ...


class Signer(Protocol):
    """An ECDSA P-256 key that never leaves its keeper."""

    def sign(self, message: bytes) -> bytes:
        """DER signature over SHA-256 of the message."""
        ...

    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        ...


class Witness(Protocol):
    """A place outside the writer's control that remembers how long the record was."""

    def remember(self, case: str, note: bytes) -> None:
        """Keep this signed checkpoint. Raises `NotDurable`."""
        ...

    def remembered(self, case: str) -> tuple[bytes, ...]:
        """Every checkpoint of the case, oldest first."""
        ...


class Keyring(Protocol):
    """Per-case secrets, kept where they can be deleted (crypto-shredding), unlike the record itself."""

    def data_key(self, case: str) -> bytes:
        """32 bytes for AES-256-GCM; made at first use, the same for every worker. Raises `Absent` once deleted."""
        ...

    def name_key(self, case: str) -> bytes:
        """32 bytes for the HMAC that stands for names in the record."""
        ...


class Recorded(Protocol):
    """One entry of a custody record, as it can be read back."""

    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def body(self) -> Mapping[str, object]: ...


class Journal(Protocol):
    """One case's custody record, as the engine writes it."""

    def append(self, kind: str, body: Mapping[str, object], need: int = 2) -> object:
        """Make an entry durable on `need` sinks before returning (fewer where there are fewer). Raises `NotDurable`."""
        ...

    def blob(self, content: bytes) -> str:
        """Keep evidence encrypted; its digest is what entries carry."""
        ...

    def blobs(self, digest: str) -> bytes:
        """The evidence in clear. Raises `Absent`."""
        ...

    def name(self, text: str) -> str:
        """What stands in the record for a name that could be health data."""
        ...

    def checkpoint(self) -> object:
        """Sign the record as it is now and tell the witnesses."""
        ...

    def entries(self) -> Iterator[Recorded]:
        """Every entry, oldest first."""
        ...

    def close(self, body: Mapping[str, object]) -> None:
        """Seal the record: a final entry and a checkpoint that covers it."""
        ...
