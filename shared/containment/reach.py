"""How wide to fence an actor: the narrowest fence that stops it, judged from what the record shows of its rightful user.

Rules
1. What the attacker made is fenced as a whole: nobody else needs it.
2. A user is fenced as a whole unless others were seen using it.
3. A role's session is fenced alone: a role is shared by definition.
4. Credentials that a workload holds too (an instance's session) are refused everywhere but in the workload's own networks.
5. Where the record does not say who else would be hurt, nothing is decided: a person is asked.
6. Where nothing narrower than the whole can be fenced, it is fenced as a whole, or a person is asked, as others were seen or not.
7. A call without a place (an application's in its directory) shows no rightful user of what can not be fenced in part, unless it
   came long before the breach: then somebody works so by right, a person is asked, and such calls are nobody's in particular.
8. And somebody else's application, to which the actor added a credential, is a person's to decide about: the credential goes.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Literal

from shared.domain.actor import Actor, Credential
from shared.domain.case import Reach, Standing
from shared.domain.resource import Kind
from shared.ports import Act

UNNOTICED = timedelta(days=1)
"""How long before its alert a place is taken for the thief's alone; one that was in use before is somebody's own."""


def standing(
    actor: Actor,
    acts: Sequence[Act] | None,
    address: str,
    quarantine: Literal["session", "role"],
    *,
    narrows: bool = True,
    begun: datetime | None = None,
) -> Standing:
    """How this actor is to be fenced. `acts`: what the record has of its principal (None: no record to judge by).

    `address` is where the thief calls from; what came from there is the thief's, and so is whatever place was first seen after it.
    `narrows`: whether the cloud can refuse such an actor one session, or all networks but some. `begun`: when the breach did.
    """
    rightful = _rightful(acts or (), actor, address)
    if not narrows:
        since = None if _entered(actor) or begun is None else begun - UNNOTICED
        shown = [a for a in rightful if _place(a) or since is None or a.at < since]
        return _undivided(actor, shown, known=acts is not None)
    others = tuple(sorted({_label(a.actor) for a in rightful}))
    if actor.principal is not None and actor.principal.kind is Kind.USER:
        return _user(actor, rightful, others, known=acts is not None)
    if actor.credential is Credential.INSTANCE_SESSION or any(a.actor.session == actor.session for a in rightful):
        return _shared(actor, [a for a in rightful if a.actor.session == actor.session], others)
    if quarantine == "role" and acts is not None and not others:
        return Standing(
            actor=actor, reach=Reach.PRINCIPAL, why="the policy asks for the whole role, and nobody else was seen using it"
        )
    return Standing(actor=actor, reach=Reach.SESSION, others=(), why="only this session of the role is the actor's")


def found(actor: Actor) -> Standing:
    """How to fence what came into being during the breach and was not made by a rightful user.

    A session of a role that was there before (compute that was given the role) is fenced alone.
    """
    reach = Reach.SESSION if actor.session else Reach.PRINCIPAL
    return Standing(actor=actor, reach=reach, made=True, why="it came into being during the attack, by nobody known to be rightful")


def did(standing: Standing, act: Act) -> bool:
    """Whether this act is the actor's own, and not that of a rightful user of the same principal."""
    actor, other = standing.actor, act.actor
    same = actor.unique_id == other.unique_id if actor.unique_id and other.unique_id else _named_alike(actor, other)
    if not same or standing.reach is Reach.PRINCIPAL:
        return same
    elsewhere = _place(act) not in standing.networks if _place(act) else NOWHERE not in standing.others
    return other.session == actor.session and elsewhere


def _named_alike(actor: Actor, other: Actor) -> bool:
    """A session's own ARN leaves the path of its role out; within an account names are unique without it (IAM identifiers)."""
    one, two = actor.principal, other.principal
    return one == two or bool(one and two and (one.account, one.kind, one.name) == (two.account, two.kind, two.name))


def _user(actor: Actor, rightful: Sequence[Act], others: tuple[str, ...], *, known: bool) -> Standing:
    if not others:
        return Standing(actor=actor, reach=Reach.PRINCIPAL, known=known, why="nobody else was seen using this user")
    return _shared(actor, rightful, others)


def _entered(actor: Actor) -> bool:
    """Whether it is known by a credential that somebody else's principal was given: what else that does is its owner's."""
    return actor.principal is not None and bool(actor.access_key)


NOWHERE = "somewhere that the record does not name"


def _undivided(actor: Actor, rightful: Sequence[Act], *, known: bool) -> Standing:
    places = {_place(a) for a in rightful}
    networks = tuple(sorted(places - {""}))
    others = (NOWHERE, *networks) if "" in places else networks
    if _entered(actor):
        why = "the actor gave itself a credential of it and may have signed in; what else it does is its owner's"
        return Standing(actor=actor, reach=Reach.UNDECIDED, others=others, networks=networks, known=False, why=why)
    if not others:
        why = "nobody else was seen using it" if known else "the record does not show who else uses it"
        return Standing(actor=actor, reach=Reach.PRINCIPAL, known=known, why=why)
    why = "its rightful user was seen elsewhere with it, and there is no narrower fence for it"
    return Standing(actor=actor, reach=Reach.UNDECIDED, others=others, networks=networks, why=why)


def _shared(actor: Actor, rightful: Sequence[Act], others: tuple[str, ...]) -> Standing:
    networks = _networks(rightful)
    if networks:
        why = "its rightful user holds the same credentials and was seen in known networks only"
        return Standing(actor=actor, reach=Reach.NETWORK, others=(), networks=networks, why=why)
    why = "a workload holds the same credentials, and the record does not show from where it works"
    return Standing(actor=actor, reach=Reach.UNDECIDED, others=others, known=False, why=why)


def _networks(acts: Iterable[Act]) -> tuple[str, ...]:
    """VPCs, endpoints and addresses; a service's name in the place of an address is none that a policy could compare with."""
    return tuple(sorted(n for n in {_place(a) for a in acts} if n.startswith("vpc") or _is_address(n)))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _rightful(acts: Sequence[Act], actor: Actor, address: str) -> list[Act]:
    """What rightful users did: not from the thief's address, and from places that were in use before the thief's was."""
    begun = min((a.at for a in acts if address and a.source_address == address), default=None)
    seen = {_place(a) for a in acts if begun is None or a.at < begun}
    return [a for a in acts if not _thiefs(a, actor, address) and _place(a) in seen]


def _place(act: Act) -> str:
    return act.source_network or act.source_address


def _thiefs(act: Act, actor: Actor, address: str) -> bool:
    if act.failed or act.by_service:
        return True
    return act.source_address == address if address else act.actor.access_key == actor.access_key


def _label(actor: Actor) -> str:
    return actor.session or actor.access_key or str(actor)
