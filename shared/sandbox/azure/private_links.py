"""Private endpoint connections of a vault or a storage account: asked for from a network, approved or rejected at the resource.

Source: "Manage a private endpoint connection"; Storage and Key Vault management REST references, "Private Endpoint Connections".
"""

from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.arm_call import ArmCall, not_found
from shared.sandbox.azure.storage_state import Account
from shared.sandbox.azure.vault_state import Vault
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

KIND = "privateEndpointConnections"
STATES = ("Approved", "Rejected", "Disconnected")


def target(cloud: "Cloud", resource_id: str) -> Account | Vault | None:
    """The account or vault with this id, if there is one."""
    named = resource_id.rpartition("/")[2].lower()
    for found in (cloud.storage.accounts.get(named), cloud.vaults.living.get(named)):
        if found is not None and found.id.lower() == resource_id.lower():
            return found
    return None


def connect(cloud: "Cloud", resource_id: str, endpoint_id: str, status: str = "Approved") -> dict[str, Any]:
    """Connect a private endpoint: `Pending` where somebody of the resource has yet to approve. Raises Problem 404."""
    found = target(cloud, resource_id)
    if found is None:
        raise not_found(resource_id)
    name = f"{found.name}.{endpoint_id.rpartition('/')[2]}"
    state = {"status": status, "description": "", "actionsRequired": "None"}
    provider = "Microsoft.Storage/storageAccounts" if isinstance(found, Account) else "Microsoft.KeyVault/vaults"
    inner = {"privateEndpoint": {"id": endpoint_id}, "privateLinkServiceConnectionState": state, "provisioningState": "Succeeded"}
    made = {"id": f"{found.id}/{KIND}/{name}", "name": name, "type": f"{provider}/{KIND}", "properties": inner}
    found.properties[KIND] = [*(each for each in connections(found) if each["name"] != name), made]
    return made


def disconnect(cloud: "Cloud", endpoint_id: str) -> None:
    """A private endpoint is gone: so are its connections."""
    for found in (*cloud.storage, *cloud.vaults):
        left = [each for each in connections(found) if each["properties"]["privateEndpoint"]["id"].lower() != endpoint_id.lower()]
        if connections(found):
            found.properties[KIND] = left


def connections(found: Account | Vault) -> list[dict[str, Any]]:
    """The connections of a resource, approved or not."""
    return list(found.properties.get(KIND) or ())


def handle(cloud: "Cloud", call: ArmCall) -> Answer:
    """List, show, approve or reject, delete."""
    owner = f"{call.scope}/providers/{call.namespace}/{call.pairs[0][0]}/{call.pairs[0][1]}"
    found = target(cloud, owner)
    if found is None:
        raise not_found(owner)
    if call.listing:
        return Answer.of(200, {"value": connections(found)})
    one = next((each for each in connections(found) if each["name"].lower() == call.name.lower()), None)
    if call.method == "DELETE":
        found.properties[KIND] = [each for each in connections(found) if each is not one]
        return Answer.of(200 if one else 204)
    if one is None:
        raise not_found(call.resource_id)
    if call.method == "PUT":
        _decide(one, (call.body.get("properties") or {}).get("privateLinkServiceConnectionState") or {})
    return Answer.of(200, one)


def _decide(one: dict[str, Any], wanted: dict[str, Any]) -> None:
    now = one["properties"]["privateLinkServiceConnectionState"]
    if wanted.get("status") not in STATES:
        raise Problem(400, "InvalidRequestPropertyValue", f"The status {wanted.get('status')} is not valid.")
    if now["status"] == "Rejected" and wanted["status"] == "Approved":
        message = "A rejected private endpoint connection cannot be approved: the endpoint has to be made again."
        raise Problem(409, "InvalidPrivateEndpointConnectionState", message)
    now |= {key: value for key, value in wanted.items() if value is not None}
