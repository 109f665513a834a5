"""Let replication write its copies under the successor."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import ReplicaKey
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    old = {key.id: key for key in situation.scope.keys}
    for now in situation.world.look(target, ReplicaKey):
        if now.key in old:
            yield action.change(target, now.but(key=old[now.key].successor.id), "a copy under the old key is within its reach")


ACTION = Action(
    name="repoint-replicas",
    title="Write replicas under the successor",
    wave=Wave.REKEY,
    targets=frozenset({Kind.BUCKET}),
    facets=(ReplicaKey,),
    hurts="A reader of the replica who may use the old key and not the successor.",
    undone="The old key is set again in the rule.",
    citation="45 CFR 164.312(a)(2)(iv)",
    propose=_propose,
)
