"""From the old key to its successor: what will use it is prepared first, and nothing moves before the rightful users can follow.

Steps of the one approved plan: successors; their policies and the rightful users' permissions; proof of those; then the rest.
"""

from collections.abc import Callable, Iterable, Sequence

from shared.containment import engine
from shared.containment.actions import ACTIONS
from shared.containment.answers import ask
from shared.containment.journal import Applied, unmade
from shared.containment.parallel import in_parallel
from shared.containment.succession import bound, renewals, renews, successions
from shared.domain.case import Case, LeftForPeople, Mode, Rightful, Stage, Succession, Verdict
from shared.domain.facet import EncryptedWith, KeyAccess, PolicyStatement, Rotated, Successor
from shared.domain.plan import Change, Plan, Status, Wave
from shared.domain.resource import Kind, Ref
from shared.ports import Relation, World

from . import exact, migrating, parting, proving, waves
from .asking import put
from .deps import Deps
from .fencing import STANDS
from .putting_off import put_off
from .recovery import Recovery
from .step import Next, reached

AGAIN_SECONDS = 5

SAID_SECONDS = 15
"""As the sweep itself pauses when all is quiet."""

NOT_REPLACED = LeftForPeople(
    target="keys",
    reason="the policy only observes the replacing of keys: the actors are refused, and the key that they could use stays in use",
    next='set [modes] rekey = "ask" in response.toml, then `codeblue apply`',
    blocks=False,
)


def wanted(case: Case, deps: Deps) -> bool:
    """Whether there is a key to be replaced, something to be moved to its successor, or to be said of that.

    What a person refused is not asked again. Before everybody is known who works with the keys, none of them is replaced.
    """
    if not case.scope.whole:
        return False
    if not case.scope.keys or not {Wave.REKEY, Wave.MIGRATE}.isdisjoint(case.declined):
        return False
    if not case.scope.successors and case.scope.rotated:
        return False
    if not case.scope.successors:
        return bool(_replaceable(case, deps)) and not (_observed(case, deps) and NOT_REPLACED in case.unmoved)
    return deps.recovery is not None and migrating.unfinished(case) and migrating.NOT_MOVED not in case.unmoved


def _replaceable(case: Case, deps: Deps) -> tuple[Ref, ...]:
    """Keys that can have a successor here: one from which what is stored would have to be moved needs who moves it."""
    known = [(key, deps.world.traits(key, Successor)) for key in case.scope.keys]
    return tuple(
        key
        for key, traits in known
        if traits and (not _superseded(key, case, deps) if traits.rewraps else deps.recovery is not None)
    )


def _superseded(key: Ref, case: Case, deps: Deps) -> bool:
    """Whether another case has replaced it meanwhile: it is newer than this one's fence, and nothing is told of the old one."""
    fenced = case.fenced_at
    turned: tuple[Rotated, ...] = ()
    newer = ask(lambda: deps.world.look(key, Rotated), turned, str(key)).value
    if fenced is None or not any(each.since and each.since > fenced for each in newer):
        return False
    none: tuple[Ref, ...] = ()
    answer = ask(lambda: deps.world.related(key, Relation.DEPENDANTS), none, str(key))
    under = (now for ref in answer.value for now in deps.world.look(ref, EncryptedWith))
    return not answer.left and all(now.key != key.id for now in under)


def _observed(case: Case, deps: Deps) -> bool:
    return Mode.OBSERVE in {case.mode, deps.policy.mode(Wave.REKEY)}


def rekey(case: Case, deps: Deps) -> Next:
    """Replace the keys that the actors could use. Raises `NotDurable`."""
    replaceable = _replaceable(case, deps)
    if not replaceable or Wave.REKEY in case.declined or case.scope.successors or case.scope.rotated:
        return Next(case, Stage.MIGRATE if migrating.unfinished(case) else Stage.SWEEP)
    if _observed(case, deps):
        said = case.but(unmoved=tuple(dict.fromkeys((*case.unmoved, NOT_REPLACED))))
        return Next(said.but(verdict=reached(said)), Stage.SWEEP, again_seconds=SAID_SECONDS)
    seen = _prepared(case, deps)
    known, made = exact.current(seen, deps, Wave.REKEY, lambda: _changes(seen, deps))
    if not exact.agreed(known, deps, made):
        return put(exact.asked(known, deps, made), deps)
    return _followed(case, _run(known.but(awaiting=None), deps, made), deps)


