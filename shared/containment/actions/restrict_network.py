"""Close a store to every network but those where its rightful users were seen."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from shared.containment.action import Action, Situation
from shared.domain.facet import NetworkRules
from shared.domain.plan import Blast, Change, Wave
from shared.domain.resource import Kind, Ref
from shared.domain.uses import Used


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    used = situation.scope.use_of(target)
    if used is None:
        return
    for rules in situation.world.look(target, NetworkRules) or (NetworkRules(closed=False),):
        wanted = closed_to(rules, used, situation.places)
        if wanted is not None:
            why = "the actor comes from somewhere else: a credential that is not known to be stolen opens nothing there"
            blast = Blast(others=unnamed(rules, used), known=used.known)
            yield action.change(target, wanted, why, blast=blast, origin=situation.origin(target, NetworkRules))


def closed_to(rules: NetworkRules, used: Used, ours: tuple[str, ...] = ()) -> NetworkRules | None:
    """The rules closed to all but the places of rightful use, and `ours`; None where they keep the actor out already."""
    kept = [each for each in rules.addresses if not _lets_in(each, used)]
    if rules.endpoints_only or (rules.closed and len(kept) == len(rules.addresses)):
        return None
    seen = (*_places(rules, used), *ours)
    return rules.but(
        closed=True,
        addresses=tuple(sorted({*kept, *filter(_public, seen)})),
        subnets=tuple(sorted({*rules.subnets, *(place for place in seen if _network(place))})),
    )


def unnamed(rules: NetworkRules, used: Used) -> tuple[str, ...]:
    """Places of rightful use that such rules can not name."""
    return tuple(sorted({place for place in _places(rules, used) if not (_public(place) or _network(place))}))


def _places(rules: NetworkRules, used: Used) -> tuple[str, ...]:
    """Where rightful users were seen; rules that are closed let in whom their owner wants."""
    return () if rules.closed else tuple(use.place for use in used.uses)


def _lets_in(named: str, used: Used) -> bool:
    """Whether this address range is the actor's own: it lets the actor in, and nobody else was seen coming from it."""
    among = ip_network(named, strict=False)
    rightful = any(ip_address(use.place) in among for use in used.uses if _address(use.place))
    return not rightful and any(ip_address(each) in among for each in used.against if _address(each))


def _network(place: str) -> bool:
    """A network of the cloud's, by its id."""
    return place.startswith("/")


def _public(place: str) -> bool:
    """Only public addresses can be named in such rules."""
    return _address(place) and not _private(place)


OWN = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10")
RESERVED = tuple(ip_network(each) for each in OWN)
"""Ranges that mean something else to everybody (RFC 1918, RFC 6598, RFC 4193, RFC 4291)."""


def _private(place: str) -> bool:
    return any(ip_address(place) in each for each in RESERVED)


def _address(place: str) -> bool:
    try:
        ip_address(place)
    except ValueError:
        return False
    return True


ACTION = Action(
    name="restrict-network",
    title="Close a store to networks that nobody rightful uses",
    wave=Wave.FENCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(NetworkRules,),
    hurts="A rightful user who comes from a network not seen in the evidence window.",
    undone="The rules are set as they were, all of them.",
    citation="45 CFR 164.312(e)(1)",
    propose=_propose,
)
