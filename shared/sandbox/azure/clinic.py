"""A small clinic on Azure: a store under its own keys, who works with it, and a thief with the secret of one of its programs."""

import json
import secrets
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from shared.adapters.azure import permissions
from shared.adapters.azure.custody_places import by_convention
from shared.sandbox.azure import clinic_alerts
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.directory import Secret, ServicePrincipal, User
from shared.sandbox.azure.resource_groups import add_group, add_subscription
from shared.sandbox.azure.roles import Role
from shared.sandbox.azure.wire import Answer, Request
from shared.sandbox.azure.workspaces import add_workspace

_YEAR = 365 * 86400.0
_LATEST = {"arm": "2025-06-01", "vault": "2025-07-01", "blob": "2025-05-05"}


@dataclass(slots=True)
class Clinic:
    """The clinic: the environment of each holder of credentials as azure-identity reads it, and resources by what they are."""

    credentials: dict[str, dict[str, str]] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)


class Hands:
    """Somebody who sets the scene over the services' own protocols, so that every rule of theirs has been kept."""

    def __init__(self, cloud: Cloud, who: User | ServicePrincipal) -> None:
        self._cloud = cloud
        self._who = who

    def arm(
        self, method: str, resource_id: str, body: dict[str, Any] | None = None, tail: str = "", if_match: str = ""
    ) -> dict[str, Any]:
        url = f"https://management.azure.com{resource_id}{tail}?api-version={_LATEST['arm']}"
        sent, headers = json.dumps(body or {}).encode(), {"if-match": if_match} if if_match else {}
        found: dict[str, Any] = self._ask(method, url, "https://management.azure.com", sent, headers).json()
        return found

    def key(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{names.VAULT_URL}/{path}?api-version={_LATEST['vault']}"
        found: dict[str, Any] = self._ask(method, url, "https://vault.azure.net", json.dumps(body).encode()).json()
        return found

    def blob(self, path: str, content: bytes, store: str = names.BLOB_URL, **headers: str) -> None:
        named = {"x-ms-version": _LATEST["blob"], **{name.replace("_", "-"): value for name, value in headers.items()}}
        self._ask("PUT", f"{store}/{path}", "https://storage.azure.com", content, named)

    def _ask(self, method: str, url: str, audience: str, body: bytes, headers: dict[str, str] | None = None) -> Answer:
        token = self._cloud.entra.issue(self._who, audience, 600).text
        sent = {"authorization": f"Bearer {token}", "content-length": str(len(body)), **(headers or {})}
        if "blob.core" not in url:
            sent["content-type"] = "application/json"
        answer = self._cloud.answer(Request(method, url, sent, body))
        if answer.status >= 400:  # noqa: PLR2004 - HTTP
            raise RuntimeError(f"the scene cannot be set: {method} {url}: {answer.body.decode()}")
        return answer


LOG_SETTINGS = "Microsoft.Insights/diagnosticSettings"
DEDICATED = {"logAnalyticsDestinationType": "Dedicated"}

RECORDED_FOR = 60 * 86400.0
"""Seconds since which the clinic's logs go where they go: longer than a link and the log of its signer live."""


def build(cloud: Cloud, *, empty: bool = False) -> Clinic:
    """The clinic and its people; `empty` leaves out everything but a subscription, its administrator and the responder."""
    clinic = Clinic()
    add_subscription(cloud, names.SUBSCRIPTION, parent=names.MANAGEMENT_GROUP)
    add_group(cloud, names.SUBSCRIPTION, names.GROUP, location=names.REGION)
    scope = f"/subscriptions/{names.SUBSCRIPTION}"
    administrator = _application(cloud, clinic, "administrator")
    for role in ("Owner", "Key Vault Administrator", "Storage Blob Data Owner"):
        cloud.rbac.assign(administrator.id, role, scope)
    _responder(cloud, clinic, scope)
    if not empty:
        _furnish(cloud, clinic, Hands(cloud, administrator))
        _people(cloud, clinic)
        cloud.activity.age(LOG_SETTINGS, RECORDED_FOR)
    return clinic


def _responder(cloud: Cloud, clinic: Clinic, scope: str) -> None:
    """Exactly what the adapters declare: at the subscription, in the directory, and at custody's own account and vault.

    It may have blobs written anew, for whoever tries that here; a policy that does not say so makes no use of it.
    """
    responder = _application(cloud, clinic, "responder", permissions.graph())
    custody = by_convention(names.SUBSCRIPTION, names.GROUP).resources[:2]
    roles = (*permissions.responder_roles([scope]), permissions.rewriter_role([scope]))
    for definition, scopes in zip(roles, ((scope,), custody, (scope,)), strict=True):
        role = Role.read(str(uuid4()), definition)
        cloud.rbac.definitions[role.id] = role
        for where in scopes:
            cloud.rbac.assign(responder.id, role.id, where)


def _application(
    cloud: Cloud, clinic: Clinic, name: str, permissions: tuple[str, ...] = (), object_id: str = ""
) -> ServicePrincipal:
    """An application with a secret, as `EnvironmentCredential` reads it."""
    application, principal = cloud.entra.directory.add_application(name, permissions=permissions, object_id=object_id)
    text, now = f"{secrets.token_urlsafe(24)}-EXAMPLE", cloud.clock.now()
    application.credentials.secrets.append(Secret.of(text, now - _YEAR, now + _YEAR, name))
    clinic.credentials[name] = {
        "azure_tenant_id": cloud.entra.directory.tenant,
        "azure_client_id": application.app_id,
        "azure_client_secret": text,
    }
    return principal


def _furnish(cloud: Cloud, clinic: Clinic, hands: Hands) -> None:
    """Network, log, vault, store and what is in it, each tenant under an encryption scope and key of its own."""
    add_workspace(cloud, names.WORKSPACE_ID)
    _network(cloud)
    _keys(cloud, hands)
    _store(cloud, hands)
    clinic.resources |= {
        "subscription": f"/subscriptions/{names.SUBSCRIPTION}",
        "vault": names.VAULT_ID,
        "account": names.ACCOUNT_ID,
        "workspace": names.WORKSPACE_ID,
        "subnet": names.SUBNET_ID,
        "identity": names.IDENTITY_ID,
    }


def _network(cloud: Cloud) -> None:
    """Put there as it is: the description of networks takes seconds to load, and no other body of the scene needs it."""
    kind = "Microsoft.Network/virtualNetworks"
    subnet = cloud.resources.put(
        names.SUBNET_ID,
        {"properties": {"addressPrefix": "10.20.1.0/24", "serviceEndpoints": [{"service": "Microsoft.Storage"}]}},
        f"{kind}/subnets",
    )
    wards = {"addressSpace": {"addressPrefixes": ["10.20.0.0/16"]}, "subnets": [subnet]}
    cloud.resources.put(names.NETWORK_ID, {"location": names.REGION, "properties": wards}, kind)


def _keys(cloud: Cloud, hands: Hands) -> None:
    sku, tenant = {"family": "A", "name": "standard"}, cloud.entra.directory.tenant
    vault = {"tenantId": tenant, "sku": sku, "enableRbacAuthorization": True, "enablePurgeProtection": True}
    hands.arm("PUT", names.VAULT_ID, {"location": names.REGION, "properties": vault})
    _recorded(hands, names.VAULT_ID, "AuditEvent")
    for key in (names.KEY, *names.TENANTS):
        hands.key("POST", f"keys/{key}/create", {"kty": "RSA", "key_size": 2048})


def _recorded(hands: Hands, resource_id: str, *categories: str) -> None:
    """Send a resource's log to the clinic's workspace."""
    logs = [{"category": category, "enabled": True} for category in categories]
    setting = f"{resource_id}/providers/Microsoft.Insights/diagnosticSettings/night"
    hands.arm("PUT", setting, {"properties": {**DEDICATED, "workspaceId": names.WORKSPACE_ID, "logs": logs}})


def account(cloud: Cloud, hands: Hands, account_id: str, key: str, **service: object) -> None:
    """A store with versions under this key of the vault, its requests in the clinic's log. `service`: more of its blob service."""
    made: dict[str, Any] = {"location": names.REGION, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    hands.arm("PUT", account_id, {**made, "identity": {"type": "SystemAssigned"}, "properties": {}})
    own = cloud.entra.directory.identity_of(account_id)
    if own is None:
        raise RuntimeError("the account has no identity of its own")
    cloud.rbac.assign(own.id, "Key Vault Crypto Service Encryption User", names.VAULT_ID)
    under = {"keySource": "Microsoft.Keyvault", "keyvaultproperties": {"keyname": key, "keyvaulturi": names.VAULT_URL}}
    hands.arm("PATCH", account_id, {"properties": {"encryption": under}})
    hands.arm("PUT", f"{account_id}/blobServices/default", {"properties": {"isVersioningEnabled": True, **service}})
    _recorded(hands, f"{account_id}/blobServices/default", "StorageRead", "StorageWrite", "StorageDelete")


def container(hands: Hands, account_id: str, name: str, key: str) -> None:
    """A container whose blobs are in an encryption scope of its name, under this key of the vault."""
    scope = {"source": "Microsoft.KeyVault", "keyVaultProperties": {"keyUri": f"{names.VAULT_URL}/keys/{key}"}}
    hands.arm("PUT", f"{account_id}/encryptionScopes/{name}", {"properties": scope})
    within = {"properties": {"defaultEncryptionScope": name}}
    hands.arm("PUT", f"{account_id}/blobServices/default/containers/{name}", within)


def _store(cloud: Cloud, hands: Hands) -> None:
    account(cloud, hands, names.ACCOUNT_ID, names.KEY, deleteRetentionPolicy={"enabled": True, "days": 30})
    for tenant in names.TENANTS:
        container(hands, names.ACCOUNT_ID, tenant, tenant)
        for number in range(3):
            hands.blob(f"{tenant}/{number:04}.dcm", f"chart {number} of {tenant}".encode(), x_ms_blob_type="BlockBlob")


def _people(cloud: Cloud, clinic: Clinic) -> None:
    """A viewer through its machine's identity, a legacy program with the second key from outside, and a thief.

    The thief holds the first key of the account, the secret of a program, and a nurse's password.
    """
    viewer = cloud.entra.directory.add_managed_identity(names.IDENTITY_ID)
    cloud.rbac.assign(viewer.id, "Storage Blob Data Contributor", names.ACCOUNT_ID)
    clinic.credentials["clinician"] = {"managed_identity": names.IDENTITY_ID, "subnet": names.SUBNET_ID, "ip": names.VIEWER_IP}
    thief = _application(cloud, clinic, names.EXPORT, object_id=names.EXPORT_ID)
    for role in ("Storage Account Key Operator Service Role", "Storage Blob Data Reader", "Reader"):
        cloud.rbac.assign(thief.id, role, names.ACCOUNT_ID)
    clinic.credentials["thief"] = {**clinic.credentials.pop(names.EXPORT), "ip": names.THIEF_IP}
    keys = cloud.storage.accounts[names.ACCOUNT].keys
    keys.update({name: replace(key, created=key.created - _YEAR) for name, key in keys.items()})
    first, second = keys.values()
    clinic.credentials["thief-key"] = {"account_name": names.ACCOUNT, "account_key": first.value, "ip": names.THIEF_IP}
    password = f"{secrets.token_urlsafe(24)}-EXAMPLE"
    nurse = cloud.entra.directory.add_user(names.NURSE, password, object_id=names.NURSE_ID)
    cloud.rbac.assign(nurse.id, "Storage Blob Data Reader", names.ACCOUNT_ID)
    clinic.credentials["thief-session"] = {"username": names.NURSE, "password": password, "ip": names.THIEF_IP}
    clinic_alerts.stored(cloud)
    clinic.credentials["legacy"] = {"account_name": names.ACCOUNT, "account_key": second.value, "ip": names.LEGACY_IP}
