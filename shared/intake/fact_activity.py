"""Azure's Activity log in its shapes: exported, from the REST API, from Log Analytics, inside an alert or an Event Grid event."""

from typing import Any

from .azure import failed, resource_id, subscription, who
from .azure_calls import known_as
from .fact import Fact
from .moments import seconds
from .objects_left_out import without_objects
from .pieces import first, severity_of
from .tolerant import Document, folded, parsed, text, within

SOURCE = "azure-activity"

CATEGORIES = {
    "servicehealth": "news of Azure's own health",
    "resourcehealth": "news of a resource's health",
    "recommendation": "a recommendation, and nobody's act",
    "autoscale": "a scaling rule at work",
    "alert": "an alert rule's own state; what it saw comes as an alert",
}
"""Categories that tell of nobody's act, and what they are (Azure Monitor, "Activity log schema")."""


def fact(document: Document) -> Fact:
    """One operation. Its event is the operation's name in lower case: the log writes it in every mixture.

    Its request is known by the correlation id that Resource Manager answered with, and by what it did (`known_as`).
    """
    name = first(document, "operationname.value", "operationname", "operationnamevalue", "authorization.action").lower()
    resource = resource_id(
        document, "resourceid", "resourceuri", "properties.entity", "authorization.scope", "id", "properties.resource"
    )
    category = first(document, "category.value", "category", "categoryvalue", "properties.eventcategory").lower()
    status = within(document, "status", "value") or document.get("status")
    return Fact(
        source=SOURCE,
        event=name or first(document, "properties.title") or "activity",
        id=first(document, "eventdataid", "correlationid", "id", "operationid"),
        at=seconds(
            document.get("time") or document.get("eventtimestamp") or document.get("timegenerated") or document.get("eventtime")
        ),
        account=first(document, "subscriptionid") or subscription(resource),
        actor=who(document, "identity.claims", "claims", "claimsd"),
        resources=without_objects((resource,)),
        failed=failed(
            document.get("resulttype"),
            status if isinstance(status, str) else "",
            document.get("activitystatusvalue"),
            document.get("activitystatus"),
            text(document.get("resultsignature")).rpartition(".")[2],
        ),
        reads=name.endswith("/read"),
        aside=CATEGORIES.get(category, "") or ("news of Azure's own health" if name.startswith("microsoft.servicehealth/") else ""),
        severity=severity_of(first(document, "level")),
        sure=BEGUN if _is_begun(document, status) else 1.0,
        address=first(document, "calleripaddress", "httprequest.clientipaddress", "claims.ipaddr"),
        request_id=known_as(first(document, "correlationid"), name, resource),
        request=_request(document),
    )


BEGUN = 0.5
"""How sure it is that an operation happened which has only begun: its end is another record."""

BEGINNINGS = frozenset({"start", "started", "accept", "accepted"})


def _is_begun(document: Document, status: object) -> bool:
    words = (text(document.get("resulttype")), status if isinstance(status, str) else "", text(document.get("activitystatusvalue")))
    return any(word.lower() in BEGINNINGS for word in words)


def _request(document: Document) -> dict[str, Any]:
    """What was asked for: the request's body, where the log has it, over the other properties."""
    properties = folded(document.get("properties")) or folded(document.get("propertiesd"))
    body = parsed(text_whole(properties.get("requestbody")))
    return properties | (folded(body) if isinstance(body, dict) else {})


def text_whole(thing: object) -> str:
    """A request body may be longer than any name."""
    return thing if isinstance(thing, str) else ""
