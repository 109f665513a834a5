"""What the thief's credentials really open, at any moment: judged behind the boundary, wherever they would be tried from.

A closed network keeps a thief out while its token lives on; what is claimed of the token itself is compared with this.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure import hospital_names as hospital
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.directory import Secret
from shared.sandbox.azure.thief import Thief
from shared.sandbox.azure.thief_hands import Bearer, Hand, Key, Link
from shared.sandbox.scene import Life

READ: Final = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
WRITE: Final = "Microsoft.Storage/storageAccounts/write"
GRAPH: Final = "https://graph.microsoft.com"


@dataclass(frozen=True, slots=True)
class Open:
    """One thing that is open now: by which hand, what kind of thing, and what would have to be taken away from whom."""

    name: str
    kind: str
    target: str
    facets: tuple[str, ...]
    part: str = ""


class Lives:
    """When each of them was first and last seen to be open."""

    def __init__(self, cloud: Cloud, thief: Thief) -> None:
        self._cloud, self._thief = cloud, thief
        self._seen: dict[Open, tuple[float, float]] = {}

    def look(self) -> None:
        """See what is open now."""
        with self._cloud.lock:
            now = self._cloud.clock.now()
            for hand in tuple(self._thief.held):
                for found in _open(self._cloud, hand):
                    self._seen[found] = (self._seen.get(found, (now, now))[0], now)

    def since(self, alert: float) -> tuple[Life, ...]:
        """All that was ever open."""
        delays = self._cloud.delays
        longest = {"role": delays.rbac, "link": delays.rbac, "sign-in": delays.directory, "token": delays.token, "key": 0.0}
        return tuple(
            Life(each.name, each.kind, each.target, each.facets, each.part, born - alert, last - alert, longest[each.kind])
            for each, (born, last) in self._seen.items()
        )


def _open(cloud: Cloud, hand: Hand) -> Iterator[Open]:
    if isinstance(hand, Key):
        account = cloud.storage.accounts[hand.account]
        if account.keys[hand.part].value == hand.value and account.properties.get("allowSharedKeyAccess") is not False:
            yield Open(hand.name, "key", account.id.lower(), ("store-key",), hand.part)
    elif isinstance(hand, Link):
        if _reads(cloud, hand.id):
            yield Open(hand.name, "link", hand.id, ("role-assigned",))
    else:
        yield from _borne(cloud, hand)


def _borne(cloud: Cloud, hand: Bearer) -> Iterator[Open]:
    """What a user or program still does with tokens, and whether it gets new ones."""
    alive = {audience for audience, (_, ends) in hand.tokens.items() if ends > cloud.clock.now()}
    if signs_in(cloud, hand):
        yield Open(hand.name, "sign-in", hand.id, (hand.proof.facet, "sign-in"))
    elif GRAPH in alive:
        yield Open(hand.name, "token", hand.id, ("sign-in",))
    if (alive - {GRAPH}) and (_reads(cloud, hand.id) or cloud.rbac.permits(hand.id, WRITE, names.ACCOUNT_ID)):
        yield Open(hand.name, "role", hand.id, ("role-assigned",))


def _reads(cloud: Cloud, who: str) -> bool:
    return any(cloud.rbac.permits(who, READ, place, data=True) for place, _ in hospital.STORES.values())


def signs_in(cloud: Cloud, hand: Bearer) -> bool:
    """Whether sign-in would give this hand a token now."""
    directory, now = cloud.entra.directory, cloud.clock.now()
    if hand.program:
        holder = directory.principals[hand.id]
        late = now - cloud.delays.directory
        held = (each for where in directory.credentials_of(holder.app_id) for each in where.known(late))
        text = hand.proof.form["client_secret"]
        return cloud.entra.enabled(holder) and any(isinstance(each, Secret) and each.opens(text, now) for each in held)
    user = directory.users[hand.id]
    return cloud.entra.enabled(user) and hand.since >= user.sessions_from
