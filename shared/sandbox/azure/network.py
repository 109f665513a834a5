"""Microsoft.Network: virtual networks with their subnets, and private endpoints."""

import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure import documents
from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.private_links import PrivateLinks
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_SUBNETS = "Microsoft.Network/virtualNetworks/subnets"
_ENDPOINTS = "Microsoft.Network/privateEndpoints"


class Network:
    """The provider of networks."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._links = PrivateLinks(cloud)
        self._routes: Mapping[tuple[str, str], Callable[[ArmCall], Answer]] = {
            ("PUT", "virtualnetworks"): self._put_network,
            ("GET", "virtualnetworks"): self._get,
            ("DELETE", "virtualnetworks"): self._delete,
            ("PUT", "virtualnetworks/subnets"): self._put_subnet,
            ("GET", "virtualnetworks/subnets"): self._get,
            ("DELETE", "virtualnetworks/subnets"): self._delete,
            ("PUT", "privateendpoints"): self._put_endpoint,
            ("GET", "privateendpoints"): self._get_endpoints,
            ("DELETE", "privateendpoints"): self._delete_endpoint,
        }

    def handle(self, call: ArmCall) -> Answer:
        handler = self._routes.get((call.method, call.kinds))
        if handler is None:
            raise documents.unsupported(call)
        return handler(call)

    def _get(self, call: ArmCall) -> Answer:
        return documents.read(self._cloud, call)

    def _delete(self, call: ArmCall) -> Answer:
        return documents.delete(self._cloud, call)

    def _put_network(self, call: ArmCall) -> Answer:
        made = documents.write(self._cloud, call)
        subnets = made["properties"].get("subnets") or []
        made["properties"]["subnets"] = [
            self._cloud.resources.put(
                f"{call.resource_id}/subnets/{one['name']}", {"properties": one.get("properties") or {}}, _SUBNETS
            )
            for one in subnets
        ]
        return Answer.of(200, _tagged(made))

    def _put_subnet(self, call: ArmCall) -> Answer:
        network = self._cloud.resources.get(call.resource_id.rpartition("/subnets/")[0])
        made = _tagged(documents.write(self._cloud, call))
        others = [one for one in network["properties"]["subnets"] if one["id"].lower() != made["id"].lower()]
        network["properties"]["subnets"] = [*others, made]
        return Answer.of(200, made)

    def _put_endpoint(self, call: ArmCall) -> Answer:
        properties = call.body.get("properties") or {}
        if not (properties.get("subnet") or {}).get("id"):
            raise Problem(400, "InvalidRequestFormat", "A private endpoint needs a subnet.")
        before = self._cloud.resources.find(call.resource_id)
        made = documents.write(self._cloud, call)
        if before is None:
            try:
                for kind in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections"):
                    for one in made["properties"].get(kind) or ():
                        self._links.connect(call, one["properties"]["privateLinkServiceId"], manual=kind.startswith("manual"))
            except Problem:
                self._cloud.resources.drop(call.resource_id)
                raise
        self._mirror(made)
        return Answer.of(200, _tagged(made))

    def _get_endpoints(self, call: ArmCall) -> Answer:
        for held in self._cloud.resources.under(call.resource_id, _ENDPOINTS):
            self._mirror(held)
        return documents.read(self._cloud, call)

    def _mirror(self, endpoint: dict[str, Any]) -> None:
        """The endpoint shows what the owner of the resource decided."""
        for kind in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections"):
            for one in endpoint["properties"].get(kind) or ():
                state = self._links.state(endpoint["id"], one["properties"]["privateLinkServiceId"])
                one["properties"]["privateLinkServiceConnectionState"] = state

    def _delete_endpoint(self, call: ArmCall) -> Answer:
        self._links.disconnect(call.resource_id)
        return documents.delete(self._cloud, call)


def _tagged(made: dict[str, Any]) -> dict[str, Any]:
    made["etag"] = f'W/"{uuid.uuid4()}"'
    return made
