"""The activity log of a subscription, which keeps 90 days and can not be switched off (Azure Monitor REST API, Activity Logs)."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.log_rows import moment
from shared.adapters.azure.rest import ARM
from shared.domain.facet.sign_ins import ELIGIBLE
from shared.domain.resource import Kind, Ref
from shared.intake.azure_names import principal, ref
from shared.intake.fact import Fact
from shared.intake.fact_activity import fact
from shared.intake.fact_signal_azure import actor_of
from shared.intake.pieces import first
from shared.intake.tolerant import folded
from shared.ports import Act

KEPT = timedelta(days=89)
API = "api-version=2015-04-01"

SUBSCRIPTIONS = Rights(frozenset({"Microsoft.Resources/subscriptions/read"}))
EVENTS = Rights(frozenset({"Microsoft.Insights/eventtypes/values/Read"}))
RIGHTS = EVENTS | SUBSCRIPTIONS


def subscriptions(clients: Clients) -> tuple[str, ...]:
    """Every subscription that we see."""
    return tuple(one["subscriptionId"].lower() for one in clients.rest(ARM).every("/subscriptions?api-version=2022-12-01"))


def events(clients: Clients, subscription: str, since: datetime, term: str = "") -> Iterator[Mapping[str, Any]]:
    """Events since then, the newest first; `term` is one more condition of the service's filter."""
    start = max(since, datetime.now(UTC) - KEPT).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    wanted = f"eventTimestamp ge '{start}'" + (f" and {term}" if term else "")
    path = f"/subscriptions/{subscription}/providers/Microsoft.Insights/eventtypes/management/values?{API}&$filter={quote(wanted)}"
    return clients.rest(ARM).every(path)


def told(event: Mapping[str, Any]) -> Fact:
    """One event, read."""
    return fact(folded(event))


def act(event: Mapping[str, Any]) -> Act | None:
    """One event as an act; None where nobody in particular did it."""
    said = told(event)
    actor = actor_of(said.actor)
    if actor is None or said.aside:
        return None
    target = ref(said.resources[0]) if said.resources else None
    return Act(
        id=said.id,
        at=moment(event["eventTimestamp"]),
        actor=actor,
        name=said.event,
        resources=(target,) if target else (),
        created=(),
        source_address=said.address,
        source_network="",
        request_id=said.request_id,
        failed=said.failed,
        by_service=False,
        gave=tuple(_assigned(said, event)),
    )


ASSIGNING = "microsoft.authorization/roleassignments/write"
SCHEDULING = {
    "microsoft.authorization/roleassignmentschedulerequests/write": "",
    "microsoft.authorization/roleeligibilityschedulerequests/write": f"{ELIGIBLE} ",
}
"""Roles for a time, and roles for the taking: how the part of each begins. Who asks for its own is eligible already."""
HOLDERS = {"user": Kind.USER, "group": Kind.GROUP}
"""Kinds of principals as assignments write them; who wrote none of them is looked up as an application first."""


def _assigned(said: Fact, event: Mapping[str, Any]) -> Iterator[tuple[Ref, str]]:
    """Who was given a role, and the id of the assignment, or role and scope: the log has the request's body."""
    asked, place = folded(folded(said.request).get("properties")), str(event.get("resourceId", "")).lower()
    holder, kind = first(asked, "principalid"), first(asked, "principaltype").lower()
    if not holder:
        return
    given = principal(HOLDERS.get(kind, Kind.SERVICE_PRINCIPAL), holder)
    if said.event == ASSIGNING:
        yield given, place
    elif said.event in SCHEDULING and first(asked, "requesttype").lower() == "adminassign":
        role = first(asked, "roledefinitionid").rpartition("/")[2]
        yield given, f"{SCHEDULING[said.event]}{role} {place.rpartition('/providers/microsoft.authorization/')[0] or '/'}".lower()
