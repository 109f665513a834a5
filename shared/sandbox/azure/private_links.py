"""Private endpoint connections, as the owner of a store or vault sees them: approved, pending, rejected.

They hang on the resource itself, whoever's provider it belongs to.
"""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.arm_call import ArmCall, not_found
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

KIND = "privateendpointconnections"
_STATES = ("Approved", "Pending", "Rejected", "Disconnected")
_NOBODY = {"status": "Disconnected", "description": "", "actionsRequired": "None"}


class PrivateLinks:
    """Connections to every resource that private endpoints can lead to."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def handle(self, call: ArmCall) -> Answer:
        """Read, decide about, or remove the connections of one resource."""
        target = call.resource_id if call.listing else call.resource_id.rpartition("/")[0].rpartition("/")[0]
        held = self._of(target)
        if call.listing:
            return Answer.of(200, {"value": held})
        one = next((each for each in held if each["name"].lower() == call.name.lower()), None)
        if one is None:
            if call.method == "DELETE":
                return Answer(204)
            raise not_found(call.resource_id)
        if call.method == "DELETE":
            held.remove(one)
            return Answer(200)
        if call.method == "PUT":
            self._decide(one, (call.body.get("properties") or {}).get("privateLinkServiceConnectionState") or {})
        return Answer.of(200, one)

    def _decide(self, one: dict[str, Any], asked: dict[str, Any]) -> None:
        if asked.get("status") not in _STATES:
            raise Problem(400, "InvalidRequestFormat", f"The status '{asked.get('status')}' is not valid.")
        one["properties"]["privateLinkServiceConnectionState"] = {**_NOBODY, **asked}

    def connect(self, call: ArmCall, target: str, *, manual: bool) -> None:
        """An endpoint asks to be connected: at once where its maker may approve, by request where they ask the owner."""
        document = self._cloud.resources.get(target)
        action = f"{document['type']}/PrivateEndpointConnectionsApproval/action"
        allowed = self._cloud.rbac.permits(call.caller, action, target)
        if not allowed and not manual:
            text = f"The client '{call.caller.object_id}' does not have permission to perform action '{action}'"
            raise Problem(403, "LinkedAuthorizationFailed", f"{text} on the linked scope '{target}'.")
        status = "Approved" if allowed and not manual else "Pending"
        name = f"{call.name}.{uuid.uuid4()}"
        state = {"status": status, "description": "Auto-Approved" if allowed else "", "actionsRequired": "None"}
        properties = {
            "privateEndpoint": {"id": call.resource_id},
            "privateLinkServiceConnectionState": state,
            "provisioningState": "Succeeded",
        }
        kind = f"{document['type']}/privateEndpointConnections"
        self._of(target).append(
            {"id": f"{target}/privateEndpointConnections/{name}", "name": name, "type": kind, "properties": properties}
        )

    def state(self, endpoint: str, target: str) -> dict[str, Any]:
        """What the owner decided about an endpoint."""
        for one in self._about(endpoint, target):
            return dict(one["properties"]["privateLinkServiceConnectionState"])
        return dict(_NOBODY)

    def disconnect(self, endpoint: str) -> None:
        """The endpoint is gone, and its connections with it."""
        for resource in list(self._cloud.resources.by_id.values()):
            held = (resource.get("properties") or {}).get("privateEndpointConnections")
            for one in list(self._about(endpoint, resource["id"])) if held else ():
                self._of(resource["id"]).remove(one)

    def _about(self, endpoint: str, target: str) -> Iterator[dict[str, Any]]:
        for one in self._of(target):
            if one["properties"]["privateEndpoint"]["id"].lower() == endpoint.lower():
                yield one

    def _of(self, target: str) -> list[dict[str, Any]]:
        """The list that the resource itself shows and judges by."""
        shown, account = self._cloud.resources.get(target)["properties"], self._cloud.storage.of_id(target)
        judged = account.properties if account else shown
        connections: list[dict[str, Any]] = judged.setdefault("privateEndpointConnections", [])
        shown["privateEndpointConnections"] = connections
        return connections
