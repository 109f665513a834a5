"""Who asks a blob host, by which kind of credential, and what that credential lets do.

Source: "Authorize requests to Azure Storage". A user-delegation signature gives what both it and its user may do, asked at each
request; it dies with its key. Shared Key and the signatures made with an account's key die when that key is made anew or such keys
are refused.
"""

import hashlib
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from shared.sandbox.azure import blob_signatures as signatures
from shared.sandbox.azure.blob_call import BlobCall, refusal
from shared.sandbox.azure.blob_operations import Operation
from shared.sandbox.azure.clock import moment
from shared.sandbox.azure.entra import TENANT, BadToken
from shared.sandbox.azure.storage_state import Account, AccountKey, Container, DelegationKey
from shared.sandbox.azure.wire import Request

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

type Means = Literal["AccountKey", "SAS", "DelegationSas", "OAuth", "Anonymous"]

_AUTHORITY = f"https://login.microsoftonline.com/{TENANT}/oauth2/authorize"
CHALLENGE = f"Bearer authorization_uri={_AUTHORITY} resource_id=https://storage.azure.com"
ANONYMOUS = ("GetBlob", "GetBlobProperties", "GetBlockList")
ANONYMOUS_LISTS = (*ANONYMOUS, "ListBlobs", "GetContainerProperties")


@dataclass(frozen=True, slots=True)
class Admission:
    """A caller that was recognised. `digest` names the credential in logs; `allow` raises Problem for what it does not let do."""

    means: Means
    caller: str
    digest: str
    allow: Callable[[Operation, BlobCall], None] = field(repr=False)
    app_id: str = ""
    scope: str = ""
    """the encryption scope that a signature imposes"""

    @property
    def logged(self) -> Mapping[str, str]:
        known = {"AuthenticationType": self.means, "AuthenticationHash": self.digest}
        return known | ({"RequesterObjectId": self.caller, "RequesterAppId": self.app_id} if self.means == "OAuth" else {})


def admit(cloud: "Cloud", call: BlobCall) -> Admission:
    """Recognise the caller. Raises Problem for a credential that is not taken."""
    request, account = call.request, call.account
    scheme = request.header("authorization").partition(" ")[0]
    if "sig" in request.query:
        return _by_signature(cloud, call)
    if scheme == "SharedKey":
        key = _by_key(request, account)
        _demand_keys_allowed(account)
        return Admission("AccountKey", f"{account.name}:{key.name}", _named(key), _everything)
    if scheme == "Bearer":
        return _by_token(cloud, request)
    return _anonymous(account)


def _everything(_: Operation, __: BlobCall) -> None:
    """An account's key opens everything in it."""


def _named(key: AccountKey) -> str:
    return f"{key.name}({hashlib.sha256(key.value.encode()).hexdigest().upper()})"


def _demand_keys_allowed(account: Account) -> None:
    if account.properties.get("allowSharedKeyAccess") is False:
        raise refusal("KeyBasedAuthenticationNotPermitted")


def _by_key(request: Request, account: Account) -> AccountKey:
    name, _, signature = request.header("authorization").removeprefix("SharedKey ").partition(":")
    text = signatures.shared_key_text(request, account.name)
    for key in account.keys.values():
        if name == account.name and signatures.same(signature, signatures.mac(key.secret, text)):
            return key
    raise refusal("AuthenticationFailed")


def _by_token(cloud: "Cloud", request: Request) -> Admission:
    try:
        caller = cloud.entra.caller(request, "blob")
    except BadToken as bad:
        raise refusal("InvalidAuthenticationInfo", headers={"www-authenticate": CHALLENGE}) from bad

    def allow(operation: Operation, call: BlobCall) -> None:
        demand_role(cloud, caller.object_id, operation, call)

    return Admission("OAuth", caller.object_id, "", allow, caller.app_id)


def demand_role(cloud: "Cloud", object_id: str, operation: Operation, call: BlobCall) -> None:
    """Raises Problem 403 where no role lets somebody do this. Appending is also part of writing."""
    container = call.names[0]
    scope = call.account.container_id(container) if container else call.account.id
    actions = [operation.action]
    if operation.action.endswith("blobs/add/action"):
        actions.append(operation.action.replace("add/action", "write"))
    if not any(cloud.rbac.permits(object_id, action, scope, data=operation.data) for action in actions):
        raise refusal("AuthorizationPermissionMismatch")


def _anonymous(account: Account) -> Admission:
    def allow(operation: Operation, call: BlobCall) -> None:
        container = account.containers.get(call.names[0])
        may = {"blob": ANONYMOUS, "container": ANONYMOUS_LISTS}.get(container.public if container else "", ())
        if container and container.public and account.properties.get("allowBlobPublicAccess") is False:
            raise refusal("PublicAccessNotPermitted")
        if operation.name not in may:
            raise refusal("NoAuthenticationInformation", headers={"www-authenticate": CHALLENGE})

    return Admission("Anonymous", "", "", allow)


def _by_signature(cloud: "Cloud", call: BlobCall) -> Admission:
    query = signatures.query_of(call.request)
    _demand_network(query, call.request)
    if "ss" in query:
        return _account_signature(call, query)
    container = call.account.containers.get(call.names[0])
    query = query | _stored(container, query)
    if "skoid" in query:
        return _delegated(cloud, call, query)
    key = _signing_key(call, query, signatures.service_text(query, _resource(call, query)))
    return Admission(
        "SAS", f"{call.account.name}:{key.name}", _digest(_named(key), query), _letters(query), scope=query.get("ses", "")
    )


