"""Revoke the grants that let an actor or an outsider use a key. Never a service's: workloads live on those."""

import json
from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import Grant
from shared.domain.plan import Change, Origin, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    actors = {p.id for p in situation.scope.principals}
    for grant in situation.world.look(target, Grant):
        grantee = str(json.loads(grant.spec).get("GranteePrincipal", ""))
        if not grantee.startswith("arn:"):
            continue
        account = grantee.split(":")[4]
        if _as_role(grantee) in actors or account not in situation.accounts:
            yield action.change(
                target, grant.but(present=False), "it lets the actor or an outsider use the key", origin=Origin.ATTACKER
            )


def _as_role(arn: str) -> str:
    """The role behind a session's ARN; a user's or role's ARN unchanged."""
    head, found, session = arn.partition(":assumed-role/")
    return f"{head.replace(':sts:', ':iam:')}:role/{session.split('/')[0]}" if found else arn


ACTION = Action(
    name="revoke-grants",
    title="Revoke the actor's and outsiders' grants",
    wave=Wave.FENCE,
    targets=frozenset({Kind.KEY}),
    facets=(Grant,),
    hurts="Nobody of this organisation's accounts but the actors; a service's grants are never touched.",
    undone="A grant with the same specification is created; it has another id.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
    aimed=True,
)
