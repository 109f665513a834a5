"""Let a key's alias name its successor, where nobody decrypts by alias: old ciphertext names its key, the alias then another."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import AliasTarget
from shared.domain.plan import Blast, Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    # Decrypt with an alias that names another key is refused (IncorrectKeyException): where somebody was seen doing so, it stays
    old = {key.id: key for key in situation.scope.keys if key not in situation.scope.aliased}
    for now in situation.world.look(target, AliasTarget):
        if now.key in old:
            why = "programs that encrypt by alias follow it to the successor"
            blast = Blast(known=situation.scope.uses_known)
            yield action.change(target, AliasTarget(key=old[now.key].successor.id), why, blast=blast)


ACTION = Action(
    name="move-alias",
    title="Point the alias to the successor",
    wave=Wave.REKEY,
    targets=frozenset({Kind.ALIAS}),
    facets=(AliasTarget,),
    hurts="A program that decrypts old ciphertext by alias: where one was seen the alias stays, unless known a person decides.",
    undone="The alias names the old key again.",
    citation="45 CFR 164.312(a)(2)(iv)",
    propose=_propose,
)
