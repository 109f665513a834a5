"""What one look brings to light: the lineage's deeds, what it made of itself, and whose work that was."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from shared.containment.answers import Answer, ask
from shared.containment.deeds import besides, handed_on, keys_shown, newest, touched
from shared.containment.parallel import in_parallel
from shared.containment.reach import did, found
from shared.containment.rightful import breach_of, existing, known_users
from shared.containment.scope import accounts_of, stood
from shared.containment.surroundings import related, widened
from shared.domain.actor import Actor, Credential, Lineage
from shared.domain.case import Case, LeftForPeople, Reach, Rightful, Scope, Standing
from shared.domain.resource import Kind, Ref
from shared.ports import Act, Relation

from .deps import Deps

TURNS = 4
"""Quiet sweeps in which everybody's acts are looked up once: no fence is said to hold before."""

ASKED = 8
"""Actors whose acts are looked up in one sweep, if that is enough: the log takes two questions a second."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the questions of one look brought: deeds that worked, actors that came into being, and the scope as it is now.

    `left`: what nobody answered.
    """

    acts: Sequence[Act]
    made: Sequence[Actor]
    scope: Scope
    left: tuple[LeftForPeople, ...]


def discovered(case: Case, deps: Deps) -> Answer[Case]:
    """The case with what has come to light: principals made, sessions opened, replicas, access points, sharing."""
    if case.lineage is None:
        return Answer(case)
    seen = _asked(case, case.lineage, deps)
    made = unknown(case, (*seen.made, *(a for act in seen.acts for a in act.created)))
    changed = touched((*seen.scope.touched, *(r for act in seen.acts for r in act.resources)), deps.world)
    ours = {resource.id for resource in (*seen.scope.resources, *changed)}
    done = ((r.id, act.name) for act in seen.acts for r in act.resources if r.id in ours)
    given = dict.fromkeys((*seen.scope.given, *((p.id, part) for act in seen.acts for p, part in act.gave)))
    shown = newest(*seen.scope.shown, *keys_shown((act for act in seen.acts if not handed_on(act, case.scope)), deps.world))
    deeds = tuple(dict.fromkeys((*seen.scope.deeds, *done)))
    scope = seen.scope.but(deeds=deeds, given=tuple(sorted(given)), shown=shown, touched=changed)
    fresh = besides(nobodys(case, deps, made), case.scope.standings, deps.world)
    met = joined(case, deps, fresh, scope)
    guarded = met.scope.but(rightful=(*scope.rightful, *_touched(met, deps, seen.acts)))
    return Answer(met.but(scope=guarded), seen.left)


def _asked(case: Case, lineage: Lineage, deps: Deps) -> Found:
    """Everything that is asked in one look, all at once."""
    since, accounts = case.since, accounts_of(case.signals)
    nobody: tuple[Actor, ...] = ()
    nothing: tuple[Ref, ...] = ()
    with ThreadPoolExecutor(max_workers=5) as pool:
        acting = pool.submit(_acts, case, deps)
        making = pool.submit(ask, lambda: deps.directory.made_since(lineage, since), nobody, "new principals")
        sharing = pool.submit(ask, lambda: related(deps.world, accounts, Relation.SHARED), nothing, "shared snapshots and images")
        widening = pool.submit(widened, case.scope, deps.world)
        visiting = pool.submit(_visitors, case, deps)
    shared = tuple(dict.fromkeys((*case.scope.shared, *sharing.result().value)))
    sharers = _sharers(case, deps, shared)
    answers = (acting.result(), making.result(), sharing.result(), widening.result(), sharers, visiting.result())
    return Found(
        acts=(*acting.result().value, *sharers.value, *visiting.result().value),
        made=making.result().value,
        scope=widening.result().value.but(shared=shared),
        left=tuple({left.target: left for answer in answers for left in answer.left}.values()),
    )


def _acts(case: Case, deps: Deps) -> Answer[list[Act]]:
    """What the log shows of the lineage's deeds that worked; of each actor, for a thief works through what it made."""
    told = _recorded(lambda actor: deps.evidence.by(actor, case.begun), _in_turn(case), "the record of the actors")
    return Answer([act for act in told.value if _lineages(act, case)], told.left)


def _recorded[T](look: Callable[[T], tuple[Act, ...]], of: Iterable[T], about: str) -> Answer[list[Act]]:
    """What worked of what the log shows of each of them."""
    unseen: tuple[Act, ...] = ()
    answers = in_parallel(lambda one: ask(lambda: look(one), unseen, about), of)
    acts = [act for answer in answers for act in answer.value if not act.failed]
    return Answer(acts, tuple(left for answer in answers for left in answer.left))


