"""Who works with the stores and keys of a case by right: declared, named by policies and grants, or seen; never the actors.

The list decides whom an "all but" deny spares. An entry is an ARN or ARN pattern, as `aws:PrincipalArn` is compared.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import product
from typing import NamedTuple

from shared.domain.actor import Actor, Credential
from shared.domain.case import Declared, Reach, Rightful, Scope
from shared.domain.errors import Absent, CloudError
from shared.domain.facet import Facet, Grant, PolicyStatement
from shared.domain.resource import PRINCIPALS, Cloud, Kind, Ref
from shared.domain.signal import Signal
from shared.ports import Act, Directory, Evidence, World

from .estate import Estate
from .parallel import in_parallel


class Listing(NamedTuple):
    """The list, what of it the customer declared for whose, and whether it is whole: one that is not must refuse nobody.

    An empty one says that nothing is known, and nobody can be told from a stranger. What is declared is whole by its own word, and
    the list is whole unread where all is declared.
    """

    allow: tuple[str, ...]
    declared: tuple[Declared, ...]
    whole: bool


class Users(NamedTuple):
    """Those of a list who exist, and whether each of them could be looked at: who was not is a user of whom nobody thinks."""

    found: tuple[Rightful, ...]
    whole: bool


class Breach(NamedTuple):
    """Since when the thief is known to be at work, and from where: `others` are addresses that its other alerts name."""

    at: datetime | None = None
    address: str = ""
    others: frozenset[str] = frozenset()

    @property
    def addresses(self) -> frozenset[str]:
        return (self.others | {self.address}) - {""}

    def has(self, act: Act) -> bool:
        """Whether an act may be of the breach. What a service did for somebody since can be: its record hides the address."""
        if act.source_address in self.addresses:
            return True
        return self.at is not None and act.by_service and act.at >= self.at

    def within(self, act: Act) -> bool:
        """The same of what was done since it began alone: whoever came from there before shares the place with the thief."""
        return self.has(act) and (self.at is None or act.at >= self.at)


def breach_of(scope: Scope, signals: Sequence[Signal]) -> Breach:
    """The breach as the record of others is judged by it: from its first act on. An address of theirs as well proves nothing."""
    addresses = frozenset(each.source_address for each in signals) if not scope.familiar else frozenset[str]()
    return Breach(scope.begun or min(each.at for each in signals), others=addresses)


def allow_list(
    scope: Scope, world: World, evidence: Evidence | None, estate: Estate, since: datetime, breach: Breach | None = None
) -> Listing:
    """Everybody whom the customer, the policies, the grants and the log (`evidence`; None: it is not asked) show to be rightful.

    What the log has of a `breach` shows nobody to be rightful.
    """
    guarded = [target for target in (*scope.stores, *scope.keys) if world.traits(target, PolicyStatement)]
    questions: list[Callable[[Ref], Iterable[str] | None]] = [partial(_admitted, world), partial(_granted, world)]
    questions += [partial(_seen, evidence, since, breach or Breach())] if evidence else []
    found = in_parallel(lambda asked: asked[0](asked[1]), product(questions, guarded))
    known = {arn for arns in found for arn in arns or () if _account(arn) in estate.accounts}
    actors = {s.actor.principal.id for s in scope.standings if s.actor.principal and s.reach is Reach.PRINCIPAL}
    declared = tuple(_declared(guarded, known | actors, estate))
    everywhere = {target.id for target in guarded} <= {name for each in declared for name in each.targets}
    read = evidence is not None and None not in found
    names = {p for tenant in estate.owners(frozenset(guarded)) for p in tenant.principals}
    return Listing(tuple(sorted((names | known) - actors)), declared, read or (bool(guarded) and everywhere))


def _declared(guarded: Sequence[Ref], known: AbstractSet[str], estate: Estate) -> Iterator[Declared]:
    """What is said of each tenant that says who works with its own; `known` shows itself."""
    for tenant in estate.owners(frozenset(guarded)):
        own = {resource.id for resource in (*tenant.stores, *tenant.keys)}
        kin = {key.name for key in tenant.keys}  # replicas share their name, and are seldom all declared
        if tenant.principals:
            theirs = (t.id for t in guarded if t.id in own or (t.kind is Kind.KEY and t.name in kin))
            targets = tuple(dict.fromkeys(theirs))
            yield Declared(targets=targets, principals=tuple(sorted(tenant.principals - known)))


def known_users(
    allow: Iterable[str], cloud: Cloud, directory: Directory, evidence: Evidence, since: datetime, breach: Breach
) -> Users:
    """The users and roles of the list that exist (patterns name nobody in particular), with the names of their sessions so far.

    A name that the record has of the breach alone is none of theirs: by the time the record is read, it has the thief's sessions.
    """
    arns = [arn for arn in allow if "*" not in arn and _is_principal(arn)]
    refs = [Ref(cloud=cloud, kind=_kind(arn), account=_account(arn), id=arn) for arn in arns]
    answers = in_parallel(lambda ref: _rightful(ref, directory, evidence, since, breach), refs)
    found = tuple(each for each in answers if isinstance(each, Rightful))
    return Users(found, not any(isinstance(each, CloudError) for each in answers))


def existing(principals: Iterable[Ref], directory: Directory) -> tuple[Rightful, ...]:
    """Those who exist, as users of their own; who can not be looked up is met again by the next look."""
    answers = in_parallel(lambda ref: _existing(ref, directory), principals)
    return tuple(Rightful(actor=actor) for actor in answers if actor)


def _existing(ref: Ref, directory: Directory) -> Actor | None:
    try:
        return directory.resolve(Actor(credential=Credential.ROLE_SESSION, account=ref.account, principal=ref))
    except CloudError:
        return None


def entered(scope: Scope, users: Iterable[Rightful]) -> tuple[Rightful, ...]:
    """Users that are guarded because the actor entered them, and that the new list does not have."""
    listed = {r.actor.principal for r in users}
    return tuple(r for r in scope.rightful if r.entered and r.actor.principal not in listed)


def _kind(arn: str) -> Kind:
    return Kind.ROLE if ":role/" in arn else Kind.USER


def _rightful(ref: Ref, directory: Directory, evidence: Evidence, since: datetime, breach: Breach) -> Rightful | CloudError | None:
    """The user, None where it is gone, or why nobody can say: who is not known for now is left out of nothing for good."""
    plain = Actor(credential=Credential.ROLE_SESSION, account=ref.account, principal=ref)
    with ThreadPoolExecutor(max_workers=1) as pool:
        acting = pool.submit(evidence.by, plain, since) if ref.kind is Kind.ROLE else None
        try:
            actor = directory.resolve(plain)
            acts = acting.result() if acting else ()
        except Absent:
            return None
        except CloudError as error:
            return error
    # what a namesake did that is no more has another unique id
    theirs = (a for a in acts if not a.failed and a.actor.unique_id in {"", actor.unique_id} and not breach.within(a))
    names = {a.actor.session for a in theirs}
    return Rightful(actor=actor, sessions=tuple(sorted(names - {""})))


def _admitted(world: World, target: Ref) -> Iterable[str]:
    """Users and roles that an Allow statement names; an account's root only delegates and names nobody."""
    statements = [json.loads(s.body) for s in _look(world, target, PolicyStatement) if s.body]
    allowing = (s for s in statements if s.get("Effect") == "Allow")
    return filter(_is_principal, (arn for s in allowing for arn in _principals(s)))


