"""Who sent a request: what App Service's authentication says about its token, held against what was configured.

Rules
1. The header counts only where the platform authenticates every request: it takes the header away from all others. Where
   authentication is off anybody could write it, and nobody is believed.
2. A token counts that Entra issued in the configured tenant, made out to us, and whose time is not over.
3. Who it is is an object id. A claim that ought to be there once and is there twice says nothing.
4. Whoever decides is a person who signed in with a second factor.
"""

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.domain.errors import CodeblueError
from shared.domain.value import Value

from .environment import Settings

HEADER = "X-MS-CLIENT-PRINCIPAL"
"""Base64 of JSON ("Work with user identities in Azure App Service authentication")."""

AUTHENTICATED = "WEBSITE_AUTH_ENABLED"
"""`True` in the environment of an app whose platform authenticates."""

ENTRA = "aad"

NAMES: Mapping[str, str] = {
    "oid": "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "tid": "http://schemas.microsoft.com/identity/claims/tenantid",
    "amr": "http://schemas.microsoft.com/claims/authnmethodsreferences",
    "scp": "http://schemas.microsoft.com/identity/claims/scope",
}
"""The names that the platform gives to claims of a token; others keep theirs."""

SECOND_FACTOR = "mfa"

EPOCH = re.compile(r"[0-9]{1,12}")
"""Seconds, as tokens have them."""


class Unauthenticated(CodeblueError):
    """Nobody vouches for whoever sent this."""


class NotAllowed(CodeblueError):
    """It is known who sent this, and they may not."""


class Caller(Value):
    """Whose token it is, by object id. `delegated`: a person's, and not a program's own; `factors` as Entra names them (`amr`)."""

    id: str
    delegated: bool
    factors: frozenset[str]


class Claim(BaseModel):
    """One claim as the platform hands it on."""

    model_config = ConfigDict(extra="ignore")

    typ: str
    val: str


class Principal(BaseModel):
    """The header."""

    model_config = ConfigDict(extra="ignore")

    auth_typ: str
    claims: tuple[Claim, ...]

    def all(self, name: str) -> list[str]:
        """Every value of a claim, by its name in the token."""
        return [claim.val for claim in self.claims if claim.typ in {name, NAMES.get(name)}]

    def one(self, name: str) -> str:
        """The value of a claim that is there once, else nothing."""
        found = self.all(name)
        return found[0] if len(found) == 1 else ""


def caller(headers: Mapping[str, str], variables: Mapping[str, str], settings: Settings, now: datetime) -> Caller:
    """Whose request this is. Raises `Unauthenticated`."""
    if variables.get(AUTHENTICATED, "").lower() != "true":
        raise Unauthenticated("the platform does not authenticate requests: switch App Service authentication on")
    said = _principal(headers.get(HEADER, ""))
    if said.auth_typ != ENTRA or not settings.tenant or said.one("tid") != settings.tenant:
        raise Unauthenticated("the token is not of the configured tenant")
    if said.one("aud") not in settings.audiences:
        raise Unauthenticated("the token is made out to somebody else")
    if not EPOCH.fullmatch(said.one("exp")) or int(said.one("exp")) <= now.timestamp():
        raise Unauthenticated("the token's time is over")
    if not said.one("oid"):
        raise Unauthenticated("the token does not say whose it is")
    return Caller(id=said.one("oid").lower(), delegated=bool(said.all("scp")), factors=frozenset(said.all("amr")))


def may_send(who: Caller, senders: Collection[str]) -> None:
    """Raises `NotAllowed` for whoever may not hand over alerts."""
    if who.id not in senders:
        raise NotAllowed(f"{who.id} is no sender of alerts (CODEBLUE_SENDERS)")


def may_decide(who: Caller, approvers: Collection[str]) -> None:
    """Raises `NotAllowed` for whoever may not decide: others, programs, and people without a second factor."""
    if who.id not in approvers:
        raise NotAllowed(f"{who.id} is no approver (CODEBLUE_APPROVERS)")
    if not who.delegated or SECOND_FACTOR not in who.factors:
        raise NotAllowed("deciding takes a person who signed in with a second factor")


def _principal(header: str) -> Principal:
    try:
        return Principal.model_validate_json(base64.b64decode(header, validate=True))
    except (binascii.Error, ValueError, ValidationError):
        raise Unauthenticated("the request carries no identity") from None
