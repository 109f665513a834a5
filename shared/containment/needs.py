"""What still needs an old key. A key is disabled only where there is nothing at all of this.

Rules
1. What is stored or configured under it needs it: a version that could not be moved, a disk, a database, an alias, a grant.
2. A use in the evidence window needs it, unless one line of `EXPLANATIONS` says why there will be no more of its kind.
3. What is not known counts as a need: a record that is not whole, a version that could not be looked at, a key that nothing was
   proved to have moved away from.
4. What a use was for is believed where a service made it: in a call of one's own anybody can say anything.
5. A refused call used nothing. The last use of a key, as KMS tells it, is no evidence: it says nothing of who comes back.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import groupby

from shared.domain.actor import Credential
from shared.domain.case import Standing
from shared.domain.resource import Kind, Ref
from shared.ports import KeyUse, Uses

from .observed import Form, Need, who
from .reach import did


@dataclass(frozen=True, slots=True)
class Known:
    """What uses are held against.

    `emptied` are stores (ARNs) that a fresh look proved to hold nothing under the key, and when that look began; `repointed` are
    ARNs of what encrypts with a successor now and keeps nothing under the old key. `allow` are ARN patterns of the rightful;
    `exempt` unique ids of the responder and of break-glass; `lent`
    ARN patterns of roles among them that a service works under, for whoever orders it to.
    """

    standings: Sequence[Standing]
    allow: Sequence[str]
    exempt: frozenset[str]
    lent: Sequence[str]
    emptied: Mapping[str, datetime]
    repointed: frozenset[str]
    ours: frozenset[str]
    """the request ids of our own calls"""


type Explains = Callable[[KeyUse, Known], bool]


def _of_emptied(use: KeyUse, known: Known) -> bool:
    emptied = known.emptied.get(use.within)
    return use.act.by_service and emptied is not None and use.act.at <= emptied


def _of_repointed(use: KeyUse, known: Known) -> bool:
    return use.act.by_service and use.within in known.repointed


def _of_ours(use: KeyUse, known: Known) -> bool:
    if use.act.request_id in known.ours:
        return True
    role = use.act.actor.principal
    lent = role is not None and any(fnmatchcase(role.id, pattern) for pattern in known.lent)
    return use.act.actor.unique_id in known.exempt and not lent


EXPLANATIONS: tuple[tuple[str, Explains], ...] = (
    ("the responder's own", _of_ours),
    ("the actor's, who is refused now", lambda use, known: any(did(s, use.act) for s in known.standings)),
    ("of a store, before everything in it had moved", _of_emptied),
    ("of what keeps nothing under it since it uses the successor", _of_repointed),
)
"""Why there will be no more uses of a kind. First match counts; what none of them explains needs the key."""

UNPROVED = Need("nothing shows since when it is not used: nothing was proved to have moved away from it")
"""A log without a single use proves nothing where nothing is known to have used the key, and to have stopped."""

NOT_YET = Need("the record does not reach beyond the time at which everything had moved")
"""The log is late: what it says of the time since is still to come."""

KEEPS_NOTHING = frozenset({Kind.SECRET, Kind.FUNCTION, Kind.TOPIC, Kind.DISK_ENCRYPTION_SET})
"""Kinds that are encrypted anew, or hold nothing for long, when they are told of another key. Log groups, trails and queues do:
what they took in before stays under the old key (CloudWatch Logs, CloudTrail and SQS guides, "Encryption at rest"). A disk
encryption set names the key before for as long as a disk of its is under that."""


def unexplained(uses: Iterable[KeyUse], known: Known) -> tuple[KeyUse, ...]:
    """The uses that nothing explains. Refused ones opened nothing."""
    done = (use for use in uses if not use.act.failed)
    return tuple(use for use in done if not any(explains(use, known) for _, explains in EXPLANATIONS))


def of_uses(uses: Uses, known: Known, moved_at: datetime | None) -> Iterator[Need]:
    """What the record of a key's uses says. `moved_at`: since when nothing should need it, if anything has moved."""
    if not uses.whole:
        yield Need("the record holds more uses of it than can be read: nobody can say that all are explained")
    if moved_at is None:
        yield UNPROVED
    elif uses.through < moved_at:
        yield NOT_YET
    left = sorted(unexplained(uses.found, known), key=lambda use: (_label(use), use.act.at))
    for label, group in groupby(left, key=_label):
        several = list(group)
        times = sum(use.times for use in several)
        words = f"{label} used it {times} times and nothing explains it, last at {several[-1].act.at.isoformat()}"
        yield Need(words, by=who(several[-1].act.actor), user=_rightful(several[-1], known))


def of_aliases(uses: Iterable[KeyUse]) -> tuple[str, ...]:
    """Who decrypts with an alias in place of a key: an alias that moves takes their old ciphertext from them."""
    return tuple(sorted({who(use.act.actor) for use in uses if use.by_alias and not use.act.failed}))


def of_writers(key: Ref, forms: Iterable[Form], known: Known) -> Iterator[Need]:
    """Who asks for this very key when it writes: what it writes next is under it again."""
    names = {key.id, key.name}
    for by in sorted({form.by for form in forms if form.asked and form.asked.key in names}):
        yield Need(f"{by} names it in what it writes", by=by, user=by if _allowed(by, known) else "")


def of_things(refs: Iterable[Ref], words: str) -> Iterator[Need]:
    """What is there and needs it."""
    for ref in refs:
        yield Need(f"{ref} {words}")


def _label(use: KeyUse) -> str:
    where = f" for {use.within}" if use.within else ""
    return f"{who(use.act.actor)}{where}"


def _rightful(use: KeyUse, known: Known) -> str:
    """The user or role to be spared: one that is known to be rightful. A service acts by its own right and is spared anyway."""
    actor = use.act.actor
    if actor.principal is None or actor.credential is Credential.SERVICE:
        return ""
    return actor.principal.id if _allowed(actor.principal.id, known) else ""


def _allowed(arn: str, known: Known) -> bool:
    return any(fnmatchcase(arn, pattern) for pattern in known.allow)
