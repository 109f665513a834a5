"""Who can use the successors now: the rightful, by policy or by their next real calls; the actors, not.

What the cloud can not say beforehand (a key's own policy that lets somebody in) is looked for in the log, which is minutes late:
nothing there yet is said to be that, and no more.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from shared.containment.answers import ask
from shared.containment.parallel import in_parallel
from shared.containment.reach import did
from shared.domain.actor import Actor
from shared.domain.case import Case, LeftForPeople, Reach, Standing, Succession
from shared.domain.errors import CloudError
from shared.domain.facet import EncryptedWith
from shared.domain.plan import Wave
from shared.domain.resource import Ref
from shared.domain.value import canonical
from shared.ports import Act, Relation

from .deps import Deps
from .recovery import Recovery

SETTLED = timedelta(seconds=15)
"""After the fence: calls that were under way when it came, and what IAM takes to tell every host of it."""

MOST_ASKED = 10
"""Actors whose acts are looked up: the log answers two questions a second."""


class Found(StrEnum):
    """What is known of one principal and one key."""

    BY_POLICY = "allowed by policy"
    BY_USE = "seen using it"
    UNSEEN = "not seen using it yet"
    REFUSED_USE = "refused when it used it"
    SHUT_OUT = "refused by policy"


def people(case: Case, deps: Deps, recovery: Recovery) -> tuple[LeftForPeople, ...]:
    """Look who can use the successors, and put it on record; what of it is left for people. Raises `NotDurable`."""
    keys = [s for s in case.scope.successors if not s.rewraps]
    seen = {s.new: _acts(s.new, case, deps) for s in keys}
    moving = [s for s in keys if not s.rewraps and s.old == case.scope.head(s.old)]
    pairs = [(r.actor, s) for r in case.scope.users for s in moving]
    found = in_parallel(lambda pair: _found(*pair, seen[pair[1].new], recovery), pairs)
    broken = in_parallel(lambda standing: _broken(standing, case, deps, recovery), case.scope.standings[:MOST_ASKED])
    shut_out = _shut_out(zip(pairs, found, strict=True))
    left = (*shut_out, *_unseen(zip(pairs, found, strict=True)), *(entry for each in broken for entry in each))
    _record(case, deps, pairs, found, sum(map(bool, broken)))
    return left


def rewrapped(case: Case, deps: Deps, known: Iterable[Succession]) -> tuple[LeftForPeople, ...]:
    """Look afresh at everything that wraps its data keys, and put on record what each is under; and what is not under its new key.

    Raises `NotDurable`.
    """
    return tuple(left for s in known if s.rewraps for left in _under(s, case, deps))


def _under(succession: Succession, case: Case, deps: Deps) -> Iterable[LeftForPeople]:
    old, new, nothing = succession.old, succession.new, tuple[Ref, ...]()
    names = (old, new) if old in case.scope.apart else (old,)
    listed: Callable[[], tuple[Ref, ...]] = lambda: tuple(  # noqa: E731  # typed for `ask`
        dict.fromkeys(ref for key in names for ref in deps.world.related(key, Relation.DEPENDANTS))
    )
    asked = ask(listed, nothing, f"what is under {new}")
    shown = {ref: ask(partial(_key_of, ref, deps), "", str(ref)) for ref in asked.value}
    still = [ref.id for ref, answer in shown.items() if answer.value == old.id]
    moved = [ref.id for ref, answer in shown.items() if answer.value == new.id]
    deps.journal(case.id).append("rewrapped", {"key": old.id, "successor": new.id, "wrapped": moved, "left": still})
    yield from asked.left
    for ref, answer in shown.items():
        yield from answer.left
        if answer.value == old.id:
            yield LeftForPeople(target=str(ref), reason="it is still under the old key", next="put it under the new one by hand")


def _key_of(ref: Ref, deps: Deps) -> str:
    return next((now.key for now in deps.world.look(ref, EncryptedWith)), "")


def _record(case: Case, deps: Deps, pairs: Sequence[tuple[Actor, Succession]], found: Sequence[Found], actors: int) -> None:
    journal = deps.journal(case.id)
    lines = [{"who": str(who), "key": s.new.id, "found": each} for (who, s), each in zip(pairs, found, strict=True)]
    counts = {each.value: n for each, n in Counter(found).items()}
    body = {"rightful": counts, "actors": len(case.scope.standings), "actors_let_in": actors}
    journal.append("access-proved", {**body, "blob": journal.blob(canonical({"users": lines}))}, need=1)


def _acts(key: Ref, case: Case, deps: Deps) -> tuple[Act, ...]:
    """Who used the successor since it came into use. A log that does not answer shows nobody."""
    since = min((w.at for w in case.waves if w.wave is Wave.REKEY), default=deps.clock.now())
    try:
        return deps.evidence.on(key, since)
    except CloudError:
        return ()


def _found(who: Actor, succession: Succession, acts: Iterable[Act], recovery: Recovery) -> Found:
    theirs = [act for act in acts if act.actor.principal == who.principal]
    if any(not act.failed for act in theirs):
        return Found.BY_USE
    if theirs:
        return Found.REFUSED_USE
    can = _can_use(who, succession.new, recovery)
    return Found.UNSEEN if can is None else Found.BY_POLICY if can else Found.SHUT_OUT


def _can_use(who: Actor, key: Ref, recovery: Recovery) -> bool | None:
    try:
        return recovery.of(key).access.can_use(who, key)
    except CloudError:
        return None


def _shut_out(found: Iterable[tuple[tuple[Actor, Succession], Found]]) -> Iterable[LeftForPeople]:
    for (who, succession), each in found:
        if each in {Found.REFUSED_USE, Found.SHUT_OUT}:
            reason = f"it works with the data by right; the successor {succession.new.id}: {each}"
            yield LeftForPeople(target=str(who), reason=reason, next="let its own policies, boundary and organisation allow it")


def _unseen(found: Iterable[tuple[tuple[Actor, Succession], Found]]) -> Iterable[LeftForPeople]:
    """One line a key: most of them are let in, and have not come by yet."""
    by_key: dict[Ref, list[str]] = {}
    for (who, succession), each in found:
        if each is Found.UNSEEN:
            by_key.setdefault(succession.new, []).append(str(who))
    for key, names in by_key.items():
        reason = f"its policy lets them in; {Found.UNSEEN}: {', '.join(names)}"
        yield LeftForPeople(target=str(key), reason=reason, next="watch their next calls", blocks=False)


def _broken(standing: Standing, case: Case, deps: Deps, recovery: Recovery) -> tuple[LeftForPeople, ...]:
    """Why this actor is not kept out: its principal may use a successor, or it did something there since the fence."""
    target = str(standing.actor)
    keys = [s.new for s in case.scope.successors if not s.rewraps and standing.actor.cloud in {s.new.cloud, None}]
    may = [k for k in keys if standing.reach is Reach.PRINCIPAL and _can_use(standing.actor, k, recovery)]
    since = (case.fenced_at or deps.clock.now()) + SETTLED
    done = [act for act in _theirs(standing, since, deps) if not {*act.resources}.isdisjoint((*case.scope.resources, *keys))]
    by_policy = (LeftForPeople(target=target, reason=f"the actor may still use {k.id}", next="fence it by hand, now") for k in may)
    words = f"{len(done)} calls of the actor on fenced resources worked since the fence"
    by_use = [LeftForPeople(target=target, reason=words, next="the log has them; fence it by hand, now")] if done else []
    return (*by_policy, *by_use)


def _theirs(standing: Standing, since: datetime, deps: Deps) -> list[Act]:
    """What the actor did since then and was not refused. A log that does not answer shows nothing."""
    try:
        return [act for act in deps.evidence.by(standing.actor, since) if did(standing, act) and not act.failed]
    except CloudError:
        return []
