"""Let nobody destroy for good what a vault has deleted: without its key everything stored under it is gone."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import PurgeProtection
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if not any(protection.on for protection in situation.world.look(target, PurgeProtection)):
        why = "whoever may purge a deleted key destroys every record under it"
        final = situation.final(target, PurgeProtection)
        yield action.change(target, PurgeProtection(on=True), why, reversible=not final)


ACTION = Action(
    name="protect-from-purge",
    title="Keep what a vault has deleted for its full time",
    wave=Wave.FENCE,
    targets=frozenset({Kind.KEY_VAULT}),
    facets=(PurgeProtection,),
    hurts="Nobody; what is deleted keeps its name until its time is over.",
    undone="One-way: no vault gives this protection up again.",
    citation="45 CFR 164.308(a)(7)(ii)(A)",
    propose=_propose,
)
