"""Microsoft.Storage in Resource Manager: accounts and their keys.

Source: Storage management REST reference, "Storage Accounts". What lies below an account is in the sibling modules.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure import storage_documents as documents
from shared.sandbox.azure.arm_call import ArmCall, not_found
from shared.sandbox.azure.storage_encryption import wrapped
from shared.sandbox.azure.storage_state import KEY_NAMES, Account, AccountKey
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

TYPE = "Microsoft.Storage/storageAccounts"
NAME = re.compile(r"[a-z0-9]{3,24}$")
CHANGEABLE = (
    "accessTier",
    "allowBlobPublicAccess",
    "allowCrossTenantReplication",
    "allowSharedKeyAccess",
    "allowedCopyScope",
    "defaultToOAuthAuthentication",
    "immutableStorageWithVersioning",
    "isLocalUserEnabled",
    "isSftpEnabled",
    "keyPolicy",
    "minimumTlsVersion",
    "networkAcls",
    "publicNetworkAccess",
    "sasPolicy",
    "supportsHttpsTrafficOnly",
)
DEFAULTS: Mapping[str, Any] = {
    "allowBlobPublicAccess": False,
    "minimumTlsVersion": "TLS1_2",
    "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": []},
    "supportsHttpsTrafficOnly": True,
}

type Doing = Callable[["Cloud", ArmCall], Answer]


def account_of(cloud: "Cloud", call: ArmCall) -> Account:
    """The account that a call names first. Raises Problem 404 ResourceNotFound."""
    wanted = f"{call.scope}/providers/{call.namespace}/{call.pairs[0][0]}/{call.pairs[0][1]}"
    found = cloud.storage.accounts.get(call.pairs[0][1].lower())
    if found is None or found.id.lower() != wanted.lower():
        raise not_found(wanted)
    return found


def keep(cloud: "Cloud", account: Account) -> dict[str, Any]:
    """Store the account's document among the resources; the document."""
    return cloud.resources.put(account.id, documents.account(account), TYPE)


def create(cloud: "Cloud", call: ArmCall) -> Answer:
    """Create an account, or change the one that is there as a PATCH does."""
    if call.name.lower() in cloud.storage.accounts:
        return update(cloud, call)
    body, at = call.body, call.request.at
    if not NAME.match(call.name):
        message = (
            f"{call.name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in length."
        )
        raise Problem(400, "AccountNameInvalid", message)
    missing = [each for each in ("sku", "kind", "location") if not body.get(each)]
    if missing:
        raise Problem(400, "InvalidRequestPropertyValue", f"The request is missing: {', '.join(missing)}.")
    given = {key: value for key, value in (body.get("properties") or {}).items() if value is not None}
    standing = {**DEFAULTS, **{key: given[key] for key in (*CHANGEABLE, "isHnsEnabled") if key in given}}
    account = Account(call.resource_id, call.name, str(body["location"]), str(body["kind"]), dict(body["sku"]), standing, at)
    account.keys = {name: AccountKey.new(name, at) for name in KEY_NAMES}
    account.tags = dict(body.get("tags") or {})
    _identify(cloud, account, body.get("identity") or {})
    _encrypt(cloud, account, given.get("encryption") or {}, at)
    cloud.storage.add(account)
    return Answer.of(200, keep(cloud, account))


def update(cloud: "Cloud", call: ArmCall) -> Answer:
    """Change what is given. `networkAcls` is replaced whole; an encryption without an explicit version floats from now on."""
    account, body = account_of(cloud, call), call.body
    given = {key: value for key, value in (body.get("properties") or {}).items() if value is not None}
    _judge(account, given)
    if body.get("identity"):
        _identify(cloud, account, body["identity"])
    _encrypt(cloud, account, given.get("encryption") or {}, call.request.at)
    changed = {key: given[key] for key in CHANGEABLE if key in given}
    if "networkAcls" in changed:
        changed["networkAcls"] = {"bypass": "AzureServices", "ipRules": [], "virtualNetworkRules": [], **changed["networkAcls"]}
    account.properties = {**account.properties, **changed}
    if body.get("tags") is not None:
        account.tags = dict(body["tags"])
    return Answer.of(200, keep(cloud, account))


def _judge(account: Account, given: Mapping[str, Any]) -> None:
    worm = (account.properties.get("immutableStorageWithVersioning") or {}).get("immutabilityPolicy") or {}
    wanted = (given.get("immutableStorageWithVersioning") or {}).get("immutabilityPolicy") or {}
    if worm.get("state") == "Locked" and wanted and wanted.get("state") != "Locked":
        raise Problem(409, "ImmutabilityPolicyLocked", "A locked account-level immutability policy cannot be changed.")
    if given.get("allowBlobPublicAccess") is True and account.properties.get("publicNetworkAccess") == "SecuredByPerimeter":
        raise Problem(409, "PublicAccessNotPermitted", "Public access is not permitted in a network security perimeter.")