def _in_turn(case: Case) -> list[Actor]:
    """Whose acts are looked up in this sweep: the root's, those of the newest, and of the others a share in turn."""
    root, others = case.scope.standings[:1], case.scope.standings[:0:-1]
    newest, older = others[: ASKED // 2], others[ASKED // 2 :]
    return [s.actor for s in (*root, *newest, *_share(older, case.looks, ASKED // 2))]


def _share[T](of: Sequence[T], turn: int, least: int) -> Sequence[T]:
    """A part of them, at least so many, by turns: everything within `TURNS` of them."""
    size = max(least, -(-len(of) // TURNS))
    begin = turn % max(1, -(-len(of) // size)) * size
    return of[begin : begin + size]


def _sharers(case: Case, deps: Deps, shared: Iterable[Ref]) -> Answer[list[Act]]:
    """Acts of the lineage, or from the thief's address, on what some other account can use and nobody is known to have shared."""
    explained = {target for target, _ in case.scope.deeds}
    asked = _share([ref for ref in shared if ref.id not in explained], case.looks, ASKED)
    told = _recorded(lambda ref: deps.evidence.on(ref, case.begun), asked, "the record of what is shared")
    return Answer([act for act in told.value if _lineages(act, case) or _abroad(act, case)], told.left)


def _visitors(case: Case, deps: Deps) -> Answer[list[Act]]:
    """The thief's acts on roles whose door the lineage opened: who enters from another account is on no record of the lineage."""
    entered = [r.actor.principal for r in case.scope.rightful if r.entered and r.actor.principal]
    doors = _share([role for role in entered if role.kind is Kind.ROLE], case.looks, ASKED // 2)
    told = _recorded(lambda role: deps.evidence.on(role, case.begun), doors, "the record of roles that were opened")
    return Answer([act for act in told.value if _foreign(act, case, deps)], told.left)


def _foreign(act: Act, case: Case, deps: Deps) -> bool:
    """Whether it came from the thief's address and from no account of ours."""
    return _abroad(act, case) and act.actor.account not in deps.estate.accounts


def _abroad(act: Act, case: Case) -> bool:
    """Whether it came from where only the thief is known to call from: whose credentials those were shows later, if ever."""
    addresses = {signal.source_address for signal in case.signals} - {""}
    return not case.scope.familiar and act.source_address in addresses


def joined(case: Case, deps: Deps, fresh: Sequence[Actor], scope: Scope) -> Case:
    """The case with these actors in its lineage."""
    whole = {a.principal for a in fresh if a.unique_id and not a.access_key}
    met = in_parallel(lambda a: found(a) if a.principal in whole else _standing(a, case, deps), fresh)
    lineage = case.lineage.joined_by(*(s.actor for s in met)) if case.lineage else None
    shown = case.awaiting is None or case.awaiting.envelope is None
    standings = (*scope.standings, *(s if shown else s.but(late=True) for s in met))
    return case.but(lineage=lineage, scope=scope.but(standings=standings))


def unknown(case: Case, actors: Iterable[Actor]) -> list[Actor]:
    """Those who are not in the lineage yet, each once. A key or a login is the same whatever is known of its user."""
    known = {_handle(s.actor) for s in case.scope.standings}
    return list({_handle(a): a for a in actors if _handle(a) not in known}.values())


def _handle(actor: Actor) -> tuple[Ref | None, Credential, str, str, str]:
    named = actor.access_key or actor.credential is Credential.CONSOLE
    return (actor.principal, actor.credential, actor.session, actor.access_key, "" if named else actor.unique_id)


def _standing(actor: Actor, case: Case, deps: Deps) -> Standing:
    """How to fence a key, a login or a token that was made for a user who was there before: others may live on that user."""
    if actor.session or not (actor.access_key or actor.credential is Credential.CONSOLE):
        return found(actor)
    unseen: tuple[Act, ...] | None = None
    resolved = ask(lambda: deps.directory.resolve(actor), actor, str(actor)).value
    signal = case.told_in(actor.cloud)
    acts = ask(lambda: deps.evidence.by(resolved, deps.surveyor.since(signal)), unseen, str(actor)).value
    return stood(resolved, acts, signal, deps.surveyor).but(made=True)


def _touched(case: Case, deps: Deps, acts: Iterable[Act]) -> tuple[Rightful, ...]:
    """Roles of others that the lineage entered, or whose doors it may have opened: their sessions are rightful up to now only.

    And whoever was given something by it, which they lose again.
    """
    whole = (s.actor.principal for s in case.scope.standings if s.reach is Reach.PRINCIPAL)
    guarded = {*whole, *(r.actor.principal for r in case.scope.rightful), *case.released}
    roles = {r.id: r for act in acts for r in act.resources if r.kind is Kind.ROLE and r not in guarded}
    since = deps.surveyor.since(case.signal)
    cloud = next((role.cloud for role in roles.values()), case.signal.cloud)
    breach = breach_of(case.scope, case.signals)
    known = known_users(sorted(roles), cloud, deps.directory, deps.evidence, since, breach)
    given = {p for act in acts for p, _ in act.gave if p not in guarded}
    users = (*known.found, *existing(sorted(given), deps.directory))
    # a log can call a user an application: who it is shows when it was looked up
    fresh = (r for r in users if r.actor.unique_id not in deps.exempt and r.actor.principal not in guarded)
    return tuple(r.but(entered=True) for r in fresh)


def spared(actor: Actor, case: Case, deps: Deps) -> bool:
    """Whether nothing may be done against it: nobody's, released by a person, or a responder's."""
    return actor.principal is None or actor.principal in case.released or actor.unique_id in deps.exempt


def nobodys(case: Case, deps: Deps, actors: Sequence[Actor]) -> list[Actor]:
    """Those of whom the record does not show that somebody rightful made them."""
    judged = zip(actors, in_parallel(lambda a: _rightful(a, case, deps), actors), strict=True)
    return [actor for actor, rightful in judged if not rightful]


def _rightful(actor: Actor, case: Case, deps: Deps) -> bool:
    """Whether the record shows that somebody outside the lineage made it. Until the (late) log says so, it is the actor's."""
    principal = actor.principal
    if principal is None or spared(actor, case, deps):
        return True
    none: tuple[Act, ...] = ()
    acts = ask(lambda: deps.evidence.on(principal, case.begun), none, str(principal)).value
    makers = [a for a in acts if not a.failed and any((c.principal, c.session) == (principal, actor.session) for c in a.created)]
    return bool(makers) and not any(_lineages(a, case) or _foreign(a, case, deps) for a in makers)


def _lineages(act: Act, case: Case) -> bool:
    """Whether somebody of the lineage did it, and not a rightful user of the same principal."""
    return any(did(standing, act) for standing in case.scope.standings)
