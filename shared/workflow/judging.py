"""What an alert means, before anything is done about it: triage's answer, and the signal that a case can be opened with.

Every record of every source that is read is asked about. What the table acts on whatever else is said goes ahead without the
table (`at_once`); an act under our own identity goes to admission, which alone knows what we put on record.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from copy import replace
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from shared.domain.case import LeftForPeople, Mode
from shared.domain.errors import BadInput
from shared.domain.signal import Signal, Source
from shared.intake import documents, signal_in
from shared.intake.recognise import recognise
from shared.intake.relevance import beyond
from shared.intake.tolerant import Document, folded, shown, text, within
from shared.intake.wrappings import Unreadable
from shared.ports import Memory
from shared.settings import Policy
from shared.triage.at_once import at_once
from shared.triage.decision import Decision

if TYPE_CHECKING:
    from shared.intake.fact import Fact
    from shared.triage.deciding import Decider

    from .by_the_table import Unfired


@dataclass(frozen=True, slots=True)
class Record:
    """One record (`document`: keys folded), and what it was read as: a finding of GuardDuty's as a signal, any other as a fact."""

    document: Document
    signal: Signal | None
    fact: "Fact | None"
    thing: object
    """as it came, without what it was wrapped in"""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One delivery taken apart, and not judged: its records in order, and why each of the others could not be read."""

    raw: bytes
    records: tuple[Record, ...]
    unreadable: tuple[str, ...]

    def first(self, most: int) -> "Arrived":
        """The same with so many of its records."""
        return replace(self, records=self.records[:most])

    def alone(self, record: Record) -> bytes:
        """One record as JSON; the bytes as they arrived where they held no other."""
        if len(self.records) + len(self.unreadable) == 1:
            return self.raw
        return json.dumps(record.thing, default=str).encode()


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be done about one record. `words`: what it was, which rule, why; for people, in one sentence.

    `about`: what it was and which rule, the same for records that are alike. `signal`: what a case is opened with or joined by.
    `mode`: the least caution of the response. `left`: where it calls for an act that none of ours reaches.
    """

    decision: Decision
    words: str
    about: str = ""
    signal: Signal | None = None
    mode: Mode = Mode.AUTO
    left: LeftForPeople | None = None


def arrived(raw: bytes) -> Arrived:
    """Take the bytes apart. Raises BadInput where no record in them can be read; nothing was done then."""
    digest = hashlib.sha256(raw).hexdigest()
    found = [_record(each, digest) for each in documents(raw)]
    unreadable = tuple(each.why for each in found if isinstance(each, Unreadable))
    if not found:
        raise BadInput("the input holds no event at all")
    if len(unreadable) == len(found):
        raise BadInput(unreadable[0] + (f" (and {len(found) - 1} more that could not be read)" if len(found) > 1 else ""))
    return Arrived(raw, tuple(each for each in found if not isinstance(each, Unreadable)), unreadable)


def _record(thing: object, digest: str) -> Record | Unreadable:
    if isinstance(thing, Unreadable):
        return thing
    document = folded(thing)
    if recognise(document) == Source.GUARDDUTY:
        try:
            return Record(document, signal_in(document, digest), None, thing)
        except BadInput as why:
            return Unreadable(str(why))
    from shared.intake.sources import fact_in  # noqa: PLC0415  a finding is read without it

    fact = fact_in(thing)
    return fact if isinstance(fact, Unreadable) else Record(document, None, fact, thing)


class Judge:
    """Asks triage about records, one after another. `memory` is opened when the table is first asked.

    `automatic`: nobody handed them over. What a person hands over may be a sample, for so a drill begins.
    """

    def __init__(self, policy: Policy, exempt: frozenset[str], memory: Callable[[], Memory], *, automatic: bool) -> None:
        self._policy, self._exempt, self._automatic = policy, exempt, automatic
        self._memory = memory
        self._kept: Unfired | None = None

    def judge(self, given: Arrived) -> Iterator[Judged]:
        """One answer a record, in their order."""
        digest = hashlib.sha256(given.raw).hexdigest()
        if self._kept:
            self._kept.forget()
        for record in given.records:
            yield self._judged(record, digest)

    def done(self) -> None:
        """What was judged is admitted: from now on a pattern that was acted on is known as such.

        Before that it is not: a delivery that comes again, because the first worker died with it, must tell the same.
        """
        if self._kept:
            self._kept.fire_all()

    def _judged(self, record: Record, digest: str) -> Judged:
        found = record.signal
        if found and not beyond(found) and (rule := at_once(found, record.document, self._policy)):
            return Judged(Decision.ACT, f"{called(found.event, found.source)}: rule {rule}", signal=found)
        if self._exempt.intersection(_callers(record)) and (ours := _signal(record, digest)):
            return Judged(Decision.ACT, f"{called(ours.event, ours.source)}: under our own identity", signal=ours)
        return self._asked(record, digest)

    def _asked(self, record: Record, digest: str) -> Judged:
        from .by_the_table import ask  # noqa: PLC0415  the fence's own path reads no table

        return ask(record, digest, self._decider)

    @cached_property
    def told(self) -> Memory:
        """What is remembered of records before, and of what people were told about them."""
        return self._memory()

    @cached_property
    def _decider(self) -> "Decider":
        from .by_the_table import Unfired, decider  # noqa: PLC0415  the same

        self._kept = Unfired(self.told)
        return decider(self._policy, self._kept, drill=not self._automatic)


def _callers(record: Record) -> Iterator[str]:
    """Unique ids of whoever made the call that the record tells of, and of roles that a session stands for.

    On Azure of the logs of changes alone, where a call has the id that its service answered with: whom a sign-in or a read tells
    of is on no record of ours.
    """
    who = within(record.document, "useridentity")
    ids = (
        within(who, "principalid"),
        within(who, "sessioncontext", "sessionissuer", "principalid"),
        within(record.document, "resource", "accesskeydetails", "principalid"),
    )
    yield from (text(each).partition(":")[0] for each in ids if text(each))
    if record.fact and record.fact.request_id:
        yield from (key.removeprefix(OBJECT) for key in record.fact.actor.keys if key.startswith(OBJECT))


OBJECT = "oid:"
"""How an object id of Entra stands in a lineage."""


def _signal(record: Record, digest: str) -> Signal | None:
    """What a case could be opened with; None where the record does not say enough."""
    if found := record.signal or signal_in(record.document, digest):
        return found
    from shared.intake.fact_signal import signal_of  # noqa: PLC0415  the fence's own path reads no fact

    try:
        return signal_of(record.fact, digest) if record.fact else None
    except BadInput:
        return None


def called(event: str, source: str, who: str = "") -> str:
    """`DeleteTrail (cloudtrail) by arn:…`."""
    return f"{shown(event)} ({source})" + (f" by {shown(who)}" if who else "")
