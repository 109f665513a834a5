"""Make a weaponised policy writable again. Proposed by the ladder, and only where a write has failed for it."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(_action: Action, _target: Ref, _situation: Situation) -> Iterator[Change]:
    return iter(())


ACTION = Action(
    name="unpoison-policy",
    title="Take what blocks our fence out of a policy",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET, Kind.KEY, Kind.ACCESS_POINT, Kind.BACKUP_VAULT}),
    facets=(PolicyStatement,),
    hurts="Nobody: deleted principals can not call, and the other statements serve nobody rightful.",
    undone="Never by itself: what was taken out is in the record.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
)
