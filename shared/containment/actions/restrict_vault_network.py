"""Close the vault of a case's keys to every network but those where it was rightfully used: where the actor came to it."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import NetworkRules
from shared.domain.plan import Blast, Change, Wave
from shared.domain.resource import Kind, Ref
from shared.domain.uses import Used

from .restrict_network import closed_to, unnamed

OURSELVES = "the responder itself, which was not seen there"


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    used = situation.scope.use_of(target)
    if used is None or not (used.visited or situation.blames(target, NetworkRules)):
        return
    for rules in situation.world.look(target, NetworkRules) or (NetworkRules(closed=False),):
        wanted = closed_to(rules, used, situation.places)
        if wanted is None:
            continue
        # stores and disks come to the vault of their key by the trusted services' way, and by no other
        wanted = wanted if rules.closed else wanted.but(services=True)
        why = "the actor came to the vault, or nobody can say, and a token that is out goes on"
        blast = Blast(others=_hurt(rules, used, situation), known=used.known)
        yield action.change(target, wanted, why, blast=blast, origin=situation.origin(target, NetworkRules))


def _hurt(rules: NetworkRules, used: Used, situation: Situation) -> tuple[str, ...]:
    """Who could come no more. We have to: keys are replaced and looked at in the vault itself."""
    ours = bool(situation.places) or any(use.holder in situation.exempt for use in used.uses)
    return unnamed(rules, used) if ours or rules.closed else tuple(sorted((*unnamed(rules, used), OURSELVES)))


ACTION = Action(
    name="restrict-vault-network",
    title="Close a vault to networks that nobody rightful uses",
    wave=Wave.FENCE,
    targets=frozenset({Kind.KEY_VAULT}),
    facets=(NetworkRules,),
    hurts="A rightful user of the vault from a network not seen in the evidence window; stores and disks under its keys go on.",
    undone="The rules are set as they were, all of them.",
    citation="45 CFR 164.312(e)(1)",
    propose=_propose,
)
