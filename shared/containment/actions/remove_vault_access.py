"""Take a quarantined principal's entries out of the vaults that let it in: keys, secrets and certificates lie behind them."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, taken
from shared.domain.facet import VaultAccess
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    held = ((entry.part, entry.but(present=False)) for entry in situation.held(target, VaultAccess))
    why = ("the actor added it", "a vault judges by its own entries, whatever roles were taken away")
    yield from taken(action, target, situation, held, why, situation.quarantined(target))


ACTION = Action(
    name="remove-vault-access",
    title="Take entries of vaults' access policies away",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.SERVICE_PRINCIPAL}),
    facets=(VaultAccess,),
    hurts="Everybody who works as this user or application.",
    undone="Each entry is added again, with all that it permitted.",
    citation="45 CFR 164.308(a)(4)(ii)(C)",
    propose=_propose,
    aimed=True,
)
