"""Roles that somebody may activate, and roles that end by themselves (Privileged Identity Management of Azure resources).

Source: Microsoft.Authorization, role eligibility and role assignment schedule requests, 2020-10-01. Who is eligible activates by
itself: an active role that is taken away alone comes back. A tenant without the licence has none of this, and is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from shared.adapters.azure import activity
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.adapters.azure.rest import ARM, Rest
from shared.domain.errors import Refused
from shared.domain.facet import RoleAssigned, RoleEligible
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

API = "api-version=2020-10-01"
ACTIVE, ELIGIBLE = "roleAssignmentSchedule", "roleEligibilitySchedule"
UNLICENSED = frozenset({"AadPremiumLicenseRequired"})
DONE = frozenset({"RoleAssignmentDoesNotExist", "RoleAssignmentExists"})
"""Codes of a refusal that says that it is so already."""


def _held(arm: Rest, kind: str, subscription: str, principal: Ref) -> Iterator[Mapping[str, Any]]:
    """At every scope of a subscription, and over it."""
    path = f"{subscription}/providers/Microsoft.Authorization/{kind}Instances?{API}&$filter=principalId eq '{principal.id}'"
    try:
        yield from (one["properties"] for one in arm.every(path))
    except Refused as refused:
        if refused.code not in UNLICENSED:
            raise


def ends(arm: Rest, subscription: str, principal: Ref) -> dict[str, str]:
    """When active roles end by themselves, by the id of their assignment in lower case."""
    found = _held(arm, ACTIVE, subscription, principal)
    return {str(one["originRoleAssignmentId"]).lower(): second(one) for one in found if one.get("endDateTime")}


def second(one: Mapping[str, Any]) -> str:
    """The whole second of an instance's end: of what is sent, the service keeps and shows fractions as it likes."""
    return f"{str(one['endDateTime'])[:19]}Z"


def _read(clients: Clients, principal: Ref) -> tuple[RoleEligible, ...]:
    arm, found = clients.rest(ARM), {}
    for subscription in activity.subscriptions(clients):
        for one in _held(arm, ELIGIBLE, f"/subscriptions/{subscription}", principal):
            role = RoleEligible(
                role=one["roleDefinitionId"],
                scope=one["scope"],
                condition=one.get("condition") or "",
                until=second(one) if one.get("endDateTime") else "",
                present=True,
            )
            found[role.part] = role
    return tuple(found.values())


def _write(clients: Clients, principal: Ref, wanted: Sequence[RoleEligible]) -> Receipt:
    return Receipt(tuple(asked(clients.rest(ARM), ELIGIBLE, principal, each) for each in wanted))


def asked(arm: Rest, kind: str, principal: Ref, wanted: RoleAssigned | RoleEligible) -> str:
    """Give such a role, until it ends as it would have, or take it away. What would have ended by now is not given."""
    if wanted.present and wanted.until and datetime.fromisoformat(wanted.until) <= datetime.now(UTC):
        return ""
    body: dict[str, object] = {
        "principalId": principal.id,
        "roleDefinitionId": wanted.role,
        "requestType": "AdminAssign" if wanted.present else "AdminRemove",
        "justification": "an incident",
    }
    if wanted.present:
        end = {"type": "AfterDateTime", "endDateTime": wanted.until} if wanted.until else {"type": "NoExpiration"}
        body |= {"scheduleInfo": {"startDateTime": None, "expiration": end}}
        body |= {"condition": wanted.condition, "conditionVersion": "2.0"} if wanted.condition else {}
    place = f"{wanted.scope.rstrip('/')}/providers/Microsoft.Authorization/{kind}Requests/{uuid4()}?{API}"
    try:
        return arm.send("PUT", place, {"properties": body})
    except Refused as refused:
        if refused.code not in DONE:
            raise
        return refused.request_id


_M = "Microsoft.Authorization"
ENDS = Rights(frozenset({f"{_M}/{ACTIVE}Instances/read"}))
ASKS = Rights(frozenset({f"{_M}/{ACTIVE}Requests/write"}))
_READ = Rights(frozenset({f"{_M}/{ELIGIBLE}Instances/read"})) | activity.SUBSCRIPTIONS
_WRITE = Rights(frozenset({f"{_M}/{ELIGIBLE}Requests/write"}))
_HELD: FacetAdapter[RoleEligible] = FacetAdapter(_read, _write, _READ, _WRITE)

FACETS: FacetTable = {(kind, RoleEligible): _HELD for kind in (Kind.USER, Kind.SERVICE_PRINCIPAL, Kind.GROUP)}
