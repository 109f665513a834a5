"""The contract every containment action keeps: look, propose, never write."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import replace
from datetime import datetime

import msgspec

from shared.domain.actor import Credential
from shared.domain.case import Mode, Reach, Scope, Standing
from shared.domain.facet import AnyFacet, Facet
from shared.domain.plan import Blast, Change, Origin, Wave
from shared.domain.resource import Kind, Ref
from shared.ports import World

from .observed import UNOBSERVED, Observed


class Situation(msgspec.Struct, frozen=True):
    """What an action may know when it proposes: the case's scope, the world as it is, and the clock.

    `exempt` are unique ids of responder and break-glass identities (ARNs, where no id is known); `accounts` the organisation's own
    accounts, disaster recovery included; `since` when the breach began as far as anyone knows. `observed` is what lasting changes
    are judged by.
    """

    case: str
    scope: Scope
    world: World
    now: datetime
    since: datetime
    exempt: frozenset[str]
    accounts: frozenset[str]
    one_way: Mode
    observed: Observed = UNOBSERVED
    rotates: bool = False
    """a sound key gets new material and no successor"""
    places: tuple[str, ...] = ()
    """networks that we come from: addresses, and subnets by their ids"""
    renews: bool = False
    """where a new key only wraps the old data keys, what is stored gets new ones"""
    own_vaults: bool = False
    """a key whose vault the actors could administer has its successor in another one"""
    seals: bool = False
    """guardrails are attached that keep whatever bears our mark from being changed"""

    def about(self, target: Ref) -> "Situation":
        """The same, as far as it is about the cloud that the target lies in: another's actors and stores mean nothing there."""
        return replace(self, scope=self.scope.within(target.cloud))

    def quarantined(self, target: Ref) -> tuple[Standing, ...]:
        """The actors for whom this principal is fenced as a whole, or would be if a person says so."""
        return tuple(s for s in self.scope.standing(target) if s.reach in {Reach.PRINCIPAL, Reach.UNDECIDED})

    def signing_in(self, target: Ref) -> tuple[Standing, ...]:
        """Those of `quarantined` who prove themselves with something of their own: a machine's identity is the cloud's to prove."""
        return tuple(s for s in self.quarantined(target) if s.actor.credential is not Credential.MANAGED_IDENTITY)

    def parts(self, key: Ref) -> bool:
        """Whether this key's successor is to lie in a vault of its own."""
        return self.own_vaults and key in self.scope.apart

    def held[F: Facet](self, target: Ref, facet: type[F]) -> tuple[F, ...]:
        """What of this kind a principal has that may be taken: it is fenced as a whole, or the lineage gave it something.

        Nobody else is looked at: a store has many rightful users, and directories answer few questions a second.
        """
        if not self.quarantined(target) and all(holder != target.id for holder, _ in self.scope.given):
            return ()
        return tuple(each for each in self.world.look(target, facet) if each != each.absent)

    def blames(self, target: Ref, facet: type[Facet]) -> bool:
        """Whether the record shows the lineage making a call on the target that writes this facet."""
        traits = self.world.traits(target, facet)
        return traits is not None and any((target.id, call) in self.scope.deeds for call in traits.calls)

    def gave(self, target: Ref, part: str) -> bool:
        """Whether the record shows the lineage giving this credential or right to this principal."""
        return bool(part) and (target.id, part) in self.scope.given

    def origin(self, target: Ref, facet: type[Facet]) -> Origin:
        """Whose work the present state of this facet is, as far as the record says."""
        return Origin.ATTACKER if self.blames(target, facet) else Origin.UNKNOWN

    def final(self, target: Ref, facet: type[Facet]) -> bool:
        """Whether this cloud can not put back what such a facet was before."""
        traits = self.world.traits(target, facet)
        return traits is not None and traits.one_way


class Action(msgspec.Struct, frozen=True):
    """One thing containment can do. The texts are what `codeblue actions` and the documentation print.

    `propose(target, situation)` yields the changes it wants, whether or not they already hold; it may read the world and raises
    `CloudError` where it cannot.
    """

    name: str
    title: str
    wave: Wave
    targets: frozenset[Kind]
    facets: tuple[type[Facet], ...]
    hurts: str
    undone: str
    citation: str
    propose: Callable[["Action", Ref, Situation], Iterable[Change]]
    aimed: bool = False
    """It touches the actor alone: a rollback leaves it, for the actor stays refused; `release` undoes it."""
    burnt: bool = False
    """What it takes away for good was in the actor's hands, and nobody wants it back: where nobody else was seen with it, nobody is
    asked."""
    grave: bool = False
    """It can be undone, and what it does to others meanwhile perhaps not: it is approved as what can not be undone is."""

    def applies(self, target: Ref, world: World) -> bool:
        """Whether it is one for such a target, in the cloud that it lies in."""
        return target.kind in self.targets and any(world.traits(target, facet) for facet in self.facets)

    def change(
        self,
        target: Ref,
        after: AnyFacet,
        why: str,
        *,
        blast: Blast | None = None,
        origin: Origin = Origin.UNKNOWN,
        reversible: bool = True,
    ) -> Change:
        """A change by this action."""
        return Change(
            target=target,
            after=after,
            action=self.name,
            why=why,
            citation=self.citation,
            reversible=reversible,
            blast=blast or Blast(),
            origin=origin,
        )


def blast_of(standings: Sequence[Standing]) -> Blast:
    """Who else is hurt by what is done to these principals."""
    others = tuple(sorted({other for s in standings for other in s.others}))
    return Blast(others=others, known=all(s.known for s in standings))


def taken(
    action: Action,
    target: Ref,
    situation: Situation,
    held: Iterable[tuple[str, AnyFacet]],
    why: tuple[str, str],
    whole: Sequence[Standing],
    *,
    reversible: bool = True,
) -> Iterator[Change]:
    """What a principal holds, taken away. `held`: each by its id, as it is when it is gone; `why`: in words, of both.

    What the lineage gave goes alone; all of it goes where the principal is fenced as a whole (`whole`). What may be what it
    gave, by a record that does not tell which, is a person's to decide.
    """
    given, fenced = why
    for name, gone in held:
        if situation.gave(target, name):
            yield action.change(target, gone, given, origin=Origin.ATTACKER, reversible=reversible)
        elif whole:
            yield action.change(target, gone, fenced, blast=blast_of(whole), reversible=reversible)
        elif any(situation.gave(target, told.lower()) for told in gone.told):
            unclear = "the actor gave such a one, and the record does not say whether it is this one"
            yield action.change(target, gone, unclear, blast=Blast(known=False), reversible=reversible)
