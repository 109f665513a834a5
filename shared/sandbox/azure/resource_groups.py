"""Microsoft.Resources: subscriptions and resource groups, and the ground that a scene stands on."""

from typing import TYPE_CHECKING

from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_GROUPS = "Microsoft.Resources/resourceGroups"
_SUBSCRIPTIONS = "Microsoft.Resources/subscriptions"


class ResourceGroups:
    """Subscriptions can be read, resource groups also made and deleted."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def handle(self, call: ArmCall) -> Answer:
        if call.method == "GET":
            return self._get(call)
        if call.kinds != "subscriptions/resourcegroups" or call.method not in ("PUT", "DELETE"):
            raise Problem(405, "MethodNotAllowed", f"The HTTP method '{call.method}' is not supported at '{call.type}'.")
        if call.method == "DELETE":
            return Answer(200 if self._cloud.resources.drop(call.resource_id) else 204)
        body = {"location": call.body.get("location", "eastus"), "tags": call.body.get("tags", {})}
        return Answer.of(201, add_group(self._cloud, call.pairs[0][1], call.name, **body))

    def _get(self, call: ArmCall) -> Answer:
        if not call.listing:
            kind = "ResourceGroup" if call.kinds.endswith("resourcegroups") else "Subscription"
            held = self._cloud.resources.find(call.resource_id)
            if held is None:
                raise Problem(404, f"{kind}NotFound", f"{kind} '{call.name}' could not be found.")
            return Answer.of(200, held)
        if call.tail != "subscriptions":
            return Answer.of(200, {"value": self._cloud.resources.under(call.scope, _GROUPS)})
        action, every = f"{_SUBSCRIPTIONS}/read", self._cloud.resources.under("", _SUBSCRIPTIONS)
        return Answer.of(200, {"value": [one for one in every if self._cloud.rbac.permits(call.caller, action, one["id"])]})


def add_subscription(cloud: "Cloud", subscription: str, *, parent: str = "") -> str:
    """A subscription, under a management group where one is named; its resource id."""
    scope = f"/subscriptions/{subscription}"
    cloud.resources.put(scope, {"subscriptionId": subscription, "state": "Enabled", "displayName": subscription}, _SUBSCRIPTIONS)
    if parent:
        cloud.rbac.parents[scope.lower()] = f"/providers/microsoft.management/managementgroups/{parent.lower()}"
    return scope


def add_group(cloud: "Cloud", subscription: str, name: str, **body: object) -> dict[str, object]:
    """A resource group; as ARM shows it."""
    whole = {"location": "eastus", **body, "properties": {"provisioningState": "Succeeded"}}
    return cloud.resources.put(f"/subscriptions/{subscription}/resourceGroups/{name}", whole, _GROUPS)
