"""What a thief on Azure can hold: something to sign in with, a key of an account, a signed link."""

import base64
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Proof:
    """What is sent to the token endpoint (`form`), and the facet of it that somebody has to take away."""

    facet: str
    form: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Bearer:
    """A user or an application (`id`: its object id) that the thief can sign in as, and its tokens by audience, with their ends."""

    name: str
    id: str
    proof: Proof = field(repr=False)
    since: float = float("inf")
    """when a session began: it dies with the sessions before some time"""
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)

    @property
    def program(self) -> bool:
        """Whether it is an application's."""
        return self.proof.facet == "app-credential"


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """A key of a storage account, as it was when it was seen."""

    name: str
    account: str
    part: str
    value: str = field(repr=False)

    @property
    def secret(self) -> bytes:
        return base64.b64decode(self.value)


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """A signed link to a whole container, in the name of whoever (`id`) asked for the key that it is signed with."""

    name: str
    id: str
    container: str
    query: str = field(repr=False)


type Hand = Bearer | Key | Link