def _followed(case: Case, after: Case, deps: Deps) -> Next:
    """What follows the plan, by how much of it could be made."""
    if after.retrying:
        return Next(after.but(verdict=Verdict.HELD), Stage.REKEY, again_seconds=AGAIN_SECONDS)
    if after.scope.successors and migrating.unfinished(after):
        return Next(after.but(verdict=Verdict.OPEN), Stage.MIGRATE)
    if after.scope.successors or after.scope.rotated:
        return Next(after.but(verdict=reached(after)), Stage.SWEEP)
    return put_off(case, after, deps, "the key that the actors could use is replaced")


def _changes(case: Case, deps: Deps) -> Iterable[Change]:
    """What the actions propose, and our denies on every successor: it has the old key's policy, the thief's part included.

    A sound key may stay: then it is rotated, and nothing moves away from it.
    """
    rotated = waves.propose(case, deps, {Wave.REKEY}, _sound(case, deps)).changes
    case = case.but(scope=case.scope.but(keys=_compromised(case, deps)))
    seen = waves.situation(case, deps)
    hardening = (
        change
        for key in case.scope.keys
        for action in (ACTIONS["fence-key"], ACTIONS["restrict-key"])
        if action.applies(key, deps.world)
        for change in action.propose(action, key.successor, seen.about(key))
    )
    turned = (c for c in rotated if isinstance(c.after, Rotated))
    return (*turned, *waves.propose(case, deps, {Wave.REKEY}).changes, *hardening)


def _sound(case: Case, deps: Deps) -> tuple[Ref, ...]:
    """Keys that get new material instead of a successor."""
    rotates = deps.policy.keys.sound == "rotate"
    return tuple(key for key in case.scope.keys if rotates and case.scope.sound(key))


def _compromised(case: Case, deps: Deps) -> tuple[Ref, ...]:
    """Keys that get a successor: those that the actor could use, and those of which nobody can say."""
    sound = _sound(case, deps)
    return tuple(key for key in _replaceable(case, deps) if key not in sound)


def _prepared(case: Case, deps: Deps) -> Case:
    """The case with everything that depends on its keys, and what only people can move."""
    keys, none = _compromised(case, deps), tuple[Ref, ...]()
    dependants = ask(lambda: _related(deps.world, keys, Relation.DEPENDANTS), none, "what depends on the keys")
    aliases = ask(lambda: _related(deps.world, keys, Relation.ALIASES), none, "the keys' aliases")
    listed = ask(lambda: _related(deps.world, keys, Relation.LISTED), none, "what is stored under the keys")
    people = tuple(LeftForPeople(target=str(ref), reason=STORED, next=MOVE, blocks=False) for ref in listed.value)
    stay = ask(lambda: _related(deps.world, case.scope.aliased, Relation.ALIASES), none, "the keys' aliases").value
    said = f"{', '.join(case.scope.by_alias)} was seen decrypting by alias: moved, it would open nothing that is encrypted already"
    kept = tuple(LeftForPeople(target=str(alias), reason=said, next=BY_ARN, blocks=False) for alias in stay)
    parted, unread = parting.apart(case, deps, keys)
    unmoved = tuple(dict.fromkeys((*unread, *dependants.left, *aliases.left, *listed.left, *people, *kept)))
    found = {"dependants": dependants.value, "aliases": aliases.value, "apart": parted}
    scope = case.scope.but(stores=_placed(case.scope.stores, dependants.value), **found)
    return case.but(scope=scope, unmoved=unmoved)


def _placed(stores: Sequence[Ref], found: Iterable[Ref]) -> tuple[Ref, ...]:
    """The stores where they were found to lie: neither an alert nor a policy file tells a bucket's Region."""
    places = {ref.id: ref for ref in found if ref.kind is Kind.BUCKET}
    return tuple(dict.fromkeys(places.get(store.id, store) for store in stores))


BY_ARN = "let them decrypt without naming a key, or by its ARN; then move the alias by hand"
STORED = "it is stored under the old key, and only people can move it"
MOVE = "copy or restore it under the successor in your own time; until then the old key stays enabled"


