"""Give a sound key new material: what it protects was exposed, and nobody who was out to read it could use the key itself."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import Rotated
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    # the replicas of a multi-Region key have the primary's material (KMS developer guide, "Rotate multi-Region keys")
    if situation.rotates and situation.scope.sound(target) and target == situation.scope.head(target):
        yield action.change(target, Rotated(since=situation.since), situation.scope.judged(target).why, reversible=False)


ACTION = Action(
    name="rotate-key",
    title="Rotate the material of a sound key",
    wave=Wave.REKEY,
    targets=frozenset({Kind.KEY}),
    facets=(Rotated,),
    hurts="Nobody: the key keeps its name, and what it has encrypted stays readable.",
    undone="One-way: material is never taken back; a key can be rotated on demand 25 times.",
    citation="45 CFR 164.312(a)(2)(iv)",
    propose=_propose,
)
"""Never the answer to a key that the actor could use: data keys that it opened stay good."""
