"""The directory's audit log: who changed what, and which properties from what to what (Microsoft Graph v1.0, directoryAudit)."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.graph_ask import Ask, Route
from shared.sandbox.azure.wire import Answer

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

type Changed = Mapping[str, tuple[object, object]]
"""Properties by name, as they were and as they are; the log writes both as JSON."""


class Audits:
    """Events, each seen once the log's delay has gone by."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._events: list[tuple[float, dict[str, Any]]] = []

    def note(self, ask: Ask, activity: str, targets: Sequence[tuple[str, str]], changed: Changed) -> None:
        """What somebody did to objects (id and type each); what changed stands with the first of them."""
        event: dict[str, Any] = {
            "id": f"Directory_{uuid.uuid4()}",
            "activityDateTime": iso(ask.now),
            "activityDisplayName": activity,
            "correlationId": ask.request.id,
            "category": f"{targets[0][1]}Management",
            "result": "success",
            "initiatedBy": _initiator(ask),
            "targetResources": [{"id": name, "type": kind, "modifiedProperties": []} for name, kind in targets],
        }
        event["targetResources"][0]["modifiedProperties"] = [
            {"displayName": name, "oldValue": json.dumps(old), "newValue": json.dumps(new)} for name, (old, new) in changed.items()
        ]
        self._events.append((ask.now, event))
        self._cloud.logs.record("/providers/microsoft.aadiam", "AuditLogs", event)

    def seen(self) -> Iterator[dict[str, Any]]:
        """What the log shows now, the newest first."""
        now = self._cloud.clock.now()
        return (event for at, event in reversed(self._events) if at + self._cloud.delays.log <= now)


def _initiator(ask: Ask) -> dict[str, Any]:
    """A user with an address; an application without one, and often without its application id."""
    caller = ask.caller
    if caller.kind == "User":
        return {"user": {"id": caller.object_id, "userPrincipalName": caller.name, "ipAddress": ask.request.address}, "app": None}
    return {"user": None, "app": {"appId": None, "servicePrincipalId": caller.object_id, "displayName": caller.name}}


def _audits(ask: Ask) -> Answer:
    return ask.many(ask.cloud.entra.audits.seen(), "auditLogs/directoryAudits")


ROUTES = (Route("GET", "auditLogs/directoryAudits", ("AuditLog.Read.All",), _audits),)
