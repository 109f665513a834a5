"""Reject private endpoints of strangers: they come past every network rule."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.domain.facet import PrivateLink
from shared.domain.plan import Blast, Change, Origin, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    blamed, final = situation.blames(target, PrivateLink), situation.final(target, PrivateLink)
    links = [link for link in situation.world.look(target, PrivateLink) if link.approved]
    foreign = [link for link in links if _owner(link) not in {target.account, *situation.accounts}]
    for link in links if blamed else foreign:
        # whose a connection is that the actor let in is known only where there is no other one
        theirs = blamed and foreign == [link]
        why = "it leads into the store or vault past all network rules" + (", and the actor let it in" if theirs else "")
        blast = Blast() if theirs else Blast(others=(link.endpoint or link.connection,))
        origin = Origin.ATTACKER if theirs else Origin.UNKNOWN
        yield action.change(target, link.but(approved=False), why, blast=blast, origin=origin, reversible=not final)


def _owner(link: PrivateLink) -> str:
    """The account of whoever has the endpoint; empty where it is not said."""
    steps = link.endpoint.lower().split("/")
    return steps[2] if len(steps) > 2 and steps[1] == "subscriptions" else ""  # noqa: PLR2004


ACTION = Action(
    name="reject-links",
    title="Reject private endpoints of strangers",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET, Kind.KEY_VAULT}),
    facets=(PrivateLink,),
    hurts="Whoever comes by that endpoint: services of the cloud's own (data factories) keep theirs in strangers' accounts.",
    undone="One-way: its owner asks again, and a person approves.",
    citation="45 CFR 164.312(e)(1)",
    propose=_propose,
    burnt=True,
)
