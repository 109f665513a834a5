"""Microsoft.Security: the alerts of Defender for Cloud that a scenario stores, and no others."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_KIND = "Microsoft.Security/Locations/alerts"


class Security:
    """Alerts are listed by subscription (REST API, Alerts - List); nothing here detects anything."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def handle(self, call: ArmCall) -> Answer:
        if (call.method, call.kinds) != ("GET", "alerts"):
            raise Problem(405, "MethodNotAllowed", f"The HTTP method '{call.method}' is not supported at '{call.type}'.")
        return Answer.of(200, {"value": self._cloud.resources.under(f"/subscriptions/{call.subscription}", _KIND)})


def store_alert(cloud: "Cloud", resource: str, properties: Mapping[str, Any]) -> None:
    """Make an alert about a resource known, by its `systemAlertId`; a later one of that id takes its place."""
    subscription, name = resource.split("/")[2], str(properties["systemAlertId"])
    place = f"/subscriptions/{subscription}/providers/Microsoft.Security/locations/centralus/alerts/{name}"
    cloud.resources.put(place, {"properties": dict(properties)}, _KIND)
