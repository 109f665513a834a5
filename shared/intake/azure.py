"""What Azure's logs have in common: who called (claims, in four shapes), which resource, with what result."""

from collections.abc import Mapping
from typing import Any

from .fact import NOBODY, Who
from .objects_left_out import BLOB
from .pieces import first, once
from .tolerant import Document, folded, number, text

FAILURES = frozenset(
    {"fail", "failed", "failure", "clienterror", "servererror", "unauthorized", "forbidden", "canceled", "timeout"}
)

CLAIM = "http://schemas.microsoft.com/identity/claims/"
SOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"

UPNS = (f"{SOAP}upn", "upn", "uniquename", f"{SOAP}emailaddress", f"{SOAP}name", "name")
"""Claims that name a person, best first (folded)."""

OBJECTS = (f"{CLAIM}objectidentifier", "oid")

GUEST = "#ext#"


def failed(*states: object) -> bool:
    """Whether one of these says so: a word, or an HTTP status of 400 and more."""
    for state in states:
        word = text(state).lower().replace(" ", "")
        if word in FAILURES or word.startswith(("failed", "failure")):
            return True
        if number(word.removesuffix(".0") if word else state) >= 400:  # noqa: PLR2004  HTTP
            return True
    return False


def resource_id(document: Document, *paths: str) -> str:
    """The resource, in lower case: Azure's ids are case-insensitive and come in every mixture. Blobs become their container."""
    return BLOB.sub("", first(document, *paths).lower())


def subscription(resource: str) -> str:
    """The subscription in `/subscriptions/<id>/…`."""
    return resource.partition("/subscriptions/")[2].partition("/")[0]


def who(document: Document, *claims_at: str) -> Who:
    """The caller from its claims, else from `caller` or `identity`."""
    claims: Mapping[str, Any] = {}
    for path in claims_at:
        place: object = document
        for step in path.split("."):
            place = folded(place).get(step)
        claims = folded(place)
        if claims:
            break
    name = first_of(claims, UPNS) or first(document, "caller", "initiatedby", "identity")
    oid, app = first_of(claims, OBJECTS), text(claims.get("appid"))
    return actor(name, oid, app, person="@" in name)


def first_of(claims: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The first of these claims that is there; names as they are written, folded for the comparison."""
    return next((found for name in names if (found := text(claims.get(name.replace("-", "").replace("_", "").lower())))), "")


def actor(name: str, oid: str = "", app: str = "", *, person: bool = True, managed: bool = False) -> Who:
    """A user, guest, service principal or managed identity; its lineage is the person, the object and the application."""
    if not (name or oid or app):
        return NOBODY
    keys = (
        f"person:{name.lower()}" if person and "@" in name else "",
        f"oid:{oid.lower()}" if oid else "",
        f"app:{app.lower()}" if app and not person else "",
    )
    kind = (
        "managed-identity"
        if managed
        else "entra-guest"
        if GUEST in name.lower()
        else "entra-user"
        if person
        else "service-principal"
    )
    return Who(name or oid or app, kind, "", once(keys), name)
