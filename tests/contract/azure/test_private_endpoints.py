"""Private endpoints through azure-mgmt-network: who may connect at once, and what a rejection does."""

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.keyvault.models import PrivateEndpointConnectionItem
from azure.mgmt.network import NetworkManagementClient

from shared.sandbox.azure.directory import ServicePrincipal, User
from shared.sandbox.azure.entra import TENANT
from tests.contract.azure.scenes import GROUP, SCOPE, SUBSCRIPTION, Scene
from tests.contract.azure.storage_scenes import by_token, container, make_account

VAULT = f"{SCOPE}/resourceGroups/{GROUP}/providers/Microsoft.KeyVault/vaults/charts-vault"
SUBNET = f"{SCOPE}/resourceGroups/{GROUP}/providers/Microsoft.Network/virtualNetworks/wards/subnets/imaging"


def vaults(scene: Scene) -> KeyVaultManagementClient:
    return KeyVaultManagementClient(scene.bearer(), SUBSCRIPTION, **scene.options())


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    properties = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True}
    content = {"location": "eastus", "properties": properties}
    vaults(scene).vaults.begin_create_or_update(GROUP, "charts-vault", content).result()  # type: ignore[call-overload]
    network = NetworkManagementClient(scene.bearer(), SUBSCRIPTION, **scene.options())
    wards = {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [
        {"name": "imaging", "properties": {"addressPrefix": "10.0.1.0/24"}}]}}  # fmt: skip
    network.virtual_networks.begin_create_or_update(GROUP, "wards", wards).result()  # type: ignore[call-overload]
    return scene


def endpoint(scene: Scene, who: User | ServicePrincipal, name: str, target: str = VAULT, *, manual: bool = False) -> None:
    client = NetworkManagementClient(scene.bearer(who), SUBSCRIPTION, **scene.options())
    link = {"name": "charts", "properties": {"privateLinkServiceId": target, "groupIds": ["vault"]}}
    kind = "manualPrivateLinkServiceConnections" if manual else "privateLinkServiceConnections"
    content = {"location": "eastus", "properties": {"subnet": {"id": SUBNET}, kind: [link]}}
    client.private_endpoints.begin_create_or_update(GROUP, name, content).result()  # type: ignore[call-overload]


def connection(scene: Scene) -> PrivateEndpointConnectionItem:
    found = vaults(scene).vaults.get(GROUP, "charts-vault").properties.private_endpoint_connections
    assert found
    assert len(found) == 1
    return found[0]


def test_an_owner_connects_at_once_and_a_rejection_shows_on_both_sides(scene: Scene) -> None:
    endpoint(scene, scene.owner, "wards-endpoint")
    held = connection(scene)
    assert held.id
    state = {"properties": {"privateLinkServiceConnectionState": {"status": "Rejected", "description": "unknown"}}}
    name = held.id.rpartition("/")[2]
    vaults(scene).private_endpoint_connections.put(GROUP, "charts-vault", name, state)  # type: ignore[call-overload]
    client = NetworkManagementClient(scene.bearer(), SUBSCRIPTION, **scene.options())
    seen = client.private_endpoints.get(GROUP, "wards-endpoint")
    assert seen.private_link_service_connections
    assert seen.private_link_service_connections[0].private_link_service_connection_state.status == "Rejected"


def test_somebody_without_the_right_may_only_ask(scene: Scene) -> None:
    _, stranger = scene.cloud.entra.directory.add_application("stranger")
    scene.cloud.rbac.assign(stranger.id, "Network Contributor", SCOPE)
    with pytest.raises(HttpResponseError, match="LinkedAuthorizationFailed"):
        endpoint(scene, stranger, "one")
    endpoint(scene, stranger, "two", manual=True)
    held = connection(scene)
    assert held.private_link_service_connection_state
    assert held.private_link_service_connection_state.status == "Pending"


def test_a_store_behind_a_closed_door_is_open_to_the_endpoint_that_its_owner_approved(scene: Scene) -> None:
    account = make_account(scene, publicNetworkAccess="Enabled")
    container(scene, account).upload_blob("record", b"phi")
    account.properties["publicNetworkAccess"] = "Disabled"
    endpoint(scene, scene.owner, "charts-endpoint", account.id)
    through = f"{SCOPE}/resourceGroups/{GROUP}/providers/Microsoft.Network/privateEndpoints/charts-endpoint"
    assert by_token(scene, endpoint=through).get_blob_client("records", "record").download_blob().readall() == b"phi"
    with pytest.raises(HttpResponseError) as refused:
        by_token(scene).get_blob_client("records", "record").download_blob()
    assert refused.value.status_code == 403


def test_a_network_shows_its_subnets(scene: Scene) -> None:
    client = NetworkManagementClient(scene.bearer(), SUBSCRIPTION, **scene.options())
    assert [one.id for one in client.virtual_networks.get(GROUP, "wards").subnets or ()] == [SUBNET]
    client.subnets.begin_create_or_update(GROUP, "wards", "more", {"properties": {"addressPrefix": "10.0.2.0/24"}}).result()  # type: ignore[call-overload]
    assert len(list(client.subnets.list(GROUP, "wards"))) == 2