def _related(world: World, keys: Sequence[Ref], relation: Relation) -> tuple[Ref, ...]:
    found = in_parallel(lambda key: world.related(key, relation), keys)
    return tuple(dict.fromkeys(ref for refs in found for ref in refs))


def _run(case: Case, deps: Deps, made: Plan) -> Case:
    """The plan in its steps; the later ones only where the earlier held."""
    started = deps.clock.monotonic()
    first = [c for c in made.changes if isinstance(c.after, Successor) and not renews(c)]
    results = list(_applied(case, deps, made, first, ()))
    known = successions(case.id, case.scope, deps.world)
    preparing, moving = _parted(c for c in made.changes if c not in first)
    results += _applied(case, deps, made, preparing, known)
    shut_out = _shut_out(case, deps, deps.recovery(), known) if deps.recovery else ()
    ready = not shut_out and not any(r.outcome.status in waves.FAILING for r in results)
    if ready:
        results += _applied(case, deps, made, [c for c in moving if not renews(c)], known)
        results += _applied(
            case, deps, made, [c for c in moving if renews(c)], known
        )  # each under the key that its old one has now
    else:
        results += [unmade(c, Status.PLANNED, NOT_READY) for c in moving]
    after = waves.record(case, deps, made, results, started)
    turned = (r for r in results if isinstance(r.change.after, Rotated) and r.outcome.status in STANDS)
    wrapped = proving.rewrapped(after, deps, known) if ready else ()
    renewed = renewals(case.id, moving, deps.world) if ready else ()
    rotated = tuple(r.change.target for r in turned)
    scope = after.scope.but(successors=known if ready else (), rotated=rotated, renewed=renewed)
    retrying = any(r.outcome.retry for r in results)
    return after.but(
        scope=scope, retrying=retrying, unmoved=tuple(dict.fromkeys((*after.unmoved, *_failed(results), *shut_out, *wrapped)))
    )


def _failed(results: Iterable[Applied]) -> Iterable[LeftForPeople]:
    for outcome in (r.outcome for r in results if r.outcome.status in waves.FAILING):
        yield LeftForPeople(target=str(outcome.target), reason=outcome.reason, next="mend it, then `codeblue apply`")


NOT_READY = "it waits until every rightful user can use the successor"


def _parted(changes: Iterable[Change]) -> tuple[list[Change], list[Change]]:
    """What prepares a successor for its users, and what then moves to it."""
    listed = list(changes)
    preparing = [c for c in listed if isinstance(c.after, PolicyStatement | KeyAccess)]
    return preparing, [c for c in listed if c not in preparing]


def _applied(case: Case, deps: Deps, made: Plan, changes: Sequence[Change], known: Iterable[Succession]) -> tuple[Applied, ...]:
    step = made.but(changes=bound(changes, known))
    return engine.apply(step, deps.world, deps.journal(case.id), need=2) if step.changes else ()


ASKED = 3
"""Times that access is asked for: what was just allowed takes IAM some seconds to know."""


def _shut_out(case: Case, deps: Deps, recovery: Recovery, known: Sequence[Succession]) -> tuple[LeftForPeople, ...]:
    """Rightful users who could not use a successor: nothing moves while there is one."""
    pairs = [(user, s) for user in case.scope.users for s in known if not s.rewraps]
    for _ in range(ASKED):
        answers = in_parallel(lambda pair: _can_use(recovery, *pair), pairs)
        pairs = [pair for pair, can in zip(pairs, answers, strict=True) if can is False]
        if not pairs:
            return ()
        deps.clock.sleep(AGAIN_SECONDS)
    reason = "it may use the old key and not the successor"
    following = "let its own policies, boundary and organisation allow the successor; then `codeblue apply`"
    return tuple(LeftForPeople(target=str(user.actor), reason=f"{reason} {s.new.id}", next=following) for user, s in pairs)


def _can_use(recovery: Recovery, user: Rightful, succession: Succession) -> bool | None:
    unknown: bool | None = None
    question: Callable[[], bool | None] = lambda: recovery.of(succession.new).access.can_use(user.actor, succession.new)  # noqa: E731  # typed for `ask`
    return ask(question, unknown, str(user.actor)).value
