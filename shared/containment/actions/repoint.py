"""Let everything that encrypts with a compromised key use its successor from now on."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import EncryptedWith, Successor
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    old = {key.id: key for key in situation.scope.keys}
    for now in situation.world.look(target, EncryptedWith):
        if now.key in old:
            traits = situation.world.traits(old[now.key], Successor)
            rewraps = traits is not None and traits.rewraps
            each = target.kind is Kind.BUCKET and not rewraps  # every object asks for its key by itself
            wanted = now.but(key=old[now.key].successor.id, bucket_key=now.bucket_key or each)
            why = "what is written from now on is out of the old key's reach"
            yield action.change(target, wanted, why, reversible=not (rewraps and now.follows and not situation.parts(old[now.key])))


ACTION = Action(
    name="repoint",
    title="Encrypt with the successor from now on",
    wave=Wave.REKEY,
    targets=frozenset(
        {
            Kind.BUCKET,
            Kind.DISK_ENCRYPTION_SET,
            Kind.ENCRYPTION_SCOPE,
            Kind.FUNCTION,
            Kind.LOG_GROUP,
            Kind.QUEUE,
            Kind.SECRET,
            Kind.TOPIC,
            Kind.TRAIL,
            Kind.VOLUMES,
        }
    ),
    facets=(EncryptedWith,),
    hurts="A reader who may use the old key and not the successor; the preflight looks for them before anything moves.",
    undone="The old key is set again; what was written meanwhile stays where it is. One-way where the newest version is followed.",
    citation="45 CFR 164.312(a)(2)(iv)",
    propose=_propose,
)
