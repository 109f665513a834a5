"""Quarantine a principal: everything is refused to it, by whichever means the service's quotas leave."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, blast_of
from shared.domain.facet import DenyAll
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    whole = situation.quarantined(target)
    if whole:
        blast = blast_of(whole)
        yield action.change(target, DenyAll(on=True), whole[0].why, blast=blast)


ACTION = Action(
    name="deny-all",
    title="Refuse everything to the user or role",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.ROLE, Kind.PERMISSION_SET}),
    facets=(DenyAll,),
    hurts="Everyone and everything that works under this user or role.",
    undone="Our policy is removed, or the permissions boundary that ours replaced is put back.",
    citation="45 CFR 164.308(a)(3)(ii)(C)",
    propose=_propose,
    aimed=True,
)
