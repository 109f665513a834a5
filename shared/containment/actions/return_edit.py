"""Give back what a rewrite of ours took from somebody's policy. Proposed from the log, and only where it shows such a loss."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(_action: Action, _target: Ref, _situation: Situation) -> Iterator[Change]:
    return iter(())


ACTION = Action(
    name="return-edit",
    title="Put back an edit of somebody's that our rewrite overwrote",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET, Kind.KEY}),
    facets=(PolicyStatement,),
    hurts="Nobody: it is what its owners wrote, and it opens nothing to the world, a foreign account or an actor.",
    undone="A rollback leaves it, for it is its owners' work; `codeblue release` takes it out again.",
    citation="45 CFR 164.308(a)(4)(ii)(C)",
    propose=_propose,
)
