"""What a rewrite of ours took from somebody's policy unseen, as the log shows it afterwards.

The services replace a policy as a whole and write it unconditionally, so an edit that falls between our reading and our writing
is gone. The log has both writes, in whole seconds.

Rules
1. An edit is lost to us where the policy, our own statements apart, still is what we wrote, and that lacks what the edit wrote.
2. Where it is another by now, somebody has written since and may know why: a person looks.
3. What is put back is put back once: a statement that stood after a write of ours was taken out by somebody else.
4. What an actor of the case wrote, what we changed on purpose, and what is not fit to be written by us is never put back.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.facet import PolicyStatement
from shared.ports import Edit

from . import openness
from .ladder import OURS

type Statements = dict[str, str]
"""Part -> body of every statement that is not ours."""


class Hand(StrEnum):
    """Who wrote."""

    OURS = "ours"
    ACTOR = "actor"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Written:
    """One edit of a policy, and by whom."""

    edit: Edit
    hand: Hand

    @property
    def at(self) -> datetime:
        return self.edit.act.at

    @property
    def foreign(self) -> Statements:
        return foreign(self.edit.statements or ())

    def has(self, part: str, body: str) -> bool:
        return alike(self.foreign.get(part), body)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is not put back. `accounts`, `actors` and `spared` as in `openness.why_not`.

    `ours` are parts that we changed on purpose, `returned` parts that we put back before.
    """

    accounts: frozenset[str]
    actors: frozenset[str] = frozenset()
    spared: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()
    returned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Loss:
    """What is to be put back of one edit, and what a person should look at: event id and reason, with how often."""

    returned: tuple[PolicyStatement, ...] = ()
    edit: Edit | None = None
    told: tuple[tuple[str, str, int], ...] = ()

    @property
    def nothing(self) -> bool:
        return not self.returned and not self.told


SINCE = "a write of ours took it out unseen, and somebody has written the policy since"
TIED = "the policy was written several times in that second, so it may have been the last word, and a write of ours took it out"
AGAIN = "it stood after a write of ours, and somebody took it out whom the log does not name"
ACTORS = "an actor of this case wrote the policy in between"
STRANGER = "it was written by somebody of no account of ours"
TURNED = "it turns a deny into an allow, or the reverse"
REMOVED = "it was taken out, and a write of ours brought it back unseen"
UNREAD = "the log does not hold what was written, and a write of ours came right after it"


def lost(history: Sequence[Written], now: Iterable[PolicyStatement], bounds: Bounds) -> Loss:
    """What our writes took from others' edits. `history` are all recorded writes of one policy, `now` is the policy as it is."""
    ours = [w for w in history if w.hand is Hand.OURS and w.edit.statements is not None]
    last = max((w.at for w in ours), default=None)
    before = [w for w in history if last and w.hand is Hand.OTHER and w.at <= last]
    if not before:
        return Loss()
    here = foreign(now)
    at = max(w.at for w in before)
    newest = [w for w in before if w.at == at]
    edit = newest[-1]
    if not any(_same(w.foreign, here) for w in ours if w.at == last):
        return Loss(told=_told(_since(history, before, here, bounds)))
    if any(w.edit.statements is None for w in newest):
        return Loss(told=((edit.edit.act.id, UNREAD, 1),))
    verdicts = {part: _verdict(part, body, edit, history, here, bounds) for part, body in _missing(newest, here, bounds)}
    back = tuple(PolicyStatement(sid=part, body=edit.foreign[part]) for part, why in verdicts.items() if why == "")
    reasons = [*filter(None, verdicts.values()), *_tied(newest, here), *_removed(newest, history, here, bounds)]
    older = _since(history, [w for w in before if w.at < at], here, bounds)
    return Loss(back, edit.edit, _told([*((edit.edit.act.id, why) for why in reasons), *older]))


