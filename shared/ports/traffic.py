"""The door to what the audit log keeps of every single request: calls on objects, and uses of keys.

An object's key can itself be health data: it is never part of a `repr`, and adapters put it into no exception.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec

from shared.domain.exposure import Blind, Told
from shared.domain.resource import Ref

from .clouds import Act

PLAINTEXT = "plaintext"
"""What stands in the place of a TLS version where a request came without."""


class Encrypting(msgspec.Struct, frozen=True):
    """The encryption that a write asked for in its headers, as S3 spells it (`aws:kms`, a key's ARN, id or alias); empty: none."""

    scheme: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One recorded call on a store. `key` is empty for a call on the store itself, such as a listing.

    `sent` is bytes of content sent to the caller. `asked` is None where the record does not show the headers of a write.
    `tls` is the version as CloudTrail spells it (`TLSv1.3`), `plaintext`, or empty where the record does not say.
    """

    act: Act
    store: Ref
    told: Told
    key: str = field(default="", repr=False)
    version: str = ""
    sent: int = 0
    asked: Encrypting | None = None
    tls: str = ""
    copied: bool = False
    """the content went from here to another object, and not to the caller; or may have gone, by a read that nobody knows"""


class KeyUse(msgspec.Struct, frozen=True):
    """One recorded use of a key to encrypt or decrypt. `within`: what it was for, by the encryption context that services set.

    `within` is the ARN of a store (never of an object), a trail, a secret … and empty where no service says so.
    """

    act: Act
    key: Ref
    within: str = ""
    by_alias: bool = False
    """the caller named an alias in place of the key"""
    times: int = 1
    """how often this was seen: some records count what is alike"""


class Uses(msgspec.Struct, frozen=True):
    """The uses of a key, oldest first. `whole`: there are no more since then; `through`: up to when the log is there."""

    found: tuple[KeyUse, ...]
    whole: bool
    through: datetime


class Watched(msgspec.Struct, frozen=True):
    """Which records of a store's requests there are, and the times within what was asked of which they say nothing."""

    told: tuple[Told, ...]
    blind: tuple[Blind, ...]


class Traffic(Protocol):
    """Every single request that the log has. Slow: nothing urgent waits for it. Every method may raise `CloudError`."""

    def watched(self, store: Ref, since: datetime, until: datetime) -> Watched:
        """Whether requests on the store were recorded. Before it existed nobody was blind: nothing was there to read."""
        ...

    def requests(self, stores: Sequence[Ref], since: datetime, until: datetime) -> Iterator[Request]:
        """Every recorded call on these stores, in no order, one at a time: the log is not held in memory. A call can come twice."""
        ...

    def ways(self, stores: Sequence[Ref], since: datetime, until: datetime) -> Iterator[Request]:
        """The ways in which these stores were used: of calls that are alike in caller, place, operation and TLS one at least.

        Cheaper than `requests` where the record counts by itself. No object is named, and nothing is said of how much was sent.
        """
        ...

    def uses(self, key: Ref, since: datetime) -> Uses:
        """Who used this very key (a replica is another) to encrypt or decrypt, be it through a service."""
        ...
