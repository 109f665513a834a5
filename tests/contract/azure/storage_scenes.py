"""A storage account of the hospital's, and clients of it."""

from collections.abc import Callable
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.mgmt.storage import StorageManagementClient
from azure.storage.blob import BlobServiceClient, ContainerClient

from shared.sandbox.azure.directory import ServicePrincipal, User
from shared.sandbox.azure.storage_state import Account
from tests.contract.azure.scenes import GROUP, SUBSCRIPTION, Scene
from tests.contract.azure.vault_scenes import VAULT, keys, make_vault

ACCOUNT = "phistore"
URL = f"https://{ACCOUNT}.blob.core.windows.net"

type Who = User | ServicePrincipal | None


def management(scene: Scene, who: Who = None) -> StorageManagementClient:
    return StorageManagementClient(scene.bearer(who), SUBSCRIPTION, **scene.options())


def make_account(scene: Scene, name: str = ACCOUNT, **properties: object) -> Account:
    body: Any = {
        "location": "swedencentral",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "identity": {"type": "SystemAssigned"},
        "properties": properties,
    }
    management(scene).storage_accounts.begin_create(GROUP, name, body).result()
    account = scene.cloud.storage.accounts[name]
    scene.cloud.rbac.assign(scene.owner.id, "Storage Blob Data Owner", account.id)
    return account


def by_key(scene: Scene, account: Account, name: str = "key1", **place: str) -> BlobServiceClient:
    return BlobServiceClient(f"https://{account.host}", credential=account.keys[name].value, **scene.options(**place))


def by_token(scene: Scene, who: Who = None, url: str = URL, **place: str) -> BlobServiceClient:
    return BlobServiceClient(url, credential=scene.bearer(who), **scene.options(**place))


def by_signature(scene: Scene, signature: str = "", url: str = URL, **place: str) -> BlobServiceClient:
    """With a shared access signature, or with nothing at all."""
    return BlobServiceClient(f"{url}?{signature}" if signature else url, **scene.options(**place))


def container(scene: Scene, account: Account, name: str = "records") -> ContainerClient:
    client = by_key(scene, account).get_container_client(name)
    if not client.exists():
        client.create_container()
    return client


def wrap(scene: Scene, account: Account, version: str | None = None, key: str = "cmk") -> Any:  # noqa: ANN401 - the SDK's model
    """Put an account under a key of the vault; without a version it floats."""
    named = {"keyname": key, "keyvaulturi": f"https://{VAULT}.vault.azure.net", "keyversion": version or ""}
    encryption = {"keySource": "Microsoft.Keyvault", "keyvaultproperties": named}
    body: Any = {"properties": {"encryption": encryption}}
    return management(scene).storage_accounts.update(GROUP, account.name, body)


def make_key(scene: Scene, account: Account, name: str = "cmk") -> str:
    """A key that the account's own identity may use; its first version."""
    if scene.cloud.vaults.of_host(VAULT) is None:
        make_vault(scene)
    vault = scene.cloud.vaults.of_host(VAULT)
    assert vault
    identity = scene.cloud.entra.directory.identity_of(account.id)
    assert identity
    scene.cloud.rbac.assign(identity.id, "Key Vault Crypto Service Encryption User", vault.id)
    return str(keys(scene).create_rsa_key(name).properties.version)


def refused(work: Callable[[], object]) -> tuple[int | None, str]:
    """Status and code of the refusal that some work meets."""
    try:
        work()
    except HttpResponseError as error:
        found = getattr(error, "error_code", None) or getattr(error.error, "code", "")
        return error.status_code, str(getattr(found, "value", found))
    return None, "allowed"
