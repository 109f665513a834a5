"""Which way a version goes. One pure function over one table; nothing here asks a cloud.

The table is read from the top, and the first row that applies decides. Its order is its meaning:

1. What is not under an old key is left alone, whatever else it is.
2. A lock is never lifted, in whichever mode: such a version stays, and its key stays with it.
3. An update in place is the only lane that takes noncurrent and archived versions; it is open where a canary has proved it.
4. A copy is of the latest version only: a copied noncurrent version would become the current one (S3 user guide, "Restoring
   previous versions"). It is no copy where it would replace a noncurrent `null` version or wake somebody who waits for new objects.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.ports.objects import NULL, Bar, Consumer, Facts, Scheme, StoreFacts, Version, Versioning


class Lane(StrEnum):
    """What is done with a version; the last two are outcomes of an attempt."""

    UPDATE = "updated"
    COPY = "copied"
    MULTIPART = "multipart"
    BLOCKED = "blocked"
    NOTHING = "nothing"
    AGAIN = "again"
    FAILED = "failed"


MOVES = frozenset({Lane.UPDATE, Lane.COPY, Lane.MULTIPART})
COPIES = frozenset({Lane.COPY, Lane.MULTIPART})


class Reason(StrEnum):
    """Why a version is not moved, in words for a tired person."""

    NONE = ""
    DELETE_MARKER = "a delete marker holds no content"
    SUCCESSOR = "already under the successor"
    OTHER_KEY = "not under an old key"
    GONE = "deleted meanwhile by somebody else"
    CHANGED = "changed meanwhile by somebody else; looked at again"
    NOT_UPDATABLE = "the service does not update it in place; looked at again"
    CUSTOMER_KEY = "under a key that only its writer has (SSE-C)"
    DENIED = "we may not look at it, or may not move it"
    REFUSED = "the service refuses to move it"
    UNUSABLE = "the store, or a key, can not be used now"
    DUAL_LAYER = "dual-layer encryption (DSSE-KMS) is not moved"
    COMPLIANCE = "retained in compliance mode: nobody can change it before the date"
    GOVERNANCE = "retained in governance mode: a person may lift it"
    LEGAL_HOLD = "under legal hold: a person may lift it"
    NONCURRENT = "not the latest version, and it can not be updated in place"
    ARCHIVED = "archived, and it can not be updated in place: restore it first"
    NULL_BEHIND = "a copy would destroy an older version, because versioning is suspended"
    CONSUMERS = "a copy would look like a new object to whoever is notified of them"
    TOO_LARGE = "larger than any copy can be"
    SNAPSHOT = "a snapshot: nothing can be written in its place"
    DELETED = "deleted, and kept until its time is over"
    IN_PLACE = "an append or page blob, which no copy keeps as it is"
    LEASED = "leased: whoever holds the lease works on it"
    IMMUTABLE = "in a container that is retained or under legal hold: nothing in it can be overwritten"
    IMPOSED = "in a container that takes no other encryption scope: move it to a new one"
    DIRECTORIES = "in a store with directories: a copy may lose their access lists"
    UPLOADING = "somebody has sent blocks of what is to take its place"


BARS: dict[Bar, Reason] = {bar: Reason[bar.name] for bar in Bar}
"""What the reason is called for what stands against a copy."""


class Unseen(StrEnum):
    """Why a version could not be looked at."""

    GONE = "gone"
    CUSTOMER_KEY = "customer-key"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Situation:
    """What besides the version itself decides. `updatable`: UpdateObjectEncryption is proved at this endpoint.

    `null_behind`: an older version of the same key has the id `null`. `copy_limit` and `largest` in bytes.
    """

    old: frozenset[str]
    successor: str
    store: StoreFacts
    updatable: bool
    now: datetime
    copy_limit: int
    largest: int
    null_behind: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The lane of one version, and why it is not moved."""

    lane: Lane
    reason: Reason = Reason.NONE


type Applies = Callable[[Version, Facts, Situation], bool]


def _told(consumers: tuple[Consumer, ...], key: str, event: str) -> bool:
    return any(
        key.startswith(c.prefix) and key.endswith(c.suffix) and not {event, "s3:ObjectCreated:*"}.isdisjoint(c.events)
        for c in consumers
    )


def _large(_: Version, facts: Facts, s: Situation) -> bool:
    return facts.size > s.copy_limit


def _wakes(version: Version, facts: Facts, s: Situation) -> bool:
    event = "s3:ObjectCreated:CompleteMultipartUpload" if _large(version, facts, s) else "s3:ObjectCreated:Copy"
    return _told(s.store.consumers, version.key, event)


def _replaces(version: Version, _: Facts, s: Situation) -> bool:
    return s.store.versioning is Versioning.SUSPENDED and version.id != NULL and s.null_behind


def _blocked(reason: Reason) -> Decision:
    return Decision(Lane.BLOCKED, reason)


def _bars(bar: Bar) -> Applies:
    return lambda _, facts, __: facts.bar is bar


RULES: tuple[tuple[Decision, Applies], ...] = (
    (Decision(Lane.NOTHING, Reason.SUCCESSOR), lambda _, f, s: f.encryption.key == s.successor),
    (Decision(Lane.NOTHING, Reason.OTHER_KEY), lambda _, f, s: f.encryption.key not in s.old),
    (_blocked(Reason.DUAL_LAYER), lambda _, f, __: f.encryption.scheme is Scheme.DSSE),
    (_blocked(Reason.COMPLIANCE), lambda _, f, s: f.lock.retains("COMPLIANCE", s.now)),
    (_blocked(Reason.LEGAL_HOLD), lambda _, f, __: f.lock.legal_hold),
    (_blocked(Reason.GOVERNANCE), lambda _, f, s: f.lock.retains("GOVERNANCE", s.now)),
    (Decision(Lane.UPDATE), lambda _, __, s: s.updatable),
    *((_blocked(reason), _bars(bar)) for bar, reason in BARS.items()),
    (_blocked(Reason.NONCURRENT), lambda v, _, __: not v.latest),
    (_blocked(Reason.ARCHIVED), lambda _, f, __: f.archived),
    (_blocked(Reason.TOO_LARGE), lambda _, f, s: f.size > s.largest),
    (_blocked(Reason.NULL_BEHIND), _replaces),
    (_blocked(Reason.CONSUMERS), _wakes),
    (Decision(Lane.MULTIPART), _large),
    (Decision(Lane.COPY), lambda _, __, ___: True),
)
"""Decision, and the versions it is for."""

UNSEEN: dict[Unseen, Decision] = {
    Unseen.GONE: Decision(Lane.NOTHING, Reason.GONE),
    Unseen.CUSTOMER_KEY: _blocked(Reason.CUSTOMER_KEY),
    Unseen.DENIED: _blocked(Reason.DENIED),
}


def decide(version: Version, facts: Facts | Unseen, situation: Situation) -> Decision:
    """The lane of one version."""
    if version.delete_marker:
        return Decision(Lane.NOTHING, Reason.DELETE_MARKER)
    if isinstance(facts, Unseen):
        return UNSEEN[facts]
    return next(decision for decision, applies in RULES if applies(version, facts, situation))