def _stored(container: Container | None, query: Mapping[str, str]) -> dict[str, str]:
    """What a stored access policy adds; a signature whose policy is gone is no good any more."""
    if "si" not in query:
        return {}
    found = container.identifiers.get(query["si"]) if container else None
    if found is None:
        raise refusal("AuthenticationFailed", "Access policy not found.")
    return {"stored-sp": found.permission, "stored-st": found.start, "stored-se": found.expiry}


def _resource(call: BlobCall, query: Mapping[str, str]) -> str:
    container, blob = call.names
    return f"/blob/{call.account.name}/{container}" + (f"/{blob}" if query.get("sr") != "c" else "")


def _digest(key: str, query: Mapping[str, str]) -> str:
    return f"{key},SasSignature({hashlib.sha256(query['sig'].encode()).hexdigest().upper()})"


def _signing_key(call: BlobCall, query: Mapping[str, str], text: str) -> AccountKey:
    for key in call.account.keys.values():
        if signatures.same(query["sig"], signatures.mac(key.secret, text)):
            _demand_time(query, call.at)
            _demand_keys_allowed(call.account)
            return key
    raise refusal("AuthenticationFailed")


def _account_signature(call: BlobCall, query: Mapping[str, str]) -> Admission:
    key = _signing_key(call, query, signatures.account_text(query, call.account.name))

    def allow(operation: Operation, asked: BlobCall) -> None:
        if "b" not in query["ss"]:
            raise refusal("AuthorizationServiceMismatch")
        if {"service": "s", "container": "c", "blob": "o"}[asked.level] not in query["srt"]:
            raise refusal("AuthorizationResourceTypeMismatch")
        _letters(query)(operation, asked)

    return Admission("SAS", f"{call.account.name}:{key.name}", _digest(_named(key), query), allow, scope=query.get("ses", ""))


def _delegated(cloud: "Cloud", call: BlobCall, query: Mapping[str, str]) -> Admission:
    key = call.account.delegations.get(tuple(query.get(name, "") for name in signatures.DELEGATION))
    text = signatures.delegation_text(query, _resource(call, query), call.request)
    if key is None or not signatures.same(query["sig"], signatures.mac(key.secret, text)):
        raise refusal("AuthenticationFailed")
    _demand_time(query, call.at)
    _demand_living(cloud, call, key)
    if query.get("sduoid") and cloud.entra.caller(call.request, "blob").object_id != query["sduoid"]:
        raise refusal("AuthenticationFailed", "The signature is bound to another user.")

    def allow(operation: Operation, asked: BlobCall) -> None:
        _letters(query)(operation, asked)
        demand_role(cloud, key.object_id, operation, asked)

    digest = _digest(f"user-delegation({hashlib.sha256(key.value.encode()).hexdigest().upper()})", query)
    return Admission("DelegationSas", key.object_id, digest, allow, scope=query.get("ses", ""))


def _demand_living(cloud: "Cloud", call: BlobCall, key: DelegationKey) -> None:
    """A revoked key goes on for as long as the service's caches keep it."""
    revoked = key.issued <= call.account.revoked_at
    if revoked and call.at >= call.account.revoked_at + cloud.delays.delegation_key:
        raise refusal("AuthenticationFailed", "The user delegation key is revoked.")
    if not key.starts <= call.at < key.ends:
        raise refusal("AuthenticationFailed", "The user delegation key is not valid at this time.")


def _demand_time(query: Mapping[str, str], at: float) -> None:
    start, end = (query.get(name) or query.get(f"stored-{name}", "") for name in ("st", "se"))
    try:
        if not end or at >= moment(end) or (start and at < moment(start)):
            raise refusal("AuthenticationFailed", "Signature not valid in the specified time frame.")
    except ValueError as wrong:
        raise refusal("AuthenticationFailed", "Signature fields not well formed.") from wrong


def _demand_network(query: Mapping[str, str], request: Request) -> None:
    if query.get("spr") == "https" and not request.secure:
        raise refusal("AuthorizationProtocolMismatch")
    first, _, last = query.get("sip", "").partition("-")
    if first:
        low, high, here = (ipaddress.ip_address(each) for each in (first, last or first, request.address))
        if not int(low) <= int(here) <= int(high):
            raise refusal("AuthorizationSourceIPMismatch")


def _letters(query: Mapping[str, str]) -> Callable[[Operation, BlobCall], None]:
    """What a signature's permissions let do: to create is to write what is not there yet."""
    letters = query.get("sp") or query.get("stored-sp", "")

    def allow(operation: Operation, call: BlobCall) -> None:
        needed = set(operation.sas)
        if call.level == "blob" and "w" in needed and needed & set("ca"):
            there = call.account.containers.get(call.names[0])
            blob = there.blobs.get(call.names[1]) if there else None
            if blob is not None and blob.current is not None and operation.name != "AppendBlock":
                needed = {"w"}
                if "c" in letters and "w" not in letters:
                    raise refusal("UnauthorizedBlobOverwrite")
        if not needed & set(letters):
            raise refusal("AuthorizationPermissionMismatch")

    return allow
