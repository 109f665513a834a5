"""Keep the actors' hands off the bucket that holds the audit log."""

from collections.abc import Iterator

from shared.containment import statements
from shared.containment.action import Action, Situation
from shared.containment.statements import Ordinal
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    who = statements.the_actors(situation.scope.standings)
    if target in situation.scope.logs and who:
        sid = statements.sid(situation.case, Ordinal.DELETION)
        body = statements.deny(sid, ["s3:*"], [target.id, f"{target.id}/*"], who, principal=True)
        yield action.change(target, PolicyStatement(sid=sid, body=body), "who can delete the log can deny what was done")


ACTION = Action(
    name="protect-log",
    title="Deny the audit log's bucket to the actors",
    wave=Wave.PRESERVE,
    targets=frozenset({Kind.BUCKET}),
    facets=(PolicyStatement,),
    hurts="Nobody but the actors; the log goes on being written.",
    undone="Our statement is removed from the bucket policy; every other statement stays as it is.",
    citation="45 CFR 164.312(b)",
    propose=_propose,
    aimed=True,
)
