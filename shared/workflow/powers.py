"""What the stages of each power change, in any cloud: the facets of the actions that run in its waves."""

from collections.abc import Mapping

from shared.containment.actions import ACTIONS
from shared.domain.facet import Facet
from shared.domain.plan import Wave
from shared.domain.resource import Kind

from .stages import Power

WAVES: Mapping[Power, frozenset[Wave]] = {
    Power.OBSERVE: frozenset(),
    Power.RECORD: frozenset(),
    Power.PRESERVE: frozenset({Wave.PRESERVE}),
    Power.FENCE: frozenset({Wave.FENCE, Wave.PRESERVE}),  # a sweep does the work of both again
    Power.REKEY: frozenset({Wave.REKEY}),
    Power.MIGRATE: frozenset({Wave.MIGRATE}),
    Power.ENFORCE: frozenset({Wave.ENFORCE}),
    Power.RETIRE: frozenset({Wave.RETIRE}),
}
"""The waves whose actions run under a power."""


def changed(power: Power) -> frozenset[tuple[Kind, type[Facet]]]:
    """What the actions of the power's waves write, on which kinds of resource; a cloud has some of it."""
    return frozenset(
        (kind, facet)
        for action in ACTIONS.values()
        if action.wave in WAVES[power]
        for kind in action.targets
        for facet in action.facets
    )
