"""What a case is about: who is to be stopped and how widely, what is protected from them, and what is known of its keys."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Self

from pydantic import AwareDatetime

from .actor import Actor, Credential
from .resource import Cloud, Ref
from .uses import KeyShown, Used
from .value import Value


class Reach(StrEnum):
    """How wide a fence around an actor is drawn, narrowest first."""

    SESSION = "session"
    """this session of the role and no other"""
    NETWORK = "network"
    """these credentials, except from the networks where their rightful user was seen"""
    PRINCIPAL = "principal"
    """everything of this user or role"""
    UNDECIDED = "undecided"
    """the evidence does not say who else would be hurt: a person decides"""


class Standing(Value):
    """One actor of the lineage, and how it is to be fenced.

    `others` are rightful users of the same principal that a wider fence would hurt, as evidence shows them; `networks` are the
    VPCs, endpoints and addresses that they come from. `made` is True for what the attacker brought into being.
    """

    actor: Actor
    reach: Reach
    others: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    known: bool = True
    made: bool = False
    late: bool = False
    """met while a question was open that does not show it: its answer decides nothing about this one"""
    why: str = ""


class Rightful(Value):
    """A role or user that works with the stores and keys by right; `sessions` are names of its sessions.

    A name that the record has of the breach alone is none of them.
    `entered`: a role of somebody's that the actors took sessions of, or whose trust policy they changed.
    """

    actor: Actor
    sessions: tuple[str, ...] = ()
    entered: bool = False


class Succession(Value):
    """A key and the one that takes its place. `rewraps`: nothing that is stored has to be moved from one to the other."""

    old: Ref
    new: Ref
    rewraps: bool = False


class Judged(Value):
    """Whether a key is sound: the actors could not use it, so far as the whole record tells; and why, or why not."""

    key: Ref
    sound: bool
    why: str


class Declared(Value):
    """What the customer's policy file says of one tenant: ids of its stores and keys, and ARN patterns of who works with them.

    `principals` are those that nothing else shows to be rightful.
    """

    targets: tuple[str, ...]
    principals: tuple[str, ...] = ()


class Scope(Value):
    """What a case is about: who is to be stopped, and what is to be protected from them.

    `allow` are ARN patterns of the rightful users of the stores and keys: declared, named by policies, or seen; never the actors.
    `declared`: for whose stores and keys the customer's policy file names any; `rightful` are those that are users and roles.
    `logs` are the stores that hold the audit log; `dependants` and `aliases` use a key of `keys` by configuration.
    `deeds` are (resource id, call) of the lineage's calls that worked: whose work a state is, is judged by them.
    `begun`: when the breach began, as far as the record tells; None: with the alert's event.
    `touched` is what else the lineage did something to: disks and snapshots that it had handed out,
    accounts that it let others manage, rules of signing in that it changed.
    `vaults` keep backups, or keys of `keys`.
    `unread`: part of what hangs on the resources could not be read; sweeps ask again.
    """

    standings: tuple[Standing, ...] = ()
    stores: tuple[Ref, ...] = ()
    keys: tuple[Ref, ...] = ()
    access_points: tuple[Ref, ...] = ()
    trails: tuple[Ref, ...] = ()
    logs: tuple[Ref, ...] = ()
    successors: tuple[Succession, ...] = ()
    dependants: tuple[Ref, ...] = ()
    aliases: tuple[Ref, ...] = ()
    shared: tuple[Ref, ...] = ()
    vaults: tuple[Ref, ...] = ()
    touched: tuple[Ref, ...] = ()
    allow: tuple[str, ...] = ()
    declared: tuple[Declared, ...] = ()
    rightful: tuple[Rightful, ...] = ()
    by_alias: tuple[str, ...] = ()
    """who was seen decrypting with an alias in place of a key"""
    aliased: tuple[Ref, ...] = ()
    """keys of `keys` of which that was seen"""
    uses_known: bool = False
    """whether the record of the keys' uses could be read"""
    shown: tuple[KeyShown, ...] = ()
    used: tuple[Used, ...] = ()
    """of stores that have doors of their own; what is not there yet was not looked up yet"""
    deeds: tuple[tuple[str, str], ...] = ()
    given: tuple[tuple[str, str], ...] = ()
    """(id of a principal, id of a credential or right) of what the lineage gave to anybody"""
    begun: AwareDatetime | None = None
    familiar: bool = False
    """whether the address that the alert names was in use long before it: what comes from there may be anybody's"""
    judgements: tuple[Judged, ...] = ()
    """of keys of `keys`, when the record of their uses was read last"""
    rotated: tuple[Ref, ...] = ()
    """sound keys that have new material instead of a successor"""
    renewed: tuple[Succession, ...] = ()
    """stores, and parts of stores, from which what is stored moves to a part with data keys of its own"""
    retired: tuple[Ref, ...] = ()
    """old keys that were disabled with a person's approval: no look finds fault with that"""
    apart: tuple[Ref, ...] = ()
    """keys of `keys` in a vault that the actors could administer"""
    unread: bool = False
    listed: bool = True
    """whether `allow` is whole: before that nobody is refused for not being on it"""
    acquainted: bool = True
    """whether `rightful` is whole: before that no key is replaced, for somebody might be left behind"""

    @property
    def whole(self) -> bool:
        """Whether it is known who works there by right: before that sweeps ask again."""
        return self.listed and self.acquainted

    @property
    def resources(self) -> tuple[Ref, ...]:
        new = tuple(s.new for s in self.successors)
        around = (*self.access_points, *self.trails, *self.logs, *self.shared, *self.vaults, *self.touched)
        return (*self.stores, *self.keys, *new, *around)

    @property
    def users(self) -> tuple[Rightful, ...]:
        """Who works with the keys by right and has to follow them: not whom the actors are or have entered."""
        fenced = {s.actor.principal for s in self.standings if s.reach is Reach.PRINCIPAL}
        return tuple(r for r in self.rightful if not r.entered and r.actor.principal not in fenced)

    @cached_property
    def principals(self) -> tuple[Ref, ...]:
        return tuple(dict.fromkeys(s.actor.principal for s in self.standings if s.actor.principal))

    @cached_property
    def clouds(self) -> frozenset[Cloud]:
        return frozenset(ref.cloud for ref in (*self.resources, *self.principals))

    def declares(self, target: Ref) -> bool:
        """Whether the customer's policy file says who works with this store or key."""
        return any(target.id in each.targets for each in self.declared)

    def allowed(self, target: Ref) -> tuple[str, ...]:
        """Those of `allow` who work with this store or key: who is declared for one tenant's is a stranger at another's.

        Where nobody declares who works with it, it is nobody else's either.
        """
        if not self.declares(target):
            return self.allow
        here = {p for each in self.declared if target.id in each.targets for p in each.principals}
        elsewhere = {p for each in self.declared for p in each.principals} - here
        return tuple(p for p in self.allow if p not in elsewhere)

    def within(self, cloud: Cloud) -> Self:
        """The part of it that lies in one cloud: what is proposed for anything there is judged by that alone.

        Credentials that are nobody's are everywhere's.
        """
        return self if self.clouds <= {cloud} else self._parts[cloud]

    @cached_property
    def _parts(self) -> Mapping[Cloud, Self]:
        return {cloud: self._part(cloud) for cloud in Cloud}

    def _part(self, cloud: Cloud) -> Self:
        parts: dict[str, object] = {name: tuple(r for r in getattr(self, name) if r.cloud is cloud) for name in OF_REFS}
        parts |= {name: tuple(each for each in getattr(self, name) if of(each) is cloud) for name, of in OF_CLOUDS.items()}
        return self.but(**parts, standings=tuple(s for s in self.standings if s.actor.cloud in {cloud, None}))

    def joined_by(self, other: "Scope") -> Self:
        """This scope with another's besides: what is known of either is known, and what is not known of one is not."""
        both = {name: tuple(dict.fromkeys((*getattr(self, name), *getattr(other, name)))) for name in UNITED}
        met = {_identity(s.actor) for s in self.standings}
        return self.but(
            **both,
            standings=(*self.standings, *(s for s in other.standings if _identity(s.actor) not in met)),
            begun=min(filter(None, (self.begun, other.begun)), default=None),
            familiar=self.familiar or other.familiar,
            uses_known=self.uses_known and other.uses_known,
            unread=self.unread or other.unread,
            listed=self.listed and other.listed,
            acquainted=self.acquainted and other.acquainted,
        )

    def head(self, key: Ref) -> Ref:
        """The first key of this key's family: replicas share their id and differ in Region."""
        return next((k for k in self.keys if k.name == key.name), key)

    def judged(self, key: Ref) -> Judged:
        """What is known of this key's family: one that is not sound makes all of it unsound."""
        family = [j for j in self.judgements if j.key.name == key.name]
        known = len(family) == sum(k.name == key.name for k in self.keys) and bool(family)
        unknown = Judged(key=key, sound=False, why="nobody can say whether the actor used the key")
        return next((j for j in family if not j.sound), family[0]) if known else unknown

    def sound(self, key: Ref) -> bool:
        """Whether this key of the case was not the actors' to use."""
        return key in self.keys and self.judged(key).sound

    def use_of(self, store: Ref) -> Used | None:
        """How this store or vault is used; None where that was not looked up yet."""
        return next((used for used in self.used if used.store == store), None)

    def unused(self, store: Ref, credential: Credential) -> bool:
        """Whether the record shows that nobody else comes to this store so; False where it does not say."""
        used = self.use_of(store)
        return used is not None and used.known and all(use.credential is not credential for use in used.uses)

    def shown_at(self, store: Ref, key: str) -> datetime | None:
        """When an actor was last known to have this key of the store's; None where none was."""
        return max((each.at for each in self.shown if each.store == store and each.key in {"", key}), default=None)

    def standing(self, principal: Ref) -> tuple[Standing, ...]:
        return self._by_principal.get(principal, ())

    @cached_property
    def _by_principal(self) -> Mapping[Ref | None, tuple[Standing, ...]]:
        found: dict[Ref | None, tuple[Standing, ...]] = {}
        for each in self.standings:
            found[each.actor.principal] = (*found.get(each.actor.principal, ()), each)
        return found


def _identity(actor: Actor) -> tuple[Ref | None, str, str, str]:
    return (actor.principal, actor.unique_id, actor.session, actor.access_key)


OF_REFS = (
    *("stores", "keys", "access_points", "trails", "logs", "dependants", "aliases"),
    *("shared", "vaults", "touched", "aliased", "apart", "rotated", "retired"),
)
"""Parts of a scope that are resources."""

OF_CLOUDS: Mapping[str, Callable[[Any], Cloud | None]] = {
    "successors": lambda each: each.old.cloud,
    "renewed": lambda each: each.old.cloud,
    "judgements": lambda each: each.key.cloud,
    "rightful": lambda each: each.actor.cloud,
    "shown": lambda each: each.store.cloud,
    "used": lambda each: each.store.cloud,
}
"""Parts of a scope, and which cloud each of them is about."""

UNITED = (*OF_REFS, *OF_CLOUDS, "allow", "declared", "by_alias", "deeds", "given")
"""Parts of two scopes that are simply put together."""
