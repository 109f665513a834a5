"""Send a store's log again to where it went before: an actor who deletes the setting works on unseen."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import LogSent
from shared.domain.plan import Change, Origin, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if not situation.blames(target, LogSent):
        return
    for setting in situation.world.look(target, LogSent):
        if not setting.on:
            why = "the actor deleted it: nobody would see who reads the store"
            yield action.change(target, setting.but(on=True), why, origin=Origin.ATTACKER)


ACTION = Action(
    name="send-log",
    title="Send a store's log to where it went before",
    wave=Wave.PRESERVE,
    targets=frozenset({Kind.BUCKET}),
    facets=(LogSent,),
    hurts="Nobody.",
    undone="The setting stays: the actor deleted it.",
    citation="45 CFR 164.312(b)",
    propose=_propose,
)
