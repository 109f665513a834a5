"""Deny a key to everyone who is not known to need it, and its spreading to everyone."""

from collections.abc import Iterator

from shared.containment import statements
from shared.containment.action import Action, Situation
from shared.containment.denies import against_strangers
from shared.containment.statements import Ordinal
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref

SPREADING = ("kms:ReplicateKey", "kms:UpdatePrimaryRegion")
"""A replica has a policy of its own over the same key material: a fence does not follow the key there."""


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    yield from against_strangers(action, target, situation, ["kms:*"], ["*"])
    sid = statements.sid(situation.case, Ordinal.ADMINISTRATION)
    body = statements.deny(sid, SPREADING, ["*"], statements.all_but_ids(situation.exempt), principal=True)
    yield action.change(target, PolicyStatement(sid=sid, body=body), "a replica would be outside the fence")


ACTION = Action(
    name="restrict-key",
    title="Deny the key to strangers, and its replication to everyone",
    wave=Wave.FENCE,
    targets=frozenset({Kind.KEY}),
    facets=(PolicyStatement,),
    hurts="A principal that needs the key, was neither declared nor named by its policy, and was not seen using it.",
    undone="Our statements are removed from the key policy; every other statement stays as it is.",
    citation="45 CFR 164.312(a)(2)(iv)",
    propose=_propose,
)
