"""Azure's alerts: the common schema, Defender for Cloud, Microsoft Graph, Sentinel; and Event Grid's events, in both schemas."""

from collections.abc import Iterator

from . import fact_activity
from .azure import actor, resource_id, subscription
from .fact import NOBODY, Fact, Who
from .moments import seconds
from .objects_left_out import BLOB, without_objects
from .pieces import first, once, severity_of
from .tolerant import Document, fold, folded, items, shown, text, within

SAMPLE = "SAMPLE ALERT"

CLOSED = frozenset({"resolved", "dismissed", "closed", "inactive", "falsepositive", "benignpositive"})


def common(document: Document) -> Fact:
    """An Azure Monitor alert in the common schema; an alert on the activity log is that log's operation."""
    data = folded(document.get("data")) or dict(document)
    essentials, context = folded(data.get("essentials")), folded(data.get("alertcontext"))
    condition = first(essentials, "monitorcondition").lower()
    resources = without_objects(BLOB.sub("", text(each).lower()) for each in items(essentials.get("alerttargetids")))
    if first(context, "operationname") and condition != "resolved":
        target = first(context, "resourceid", "authorization.scope") or next(iter(resources), "")
        return fact_activity.fact(context | {"resourceid": target})
    return Fact(
        source="azure-alert",
        event=first(essentials, "alertrule") or first(context, "conditiontype") or shown(first(document, "schemaid")) or "alert",
        id=first(essentials, "alertid", "originalertid"),
        at=seconds(essentials.get("fireddatetime")) or seconds(within(context, "condition", "windowendtime")),
        account=subscription(resources[0]) if resources else "",
        service=first(essentials, "signaltype", "monitoringservice").lower(),
        resources=resources,
        closed="the alert is resolved" if condition == "resolved" else "",
        aside="" if essentials or context else "an Azure notice of another schema: money or health, and nobody's act",
        severity=severity_of(first(essentials, "severity")),
        request=context,
    )


def defender(document: Document) -> Fact:
    """A Defender for Cloud alert: exported, from the REST API, or by Log Analytics."""
    inner = folded(document.get("properties")) or dict(document)
    title = first(inner, "alertdisplayname", "displayname", "alertname")
    state = first(inner, "status", "state").lower()
    entities = [folded(each) for each in items(inner.get("entities"))]
    resources = without_objects(
        (
            resource_id(inner, "azureresourceid", "resourceid", "associatedresource"),
            *(BLOB.sub("", first(e, "azureid", "resourceid").lower()) for e in entities),
        )
    )
    return Fact(
        source="defender",
        event=first(inner, "alerttype", "alertname") or title,
        id=first(inner, "systemalertid", "vendororiginalid") or first(document, "id", "name"),
        at=seconds(
            inner.get("timegenerated") or inner.get("timegeneratedutc") or inner.get("endtimeutc") or inner.get("starttimeutc")
        ),
        account=subscription(resources[0]) if resources else "",
        actor=_of_key(inner, resources) or _of_entities(entities),
        resources=resources,
        address=_address(inner, entities),
        sample=SAMPLE in title.upper() or SAMPLE in first(inner, "description").upper(),
        closed=f"the alert is {state}" if state in CLOSED else "",
        severity=severity_of(first(inner, "severity", "reportedseverity")),
        request=inner,
    )


BY_KEY = frozenset({"accountkey", "sharedkey", "storageaccountkey", "sas", "sharedaccesssignature"})
"""Ways of proving oneself that name nobody (Defender for Storage, an alert's extended properties), folded."""


def _of_key(inner: Document, resources: tuple[str, ...]) -> Who | None:
    """The holder of a store's own key: which of its keys it was the alert does not say."""
    way = fold(_added(inner, "authenticationtype")).replace(" ", "")
    store = next((each.rpartition("/")[2] for each in resources if "/storageaccounts/" in each), "")
    if way not in BY_KEY or not store:
        return None
    return Who(f"a key of {store}", "store-key", "", (f"store-key:{store}",))


def _address(inner: Document, entities: list[dict[str, object]]) -> str:
    """Where the caller stood: the alert's own word, else the only address among its entities."""
    found = once(first(each, "address") for each in entities if first(each, "type", "kind").lower() == "ip")
    return _added(inner, "clientipaddress") or (found[0] if len(found) == 1 else "")


