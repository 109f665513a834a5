"""Let everything that encrypts with a compromised key use its successor from now on."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import EncryptedWith
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    old = {key.id: key for key in situation.scope.keys}
    for now in situation.world.look(target, EncryptedWith):
        if now.key in old:
            wanted = now.but(key=old[now.key].successor.id, bucket_key=now.bucket_key or target.kind is Kind.BUCKET)
            yield action.change(target, wanted, "what is written from now on is out of the old key's reach")


ACTION = Action(
    name="repoint",
    title="Encrypt with the successor from now on",
    wave=Wave.REKEY,
    targets=frozenset({Kind.BUCKET, Kind.TRAIL, Kind.LOG_GROUP, Kind.SECRET, Kind.FUNCTION, Kind.TOPIC, Kind.QUEUE, Kind.VOLUMES}),
    facets=(EncryptedWith,),
    hurts="A reader who may use the old key and not the successor; the preflight looks for them before anything moves.",
    undone="The old key is set again; what was written meanwhile stays under the successor.",
    citation="45 CFR 164.312(a)(2)(iv)",
    propose=_propose,
)
