"""What lies below a storage account in Resource Manager, beside its containers.

Source: Storage management REST reference: scopes, blob services, local users, replication, management policies.
"""

import secrets
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure import storage_documents as documents
from shared.sandbox.azure.arm_call import ArmCall, not_found
from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.storage_arm import TYPE, Doing, account_of, principal
from shared.sandbox.azure.storage_encryption import wrapped
from shared.sandbox.azure.storage_state import Account, LocalUser, Scope, Wrapping
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud


def _given(call: ArmCall) -> dict[str, Any]:
    return {key: value for key, value in (call.body.get("properties") or {}).items() if value is not None}


def put_scope(cloud: "Cloud", call: ArmCall) -> Answer:
    """Create an encryption scope, or change one: another key re-wraps it, no blob is written again."""
    account, given, at = account_of(cloud, call), _given(call), call.request.at
    found = account.scopes.get(call.name)
    scope = found or Scope(call.name, at, at)
    if given.get("source") == "Microsoft.Storage":
        scope.wrapping = None
    if given.get("keyVaultProperties"):
        scope.wrapping = _wrapping(cloud, account, str(given["keyVaultProperties"].get("keyUri") or ""), at, scope.wrapping)
    elif given.get("source") == "Microsoft.KeyVault" and scope.wrapping is None:
        raise Problem(400, "InvalidRequestPropertyValue", "keyUri is required for a customer-managed encryption scope.")
    if "requireInfrastructureEncryption" in given:
        scope.infrastructure = bool(given["requireInfrastructureEncryption"])
    if "state" in given:
        scope.enabled = given["state"] == "Enabled"
    scope.modified = at
    account.scopes[call.name] = scope
    return Answer.of(200 if found else 201, documents.scope(account, scope))


def patch_scope(cloud: "Cloud", call: ArmCall) -> Answer:
    """Change a scope that is there."""
    _scope(account_of(cloud, call), call)
    return put_scope(cloud, call)


def _wrapping(cloud: "Cloud", account: Account, uri: str, at: float, before: Wrapping | None) -> Wrapping:
    host, _, path = uri.removeprefix("https://").partition("/keys/")
    name, _, version = path.strip("/").partition("/")
    if not host or not name:
        raise Problem(400, "InvalidRequestPropertyValue", f"The key URI '{uri}' is not valid.")
    who = principal(cloud, account, documents.identity_in_use(account))
    wrapping = wrapped(cloud, f"https://{host}/", name, version, who, at)
    if before and before.current == wrapping.current:
        wrapping.since = before.since
    return wrapping


def _scope(account: Account, call: ArmCall) -> Scope:
    found = account.scopes.get(call.name)
    if found is None:
        raise not_found(call.resource_id)
    return found


def show_scope(cloud: "Cloud", call: ArmCall) -> Answer:
    """One encryption scope, with the key version in use."""
    account = account_of(cloud, call)
    return Answer.of(200, documents.scope(account, _scope(account, call)))


def list_scopes(cloud: "Cloud", call: ArmCall) -> Answer:
    """Every encryption scope; there is no way to delete one."""
    account = account_of(cloud, call)
    return Answer.of(200, {"value": [documents.scope(account, each) for each in account.scopes.values()]})


def show_service(cloud: "Cloud", call: ArmCall) -> Answer:
    """Soft delete, versioning, change feed: what holds for every blob."""
    return Answer.of(200, documents.service(account_of(cloud, call)))


def set_service(cloud: "Cloud", call: ArmCall) -> Answer:
    """Change what is given."""
    account, given = account_of(cloud, call), _given(call)
    for policy in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
        days = (given.get(policy) or {}).get("days")
        if days is not None and not 1 <= days <= 365:  # noqa: PLR2004 - the service's bounds
            raise Problem(400, "InvalidRequestPropertyValue", "The number of days must be between 1 and 365.")
    if given.get("isVersioningEnabled") is False and any(each.versioned_worm for each in account.containers.values()):
        message = "Versioning cannot be disabled while version-level immutability is enabled."
        raise Problem(409, "ConflictFeatureEnabled", message)
    account.service = {**account.service, **given}
    return Answer.of(200, documents.service(account))


def put_user(cloud: "Cloud", call: ArmCall) -> Answer:
    """Make or change an SFTP user."""
    account, given = account_of(cloud, call), _given(call)
    found = account.users.get(call.name) or LocalUser(call.name, {}, f"S-1-2-0-{secrets.randbelow(10**9)}-1000")
    found.properties = {**found.properties, **given}
    if given.get("hasSharedKey", True) and not found.shared_key:
        found.shared_key = secrets.token_urlsafe(48)
    if given.get("hasSshPassword") is False:
        found.password = ""
    account.users[call.name] = found
    return Answer.of(200, documents.user(account, found))


def _user(account: Account, call: ArmCall) -> LocalUser:
    name = dict(call.pairs).get("localUsers", call.name)
    found = account.users.get(name)
    if found is None:
        raise not_found(call.resource_id)
    return found


def show_user(cloud: "Cloud", call: ArmCall) -> Answer:
    """One SFTP user."""
    account = account_of(cloud, call)
    return Answer.of(200, documents.user(account, _user(account, call)))


def list_users(cloud: "Cloud", call: ArmCall) -> Answer:
    """Every SFTP user."""
    account = account_of(cloud, call)
    return Answer.of(200, {"value": [documents.user(account, each) for each in account.users.values()]})


