"""Switch on all four of S3's public access blocks."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import PublicAccessBlock
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    blocked = PublicAccessBlock(block_acls=True, ignore_acls=True, block_policy=True, restrict_buckets=True)
    why = "a public policy or ACL needs no stolen credentials"
    yield action.change(target, blocked, why, origin=situation.origin(target, PublicAccessBlock))


ACTION = Action(
    name="block-public-access",
    title="Block public access",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(PublicAccessBlock,),
    hurts="Readers without credentials; a store of health data should have none.",
    undone="The four switches are set as they were.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
)