def _granted(world: World, target: Ref) -> Iterable[str]:
    """Users and roles that a grant names."""
    return filter(_is_principal, (json.loads(g.spec).get("GranteePrincipal", "") for g in _look(world, target, Grant)))


def _is_principal(arn: str) -> bool:
    return ":user/" in arn or ":role/" in arn


def _look[F: Facet](world: World, target: Ref, facet: type[F]) -> tuple[F, ...]:
    try:
        return world.look(target, facet)
    except CloudError:
        return ()


def _principals(statement: dict[str, object]) -> Iterator[str]:
    principal = statement.get("Principal")
    named = principal.get("AWS", ()) if isinstance(principal, dict) else ()
    yield from [named] if isinstance(named, str) else named


def _seen(evidence: Evidence, since: datetime, breach: Breach, target: Ref) -> Iterable[str] | None:
    """Users and roles whose calls on the target the record shows; None where it can not be read: that is no empty record."""
    try:
        acts = evidence.on(target, since)
    except CloudError:
        return None
    others = (a for a in acts if not a.failed and not breach.has(a))
    return {a.actor.principal.id for a in others if a.actor.principal and a.actor.principal.kind in PRINCIPALS}


def _account(arn: str) -> str:
    return arn.split(":")[4] if arn.count(":") >= 5 else ""  # noqa: PLR2004  # arn:partition:service:region:account:resource
