"""Revoke the links by which a disk or snapshot is handed out, where the actor asked for one."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import HandedOut
from shared.domain.plan import Change, Origin, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if not situation.blames(target, HandedOut):
        return
    if any(link.on for link in situation.world.look(target, HandedOut)):
        why, final = "whoever has the link copies all that is on it", situation.final(target, HandedOut)
        yield action.change(target, HandedOut(on=False), why, origin=Origin.ATTACKER, reversible=not final)


ACTION = Action(
    name="revoke-disk-links",
    title="Revoke links to a disk or snapshot",
    wave=Wave.FENCE,
    targets=frozenset({Kind.VOLUME, Kind.SNAPSHOT}),
    facets=(HandedOut,),
    hurts="A backup or a transfer that has a link to the same disk at that moment: it has to ask for another one.",
    undone="One-way: no link comes back, whoever rightful needs one asks for it.",
    citation="45 CFR 164.312(a)(1)",
    propose=_propose,
    aimed=True,
    burnt=True,
)
