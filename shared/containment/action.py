"""The contract every containment action keeps: look, propose, never write."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.domain.case import Scope
from shared.domain.facet import AnyFacet, Facet
from shared.domain.plan import Blast, Change, Origin, Wave
from shared.domain.resource import Kind, Ref
from shared.ports import World


@dataclass(frozen=True, slots=True)
class Situation:
    """What an action may know when it proposes: the case's scope, the world as it is, and the clock.

    `exempt` are unique ids of responder and break-glass identities; `accounts` the organisation's own accounts, disaster recovery
    included; `since` when the breach began as far as anyone knows.
    """

    case: str
    scope: Scope
    world: World
    now: datetime
    since: datetime
    exempt: frozenset[str]
    accounts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Action:
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
