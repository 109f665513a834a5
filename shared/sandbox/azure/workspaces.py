"""Microsoft.OperationalInsights: Log Analytics workspaces, where rows of logs are kept."""

import uuid
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_KIND = "Microsoft.OperationalInsights/workspaces"


class Workspaces:
    """Workspaces are made, read, deleted; queries go to another host, by `customerId`."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def handle(self, call: ArmCall) -> Answer:
        if call.kinds != "workspaces" or call.method not in ("GET", "PUT", "DELETE"):
            raise Problem(405, "MethodNotAllowed", f"The HTTP method '{call.method}' is not supported at '{call.type}'.")
        if call.listing:
            return Answer.of(200, {"value": self._cloud.resources.under(call.scope, _KIND)})
        if call.method == "GET":
            return Answer.of(200, self._cloud.resources.get(call.resource_id))
        if call.method == "DELETE":
            return Answer(200 if self._cloud.resources.drop(call.resource_id) else 204)
        return Answer.of(201, add_workspace(self._cloud, call.resource_id, **dict(call.body)))


def add_workspace(cloud: "Cloud", resource_id: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - ARM's own properties
    """A workspace; one that exists keeps its `customerId`."""
    before = cloud.resources.find(resource_id)
    known = before["properties"]["customerId"] if before else str(uuid.uuid4())
    properties = {
        "retentionInDays": 30,
        **(body.pop("properties", None) or {}),
        "customerId": known,
        "provisioningState": "Succeeded",
    }
    return cloud.resources.put(resource_id, {"location": "eastus", **body, "properties": properties}, _KIND)
