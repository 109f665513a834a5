"""The activity log: every write, delete and action that ARM was asked for, whoever asked and whatever came of it."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_TOLD = ("Microsoft.Authorization", "Microsoft.Insights")
"""Whose requests the log keeps word for word."""
_PUBLISHER = "https://schemas.xmlsoap.org/ws/2005/05/identity/claims"


class ActivityLog:
    """Events of the last 90 days; a query sees each once the log's delay has gone by."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._events: list[tuple[float, dict[str, Any]]] = []

    def note(self, call: ArmCall, answer: Answer | Problem) -> None:
        """What was asked and how it ended."""
        if call.method in ("GET", "HEAD"):
            return
        event = self._event(call, answer)
        self._events.append((self._cloud.clock.now(), event))
        row = {
            "TimeGenerated": event["eventTimestamp"],
            "OperationNameValue": event["operationName"]["value"].upper(),
            "ActivityStatusValue": "Success" if event["status"]["value"] == "Succeeded" else "Failure",
            "Caller": event["caller"],
            "CallerIpAddress": event["httpRequest"]["clientIpAddress"],
            "CorrelationId": event["correlationId"],
            "_ResourceId": call.resource_id.lower(),
            "ResourceGroup": call.group,
            "SubscriptionId": call.subscription,
        }
        if call.subscription:
            self._cloud.logs.record(f"/subscriptions/{call.subscription}", "Administrative", row)

    def _event(self, call: ArmCall, answer: Answer | Problem) -> dict[str, Any]:
        caller, refused = call.caller, isinstance(answer, Problem)
        content = {"requestbody": call.request.body.decode()} if call.namespace in _TOLD and call.method == "PUT" else {}
        return {
            "eventTimestamp": iso(call.request.at),
            "submissionTimestamp": iso(call.request.at + self._cloud.delays.log),
            "eventDataId": str(uuid.uuid4()),
            "operationId": call.request.id,
            "correlationId": call.request.correlation,
            "caller": caller.name if caller.kind == "User" else caller.object_id,
            "claims": {
                "appid": caller.app_id,
                "http://schemas.microsoft.com/identity/claims/objectidentifier": caller.object_id,
                f"{_PUBLISHER}/upn": caller.name if caller.kind == "User" else "",
            },
            "authorization": {"action": call.action, "scope": call.resource_id},
            "operationName": {"value": call.action, "localizedValue": call.action},
            "category": {"value": "Administrative", "localizedValue": "Administrative"},
            "resourceGroupName": call.group,
            "resourceProviderName": {"value": call.namespace, "localizedValue": call.namespace},
            "resourceType": {"value": call.type, "localizedValue": call.type},
            "resourceId": call.resource_id,
            "subscriptionId": call.subscription,
            "properties": content,
            "level": "Error" if refused else "Informational",
            "status": {"value": "Failed" if refused else "Succeeded"},
            "subStatus": {"value": answer.code if isinstance(answer, Problem) else "OK"},
            "httpRequest": {
                "clientRequestId": call.request.header("x-ms-client-request-id"),
                "clientIpAddress": call.request.address,
                "method": call.method,
            },
        }

    def age(self, kind: str, seconds: float) -> None:
        """Let whatever was done to resources of this type have been done at least so long ago."""
        newest = self._cloud.clock.now() - seconds
        for number, (at, event) in enumerate(self._events):
            if event["resourceType"]["value"].lower() == kind.lower() and at > newest:
                self._events[number] = (at - seconds, {**event, "eventTimestamp": iso(at - seconds)})
        self._events.sort(key=lambda each: each[0])

    def seen(self, subscription: str) -> Iterator[dict[str, Any]]:
        """What the log shows of a subscription now, the oldest first."""
        now = self._cloud.clock.now()
        for at, event in self._events:
            if at + self._cloud.delays.log <= now and event["subscriptionId"].lower() == subscription.lower():
                yield event
