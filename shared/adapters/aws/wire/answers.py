"""What S3 answers to a migration, read into the domain's words: from headers and XML to what the SDK would have made of them."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

from shared.adapters.aws import objects_seen
from shared.adapters.aws.wire.exchange import BAD_REQUEST, FORBIDDEN, META, Exchange, accepted, refused
from shared.adapters.aws.wire.forms import Forms
from shared.adapters.aws.wire.listing import unescaped
from shared.domain.errors import CloudError, Refused, Unreachable
from shared.ports.asking import Ask, Copy, CopyParts, Head, Update
from shared.ports.objects import CUSTOMER_KEY, NULL, Encryption, Facts, Moved, Pairs, Version

_when = lru_cache(4096)(parsedate_to_datetime)
_TAG = re.compile(r"<Tag>(.*?)</Tag>", re.DOTALL)
_GRANT = re.compile(r"<Grant>(.*?)</Grant>", re.DOTALL)
_ELEMENT = re.compile(r"<(\w+)>([^<]*)</\1>")

SUMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128")
"""Algorithms of checksums (S3 API reference, HeadObject). Other headers begin like theirs and are no sums."""


def _true(value: str) -> bool:
    return value == "true"


READ: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "content-length": ("ContentLength", int),
    "etag": ("ETag", str),
    "last-modified": ("LastModified", _when),
    "x-amz-checksum-type": ("ChecksumType", str),
    **{f"x-amz-checksum-{name.lower()}": (f"Checksum{name}", str) for name in SUMS},
    "x-amz-archive-status": ("ArchiveStatus", str),
    "x-amz-object-lock-legal-hold": ("ObjectLockLegalHoldStatus", str),
    "x-amz-object-lock-mode": ("ObjectLockMode", str),
    "x-amz-object-lock-retain-until-date": ("ObjectLockRetainUntilDate", datetime.fromisoformat),
    "x-amz-restore": ("Restore", str),
    "x-amz-server-side-encryption": ("ServerSideEncryption", str),
    "x-amz-server-side-encryption-aws-kms-key-id": ("SSEKMSKeyId", str),
    "x-amz-server-side-encryption-bucket-key-enabled": ("BucketKeyEnabled", _true),
    "x-amz-server-side-encryption-customer-algorithm": ("SSECustomerAlgorithm", str),
    "x-amz-storage-class": ("StorageClass", str),
    "x-amz-tagging-count": ("TagCount", int),
    **{name: (parameter, str) for name, parameter in objects_seen.HEADERS.items()},
}
"""Header of HeadObject, its name in the SDK, and how its value is read."""


ALWAYS = frozenset({"ContentLength", "ETag", "LastModified"})


def described(headers: Mapping[str, str]) -> dict[str, Any]:
    """The headers of HeadObject as the SDK has them."""
    said: dict[str, Any] = {}
    metadata: dict[str, str] = {}
    for name, value in headers.items():
        if name in READ:
            parameter, read = READ[name]
            said[parameter] = read(value)
        elif name.startswith(META):
            metadata[name.removeprefix(META)] = value
    return said | {"Metadata": metadata}


def answered(forms: Forms, ask: Ask, *, acls: bool = True) -> Exchange[Facts | Moved]:
    """The exchange that a call is. `acls`: an object's ACL can grant something there."""
    match ask:
        case Head(key, version):
            return _looked(forms, key, version)
        case Update(key, version, encryption):
            return _updated(forms, key, version, encryption)
        case Copy(version, facts, encryption):
            return _copied(forms, version, facts, encryption, acls=acls)
        case CopyParts():
            raise TypeError("a copy in parts is many calls")


def _looked(forms: Forms, key: str, version: str) -> Exchange[Facts]:
    """HeadObject; S3 tells checksums only to those who may use the key, and tags in an answer of their own."""
    request = forms.head(key, version)
    reply = yield request
    if reply.status == FORBIDDEN:
        request = forms.head(key, version, sums=False)
        reply = yield request
    if reply.status == BAD_REQUEST:
        raise (yield from _explained(forms, key, version, refused(request, reply)))
    said = described(accepted(request, reply).headers)
    if not said.keys() >= ALWAYS:
        raise Unreachable("HeadObject: the answer lacks what every object has", "IncompleteBody", reply.request_id)
    tags = (yield from _tagged(forms, key, version)) if said.get("TagCount") else ()
    return objects_seen.facts(said, tags)


def _explained(forms: Forms, key: str, version: str, error: CloudError) -> Exchange[CloudError]:
    """Why HeadObject answered 400, which it can not say: a read of one byte has a body to say it in."""
    request = forms.first_byte(key, version)
    reply = yield request
    if not reply.failed:
        return error
    told = refused(request, reply)
    if told.code == "InvalidRequest":
        return Refused("HeadObject: under a customer's key", CUSTOMER_KEY, told.request_id)
    return told


def _tagged(forms: Forms, key: str, version: str) -> Exchange[Pairs]:
    request = forms.tags(key, version)
    reply = yield request
    body = accepted(request, reply, b"</Tagging>").body.decode()
    found = [dict(_ELEMENT.findall(tag)) for tag in _TAG.findall(body)]
    return tuple(sorted((unescaped(tag["Key"]), unescaped(tag.get("Value", ""))) for tag in found))


def _updated(forms: Forms, key: str, version: str, encryption: Encryption) -> Exchange[Moved]:
    request = forms.update(key, version, encryption)
    reply = accepted(request, (yield request))
    return Moved(version, "", (reply.request_id,))


def _copied(forms: Forms, version: Version, facts: Facts, encryption: Encryption, *, acls: bool) -> Exchange[Moved]:
    """CopyObject, and before it what it loses."""
    lost = (yield from _lost(forms, version)) if acls else ()
    request = forms.copy(version.key, facts, encryption)
    reply = accepted(request, (yield request), b"</CopyObjectResult>")
    etag = dict(_ELEMENT.findall(reply.body.decode())).get("ETag", "")
    made = reply.headers.get("x-amz-version-id", NULL)
    return Moved(made, objects_seen.unquoted(unescaped(etag)), (reply.request_id,), lost)


def _lost(forms: Forms, version: Version) -> Exchange[tuple[str, ...]]:
    """Whether the ACL grants to others what no copy carries along (API reference, CopyObject)."""
    request = forms.acl(version.key, version.id)
    acl = accepted(request, (yield request), b"</AccessControlPolicy>").body.decode()
    return ("acl",) if objects_seen.granted_to_others(_granted(acl)) else ()


def _granted(acl: str) -> dict[str, Any]:
    """An answer of GetObjectAcl, as much of it as matters."""
    owner, _, grants = acl.partition("</Owner>")
    ids = [dict(_ELEMENT.findall(grant)).get("ID") for grant in _GRANT.findall(grants)]
    return {"Owner": {"ID": dict(_ELEMENT.findall(owner)).get("ID")}, "Grants": [{"Grantee": {"ID": each}} for each in ids]}