def delete_user(cloud: "Cloud", call: ArmCall) -> Answer:
    """An SFTP user gone with its passwords and keys."""
    found = account_of(cloud, call).users.pop(call.name, None)
    return Answer.of(200 if found else 204)


def user_keys(cloud: "Cloud", call: ArmCall) -> Answer:
    """An SFTP user's public keys, and its shared key in clear."""
    found = _user(account_of(cloud, call), call)
    return Answer.of(200, {"sshAuthorizedKeys": found.properties.get("sshAuthorizedKeys") or [], "sharedKey": found.shared_key})


def user_password(cloud: "Cloud", call: ArmCall) -> Answer:
    """A new password for an SFTP user; it is shown this once."""
    found = _user(account_of(cloud, call), call)
    found.password = secrets.token_urlsafe(24)
    found.properties["hasSshPassword"] = True
    return Answer.of(200, {"sshPassword": found.password})


def put_replication(cloud: "Cloud", call: ArmCall) -> Answer:
    """Have blobs copied to another account. The destination makes the policy (`default`), the source takes over its id."""
    account, given = account_of(cloud, call), _given(call)
    for which in ("sourceAccount", "destinationAccount"):
        name = str(given.get(which) or "").rpartition("/")[2]
        other = cloud.storage.accounts.get(name)
        if other is None:
            raise Problem(400, "InvalidRequestPropertyValue", f"The account {name} of {which} was not found.")
        if not other.versioning:
            message = f"Versioning must be enabled for both accounts: it is off for {name}."
            raise Problem(409, "ObjectReplicationVersioningNotEnabled", message)
    if account.properties.get("allowCrossTenantReplication") is False and "/" not in str(given["sourceAccount"]):
        message = "Cross-tenant replication is not allowed on this account: name the accounts by their resource ids."
        raise Problem(409, "CrossTenantReplicationNotAllowed", message)
    policy = str(uuid.uuid4()) if call.name == "default" else call.name
    rules = [{**rule, "ruleId": rule.get("ruleId") or str(uuid.uuid4())} for rule in given.get("rules") or ()]
    properties = {**given, "policyId": policy, "enabledTime": iso(call.request.at), "rules": rules}
    resource_id = f"{account.id}/objectReplicationPolicies/{policy}"
    return Answer.of(200, cloud.resources.put(resource_id, {"properties": properties}, f"{TYPE}/objectReplicationPolicies"))


def put_management(cloud: "Cloud", call: ArmCall) -> Answer:
    """The account's one lifecycle policy, named `default`."""
    account = account_of(cloud, call)
    if call.name != "default":
        raise Problem(400, "InvalidRequestPropertyValue", "A management policy is named default.")
    properties = {**_given(call), "lastModifiedTime": iso(call.request.at)}
    return Answer.of(200, cloud.resources.put(f"{account.id}/managementPolicies/default", {"properties": properties}, call.type))


def show_plain(cloud: "Cloud", call: ArmCall) -> Answer:
    """A resource that is nothing but its document."""
    account_of(cloud, call)
    return Answer.of(200, cloud.resources.get(call.resource_id))


def list_plain(cloud: "Cloud", call: ArmCall) -> Answer:
    """All such resources of a kind."""
    return Answer.of(200, {"value": cloud.resources.under(account_of(cloud, call).id, call.type)})


def delete_plain(cloud: "Cloud", call: ArmCall) -> Answer:
    """Such a resource gone."""
    account_of(cloud, call)
    return Answer.of(200 if cloud.resources.drop(call.resource_id) else 204)


_S = "storageaccounts"
ROUTES: Mapping[tuple[str, str, str], Doing] = {
    ("PUT", f"{_S}/encryptionscopes", ""): put_scope,
    ("PATCH", f"{_S}/encryptionscopes", ""): patch_scope,
    ("GET", f"{_S}/encryptionscopes", ""): show_scope,
    ("GET", f"{_S}/encryptionscopes", "encryptionscopes"): list_scopes,
    ("GET", f"{_S}/blobservices", ""): show_service,
    ("PUT", f"{_S}/blobservices", ""): set_service,
    ("PUT", f"{_S}/localusers", ""): put_user,
    ("GET", f"{_S}/localusers", ""): show_user,
    ("GET", f"{_S}/localusers", "localusers"): list_users,
    ("DELETE", f"{_S}/localusers", ""): delete_user,
    ("POST", f"{_S}/localusers", "listkeys"): user_keys,
    ("POST", f"{_S}/localusers", "regeneratepassword"): user_password,
    ("PUT", f"{_S}/objectreplicationpolicies", ""): put_replication,
    ("GET", f"{_S}/fileservices/shares", "shares"): list_plain,
    ("GET", f"{_S}/queueservices/queues", "queues"): list_plain,
    ("GET", f"{_S}/tableservices/tables", "tables"): list_plain,
    ("GET", f"{_S}/objectreplicationpolicies", ""): show_plain,
    ("GET", f"{_S}/objectreplicationpolicies", "objectreplicationpolicies"): list_plain,
    ("DELETE", f"{_S}/objectreplicationpolicies", ""): delete_plain,
    ("PUT", f"{_S}/managementpolicies", ""): put_management,
    ("GET", f"{_S}/managementpolicies", ""): show_plain,
    ("DELETE", f"{_S}/managementpolicies", ""): delete_plain,
}
