"""Disks through azure-mgmt-compute: an encryption set changes its key, a handed-out link opens until it is revoked."""

import pytest
from azure.core.exceptions import HttpResponseError
from azure.keyvault.keys import KeyClient
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute.models import DiskEncryptionSet
from azure.mgmt.keyvault import KeyVaultManagementClient

from shared.sandbox.azure.entra import TENANT
from shared.sandbox.azure.wire import Request
from tests.contract.azure.scenes import GROUP, SCOPE, SUBSCRIPTION, Scene

VAULT = f"{SCOPE}/resourceGroups/{GROUP}/providers/Microsoft.KeyVault/vaults/charts-vault"


def compute(scene: Scene) -> ComputeManagementClient:
    return ComputeManagementClient(scene.bearer(), SUBSCRIPTION, **scene.options())


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    vaults = KeyVaultManagementClient(scene.bearer(), SUBSCRIPTION, **scene.options())
    properties = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True}
    content = {"location": "eastus", "properties": {**properties, "enablePurgeProtection": True}}
    vaults.vaults.begin_create_or_update(GROUP, "charts-vault", content).result()  # type: ignore[call-overload]
    scene.cloud.rbac.assign(scene.owner.id, "Key Vault Administrator", VAULT)
    return scene


def keys(scene: Scene) -> KeyClient:
    return KeyClient("https://charts-vault.vault.azure.net", scene.bearer(), **scene.options())


def put_set(scene: Scene, url: str | None, **more: object) -> DiskEncryptionSet:
    properties = {"activeKey": {"keyUrl": url, "sourceVault": {"id": VAULT}}, **more}
    content = {"location": "eastus", "identity": {"type": "SystemAssigned"}, "properties": properties}
    made: DiskEncryptionSet
    made = compute(scene).disk_encryption_sets.begin_create_or_update(GROUP, "charts-set", content).result()  # type: ignore[call-overload]
    return made


def put_disk(scene: Scene, **properties: object) -> None:
    content = {"location": "eastus", "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 4, **properties}}
    compute(scene).disks.begin_create_or_update(GROUP, "charts-disk", content).result()  # type: ignore[call-overload]


def test_a_set_moves_to_another_version_and_forgets_the_old_once_its_disks_are_wrapped(scene: Scene) -> None:
    scene.cloud.delays.disk_rewrap = 600
    first = keys(scene).create_rsa_key("cmk").id
    made = put_set(scene, first)
    assert made.identity
    assert scene.cloud.rbac.kind_of(str(made.identity.principal_id)) == "ServicePrincipal"
    put_disk(scene, encryption={"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": made.id})
    second = keys(scene).rotate_key("cmk").id
    change = {"properties": {"activeKey": {"keyUrl": second}}}
    compute(scene).disk_encryption_sets.begin_update(GROUP, "charts-set", change).result()  # type: ignore[call-overload]
    held = compute(scene).disk_encryption_sets.get(GROUP, "charts-set")
    assert [held.active_key.key_url, [old.key_url for old in held.previous_keys or ()]] == [second, [first]]
    scene.cloud.clock.advance(601)
    held = compute(scene).disk_encryption_sets.get(GROUP, "charts-set")
    assert not held.previous_keys
    assert len(list(compute(scene).disk_encryption_sets.list_associated_resources(GROUP, "charts-set"))) == 1


def test_a_set_that_follows_takes_a_new_version_within_an_hour(scene: Scene) -> None:
    put_set(scene, keys(scene).create_rsa_key("cmk").id, rotationToLatestKeyVersionEnabled=True)
    second = keys(scene).rotate_key("cmk").id
    assert compute(scene).disk_encryption_sets.get(GROUP, "charts-set").active_key.key_url != second
    scene.cloud.clock.advance(3601)
    assert compute(scene).disk_encryption_sets.get(GROUP, "charts-set").active_key.key_url == second


def test_a_set_refuses_a_key_without_version_and_one_that_is_disabled(scene: Scene) -> None:
    made = keys(scene).create_rsa_key("cmk")
    assert made.id
    with pytest.raises(HttpResponseError) as refused:
        put_set(scene, made.id.rpartition("/")[0])
    assert refused.value.status_code == 400
    keys(scene).update_key_properties("cmk", enabled=False)
    with pytest.raises(HttpResponseError, match="KeyVaultKeyDisabled"):
        put_set(scene, made.id)
    with pytest.raises(HttpResponseError, match="ResourceNotFound"):
        compute(scene).disk_encryption_sets.get(GROUP, "charts-set")


def test_a_link_to_a_disk_opens_until_it_is_revoked(scene: Scene) -> None:
    put_disk(scene)
    link = {"access": "Read", "durationInSeconds": 86400}
    uri = compute(scene).disks.begin_grant_access(GROUP, "charts-disk", link).result().access_sas  # type: ignore[call-overload]
    assert uri
    assert compute(scene).disks.get(GROUP, "charts-disk").disk_state == "ActiveSAS"
    assert scene.cloud.answer(Request("GET", uri)).status == 200
    compute(scene).disks.begin_revoke_access(GROUP, "charts-disk").result()
    assert scene.cloud.answer(Request("GET", uri)).status == 403
    assert compute(scene).disks.get(GROUP, "charts-disk").disk_state == "Unattached"


def test_a_disk_that_lets_nobody_export_gives_no_link(scene: Scene) -> None:
    put_disk(scene, networkAccessPolicy="DenyAll")
    with pytest.raises(HttpResponseError) as refused:
        compute(scene).disks.begin_grant_access(GROUP, "charts-disk", {"access": "Read", "durationInSeconds": 60}).result()
    assert refused.value.status_code == 409
