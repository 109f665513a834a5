"""A vault of the hospital's, and clients of it."""

from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient
from azure.mgmt.keyvault import KeyVaultManagementClient

from shared.sandbox.azure.directory import ServicePrincipal, User
from tests.contract.azure.scenes import GROUP, SUBSCRIPTION, Scene

VAULT = "phi-vault"
URL = f"https://{VAULT}.vault.azure.net"

type Who = User | ServicePrincipal | None


def management(scene: Scene, who: Who = None) -> KeyVaultManagementClient:
    return KeyVaultManagementClient(scene.bearer(who), SUBSCRIPTION, **scene.options())


def properties(scene: Scene, **more: object) -> dict[str, Any]:
    """A vault with roles and purge protection, unless told otherwise."""
    sku = {"family": "A", "name": "standard"}
    roles = {"enableRbacAuthorization": True, "enablePurgeProtection": True, "accessPolicies": []}
    return {"tenantId": scene.cloud.entra.directory.tenant, "sku": sku, **roles, **more}


def make_vault(scene: Scene, name: str = VAULT, **more: object) -> Any:  # noqa: ANN401 - the SDK's poller knows
    body: Any = {"location": "swedencentral", "properties": properties(scene, **more)}
    vault = management(scene).vaults.begin_create_or_update(GROUP, name, body).result()
    scene.cloud.rbac.assign(scene.owner.id, "Key Vault Crypto Officer", str(vault.id))
    return vault


def keys(scene: Scene, who: Who = None, url: str = URL, **place: str) -> KeyClient:
    return KeyClient(url, scene.bearer(who), **scene.options(**place))


def cryptography(scene: Scene, key: Any, who: Who = None) -> CryptographyClient:  # noqa: ANN401 - a key or its id
    return CryptographyClient(key, scene.bearer(who), **scene.options())


def refusal(error: HttpResponseError) -> tuple[int | None, str, str]:
    """Status, code and inner code of a vault's refusal."""
    inner = getattr(error.error, "innererror", None) or {}
    return error.status_code, str(getattr(error.error, "code", "")), str(inner.get("code", ""))
