"""Intake: the bytes of an alert, from whatever source and in whatever wrapping, become signals or a refusal in plain words."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shared.domain.errors import BadInput
from shared.domain.signal import Signal, Source

from . import cloudtrail, guardduty
from .recognise import recognise
from .tolerant import Document, folded
from .wrappings import GZIP, MAX_BYTES, Unreadable, gunzip, peel, unwrap

READERS: dict[str, Callable[[Document, str], Signal]] = {
    Source.CLOUDTRAIL: cloudtrail.signal,
    Source.GUARDDUTY: guardduty.signal,
}
"""Source, and what reads its facts."""

MAX_RESOURCES = 100
"""A case carries its signal and must stay small; the largest attack sequence of GuardDuty names fewer."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """What one delivery held: the signals in order, and why each of its other facts could not be read."""

    signals: tuple[Signal, ...]
    refusals: tuple[str, ...]


def sift(raw: bytes) -> Sifted:
    """Read every fact in these bytes; one that can not be read does not hide the others.

    Raises BadInput where the bytes as a whole can not be read (`unwrap`).
    """
    raw_digest = hashlib.sha256(raw).hexdigest()
    signals: list[Signal] = []
    refusals: list[str] = []
    for fact in unwrap(raw):
        if isinstance(fact, Unreadable):
            refusals.append(fact.why)
            continue
        try:
            signals.append(_signal(fact, raw_digest))
        except BadInput as why:
            refusals.append(str(why))
    return Sifted(tuple(signals), tuple(refusals))


def read(raw: bytes) -> tuple[Signal, ...]:
    """The signals in these bytes. Raises BadInput where there is none; its sentence says what was there instead."""
    sifted = sift(raw)
    if sifted.signals:
        return sifted.signals
    if not sifted.refusals:
        raise BadInput("the input holds no event at all")
    more = len(sifted.refusals) - 1
    raise BadInput(sifted.refusals[0] + (f" (and {more} more that could not be read)" if more else ""))


def documents(raw: bytes) -> tuple[object, ...]:
    """Everything that was wrapped in these bytes, in any form of file; `Unreadable` in the place of what is no JSON.

    Raises BadInput where nothing in them can be read.
    """
    try:
        return unwrap(raw)
    except BadInput:
        found = tuple(_in_other_forms(raw))
        if all(isinstance(each, Unreadable) for each in found):
            raise
        return found


def _in_other_forms(raw: bytes) -> Iterator[object]:
    from .forms import values  # noqa: PLC0415  an alert by itself is JSON

    content = gunzip(raw) if raw.startswith(GZIP) else raw
    for value in values(content) if len(content) <= MAX_BYTES else ():
        yield from [value] if isinstance(value, Unreadable) else peel(value)


def signal_in(document: Document, raw_digest: str) -> Signal | None:
    """The signal, where the document is of a source that the fence reads by itself. Raises BadInput where it lacks what matters."""
    source = recognise(document)
    return _limited(READERS[source](document, raw_digest)) if source in READERS else None


def _signal(fact: object, raw_digest: str) -> Signal:
    document = folded(fact)
    found = signal_in(document, raw_digest)
    if found is None:
        source = recognise(document)
        raise BadInput(f"this looks like {source}; not read yet" if source else "nothing that we know sends events of this shape")
    return found


def _limited(signal: Signal) -> Signal:
    if len(signal.resources) > MAX_RESOURCES:
        raise BadInput(f"the event names {len(signal.resources)} resources; more than {MAX_RESOURCES} is no event of one call")
    return signal
