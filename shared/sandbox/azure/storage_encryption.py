"""Customer-managed keys of accounts and encryption scopes: which version is in use, and what happens when it cannot be used.

Source: "Customer-managed keys for Azure Storage encryption": a new version only re-wraps the account's key; without an explicit
version the service looks for a newer one daily; a disabled key refuses every data operation to everybody; an expired one goes on.
"""

from typing import TYPE_CHECKING

from shared.sandbox.azure.storage_state import Account, Container, Scope, Version, Wrapping
from shared.sandbox.azure.vault_log import Use, record
from shared.sandbox.azure.vault_plane import by_policy
from shared.sandbox.azure.vault_state import DAY, Vault
from shared.sandbox.azure.wire import Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

STORAGE_APP = "e406a681-f3d4-42a8-90b6-c2b029497af1"
"""the application id of Azure Storage, the same in every tenant"""
KEPT = 3600.0
"""seconds for which the service keeps a key that it opened; a disabled one it notices at once"""
NEEDED = {"get": "keys/read", "wrapKey": "keys/wrap/action", "unwrapKey": "keys/unwrap/action"}


def wrapped(cloud: "Cloud", vault_uri: str, name: str, version: str, principal: str, at: float) -> Wrapping:
    """Wrap under a key of a vault from now on. Raises Problem for a vault or key that storage does not take."""
    found = cloud.vaults.find(vault_uri, name, version)
    if found is None:
        raise Problem(400, "KeyVaultKeyNotFound", f"The key {name} is not found in the key vault {vault_uri}.")
    vault, key, current = found
    if not vault.protected:
        raise Problem(
            400, "KeyVaultPolicyError", "Keyvault policy recoverable is not set: soft delete and purge protection are required."
        )
    if not _lets(cloud, vault, name, principal):
        raise Problem(403, "KeyVaultAuthenticationFailure", "The operation failed because of authentication issue on the keyvault.")
    if not current.enabled or (current.expires is not None and current.expires <= at):
        raise Problem(400, "KeyVaultKeyDisabled", f"The key {name} is disabled or expired.")
    if not current.kty.startswith("RSA"):
        raise Problem(400, "KeyVaultKeyTypeNotSupported", "Only RSA keys of 2048, 3072 and 4096 bits are supported.")
    kid = vault.kid(key, current)
    record(cloud, vault, Use("KeyWrap", f"{kid}/wrapkey", principal, STORAGE_APP), at)
    return Wrapping(vault.uri, key.name, version, kid, at, at, principal)


def tend(cloud: "Cloud", wrapping: Wrapping, at: float) -> None:
    """Once a day the service looks for a newer version of a key without an explicit one."""
    if wrapping.version or at < wrapping.looked + DAY:
        return
    wrapping.looked = at
    found = cloud.vaults.find(wrapping.vault_uri, wrapping.name)
    if found is None or not found[2].enabled or not _lets(cloud, found[0], wrapping.name, wrapping.principal):
        return
    kid = found[0].kid(found[1], found[2])
    if kid != wrapping.current:
        wrapping.current, wrapping.since = kid, at


def usable(cloud: "Cloud", wrapping: Wrapping | None) -> bool:
    """Whether what is wrapped can be opened: the version in use is there and enabled, and the vault lets the identity in."""
    if wrapping is None:
        return True
    found = cloud.vaults.find(wrapping.vault_uri, wrapping.name, wrapping.current.rpartition("/")[2])
    return found is not None and found[2].enabled and _lets(cloud, found[0], wrapping.name, wrapping.principal)


def _open(cloud: "Cloud", wrapping: Wrapping, at: float) -> None:
    """What the vault's log has of the service's own use of a key."""
    found = cloud.vaults.find(wrapping.vault_uri, wrapping.name, wrapping.current.rpartition("/")[2])
    if found is None or at < wrapping.opened + KEPT:
        return
    wrapping.opened = at
    record(cloud, found[0], Use("KeyUnwrap", f"{wrapping.current}/unwrapkey", wrapping.principal, STORAGE_APP), at)


def _lets(cloud: "Cloud", vault: Vault, key: str, principal: str) -> bool:
    """Whether a vault lets storage use its keys in an identity's name. Storage comes in as a trusted service."""
    rules = vault.properties.get("networkAcls") or {}
    if str(rules.get("defaultAction") or "Allow").lower() == "deny" and str(rules.get("bypass") or "AzureServices") == "None":
        return False
    if vault.by_roles:
        actions = (f"Microsoft.KeyVault/vaults/{action}" for action in NEEDED.values())
        return all(cloud.rbac.permits(principal, action, f"{vault.id}/keys/{key}", data=True) for action in actions)
    return all(by_policy(vault, principal, permission) for permission in NEEDED)


def scope_for_write(account: Account, container: Container, asked: str) -> str:
    """The encryption scope under which a write goes: empty for the account's own key. Raises Problem."""
    if asked and container.deny_override and asked != container.default_scope:
        message = "Encryption scope override is not allowed by the container's policy."
        raise Problem(403, "RequestForbiddenByContainerEncryptionPolicy", message)
    name = asked or container.default_scope
    if name and name not in account.scopes:
        raise Problem(409, "EncryptionScopeNotFound", "The specified encryption scope does not exist.")
    return name


def demand(cloud: "Cloud", account: Account, scope: str, at: float) -> None:
    """Raises Problem 403 where data under a scope (or under the account's key) cannot be opened, by anybody."""
    found: Scope | None = account.scopes.get(scope)
    if found is not None and not found.enabled:
        raise Problem(403, "EncryptionScopeDisabled", "The encryption scope is disabled.")
    wrapping = found.wrapping if found else account.wrapping
    if wrapping is not None:
        tend(cloud, wrapping, at)
    if not usable(cloud, wrapping):
        raise Problem(403, "KeyVaultEncryptionKeyNotFound", "The key vault key is not found to unwrap the encryption key.")
    if wrapping is not None:
        _open(cloud, wrapping, at)


def demand_of(cloud: "Cloud", account: Account, version: Version, at: float) -> None:
    """The same for one blob's state."""
    demand(cloud, account, version.scope, at)