def _missing(newest: Sequence[Written], here: Statements, bounds: Bounds) -> Iterator[tuple[str, str]]:
    """What every one of the newest edits wrote, and is not there as it was written."""
    for part, body in newest[-1].foreign.items():
        if all(w.has(part, body) for w in newest) and not alike(here.get(part), body) and part not in bounds.ours:
            yield part, body


def _verdict(part: str, body: str, edit: Written, history: Sequence[Written], here: Statements, bounds: Bounds) -> str | None:
    """Empty where it is put back; a reason for people; None where nobody need know."""
    actors = [w for w in history if w.hand is Hand.ACTOR]
    if any(w.has(part, body) for w in actors if w.at <= edit.at):
        return None
    if any(w.has(part, body) for w in history if w.hand is Hand.OURS and w.at >= edit.at):
        return AGAIN
    if any(not w.has(part, body) for w in actors if w.at >= edit.at):
        return ACTORS
    if edit.edit.act.actor.account not in bounds.accounts:
        return STRANGER
    content = json.loads(body)
    if part in here and json.loads(here[part]).get("Effect") != content.get("Effect"):
        return TURNED
    return openness.why_not(content, bounds.accounts, bounds.actors, bounds.spared)


def _tied(newest: Sequence[Written], here: Statements) -> list[str]:
    """One reason for each statement of the last listed edit that the others of its second have otherwise, and that is not there.

    The order in which a log lists one second is good enough to tell people, and not to write by.
    """
    last = newest[-1].foreign.items()
    torn = ((part, body) for part, body in last if not all(w.has(part, body) for w in newest))
    return [TIED for part, body in torn if not alike(here.get(part), body)]


def _removed(newest: Sequence[Written], history: Sequence[Written], here: Statements, bounds: Bounds) -> list[str]:
    """One reason for each statement that the newest edit left out and that is there. To take it out again could lock people out."""
    actors = [w for w in history if w.hand is Hand.ACTOR]
    known = {*bounds.ours, *bounds.returned, *(part for w in (*newest, *actors) for part in w.foreign)}
    return [REMOVED for part in here if part not in known]


def _since(history: Sequence[Written], before: Sequence[Written], here: Statements, bounds: Bounds) -> Iterator[tuple[str, str]]:
    """Event and reason for each statement of an edit that a write of ours came right after, and that nobody has written again."""
    for edit in before:
        later = [w for w in history if w is not edit and w.at >= edit.at]
        first = [w for w in later if w.at == min(x.at for x in later)]
        if not all(w.hand is Hand.OURS for w in first):
            continue
        for part, body in edit.foreign.items():
            gone = part not in here and part not in bounds.ours and not any(part in w.foreign for w in later)
            if gone and _verdict(part, body, edit, history, here, bounds) is not None:
                yield edit.edit.act.id, SINCE


def _told(found: Iterable[tuple[str, str]]) -> tuple[tuple[str, str, int], ...]:
    return tuple((event, reason, times) for (event, reason), times in Counter(found).items())


def foreign(statements: Iterable[PolicyStatement]) -> Statements:
    """Every statement that is not one of ours."""
    return {s.sid: s.body for s in statements if s.body is not None and not OURS.fullmatch(s.sid)}


def _same(one: Statements, other: Statements) -> bool:
    return one.keys() == other.keys() and all(alike(body, other[part]) for part, body in one.items())


def alike(one: str | None, other: str | None) -> bool:
    """Whether two statements say the same: services reorder lists, unwrap lists of one, and write an account as its root."""
    return one == other or (one is not None and other is not None and _plain(json.loads(one)) == _plain(json.loads(other)))


def _plain(thing: object) -> object:
    if isinstance(thing, Mapping):
        return {key: _plain(value) for key, value in thing.items()}
    if isinstance(thing, list):
        items = {json.dumps(plain, sort_keys=True): plain for plain in map(_plain, thing)}
        return next(iter(items.values())) if len(items) == 1 else sorted(items)
    root = openness.ACCOUNT.fullmatch(thing) if isinstance(thing, str) else None
    return root[1] if root and str(thing).endswith(":root") else thing
