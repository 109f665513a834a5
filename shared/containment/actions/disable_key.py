"""Disable an old key that nothing and nobody needs any more, as far as the evidence window shows. It is never deleted."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import KeyState
from shared.domain.plan import Blast, Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    replaced = target in {s.old for s in situation.scope.successors}
    if replaced and situation.observed.needs.get(target) == ():
        why = "every use of it in the evidence window is explained, and nothing is stored under it"
        # ciphertext that applications keep themselves is in no list: no policy decides this, a person does
        blast = Blast(known=False)
        yield action.change(target, KeyState(enabled=False, deletion_pending=False), why, blast=blast)


ACTION = Action(
    name="disable-key",
    title="Disable the old key",
    wave=Wave.RETIRE,
    targets=frozenset({Kind.KEY}),
    facets=(KeyState,),
    hurts="Who needs the old key and used it last before the evidence window: its ciphertext can not be opened meanwhile.",
    undone="The key, on Azure this version of it, is enabled again; nothing is lost, for no key is ever deleted.",
    citation="45 CFR 164.312(a)(2)(iv)",
    propose=_propose,
    grave=True,  # a database whose key stays disabled for 7 days is lost (RDS user guide, "inaccessible-encryption-credentials")
)
