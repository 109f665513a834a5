"""What hangs on the stores, keys and account of a scope: what proves the breach, and what leads back from it or into it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from shared.domain.case import LeftForPeople, Scope
from shared.domain.errors import Absent, CloudError
from shared.domain.resource import Ref
from shared.ports import Relation, World

from .answers import Answer, ask
from .parallel import in_parallel


def surrounded(scope: Scope, accounts: Sequence[Ref], world: World) -> Answer[Scope]:
    """The scope with what proves the breach and what leads back from it: stores of the log, backup vaults, shared snapshots."""
    none: tuple[Ref, ...] = ()
    with ThreadPoolExecutor(max_workers=3) as pool:
        logs = pool.submit(ask, lambda: related(world, scope.trails, Relation.STORES), none, "stores of the audit log")
        vaults = pool.submit(ask, lambda: related(world, accounts, Relation.VAULTS), none, "backup vaults")
        shared = pool.submit(ask, lambda: related(world, accounts, Relation.SHARED), none, "shared snapshots and images")
    # a log that is kept in an account of nobody known to us is beyond us
    ours = tuple(log for log in logs.result().value if log.account)
    found = scope.but(
        logs=tuple(dict.fromkeys((*scope.logs, *ours))),
        vaults=tuple(dict.fromkeys((*scope.vaults, *vaults.result().value))),
        shared=tuple(dict.fromkeys((*scope.shared, *shared.result().value))),
    )
    left = (*logs.result().left, *vaults.result().left, *shared.result().left)
    return Answer(found.but(unread=scope.unread or bool(left)), left)


def reread(scope: Scope, accounts: Sequence[Ref], world: World) -> Answer[Scope]:
    """The scope with everything that hangs on its stores and accounts, asked again where some of it could not be read before."""
    none: tuple[Ref, ...] = ()
    with ThreadPoolExecutor(max_workers=3) as pool:
        kin = pool.submit(families, world, scope.keys, scope.stores)
        points = pool.submit(ask, lambda: related(world, scope.stores, Relation.ACCESS_POINTS), none, "access points")
        trails = pool.submit(ask, lambda: related(world, accounts, Relation.TRAILS), none, "trails")
    answers = (kin.result(), points.result(), trails.result())
    left = tuple(left for answer in answers for left in answer.left)
    found = scope.but(
        keys=tuple(dict.fromkeys((*scope.keys, *answers[0].value))),
        access_points=tuple(dict.fromkeys((*scope.access_points, *answers[1].value))),
        trails=tuple(dict.fromkeys((*scope.trails, *answers[2].value))),
        unread=bool(left),
    )
    around = surrounded(found, accounts, world)
    return Answer(around.value, (*left, *around.left))


def widened(scope: Scope, world: World) -> Answer[Scope]:
    """The scope with what has been added to its stores and keys since: replicas in other Regions, access points."""
    none: tuple[Ref, ...] = ()
    with ThreadPoolExecutor(max_workers=2) as pool:
        replicas = pool.submit(ask, lambda: related(world, scope.keys, Relation.REPLICAS), none, "replicas")
        points = pool.submit(ask, lambda: related(world, scope.stores, Relation.ACCESS_POINTS), none, "access points")
    keys = tuple(dict.fromkeys((*scope.keys, *replicas.result().value)))
    wider = scope.but(keys=keys, access_points=tuple(dict.fromkeys((*scope.access_points, *points.result().value))))
    return Answer(wider, (*replicas.result().left, *points.result().left))


def related(world: World, targets: Sequence[Ref], relation: Relation) -> tuple[Ref, ...]:
    """What stands in this relation to any of the targets, each once. Raises `CloudError`."""
    found = in_parallel(lambda target: world.related(target, relation), targets)
    return tuple(dict.fromkeys(ref for refs in found for ref in refs))


def families(world: World, keys: Sequence[Ref], stores: Sequence[Ref]) -> Answer[tuple[Ref, ...]]:
    """The keys with all their replicas: each replica has a policy, grants and a state of its own over the same material.

    A key that does not exist (an alert can be wrong) is left out, and said so.
    """
    none: tuple[Ref, ...] = ()
    used = ask(lambda: related(world, stores, Relation.KEYS), none, "the keys of the stores")
    found = in_parallel(lambda key: _family(world, key), dict.fromkeys((*keys, *used.value)))
    refs = tuple(dict.fromkeys(ref for answer in found for ref in answer.value))
    return Answer(refs, (*used.left, *(left for answer in found for left in answer.left)))


def _family(world: World, key: Ref) -> Answer[tuple[Ref, ...]]:
    """The key with its replicas. One that exists and can not be read stays in the scope: every wave finds it out of reach."""
    try:
        return Answer((key, *world.related(key, Relation.REPLICAS)))
    except CloudError as error:
        value = () if isinstance(error, Absent) else (key,)
        left = LeftForPeople(
            target=str(key),
            reason=f"could not be read: {error}",
            next="look at it by hand; it is not covered",
            passing=not isinstance(error, Absent),
        )
        return Answer(value, (left,))
