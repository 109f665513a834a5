"""Make the places of the record on Azure, as often as wanted: what is there and strict enough is left as it is.

Run by a person who owns the resource group and is its Key Vault Administrator, once, before the first incident.
"""

from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.custody_places import DATA_KEY, LEDGERS, SIGNING_KEY, STATE, Places
from shared.adapters.azure.errors import call
from shared.adapters.azure.signer import VaultSigner
from shared.domain.errors import Absent

if TYPE_CHECKING:
    from azure.keyvault.keys import KeyClient
    from azure.mgmt.storage import StorageManagementClient

CLOSED: dict[str, Any] = {
    "allowBlobPublicAccess": False,
    "allowSharedKeyAccess": False,
    "allowCrossTenantReplication": False,
    "minimumTlsVersion": "TLS1_2",
    "supportsHttpsTrafficOnly": True,
}
"""Nobody without a token, and no key of a customer's under it: whoever deleted that would shred the record."""

RSA_BITS = 3072
"""The record is kept into the thirties: NIST SP 800-57 part 1 no longer takes 2048 bits from 2031 on."""


def init(clients: Clients, places: Places, tenant: str, region: str, retention_days: int) -> dict[str, str]:
    """Make the account, both containers, the lock, the vault and both keys; what is where, and `public_key` for auditors (PEM).

    A lock can not be taken back by anybody. Raises `CloudError` where Azure refuses.
    """
    storage = clients.storage(places.subscription)
    _make_account(storage, places, region)
    for container in (LEDGERS, STATE):
        _make_container(storage, places, container)
    _lock(storage, places, retention_days)
    _make_vault(clients, places, tenant, region)
    keys = clients.keys(places.vault_url)
    _make_key(keys, SIGNING_KEY, kind="ec")
    _make_key(keys, DATA_KEY, kind="rsa")
    return {
        "ledgers": f"{places.blob_url}/{LEDGERS}",
        "state": f"{places.blob_url}/{STATE}",
        "key": places.signing_key,
        "data_key": places.data_key,
        "public_key": _pem(VaultSigner(clients, places.signing_key).public_key()),
    }


def _make_account(storage: "StorageManagementClient", places: Places, region: str) -> None:
    try:
        call(storage.storage_accounts.get_properties, places.group, places.account)
    except Absent:
        content: Any = {"location": region, "kind": "StorageV2", "sku": {"name": "Standard_ZRS"}, "properties": CLOSED}
        call(call(storage.storage_accounts.begin_create, places.group, places.account, content).result)
    else:
        change: Any = {"properties": CLOSED}
        call(storage.storage_accounts.update, places.group, places.account, change)


def _make_container(storage: "StorageManagementClient", places: Places, container: str) -> None:
    try:
        call(storage.blob_containers.get, places.group, places.account, container)
    except Absent:
        content: Any = {"properties": {"publicAccess": "None"}}
        call(storage.blob_containers.create, places.group, places.account, container, content)


def _lock(storage: "StorageManagementClient", places: Places, days: int) -> None:
    """A locked policy of at least so many days that lets blocks be appended; a longer one is not shortened."""
    from azure.core import MatchConditions  # noqa: PLC0415 - with its client, paid when needed

    group, account, containers = places.group, places.account, storage.blob_containers
    now = call(containers.get, group, account, LEDGERS).immutability_policy
    kept = (now.immutability_period_since_creation_in_days or 0) if now else 0
    same: dict[str, Any] = {"match_condition": MatchConditions.IfNotModified}
    content: Any = {"properties": {"immutabilityPeriodSinceCreationInDays": days, "allowProtectedAppendWrites": True}}
    if now is None or now.state != "Locked":
        policy = call(containers.create_or_update_immutability_policy, group, account, LEDGERS, content)
        call(containers.lock_immutability_policy, group, account, LEDGERS, etag=str(policy.etag), **same)
    elif kept < days:
        extend: Any = containers.extend_immutability_policy
        longer = {"properties": {"immutabilityPeriodSinceCreationInDays": days}}
        call(extend, group, account, LEDGERS, longer, etag=str(now.etag), **same)


def _make_vault(clients: Clients, places: Places, tenant: str, region: str) -> None:
    vaults = clients.vaults(places.subscription).vaults
    try:
        call(vaults.get, places.group, places.vault)
    except Absent:
        sku = {"family": "A", "name": "premium"}
        protected = {"enableRbacAuthorization": True, "enableSoftDelete": True, "enablePurgeProtection": True}
        content: Any = {"location": region, "properties": {"tenantId": tenant, "sku": sku, **protected}}
        call(call(vaults.begin_create_or_update, places.group, places.vault, content).result)


def _make_key(keys: "KeyClient", name: str, *, kind: str) -> None:
    try:
        call(keys.get_key, name)
    except Absent:
        if kind == "ec":
            call(keys.create_ec_key, name, curve="P-256", key_operations=["sign", "verify"], tags={"codeblue": "custody"})
        else:
            operations = ["wrapKey", "unwrapKey"]
            call(keys.create_rsa_key, name, size=RSA_BITS, key_operations=operations, tags={"codeblue": "custody"})


def _pem(public_key: bytes) -> str:
    return load_der_public_key(public_key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
