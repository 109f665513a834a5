"""Let no content of a store be replicated to another tenant, where the actor changed the store."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import CrossTenantCopy, ReplicationRule
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if not (situation.blames(target, CrossTenantCopy) or situation.blames(target, ReplicationRule)):
        return
    if all(copies.allowed for copies in situation.world.look(target, CrossTenantCopy)):
        why, origin = "a replication to a tenant of the actor's copies every new object", situation.origin(target, CrossTenantCopy)
        yield action.change(target, CrossTenantCopy(allowed=False), why, origin=origin)


ACTION = Action(
    name="forbid-foreign-copies",
    title="Forbid replication to other tenants",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(CrossTenantCopy,),
    hurts="Nobody: the cloud refuses it for as long as there is such a replication.",
    undone="Replication to other tenants can be set up again; not where the actor changed that.",
    citation="45 CFR 164.312(e)(1)",
    propose=_propose,
)
