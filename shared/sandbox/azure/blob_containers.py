"""Containers and the service as a whole, on the data plane.

Source: Blob service REST reference, "Operations on containers", "Get User Delegation Key", "Set Container ACL".
"""

import secrets
from base64 import b64encode
from typing import TYPE_CHECKING

from shared.sandbox.azure import blob_xml as xml
from shared.sandbox.azure.blob_call import BlobCall, refusal
from shared.sandbox.azure.blob_commits import metadata_given
from shared.sandbox.azure.clock import http_date, moment
from shared.sandbox.azure.storage_containers import guard_deletion
from shared.sandbox.azure.storage_state import Container, DelegationKey, Identifier
from shared.sandbox.azure.vault_state import DAY
from shared.sandbox.azure.wire import Answer

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

KEY_DAYS = 7
IDENTIFIERS = 5
SCOPE, OVERRIDE = "x-ms-default-encryption-scope", "x-ms-deny-encryption-scope-override"


def create(_: "Cloud", call: BlobCall) -> Answer:
    """A container; its default encryption scope is fixed for good."""
    account, name = call.account, call.names[0]
    if name in account.containers:
        raise refusal("ContainerAlreadyExists")
    public, scope = call.header("x-ms-blob-public-access"), call.header(SCOPE)
    if public and account.properties.get("allowBlobPublicAccess") is False:
        raise refusal("PublicAccessNotPermitted")
    container = Container(name, call.at, call.at, account.etag(), public=public, metadata=metadata_given(call))
    container.default_scope = "" if scope == "$account-encryption-key" else scope
    container.deny_override = call.header(OVERRIDE).lower() == "true"
    account.containers[name] = container
    return Answer(201, {"etag": container.etag, "last-modified": http_date(container.modified)})


def properties(_: "Cloud", call: BlobCall) -> Answer:
    """What guards a container, and its metadata."""
    found = call.container()
    headers = {
        **_stamped(found),
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
        "x-ms-has-immutability-policy": str(found.policy is not None).lower(),
        "x-ms-has-legal-hold": str(bool(found.holds)).lower(),
        "x-ms-immutable-storage-with-versioning-enabled": str(found.versioned_worm).lower(),
        SCOPE: found.default_scope or "$account-encryption-key",
        OVERRIDE: str(found.deny_override).lower(),
        **({"x-ms-blob-public-access": found.public} if found.public else {}),
        **{f"x-ms-meta-{name}": value for name, value in found.metadata.items()},
    }
    return Answer(200, headers)


def _stamped(container: Container) -> dict[str, str]:
    return {"etag": container.etag, "last-modified": http_date(container.modified)}


def delete(_: "Cloud", call: BlobCall) -> Answer:
    """A container gone with its blobs, unless something in it is guarded."""
    guard_deletion(call.container())
    del call.account.containers[call.names[0]]
    return Answer(202)


def set_metadata(_: "Cloud", call: BlobCall) -> Answer:
    """Replace a container's metadata."""
    found = call.container()
    found.metadata, found.etag, found.modified = metadata_given(call), call.account.etag(), call.at
    return Answer(200, _stamped(found))


def get_acl(_: "Cloud", call: BlobCall) -> Answer:
    """Public access and stored access policies."""
    found = call.container()
    nodes: list[xml.Node] = [("SignedIdentifier", _identified(each)) for each in found.identifiers.values()]
    public = {"x-ms-blob-public-access": found.public} if found.public else {}
    return xml.answer(200, "SignedIdentifiers", nodes).plus({**_stamped(found), **public})


def _identified(identifier: Identifier) -> list[xml.Node]:
    fields = (("Start", identifier.start), ("Expiry", identifier.expiry), ("Permission", identifier.permission))
    policy: list[xml.Node] = [(name, value) for name, value in fields if value]
    return [("Id", identifier.id), ("AccessPolicy", policy)]


def set_acl(_: "Cloud", call: BlobCall) -> Answer:
    """Replace public access and every stored access policy: signatures that name one not there any more are dead at once."""
    found, public = call.container(), call.header("x-ms-blob-public-access")
    if public and call.account.properties.get("allowBlobPublicAccess") is False:
        raise refusal("PublicAccessNotPermitted")
    given = list(xml.read(call.request.body)) if call.request.body else []
    if len(given) > IDENTIFIERS:
        raise refusal("InvalidXmlDocument")
    texts = [[node.findtext(path, "") for path in _PATHS] for node in given]
    found.identifiers = {name: Identifier(name, *rest) for name, *rest in texts}
    found.public, found.etag, found.modified = public, call.account.etag(), call.at
    return Answer(200, _stamped(found))


_PATHS = ("Id", "AccessPolicy/Start", "AccessPolicy/Expiry", "AccessPolicy/Permission")


def delegation_key(cloud: "Cloud", call: BlobCall) -> Answer:
    """A key in the name of whoever asks, for at most seven days: only a token gets one."""
    admission = call.admission
    if admission is None or admission.means != "OAuth":
        raise refusal("AuthenticationFailed", "Only authentication scheme Bearer is supported")
    body = xml.read(call.request.body)
    start, end = body.findtext("Start") or "", body.findtext("Expiry") or ""
    if not end or moment(end) > call.at + KEY_DAYS * DAY or moment(end) <= call.at:
        raise refusal("InvalidXmlDocument")
    tenant = cloud.entra.directory.tenant
    names = (admission.caller, tenant, start, end, "b", call.header("x-ms-version"))
    key = call.account.delegations.get(names)
    if key is None or key.issued <= call.account.revoked_at:
        starts = moment(start) if start else call.at
        key = DelegationKey(names, b64encode(secrets.token_bytes(32)).decode(), call.at, starts, moment(end))
        call.account.delegations[names] = key
    tags = ("SignedOid", "SignedTid", "SignedStart", "SignedExpiry", "SignedService", "SignedVersion")
    return xml.answer(200, "UserDelegationKey", [*zip(tags, names, strict=True), ("Value", key.value)])


def service_properties(_: "Cloud", call: BlobCall) -> Answer:
    """What holds for the whole service, as far as the data plane shows it."""
    days = call.account.kept_days
    policy: list[xml.Node] = [("Enabled", str(days > 0).lower()), *([("Days", str(days))] if days else [])]
    return xml.answer(200, "StorageServiceProperties", [("DeleteRetentionPolicy", policy)])


def account_information(_: "Cloud", call: BlobCall) -> Answer:
    """Which kind of account this is."""
    account = call.account
    return Answer(200, {"x-ms-sku-name": str(account.sku.get("name", "")), "x-ms-account-kind": account.kind})
