"""OCSF events: Security Hub v2, Security Lake's CloudTrail, Prowler's output (Open Cybersecurity Schema Framework 1.x)."""

from collections.abc import Iterator
from typing import Any

from .fact import Fact
from .moments import seconds
from .objects_left_out import of_object, without_key, without_objects
from .pieces import first, severity_of
from .tolerant import Document, folded, items, number, parsed, text, within
from .trail import trail_of
from .trail_fact import fact_of

SOURCE = "ocsf"

CALLS = frozenset({3001, 3002, 3003, 3004, 3005, 3006, 6001, 6003, 6005})
"""Classes that are API calls, sign-ins and changes of accounts."""

FINDINGS = frozenset({2001, 2003, 2004, 2005, 2006, 2007})

ASIDE = {2002: "a vulnerability: a way in that nobody is seen to have used"}

STATES = {
    "PASS": "the check is passed",
    "PASSED": "the check is passed",
    "MANUAL": "the check has to be made by a person",
    "MUTED": "somebody muted the check",
    "RESOLVED": "the finding is resolved",
    "SUPPRESSED": "somebody suppressed the finding",
    "ARCHIVED": "the finding is archived",
    "DELETED": "the finding is deleted",
}


def fact(document: Document) -> Fact:
    """One event; a CloudTrail record in OCSF's words becomes the same fact that the record itself is."""
    kind = int(number(document.get("classuid")))
    if kind in CALLS and first(document, "api.operation"):
        return fact_of(trail_of(_call(document)))
    if kind in FINDINGS:
        return _finding(document, kind)
    name = first(document, "classname", "typename") or f"class {kind}"
    return _envelope(document, event=name, aside=ASIDE.get(kind, f"OCSF {name}: nothing that shows who reached health data"))


def _envelope(document: Document, **fields: object) -> Fact:
    common: dict[str, Any] = {
        "source": SOURCE,
        "id": first(document, "metadata.uid", "findinginfo.uid", "finding.uid"),
        "at": _at(document),
        "account": first(document, "cloud.account.uid", "cloud.accountuid"),
        "region": first(document, "cloud.region"),
        "resources": without_objects(_resources(document)),
        "severity": _severity(document),
    }
    return Fact(**(common | fields))


def _at(document: Document) -> float | None:
    return (
        seconds(document.get("time")) or seconds(document.get("timedt")) or seconds(within(document, "findinginfo", "createdtime"))
    )


def _severity(document: Document) -> float:
    """`severity` in words, or `severity_id`: 1 informational … 5 critical, 6 fatal."""
    return severity_of(document.get("severity")) or min(10.0, 2 * max(0.0, number(document.get("severityid")) - 0.5))


def _resources(document: Document) -> Iterator[str]:
    for each in (*items(document.get("resources")), *items(document.get("resource"))):
        name = of_object(first(each, "uid", "name"), first(each, "type"))
        yield without_key(name) or name


def _finding(document: Document, kind: int) -> Fact:
    state = first(document, "statuscode", "compliance.status", "compliance.state").upper()
    status = first(document, "status", "state").upper()
    product = first(document, "metadata.product.name")
    control = first(document, "compliance.control", "metadata.eventcode")
    types = within(document, "findinginfo", "types") or within(document, "finding", "types")
    event = (
        control
        or next((name for each in items(types) if (name := text(each))), "")
        or first(document, "findinginfo.title", "finding.title")
    )
    return _envelope(
        document,
        event=event or f"finding of {product}",
        closed=STATES.get(state, "") or STATES.get(status, ""),
        sample="[SAMPLE]" in first(document, "findinginfo.title"),
        request={"kind": "control" if kind == 2003 or state in {"FAIL", "FAILED"} else "ttps", "product": product},  # noqa: PLR2004  Compliance Finding
    )


def _call(document: Document) -> dict[str, Any]:
    """CloudTrail's fields from OCSF's (the mapping of Security Lake)."""
    user = folded(within(document, "actor", "user"))
    issuer = first(document, "actor.session.issuer")
    unmapped = folded(document.get("unmapped"))
    error = first(document, "api.response.error")
    failed = text(document.get("status")).lower() == "failure"
    return {
        "eventname": first(document, "api.operation"),
        "eventsource": first(document, "api.service.name"),
        "eventtime": document.get("timedt") or _at(document),
        "eventid": first(document, "metadata.uid"),
        "awsregion": first(document, "cloud.region"),
        "sourceipaddress": first(document, "srcendpoint.ip", "srcendpoint.domain", "srcendpoint.svcname"),
        "useragent": first(document, "httprequest.useragent"),
        "errorcode": error or ("Failure" if failed else ""),
        "recipientaccountid": first(document, "cloud.account.uid", "cloud.accountuid") or unmapped.get("recipientaccountid"),
        "requestid": first(document, "api.request.uid"),
        "requestparameters": parsed(first(document, "api.request.data")) or _dotted(unmapped, "requestparameters."),
        "responseelements": parsed(first(document, "api.response.data")) or _dotted(unmapped, "responseelements."),
        "resources": [
            {"arn": first(each, "uid"), "accountid": first(each, "account.uid")} for each in items(document.get("resources"))
        ],
        "useridentity": {
            "type": first(user, "type"),
            "arn": first(user, "uidalt", "uuid") if not first(user, "uid").startswith("arn:") else first(user, "uid"),
            "principalid": first(user, "uid"),
            "accountid": first(user, "account.uid", "accountuid"),
            "username": first(user, "name"),
            "accesskeyid": first(user, "credentialuid"),
            "invokedby": first(document, "actor.invokedby"),
            "sessioncontext": {"sessionissuer": {"arn": issuer}} if issuer.startswith("arn:") else {},
        },
    }


def _dotted(fields: dict[str, Any], start: str) -> dict[str, Any]:
    """`requestParameters.bucketName: x` as `{bucketname: x}`."""
    return {key.removeprefix(start): value for key, value in fields.items() if key.startswith(start)}
