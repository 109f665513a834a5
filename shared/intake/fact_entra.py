"""Entra's audit log, sign-in logs and risk events, from diagnostic settings, Log Analytics and Microsoft Graph."""

from typing import Any

from .azure import actor, resource_id
from .fact import NOBODY, Fact, Who
from .moments import seconds
from .objects_left_out import without_objects
from .pieces import first, once, severity_of
from .tolerant import Document, folded, items, number, text, within

SOURCE = "entra"

DONE = frozenset({"dismissed", "remediated", "confirmedsafe"})


def audit(document: Document) -> Fact:
    """One change of the directory.

    `changed`: names of properties with their new values, as the log has them. `roles`: those that it is about, by their names.
    """
    inner = _inner(document)
    result = (first(inner, "result") or first(document, "result", "resulttype", "resultsignature")).lower()
    targets = items(inner.get("targetresources"))
    return Fact(
        source=SOURCE,
        event=first(inner, "activitydisplayname", "operationname") or first(document, "operationname") or "change",
        id=first(inner, "id") or first(document, "correlationid"),
        at=seconds(inner.get("activitydatetime") or document.get("time") or document.get("timegenerated")),
        account=first(document, "tenantid", "properties.tenantid"),
        service="directory",
        actor=_initiator(folded(inner.get("initiatedby"))),
        resources=without_objects(_target(each) for each in targets),
        opens=once(f"oid:{found.lower()}" for each in targets if (found := first(each, "id"))),
        failed=result in {"failure", "failed", "clienterror", "timeout"},
        address=first(document, "calleripaddress") or first(inner, "initiatedby.user.ipaddress"),
        request_id=first(inner, "correlationid") or first(document, "correlationid"),
        request={"changed": _changed(targets), "targets": _names(inner, targets), "roles": _roles(targets)},
    )


def _roles(targets: tuple[object, ...]) -> list[str]:
    """PIM names the role as what was changed, and not among its properties."""
    return [name for each in targets if first(each, "type").lower() == "role" and (name := first(each, "displayname"))]


def _names(inner: dict[str, Any], targets: tuple[object, ...]) -> list[str]:
    """Whom it was done to, and the address that was invited."""
    details = (first(each, "value") for each in items(inner.get("additionaldetails")) if "email" in first(each, "key").lower())
    return [name for name in (*(first(each, "userprincipalname", "displayname") for each in targets), *details) if name]


def _inner(document: Document) -> dict[str, Any]:
    return folded(document.get("properties")) or dict(document)


def _target(each: object) -> str:
    kind, name = first(each, "type").lower(), first(each, "id", "userprincipalname", "displayname")
    return f"entra:{kind or 'object'}/{name}".lower() if name else ""


def _changed(targets: tuple[object, ...]) -> dict[str, str]:
    changes = (change for each in targets for change in items(folded(each).get("modifiedproperties")))
    return {first(change, "displayname"): _value(folded(change).get("newvalue")) for change in changes}


def _value(thing: object) -> str:
    return thing[:4096] if isinstance(thing, str) else str(thing)[:4096]


def _initiator(by: dict[str, Any]) -> Who:
    user, app = folded(by.get("user")), folded(by.get("app"))
    if user:
        return actor(first(user, "userprincipalname", "displayname"), first(user, "id"))
    if app:
        name = first(app, "displayname", "serviceprincipalname")
        return actor(name, first(app, "serviceprincipalid"), first(app, "appid"), person=False)
    return NOBODY


def sign_in(document: Document) -> Fact:
    """One sign-in: interactive or not, a user's, a service principal's or a managed identity's."""
    inner = _inner(document)
    code = number(within(inner, "status", "errorcode")) or number(document.get("resulttype"))
    name, category = first(inner, "userprincipalname"), text(document.get("category")).lower()
    app = first(inner, "appid")
    person = bool(name) and "serviceprincipal" not in category and "managedidentity" not in category
    identity = actor(
        name or first(inner, "serviceprincipalname"), first(inner, "userid", "serviceprincipalid"), app, person=person,
        managed="managedidentity" in category,
    )  # fmt: skip
    return Fact(
        source=SOURCE,
        event="sign-in",
        id=first(inner, "id") or first(document, "correlationid"),
        at=seconds(inner.get("createddatetime") or document.get("time") or document.get("timegenerated")),
        account=first(document, "tenantid"),
        service="sign-in",
        actor=identity,
        failed=code != 0,
        error=str(int(code)) if code else "",
        severity=severity_of(first(inner, "riskleveldduringsignin", "risklevelduringsignin", "risklevelaggregated")),
        address=first(inner, "ipaddress") or first(document, "calleripaddress"),
        agent=first(inner, "useragent"),
        request=inner,
    )


def risk(document: Document) -> Fact:
    """A risk event or a risky user (Identity Protection)."""
    inner = _inner(document)
    state = first(inner, "riskstate").lower()
    return Fact(
        source=SOURCE,
        event=f"risk: {first(inner, 'riskeventtype', 'risktype') or 'risky user'}",
        id=first(inner, "id"),
        at=seconds(
            inner.get("detecteddatetime")
            or inner.get("risklastupdateddatetime")
            or inner.get("activitydatetime")
            or document.get("time")
        ),
        account=first(document, "tenantid"),
        service="risk",
        actor=actor(first(inner, "userprincipalname"), first(inner, "userid", "id")),
        resources=without_objects((resource_id(document, "resourceid"),)),
        closed=f"the risk is {state}" if state in DONE else "",
        severity=severity_of(first(inner, "risklevel")),
        address=first(inner, "ipaddress"),
        request=inner,
    )
