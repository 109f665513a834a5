"""From a signal to a scope: who is to be stopped, what is to be protected, who else works there.

Before the fence only what the signal names and what hangs directly on it is read; the rest is looked up beside or after it.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

import msgspec

from shared.domain.actor import OF_STORES, Actor, Credential, Lineage
from shared.domain.case import LeftForPeople, Scope, Standing
from shared.domain.facet import Fence, PolicyStatement, SoftDelete
from shared.domain.resource import Cloud, Kind, Ref
from shared.domain.signal import Signal
from shared.ports import Act, Directory, Evidence, Relation, World

from . import reach
from .answers import ask
from .deeds import begun_by, deeds_of, descendants, familiar, identified, keys_shown, theirs, touched
from .estate import Estate
from .parallel import in_parallel, in_time
from .rightful import Breach, allow_list, breach_of, entered, known_users
from .surroundings import families, related
from .users import used_by_others


class Surveyor(msgspec.Struct, frozen=True):
    """What a scope is made from. `days`: how far back the record is read for rightful users.

    `exempt`: unique ids of responder and break-glass identities, who work with the stores too and are nobody to be guarded against.
    """

    world: World
    directory: Directory
    evidence: Evidence
    estate: Estate
    quarantine: Literal["session", "role"]
    days: int
    exempt: frozenset[str] = frozenset()

    def since(self, signal: Signal) -> datetime:
        """How far back the record is read about this signal."""
        return signal.at - timedelta(days=self.days)


class Survey(msgspec.Struct, frozen=True):
    """A scope, the lineage it is about, and what could not be found out."""

    lineage: Lineage
    scope: Scope
    left: tuple[LeftForPeople, ...]


NOBODY = Actor(credential=Credential.ANONYMOUS, account="")
"""The actor of an alert that names none: strangers are kept out, nobody is fenced."""


def survey(signal: Signal, actor: Actor, surveyor: Surveyor, fronts: Sequence[Signal] = ()) -> Survey:
    """The scope of a new case, in as few round trips as the questions depend on each other. `fronts`: its other alerts."""
    told = ((signal, actor), *((each, each.actor or NOBODY) for each in fronts))
    one, *others = in_parallel(lambda each: _looked(*each, surveyor), told)
    scope, lineage, left = one.scope, one.lineage, one.left
    for other in others:
        scope, lineage = scope.joined_by(other.scope), lineage.joined_by(*other.lineage.actors)
        left = (*left, *other.left)
    scope = relisted(scope, (signal, *fronts), surveyor)
    beyond = _beyond([s.actor for s in scope.standings if not s.made], scope, surveyor.world)
    return Survey(lineage, scope, tuple(dict.fromkeys((*left, *beyond))))


def _looked(signal: Signal, actor: Actor, surveyor: Surveyor) -> Survey:
    """What one alert leads to; who works there by right is not listed yet."""
    world, since = surveyor.world, surveyor.since(signal)
    stores, keys = at_stake(signal, surveyor.estate)
    account = account_of(signal)
    with ThreadPoolExecutor(max_workers=8) as pool:
        resolved = pool.submit(ask, lambda: surveyor.directory.resolve(actor), actor, str(actor))
        acts = pool.submit(ask, lambda: surveyor.evidence.by(actor, since), None, f"the record of {actor}")
        points = pool.submit(ask, lambda: related(world, stores, Relation.ACCESS_POINTS), (), "access points")
        kin = pool.submit(families, world, keys, stores)
        trails = pool.submit(ask, lambda: world.related(account, Relation.TRAILS), (), "trails")
    recorded = acts.result().value or ()
    principal, *more = identified(_assigned(resolved.result().value, world), signal, recorded)
    root, *others = (stood(each, acts.result().value, signal, surveyor) for each in (principal, *more))
    scope = Scope(
        standings=(root, *others, *descendants(root, signal, recorded, surveyor.exempt)),
        begun=begun_by(signal, recorded),
        familiar=familiar(signal, recorded),
        stores=tuple(dict.fromkeys(stores)),
        keys=kin.result().value,
        access_points=points.result().value,
        trails=trails.result().value,
        shared=_named(signal, Kind.SNAPSHOT, Kind.IMAGE, Kind.DATABASE_SNAPSHOT),
        deeds=deeds_of(signal, recorded),
        shown=keys_shown(theirs(signal, recorded), world),
        touched=touched((*signal.resources, *(r for act in theirs(signal, recorded) for r in act.resources)), world),
    )
    unread = (*points.result().left, *kin.result().left, *trails.result().left)
    unresolved = (left.but(passing=False) for left in resolved.result().left)
    members = tuple(standing.actor for standing in scope.standings[1:])
    return Survey(Lineage(root=principal).joined_by(*members), scope.but(unread=bool(unread)), (*unread, *unresolved))


def stood(actor: Actor, acts: Sequence[Act] | None, signal: Signal, surveyor: Surveyor) -> Standing:
    """How this actor is to be fenced, in the cloud that it is of."""
    of_store = actor.credential in OF_STORES
    narrows = surveyor.world.traits(actor.principal, Fence) is not None if actor.principal else not of_store
    if of_store:
        acts = tuple(act for act in acts or () if act.actor.unique_id == actor.unique_id) if "/" in actor.access_key else None
    if not narrows and not _recorded(signal, surveyor):
        acts = None
    begun = begun_by(signal, acts or ())
    return reach.standing(actor, acts, signal.source_address, surveyor.quarantine, narrows=narrows, begun=begun)


def _recorded(signal: Signal, surveyor: Surveyor) -> bool:
    """Whether the record shows who uses what the signal names: an empty one proves nothing where nothing is written down."""
    named = _named(signal, Kind.BUCKET)
    return all(ask(partial(surveyor.evidence.recorded, store), default=False, about=str(store)).value for store in named)


LOG_SECONDS = 1.5
"""How long a fence waits for the log. CloudTrail answers two questions a second (LookupEvents), and a busy store raises more."""


def relisted(scope: Scope, signals: Sequence[Signal], surveyor: Surveyor) -> Scope:
    """The scope with its rightful users, as far as they can be had in time: the first sweep makes a list whole that is not."""
    whole = in_time(LOG_SECONDS, lambda: listed(scope, signals, surveyor))
    if whole is not None:
        return whole
    found = allow_list(scope, surveyor.world, None, surveyor.estate, _since(signals, surveyor))
    return scope.but(allow=found.allow, declared=found.declared, listed=found.whole, acquainted=False)


def listed(scope: Scope, signals: Sequence[Signal], surveyor: Surveyor) -> Scope:
    """The scope with its rightful users, however long the log takes to say who they are."""
    since = _since(signals, surveyor)
    first, *others = signals
    breach = Breach(min(each.at for each in signals), first.source_address, frozenset(each.source_address for each in others))
    found = allow_list(scope, surveyor.world, surveyor.evidence, surveyor.estate, since, breach)
    cloud = _named_in(scope, surveyor.world) or first.cloud
    known = known_users(found.allow, cloud, surveyor.directory, surveyor.evidence, since, breach_of(scope, signals))
    users = tuple(r for r in known.found if r.actor.unique_id not in surveyor.exempt)
    none: tuple[Ref, ...] = ()
    keepers = ask(lambda: related(surveyor.world, scope.keys, Relation.VAULTS), none, "the vaults of the keys").value
    scope = scope.but(vaults=tuple(dict.fromkeys((*scope.vaults, *keepers))))
    used = used_by_others(scope, breach, surveyor.world, surveyor.evidence, since, surveyor.exempt)
    listing = scope.but(allow=found.allow, declared=found.declared, listed=found.whole, used=used)
    return listing.but(rightful=(*users, *entered(scope, users)), acquainted=known.whole)


def _since(signals: Sequence[Signal], surveyor: Surveyor) -> datetime:
    return min(surveyor.since(signal) for signal in signals)


def _named_in(scope: Scope, world: World) -> Cloud | None:
    """The cloud whose policies name who works there; None where nothing of the case has such."""
    return next((each.cloud for each in (*scope.stores, *scope.keys) if world.traits(each, PolicyStatement)), None)


def at_stake(signal: Signal, estate: Estate) -> tuple[tuple[Ref, ...], tuple[Ref, ...]]:
    """Stores and keys that the signal names, and the others of the same tenants: whoever reads one store reads the next.

    Where it names none of them, everything that is declared.
    """
    stores, keys = (_declared(_named(signal, kind), estate) for kind in (Kind.BUCKET, Kind.KEY))
    owners = estate.owners(frozenset((*stores, *keys)))
    stores = tuple(dict.fromkeys((*stores, *sorted(s for t in owners for s in t.stores)))) or estate.stores
    keys = tuple(dict.fromkeys((*keys, *sorted(k for t in owners for k in t.keys))))
    return stores, keys or (() if stores else estate.keys)


def _declared(named: Iterable[Ref], estate: Estate) -> tuple[Ref, ...]:
    """What an alert names, in the account that it is declared for: a finding names a bucket without its account."""
    accounts = {r.id: r.account for r in (*estate.stores, *estate.keys)}
    return tuple(dict.fromkeys(r.but(account=accounts.get(r.id, r.account)) for r in named))


def accounts_of(signals: Iterable[Signal]) -> tuple[Ref, ...]:
    """The accounts, each with its Region, that these alerts are about."""
    return tuple(dict.fromkeys(map(account_of, signals)))


def account_of(signal: Signal) -> Ref:
    """The account, and the Region, that the signal is about."""
    return Ref(cloud=signal.cloud, kind=Kind.ACCOUNT, account=signal.account, region=signal.region, id=signal.account)


def _named(signal: Signal, *kinds: Kind) -> tuple[Ref, ...]:
    return tuple(dict.fromkeys(r for r in signal.resources if r.kind in kinds))


def _assigned(actor: Actor, world: World) -> Actor:
    """An actor whose role is made from a permission set is contained there: the role itself can not be modified."""
    role = actor.principal
    if actor.credential is not Credential.IDENTITY_CENTER or role is None:
        return actor
    none: tuple[Ref, ...] = ()
    sets = ask(lambda: world.related(role, Relation.ASSIGNED), none, str(actor)).value
    return actor.but(principal=sets[0]) if sets else actor


UNFENCEABLE: dict[Credential, tuple[str, str]] = {
    Credential.ROOT: (
        "no policy of an account stops its root user; the stores' and keys' denies exempt it",
        "sign in as root, change the password and delete root access keys; attach a service control policy from the organisation",
    ),
    Credential.SERVICE_LINKED: (
        "a service-linked role can not be modified",
        "find who uses the service; it acts on somebody's behalf",
    ),
    Credential.SERVICE: ("an AWS service made the call", "find on whose behalf it acted"),
    Credential.ANONYMOUS: ("there is no identity to fence", "public access is blocked at the stores; check what was public"),
    Credential.FOREIGN: ("the identity belongs to another account", "it is refused at stores and keys; tell the account's owner"),
}
"""Whom no fence on an identity of ours reaches: why, and what a person can do. They are refused at the resource only."""

PARTLY: dict[Credential, tuple[str, str]] = {
    Credential.DELEGATED_LINK: (
        "all keys that such links are signed with are revoked; for how long the store goes by what it knew of them nobody says",
        "see in the store's log that the link is refused; each use after the revocation has the keys revoked again",
    ),
    Credential.ENTRA_GUEST: (
        "a guest's sessions are of its home tenant, and nobody ends them from here: it is kept from signing in to this one",
        "tell the administrators of its home tenant; what was issued before lives on until it ends by itself",
    ),
}
"""Whom a fence reaches, and not all of what they have: as above."""


SHORTENED = "the actor changed the settings of the store's blobs; for how long what is deleted was kept before no log says"
LENGTHEN = "compare that time with what you had set up: a fortnight is the least that is put back"


def _beyond(actors: Sequence[Actor], scope: Scope, world: World) -> tuple[LeftForPeople, ...]:
    """What a person must do because the program can not."""
    left = []
    for actor in (each for each in actors if each.credential in UNFENCEABLE):
        reason, following = UNFENCEABLE[actor.credential]
        left.append(LeftForPeople(target=str(actor), reason=reason, next=following))
    for actor in (each for each in actors if each.credential in PARTLY):
        reason, following = PARTLY[actor.credential]
        left.append(LeftForPeople(target=str(actor), reason=reason, next=following, blocks=False))
    for store in scope.stores:
        traits = world.traits(store, SoftDelete)
        if traits and any((store.id, call) in scope.deeds for call in traits.calls):
            left.append(LeftForPeople(target=str(store), reason=SHORTENED, next=LENGTHEN, blocks=False))
    guarded = next((key for key in scope.keys if world.traits(key, PolicyStatement)), None)
    if guarded and not scope.allow:
        reason = "nobody is declared for it and nobody was seen using it: only the actors and foreign accounts are refused"
        declare = "declare principals in response.toml, [tenants]"
        left.append(LeftForPeople(target=str(guarded), reason=reason, next=declare, blocks=False))
    return tuple(left)
