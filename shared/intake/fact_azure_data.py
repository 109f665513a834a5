"""Azure's data planes: Key Vault's audit log and the storage services' logs. Object names go no further than this module."""

import re
from urllib.parse import parse_qs, urlsplit

from .azure import OBJECTS, UPNS, actor, failed, first_of, resource_id, subscription
from .fact import Fact, Who
from .moments import seconds
from .objects_left_out import without_objects
from .pieces import any_flag, first
from .tolerant import Document, folded, text, within


def key_vault(document: Document) -> Fact:
    """One AuditEvent. A key or secret is the resource by its id; its versions are the same resource."""
    resource = resource_id(document, "resourceid", "properties.entity")
    item = first(document, "properties.id", "properties.requesturi").partition("?")[0].rstrip("/").lower()
    claims = folded(within(document, "identity", "claim")) or folded(within(document, "identity", "claims"))
    name = first_of(claims, UPNS) or first(document, "identityclaimupns", "identityclaimuniquenames")
    oid = first_of(claims, OBJECTS) or first(document, "identityclaimoidg", "identityclaimoids")
    app = text(claims.get("appid")) or first(document, "identityclaimappidg", "identityclaimappids")
    return Fact(
        source="azure-key-vault",
        event=text(document.get("operationname")) or "request",
        id=first(document, "correlationid", "properties.clientrequestid"),
        at=seconds(document.get("time") or document.get("timegenerated")),
        account=subscription(resource),
        service="keyvault",
        actor=actor(name, oid, app, person="@" in name),
        resources=without_objects((resource, "/".join(item.split("/")[:5]))),
        failed=failed(
            document.get("resulttype"),
            within(document, "properties", "httpstatuscode"),
            document.get("httpstatuscode") or document.get("httpstatuscoded"),
        ),
        address=first(document, "calleripaddress").partition(":")[0],
        request=folded(document.get("properties")),
    )


KEY = re.compile(r"(key[12])\(")
"""How the log names the account's key that signed a request, or the link it came by (StorageBlobLogs, AuthenticationHash)."""


def _holder(account: str, key: str) -> Who:
    return Who(f"{key} of {account}", "store-key", "", (f"store-key:{account}/{key}",))


def storage(document: Document) -> Fact:
    """One request to a blob, file, queue or table service (Azure Monitor reference, StorageBlobLogs)."""
    url = urlsplit(first(document, "uri", "properties.uri"))
    resource = resource_id(document, "resourceid")
    account = first(document, "properties.accountname", "accountname") or url.hostname or ""
    way = first(document, "identity.type", "properties.authenticationtype", "authenticationtype")
    signed = "sig" in parse_qs(url.query)
    name = first(document, "identity.requester.upn", "requesterupn")
    oid = first(document, "identity.requester.objectid", "requesterobjectid")
    key = KEY.match(first(document, "identity.tokenhash", "authenticationhash"))
    return Fact(
        source="azure-storage",
        event=text(document.get("operationname")) or "request",
        id=first(document, "correlationid"),
        at=seconds(document.get("time") or document.get("timegenerated")),
        account=subscription(resource) or account,
        service="storage",
        actor=_holder(account.lower(), key[1])
        if key
        else actor(name, oid, first(document, "identity.requester.appid"), person="@" in name),
        resources=without_objects((resource or f"storage:{account.lower()}",)),
        failed=failed(document.get("statuscode"), document.get("statustext") if document.get("statuscode") is None else "")
        or first(document, "properties.metricresponsetype").lower().endswith(("error", "failure")),
        reads=text(document.get("category")).lower() == "storageread",
        address=first(document, "calleripaddress").rpartition(":")[0] or first(document, "calleripaddress"),
        agent=first(document, "properties.useragentheader", "useragentheader"),
        request={
            "authentication": "SAS" if signed else way,
            "customerkey": any_flag(document, "properties.iscustomerprovidedkey")
            or bool(
                first(
                    document, "properties.encryptionkeysha256", "properties.customerprovidedkeysha256", "properties.encryptionscope"
                )
            ),
            "container": "/".join(url.path.split("/")[:2]),
        },
    )