def _added(inner: Document, wanted: str) -> str:
    """One of an alert's extended properties, whose names are words with spaces."""
    more = folded(inner.get("extendedproperties"))
    return next((text(value) for name, value in more.items() if name.replace(" ", "") == wanted), "")


def _of_entities(entities: list[dict[str, object]]) -> Who:
    for each in entities:
        if first(each, "type", "kind").lower() == "account":
            name, suffix = first(each, "name"), first(each, "upnsuffix")
            program = first(each, "serviceprincipalid", "serviceprincipalobjectid")
            found = actor(f"{name}@{suffix}" if suffix else name, first(each, "aaduserid") or program, person=not program)
            if found.text:
                return found
    return NOBODY


def graph(document: Document) -> Fact:
    """An alert of the Microsoft Graph security API."""
    state = (first(document, "status") or first(document, "classification")).lower()
    return Fact(
        source="defender",
        event=first(document, "title", "category") or "alert",
        id=first(document, "id", "provideralertid"),
        at=seconds(document.get("lastactivitydatetime") or document.get("lastupdatedatetime") or document.get("createddatetime")),
        account=first(document, "tenantid", "azuretenantid"),
        actor=_of_evidence(document),
        sample=SAMPLE in first(document, "title").upper(),
        closed=f"the alert is {state}" if state in CLOSED else "",
        severity=severity_of(first(document, "severity")),
        request=dict(document),
    )


def _of_evidence(document: Document) -> Who:
    for each in (*items(document.get("evidence")), *items(document.get("userstates"))):
        account = folded(folded(each).get("useraccount")) or folded(each)
        if name := first(account, "userprincipalname"):
            return actor(name, first(account, "azureaduserid", "aaduserid"))
    return NOBODY


def sentinel(document: Document) -> Fact:
    """A Sentinel incident: what a Logic App playbook gets (`object`), or the API's own form."""
    whole = folded(document.get("object")) or dict(document)
    inner = folded(whole.get("properties")) or whole
    state = first(inner, "classification").lower() or first(inner, "status").lower()
    entities = [folded(folded(each).get("properties")) or folded(each) for each in items(inner.get("relatedentities"))]
    return Fact(
        source="sentinel",
        event=first(inner, "title") or "incident",
        id=first(whole, "id", "name"),
        at=seconds(inner.get("lastmodifiedtimeutc") or inner.get("createdtimeutc") or inner.get("lastactivitytimeutc")),
        account=subscription(first(whole, "id").lower()),
        actor=_of_entities([each | {"type": "account"} if "upnsuffix" in each else each for each in entities]),
        resources=without_objects(resource_id(each, "resourceid") for each in entities),
        closed=f"the incident is {state}" if state in CLOSED else "",
        severity=severity_of(first(inner, "severity")),
        request=inner,
    )


def event_grid(document: Document) -> Fact:
    """An Event Grid event or a CloudEvent; a resource operation becomes the activity log's operation."""
    kind = first(document, "eventtype", "type")
    data = folded(document.get("data"))
    source = first(document, "topic", "source").lower()
    if first(data, "operationname") and kind.lower().startswith("microsoft.resources."):
        result = "Failed" if "failure" in kind.lower() else "Success"
        return fact_activity.fact(data | {"time": document.get("eventtime") or document.get("time"), "resulttype": result})
    return Fact(
        source="event-grid",
        event=kind,
        id=first(document, "id"),
        at=seconds(document.get("eventtime") or document.get("time")),
        account=subscription(source),
        resources=without_objects(_grid_resources(source, first(document, "subject"), data)),
        closed=_state(data),
        request=data,
    )


def _grid_resources(source: str, subject: str, data: dict[str, object]) -> Iterator[str]:
    """The store or vault; of a key or secret its id without the version. A blob's address can name a patient and is not kept."""
    yield source
    if ".vault." in (item := first(data, "id")):
        yield "/".join(item.lower().split("/")[:5])
    if "policyassignmentid" in data:
        yield BLOB.sub("", subject.lower())


def _state(data: dict[str, object]) -> str:
    """Azure Policy's state changes (Event Grid schema for PolicyInsights)."""
    verdict = first(data, "compliancestate").lower()
    return "the resource complies with the policy" if verdict == "compliant" else ""
