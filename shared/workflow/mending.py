"""Edits of others that a rewrite of ours overwrote unseen are given back, when the log shows them and all else is quiet.

It is a run of its own: what cannot be put back (a principal that is gone by now, no room) must not fail the fence's own
statements of the same document with it.
"""

from collections.abc import Sequence
from copy import replace
from dataclasses import dataclass

from shared.containment.actions import ACTIONS
from shared.containment.answers import ask
from shared.containment.guard import sorted_out
from shared.containment.overwritten import Bounds, Hand, Loss, Written, lost
from shared.containment.parallel import in_parallel
from shared.containment.reach import did
from shared.domain.actor import Actor, Credential
from shared.domain.case import Case, LeftForPeople, Reach
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change, Origin, Wave
from shared.domain.resource import Ref
from shared.ports import Edit

from . import history, waves
from .consent import consented
from .deps import Deps

RETURN = ACTIONS["return-edit"]


@dataclass(frozen=True, slots=True)
class Found:
    """What the log shows to be lost: the changes that put it back, and what is for people."""

    changes: tuple[Change, ...]
    left: tuple[LeftForPeople, ...]


def mended(case: Case, deps: Deps) -> Case:
    """The case after what our writes took from others is back. Raises `NotDurable`."""
    found = overwritten(case, deps)
    allowed, refused = sorted_out(found.changes, case.scope, deps.protected)
    agreed = tuple(c for c in allowed if consented(case, deps, c, Wave.SWEEP))
    waiting = dict.fromkeys(c.target for c in found.changes if c not in agreed)
    why = "an edit of somebody's was overwritten by us, and nobody has agreed that we put it back"
    left = (*found.left, *(_line(target, why) for target in waiting))
    if not agreed:
        return case.but(left=tuple(dict.fromkeys((*case.left, *left))))
    passing = (known for known in case.left if known.passing)
    return waves.run(case, deps, Wave.SWEEP, waves.Proposal(agreed, refused, (*passing, *left), throttled=False), need=1)


def overwritten(case: Case, deps: Deps) -> Found:
    """What the log shows that our writes took from others' edits of the stores' and keys' policies."""
    scope = case.scope
    new = (s.new for s in scope.successors)
    targets = [t for t in dict.fromkeys((*scope.stores, *scope.keys, *new, *scope.logs)) if t not in case.released]
    since, unread = min(case.since, case.opened), tuple[Edit, ...]()
    answer = ask(lambda: deps.evidence.edits(targets, since), unread, "others' edits of policies")
    hands = _hands(answer.value, case, deps)
    written = {t: [Written(e, hand) for e, hand in hands if e.target == t] for t in targets}
    both = [t for t, w in written.items() if {Hand.OURS, Hand.OTHER} <= {each.hand for each in w}]
    losses = zip(both, in_parallel(lambda t: _loss(t, written[t], case, deps), both), strict=True)
    found = [(target, loss) for target, loss in losses if not loss.nothing]
    changes = (change for target, loss in found for change in _changes(target, loss))
    told = (_told(target, *each) for target, loss in found for each in loss.told)
    return Found(tuple(changes), (*(left.but(blocks=False) for left in answer.left), *told))


def _loss(target: Ref, written: Sequence[Written], case: Case, deps: Deps) -> Loss:
    """The record is read only where something is missing: it tells what we took out on purpose."""
    unread: tuple[PolicyStatement, ...] | None = None
    now = ask(lambda: deps.world.look(target, PolicyStatement), unread, str(target)).value
    if now is None:
        return Loss()
    bounds = _bounds(case, deps)
    if lost(written, now, bounds).nothing:
        return Loss()
    made = [c for c in history.made(deps.journal(case.id)) if c.target == target and isinstance(c.after, PolicyStatement)]
    ours = frozenset(c.after.part for c in made if c.action != RETURN.name)
    returned = frozenset(c.after.part for c in made if c.action == RETURN.name)
    return _vouched(lost(written, now, replace(bounds, ours=ours, returned=returned)), deps)


GONE = "its author does not exist any more, or could not be asked after"


def _vouched(loss: Loss, deps: Deps) -> Loss:
    """Nothing is put back for a principal that came, wrote and went: it may have been an actor whom no sweep ever met."""
    if loss.edit is None or not loss.returned:
        return loss
    who, nobody = loss.edit.act, Actor(credential=Credential.ANONYMOUS, account="")
    now = ask(lambda: deps.directory.resolve(who.actor), nobody, str(who.actor)).value
    if now is not nobody and now.unique_id == (who.actor.unique_id or now.unique_id):
        return loss
    return replace(loss, returned=(), told=(*loss.told, (who.id, GONE, len(loss.returned))))


def _bounds(case: Case, deps: Deps) -> Bounds:
    """A role of which one session alone is fenced goes on being its rightful users'."""
    whole = {Reach.PRINCIPAL, Reach.UNDECIDED}
    actors = frozenset(s.actor.principal.id for s in case.scope.standings if s.actor.principal and s.reach in whole)
    return Bounds(deps.estate.accounts, actors, spared=deps.exempt | {_named(deps.caller)[1]})


def _hands(edits: Sequence[Edit], case: Case, deps: Deps) -> list[tuple[Edit, Hand]]:
    """Each edit, and whose work it is."""
    ours = deps.cases.remembered([edit.act.request_id for edit in edits if edit.act.actor.unique_id in deps.exempt])
    return [(edit, _hand(edit, case, deps, ours)) for edit in edits]


def _hand(edit: Edit, case: Case, deps: Deps, ours: frozenset[str]) -> Hand:
    """Whose work it is. A worker that died after its write has not remembered it, and goes by who it was."""
    actor = edit.act.actor
    if _is_caller(actor, deps.caller) or (actor.unique_id in deps.exempt and edit.act.request_id in ours):
        return Hand.OURS
    theirs = actor.unique_id in case.met or any(did(standing, edit.act) for standing in case.scope.standings)
    return Hand.ACTOR if theirs else Hand.OTHER


def _is_caller(actor: Actor, caller: str) -> bool:
    """Whether the recorded actor is who runs this."""
    return actor.principal is not None and (actor.account, actor.principal.name) == _named(caller)


def _named(caller: str) -> tuple[str, str]:
    """Account and name of a user or role by its STS ARN (`user/PATH/NAME`, `assumed-role/NAME/SESSION`)."""
    account, _, resource = caller.partition("::")[2].partition(":")
    kind, _, names = resource.partition("/")
    return account, names.partition("/")[0] if kind == "assumed-role" else names.rpartition("/")[2]


def _changes(target: Ref, loss: Loss) -> tuple[Change, ...]:
    if loss.edit is None:
        return ()
    who = loss.edit.act
    why = f"{who.actor} wrote it at {who.at:%H:%M:%S} UTC (event {who.id}), and a rewrite of ours overwrote it unseen"
    return tuple(RETURN.change(target, statement, why, origin=Origin.LEGITIMATE) for statement in loss.returned)


def _told(target: Ref, event: str, reason: str, times: int) -> LeftForPeople:
    return _line(target, f"{times} statement{'s' if times > 1 else ''} of event {event}: {reason}")


def _line(target: Ref, reason: str) -> LeftForPeople:
    following = "compare the policy with the event in the audit log, and write it again if it is right"
    return LeftForPeople(target=str(target), reason=reason, next=following, blocks=False, passing=True)
