"""Take S3 Access Grants from actors: they hand out credentials that no IAM fence reaches."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.case import Mode
from shared.domain.facet import AccessGrant
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if situation.one_way is not Mode.AUTO:
        return
    actors = {p.id for p in situation.scope.principals}
    for grant in situation.world.look(target, AccessGrant):
        if grant.grantee in actors:
            yield action.change(target, grant.but(present=False), "it hands the actor credentials for the data", reversible=False)


ACTION = Action(
    name="revoke-access-grants",
    title="Delete the actor's S3 Access Grants",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(AccessGrant,),
    hurts="The grantee; the bucket policy's denies refuse it in the meantime.",
    undone="One-way: a grant is created anew by a person.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
    aimed=True,
)
