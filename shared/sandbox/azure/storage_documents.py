"""Storage resources as Resource Manager shows them.

Source: Storage management REST reference. A scope's source is written `Microsoft.KeyVault`, an account's `Microsoft.Keyvault`.
"""

from collections.abc import Mapping
from typing import Any

from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.storage_state import ROOT, Account, Container, LocalUser, Scope, Wrapping

TYPE = "Microsoft.Storage/storageAccounts"


def identity_in_use(account: Account) -> str:
    """The user-assigned identity under which the account asks its vault; empty for its own identity."""
    return str(account.properties.get("encryptionIdentity") or "")


def account(held: Account) -> dict[str, Any]:
    """The whole account, without its id and type."""
    properties = {key: value for key, value in held.properties.items() if key != "encryptionIdentity"}
    created = iso(held.created)
    return {
        "location": held.location,
        "kind": held.kind,
        "sku": {"tier": "Standard", **held.sku},
        "tags": dict(held.tags),
        "identity": dict(held.identity) or {"type": "None"},
        "properties": {
            **properties,
            "creationTime": created,
            "encryption": encryption(held),
            "keyCreationTime": {name: iso(key.created) for name, key in held.keys.items()},
            "primaryEndpoints": {"blob": f"https://{held.host}/"},
            "primaryLocation": held.location,
            "provisioningState": "Succeeded",
            "statusOfPrimary": "available",
        },
    }


def encryption(held: Account) -> dict[str, Any]:
    """The account's encryption, with the key version that is really in use."""
    service = {"enabled": True, "keyType": "Account", "lastEnabledTime": iso(held.created)}
    shown: dict[str, Any] = {"services": {"blob": service, "file": service}, "keySource": "Microsoft.Storage"}
    if held.wrapping is None:
        return shown
    named = {"keyname": held.wrapping.name, "keyvaulturi": held.wrapping.vault_uri.rstrip("/"), "keyversion": held.wrapping.version}
    shown |= {"keySource": "Microsoft.Keyvault", "keyvaultproperties": {**named, **_current(held.wrapping)}}
    if identity_in_use(held):
        shown["identity"] = {"userAssignedIdentity": identity_in_use(held)}
    return shown


def _current(wrapping: Wrapping) -> dict[str, Any]:
    return {"currentVersionedKeyIdentifier": wrapping.current, "lastKeyRotationTimestamp": iso(wrapping.since)}


def keys(held: Account) -> dict[str, Any]:
    """Both keys, in clear."""
    return {
        "keys": [
            {"keyName": key.name, "value": key.value, "permissions": "FULL", "creationTime": iso(key.created)}
            for key in held.keys.values()
        ]
    }


def scope(held: Account, found: Scope) -> dict[str, Any]:
    """An encryption scope."""
    properties: dict[str, Any] = {
        "source": "Microsoft.KeyVault" if found.wrapping else "Microsoft.Storage",
        "state": "Enabled" if found.enabled else "Disabled",
        "creationTime": iso(found.created),
        "lastModifiedTime": iso(found.modified),
        "requireInfrastructureEncryption": found.infrastructure,
    }
    if found.wrapping:
        uri = f"{found.wrapping.vault_uri}keys/{found.wrapping.name}"
        properties["keyVaultProperties"] = {
            "keyUri": f"{uri}/{found.wrapping.version}" if found.wrapping.version else uri,
            **_current(found.wrapping),
        }
    return _below(held, f"encryptionScopes/{found.name}", "encryptionScopes", properties)


def _below(held: Account, path: str, kind: str, properties: Mapping[str, Any], **more: object) -> dict[str, Any]:
    name = path.rpartition("/")[2]
    return {"id": f"{held.id}/{path}", "name": name, "type": f"{TYPE}/{kind}", "properties": dict(properties), **more}


def container(held: Account, found: Container) -> dict[str, Any]:
    """A container with its guards."""
    properties: dict[str, Any] = {
        "deleted": found.deleted is not None,
        "remainingRetentionDays": 0,
        "defaultEncryptionScope": found.default_scope or "$account-encryption-key",
        "denyEncryptionScopeOverride": found.deny_override,
        "publicAccess": {"blob": "Blob", "container": "Container"}.get(found.public, "None"),
        "leaseStatus": "Unlocked",
        "leaseState": "Available",
        "lastModifiedTime": iso(found.modified),
        "metadata": dict(found.metadata),
        "hasImmutabilityPolicy": found.policy is not None,
        "hasLegalHold": bool(found.holds),
        "immutableStorageWithVersioning": {"enabled": found.versioned_worm},
    }
    if found.policy:
        history = {"etag": found.policy.etag, "updateHistory": found.policy.history, "properties": retention(found)["properties"]}
        properties["immutabilityPolicy"] = history
    if found.holds:
        properties["legalHold"] = {"hasLegalHold": True, "tags": found.holds}
    path = f"{ROOT}/containers/{found.name}"
    return _below(held, path, "blobServices/containers", properties, etag=found.etag)


def retention(found: Container) -> dict[str, Any]:
    """A container's time-based retention policy; days nought where it has none."""
    policy = found.policy
    properties: dict[str, Any] = {
        "immutabilityPeriodSinceCreationInDays": policy.days if policy else 0,
        "state": "Locked" if policy and policy.locked else "Unlocked",
        "allowProtectedAppendWrites": bool(policy and policy.appends),
        "allowProtectedAppendWritesAll": bool(policy and policy.appends_all),
    }
    return {"etag": policy.etag if policy else "", "properties": properties}


def immutability(held: Account, found: Container) -> dict[str, Any]:
    """The retention policy as a resource of its own."""
    shown = retention(found)
    path = f"{ROOT}/containers/{found.name}/immutabilityPolicies/default"
    return _below(held, path, "blobServices/containers/immutabilityPolicies", shown["properties"], etag=shown["etag"])


def service(held: Account) -> dict[str, Any]:
    """What holds for every blob of the account."""
    off = {"enabled": False, "allowPermanentDelete": False}
    standing = {"cors": {"corsRules": []}, "deleteRetentionPolicy": off}
    return {**_below(held, ROOT, "blobServices", {**standing, **held.service}), "sku": held.sku}


def user(held: Account, found: LocalUser) -> dict[str, Any]:
    """An SFTP user, without its secrets."""
    return _below(held, f"localUsers/{found.name}", "localUsers", {**found.properties, "sid": found.sid})
