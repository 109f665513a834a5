"""Containers in Resource Manager: made, guarded by retention policies and legal holds, deleted.

Source: Storage management REST reference, "Blob Containers"; "Container-level WORM policies". A locked policy can only grow, at
most five times; lock, extend and delete name the entity tag that they have seen.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure import storage_documents as documents
from shared.sandbox.azure.arm_call import ArmCall, not_found
from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.storage_arm import Doing, account_of
from shared.sandbox.azure.storage_state import Account, Container, Policy
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

LONGEST = 146_000
EXTENSIONS = 5
PUBLIC = {"None": "", "Blob": "blob", "Container": "container"}


def container_of(account: Account, call: ArmCall) -> Container:
    """The container that a call names. Raises Problem 404 ContainerNotFound."""
    name = {kind.lower(): each for kind, each in call.pairs}.get("containers", "")
    found = account.containers.get(name)
    if found is None:
        raise Problem(404, "ContainerNotFound", "The specified container does not exist.")
    return found


def put(cloud: "Cloud", call: ArmCall) -> Answer:
    """Make a container, or change it as a PATCH does. Its default encryption scope is fixed when it is made."""
    account, at = account_of(cloud, call), call.request.at
    given = {key: value for key, value in (call.body.get("properties") or {}).items() if value is not None}
    found = account.containers.get(call.name)
    container = found or Container(call.name, at, at, account.etag())
    scope = given.get("defaultEncryptionScope")
    if scope and scope != "$account-encryption-key":
        if found and scope != found.default_scope:
            raise Problem(409, "ContainerOperationFailure", "The default encryption scope of a container cannot be changed.")
        if scope not in account.scopes:
            raise Problem(400, "EncryptionScopeNotFound", "The specified encryption scope does not exist.")
        container.default_scope = str(scope)
    _set(account, container, given)
    if found is None:
        container.deny_override = bool(given.get("denyEncryptionScopeOverride", False))
        container.versioned_worm = bool((given.get("immutableStorageWithVersioning") or {}).get("enabled", False))
    container.modified, container.etag = at, account.etag()
    account.containers[call.name] = container
    return Answer.of(200 if found else 201, documents.container(account, container))


def _set(account: Account, container: Container, given: Mapping[str, Any]) -> None:
    if "publicAccess" in given:
        public = PUBLIC[given["publicAccess"]]
        if public and account.properties.get("allowBlobPublicAccess") is False:
            raise Problem(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.")
        container.public = public
    if "metadata" in given:
        container.metadata = dict(given["metadata"])


def patch(cloud: "Cloud", call: ArmCall) -> Answer:
    """Change a container that is there."""
    container_of(account_of(cloud, call), call)
    return put(cloud, call)


def show(cloud: "Cloud", call: ArmCall) -> Answer:
    """One container."""
    account = account_of(cloud, call)
    return Answer.of(200, documents.container(account, container_of(account, call)))


def listed(cloud: "Cloud", call: ArmCall) -> Answer:
    """Every container of the account."""
    account = account_of(cloud, call)
    return Answer.of(200, {"value": [documents.container(account, each) for each in account.containers.values()]})


def guard_deletion(container: Container) -> None:
    """Raises Problem 409 where a policy or a legal hold keeps a container."""
    if container.holds or (container.policy and container.blobs):
        message = f"The container {container.name} cannot be deleted: it has an immutability policy or a legal hold."
        raise Problem(409, "ContainerImmutableStorage", message)
    if container.versioned_worm and container.blobs:
        raise Problem(409, "ContainerImmutableStorage", "The container has version-level immutability and is not empty.")


def delete(cloud: "Cloud", call: ArmCall) -> Answer:
    """A container with its blobs gone."""
    account = account_of(cloud, call)
    if call.name not in account.containers:
        return Answer.of(204)
    guard_deletion(account.containers[call.name])
    del account.containers[call.name]
    return Answer.of(200)


def hold(cloud: "Cloud", call: ArmCall) -> Answer:
    """Add legal hold tags; each is three to twenty-three lower-case letters and digits."""
    account = account_of(cloud, call)
    container, at = container_of(account, call), call.request.at
    named = {each["tag"]: each for each in container.holds}
    for tag in (str(each).lower() for each in call.body.get("tags") or ()):
        if not tag.isalnum() or not 3 <= len(tag) <= 23:  # noqa: PLR2004 - the service's bounds
            raise Problem(400, "InvalidRequestPropertyValue", f"The tag '{tag}' is not valid.")
        known = {"tag": tag, "timestamp": iso(at), "objectIdentifier": call.caller.object_id, "tenantId": call.caller.tenant}
        named.setdefault(tag, known)
    container.holds = list(named.values())
    container.hold_appends = bool(call.body.get("allowProtectedAppendWritesAll", container.hold_appends))
    return Answer.of(200, _held(container))


def release(cloud: "Cloud", call: ArmCall) -> Answer:
    """Take legal hold tags off; nothing but the named ones."""
    container = container_of(account_of(cloud, call), call)
    gone = {str(each).lower() for each in call.body.get("tags") or ()}
    container.holds = [each for each in container.holds if each["tag"] not in gone]
    return Answer.of(200, _held(container))


def _held(container: Container) -> dict[str, Any]:
    return {
        "hasLegalHold": bool(container.holds),
        "tags": [each["tag"] for each in container.holds],
        "allowProtectedAppendWritesAll": container.hold_appends,
    }


def put_policy(cloud: "Cloud", call: ArmCall) -> Answer:
    """Set a retention policy that is not locked yet: the entity tag is asked for only where it is named."""
    account = account_of(cloud, call)
    container = container_of(account, call)
    given, before = call.body.get("properties") or {}, container.policy
    days = int(given.get("immutabilityPeriodSinceCreationInDays") or 0)
    if not 1 <= days <= LONGEST:
        raise Problem(400, "InvalidRequestPropertyValue", f"The immutability period must be between 1 and {LONGEST} days.")
    if before and before.locked:
        raise Problem(409, "ImmutabilityPolicyLocked", "The immutability policy is locked: it can be extended only.")
    named = call.request.header("if-match")
    if named and before and named != before.etag:
        raise _stale()
    appends, every = (bool(given.get(each)) for each in ("allowProtectedAppendWrites", "allowProtectedAppendWritesAll"))
    if appends and every:
        raise Problem(400, "InvalidRequestPropertyValue", "allowProtectedAppendWrites and …All exclude each other.")
    container.policy = Policy(days, locked=False, etag=account.etag(), appends=appends, appends_all=every)
    return _policy_answer(account, container, call, "put")


def lock_policy(cloud: "Cloud", call: ArmCall) -> Answer:
    """Lock for good."""
    account, container, policy = _seen(cloud, call)
    if policy.locked:
        raise Problem(409, "ImmutabilityPolicyLocked", "The immutability policy is locked already.")
    policy.locked, policy.etag = True, account.etag()
    return _policy_answer(account, container, call, "lock")


def extend_policy(cloud: "Cloud", call: ArmCall) -> Answer:
    """Make a locked policy longer, at most five times."""
    account, container, policy = _seen(cloud, call)
    days = int((call.body.get("properties") or {}).get("immutabilityPeriodSinceCreationInDays") or 0)
    if not policy.locked:
        raise Problem(409, "ImmutabilityPolicyNotLocked", "Only a locked immutability policy is extended.")
    if days <= policy.days:
        raise Problem(400, "InvalidRequestPropertyValue", "The immutability period of a locked policy can only grow.")
    if sum(each["update"] == "extend" for each in policy.history) >= EXTENSIONS:
        raise Problem(409, "ImmutabilityPolicyExtensionLimit", "A locked immutability policy is extended at most five times.")
    policy.days, policy.etag = days, account.etag()
    return _policy_answer(account, container, call, "extend")


def delete_policy(cloud: "Cloud", call: ArmCall) -> Answer:
    """Take away a policy that is not locked."""
    account, container, policy = _seen(cloud, call)
    if policy.locked:
        raise Problem(409, "ImmutabilityPolicyDeleteNotAllowed", "The immutability policy is locked and cannot be deleted.")
    container.policy = None
    return Answer.of(200, documents.immutability(account, container))


def show_policy(cloud: "Cloud", call: ArmCall) -> Answer:
    """The retention policy; a container without one answers with days nought."""
    account = account_of(cloud, call)
    return Answer.of(200, documents.immutability(account, container_of(account, call)))


def _seen(cloud: "Cloud", call: ArmCall) -> tuple[Account, Container, Policy]:
    account = account_of(cloud, call)
    container = container_of(account, call)
    if container.policy is None:
        raise not_found(call.resource_id)
    if call.request.header("if-match") not in (container.policy.etag, "*"):
        raise _stale()
    return account, container, container.policy


def _stale() -> Problem:
    return Problem(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")


def _policy_answer(account: Account, container: Container, call: ArmCall, update: str) -> Answer:
    policy = container.policy
    if policy:
        known = {"objectIdentifier": call.caller.object_id, "tenantId": call.caller.tenant, "timestamp": iso(call.request.at)}
        policy.history.append({"update": update, "immutabilityPeriodSinceCreationInDays": policy.days, **known})
    return Answer.of(200, documents.immutability(account, container)).plus({"etag": policy.etag if policy else ""})


def switch_to_versions(cloud: "Cloud", call: ArmCall) -> Answer:
    """Move a container's time-based policy to its versions (`migrate`): one-way."""
    account = account_of(cloud, call)
    container = container_of(account, call)
    if not account.versioning:
        raise Problem(409, "VersioningNotEnabled", "Versioning must be enabled for version-level immutability.")
    if container.policy is None:
        raise Problem(409, "ImmutabilityPolicyNotFound", "The container has no immutability policy to be moved.")
    container.versioned_worm = True
    return Answer.of(200)


_C = "storageaccounts/blobservices/containers"
_P = f"{_C}/immutabilitypolicies"
ROUTES: Mapping[tuple[str, str, str], Doing] = {
    ("PUT", _C, ""): put,
    ("PATCH", _C, ""): patch,
    ("GET", _C, ""): show,
    ("GET", _C, "containers"): listed,
    ("DELETE", _C, ""): delete,
    ("POST", _C, "setlegalhold"): hold,
    ("POST", _C, "clearlegalhold"): release,
    ("POST", _C, "migrate"): switch_to_versions,
    ("PUT", _P, ""): put_policy,
    ("GET", _P, ""): show_policy,
    ("DELETE", _P, ""): delete_policy,
    ("POST", _P, "lock"): lock_policy,
    ("POST", _P, "extend"): extend_policy,
}