def _identify(cloud: "Cloud", account: Account, given: Mapping[str, Any]) -> None:
    """Give the account its identities: one of its own, or user-assigned ones that are there already."""
    kinds, shown = str(given.get("type") or "None"), {"type": str(given.get("type") or "None")}
    directory = cloud.entra.directory
    if "SystemAssigned" in kinds:
        own = directory.identity_of(account.id) or directory.add_managed_identity(account.id)
        shown |= {"principalId": own.id, "tenantId": directory.tenant}
    if "UserAssigned" in kinds:
        named: dict[str, Any] = {}
        for resource_id in given.get("userAssignedIdentities") or {}:
            identity = directory.identity_of(resource_id)
            if identity is None:
                raise Problem(400, "FailedIdentityOperation", f"The identity {resource_id} was not found.")
            named[resource_id] = {"principalId": identity.id, "clientId": identity.app_id}
        account.identity = {**shown, "userAssignedIdentities": named}
        return
    account.identity = shown


def principal(cloud: "Cloud", account: Account, named: str = "") -> str:
    """The object id in whose name the account asks a vault. Raises Problem where it has none."""
    found = cloud.entra.directory.identity_of(named) if named else None
    object_id = found.id if found else str(account.identity.get("principalId") or "")
    if not object_id:
        message = (
            "Missing pre-requisites to enable EncryptionAtRest/Customer Managed Key for this storage account: it has no identity."
        )
        raise Problem(400, "InvalidRequestPropertyValue", message)
    return object_id


def _encrypt(cloud: "Cloud", account: Account, given: Mapping[str, Any], at: float) -> None:
    source = str(given.get("keySource") or "").lower()
    named = given.get("keyvaultproperties") or {}
    if source == "microsoft.storage":
        account.wrapping = None
    elif source == "microsoft.keyvault" or named:
        if not named.get("keyname") or not named.get("keyvaulturi"):
            raise Problem(400, "InvalidRequestPropertyValue", "keyname and keyvaulturi are required for a customer-managed key.")
        identity = str((given.get("identity") or {}).get("userAssignedIdentity") or documents.identity_in_use(account))
        account.properties["encryptionIdentity"] = identity
        who, before = principal(cloud, account, identity), account.wrapping
        wrapping = wrapped(cloud, named["keyvaulturi"], named["keyname"], str(named.get("keyversion") or ""), who, at)
        if before and before.current == wrapping.current:
            wrapping.since = before.since
        account.wrapping = wrapping


def show(cloud: "Cloud", call: ArmCall) -> Answer:
    """One account."""
    return Answer.of(200, keep(cloud, account_of(cloud, call)))


def listed(cloud: "Cloud", call: ArmCall) -> Answer:
    """The accounts of a subscription or a resource group."""
    here = f"{call.scope.lower()}/"
    return Answer.of(200, {"value": [keep(cloud, each) for each in cloud.storage if each.id.lower().startswith(here)]})


def delete(cloud: "Cloud", call: ArmCall) -> Answer:
    """An account with everything in it, unless something in it may not be deleted."""
    if call.name.lower() not in cloud.storage.accounts:
        return Answer.of(204)
    account = account_of(cloud, call)
    guarded = [
        each.name for each in account.containers.values() if each.holds or (each.policy and each.policy.locked and each.blobs)
    ]
    if guarded:
        message = (
            f"The storage account {account.name} cannot be deleted due to containers with immutability policies or legal holds."
        )
        raise Problem(409, "AccountProtectedFromDeletion", message)
    del cloud.storage.accounts[account.name]
    cloud.resources.drop(account.id)
    return Answer.of(200)


def list_keys(cloud: "Cloud", call: ArmCall) -> Answer:
    """Both keys, in clear: who may ask for this needs no role on the data."""
    return Answer.of(200, documents.keys(account_of(cloud, call)))


def regenerate_key(cloud: "Cloud", call: ArmCall) -> Answer:
    """A key gets another value: whatever was signed with the old one is dead at once."""
    account, name = account_of(cloud, call), str(call.body.get("keyName") or "")
    if name not in account.keys:
        raise Problem(400, "InvalidRequestPropertyValue", f"The value '{name}' is not allowed for property keyName.")
    account.keys[name] = AccountKey.new(name, call.request.at)
    return Answer.of(200, documents.keys(account))


def revoke_delegation_keys(cloud: "Cloud", call: ArmCall) -> Answer:
    """Every user-delegation key issued until now is revoked; caches keep it alive for as long as the cloud's delay says."""
    account_of(cloud, call).revoked_at = call.request.at
    return Answer.of(200)


def check_name(cloud: "Cloud", call: ArmCall) -> Answer:
    """Whether a name is free, in the whole world."""
    name = str(call.body.get("name"))
    if name in cloud.storage.accounts:
        return Answer.of(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": f"The name {name} is already taken."})
    return Answer.of(200, {"nameAvailable": True})


ROUTES: Mapping[tuple[str, str, str], Doing] = {
    ("PUT", "storageaccounts", ""): create,
    ("PATCH", "storageaccounts", ""): update,
    ("GET", "storageaccounts", ""): show,
    ("DELETE", "storageaccounts", ""): delete,
    ("GET", "storageaccounts", "storageaccounts"): listed,
    ("POST", "storageaccounts", "listkeys"): list_keys,
    ("POST", "storageaccounts", "regeneratekey"): regenerate_key,
    ("POST", "storageaccounts", "revokeuserdelegationkeys"): revoke_delegation_keys,
    ("POST", "", "checknameavailability"): check_name,
}
