"""What S3 says of stored versions, read into the domain's words. Pure: no call is made here."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.ports.objects import Attributes, Checksum, Consumer, Encryption, Facts, Lock, Page, Pairs, Scheme, Version

ARCHIVES = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes whose content has to be restored before it can be read (S3 user guide, "Working with archived objects")."""

SCHEMES = {"": Scheme.NONE, "AES256": Scheme.SSE_S3, "aws:kms": Scheme.SSE_KMS, "aws:kms:dsse": Scheme.DSSE}

HEADERS = {
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "content-type": "ContentType",
    "expires": "Expires",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
}
"""HTTP header, and its parameter in the SDK."""

EVERY_NEW_OBJECT = "s3:ObjectCreated:*"

_NOTIFIED = ("TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations")
_SUM = "Checksum"


def page(answer: Mapping[str, Any]) -> Page:
    """A part of ListObjectVersions."""
    lines = [*(_version(v) for v in answer.get("Versions", ())), *(_marker(m) for m in answer.get("DeleteMarkers", ()))]
    after = (answer["NextKeyMarker"], answer.get("NextVersionIdMarker", "")) if answer.get("IsTruncated") else None
    return Page(tuple(sorted(lines, key=lambda line: line.key)), after)


def _version(line: Mapping[str, Any]) -> Version:
    return Version(
        key=line["Key"],
        id=line["VersionId"],
        latest=line["IsLatest"],
        modified=line["LastModified"],
        size=line["Size"],
        etag=unquoted(line["ETag"]),
        storage_class=line.get("StorageClass", "STANDARD"),
    )


def _marker(line: Mapping[str, Any]) -> Version:
    return Version(line["Key"], line["VersionId"], line["IsLatest"], line["LastModified"], delete_marker=True)


def facts(head: Mapping[str, Any], tags: Pairs) -> Facts:
    """An answer of HeadObject, with the tags that another call told."""
    return Facts(
        size=head["ContentLength"],
        etag=unquoted(head["ETag"]),
        modified=head["LastModified"],
        encryption=_encryption(head),
        storage_class=head.get("StorageClass", "STANDARD"),
        archived=_archived(head),
        lock=_lock(head),
        checksum=checksum(head),
        headers=_headers(head),
        metadata=tuple(sorted(head.get("Metadata", {}).items())),
        tags=tags,
    )


def attributes(answer: Mapping[str, Any]) -> Attributes:
    """An answer of GetObjectAttributes."""
    return Attributes(
        size=answer["ObjectSize"],
        etag=unquoted(answer["ETag"]),
        modified=answer["LastModified"],
        storage_class=answer.get("StorageClass", "STANDARD"),
        checksum=checksum(answer.get("Checksum", {})),
    )


def checksum(answer: Mapping[str, Any]) -> Checksum | None:
    """The checksum of an answer; where S3 does not say, a dash and a number tell that it is of parts."""
    named = (name for name in answer if name.startswith(_SUM) and name not in (_SUM + "Type", _SUM + "Algorithm"))
    name = next(named, "")
    if not name:
        return None
    whole = answer.get("ChecksumType", "COMPOSITE" if "-" in answer[name] else "FULL_OBJECT") == "FULL_OBJECT"
    return Checksum(name.removeprefix(_SUM), answer[name], whole)


def consumers(configuration: Mapping[str, Any]) -> tuple[Consumer, ...]:
    """Who is told of events, by GetBucketNotificationConfiguration. EventBridge is told of all, and its rules are anybody's."""
    told = [_consumer(each) for kind in _NOTIFIED for each in configuration.get(kind, ())]
    bridge = [Consumer((EVERY_NEW_OBJECT,))] if "EventBridgeConfiguration" in configuration else []
    return (*told, *bridge)


def _consumer(each: Mapping[str, Any]) -> Consumer:
    rules = {rule["Name"].lower(): rule["Value"] for rule in each.get("Filter", {}).get("Key", {}).get("FilterRules", ())}
    return Consumer(tuple(each["Events"]), rules.get("prefix", ""), rules.get("suffix", ""))


def granted_to_others(acl: Mapping[str, Any]) -> bool:
    """Whether an answer of GetObjectAcl grants anything to anybody but the owner."""
    owner = acl.get("Owner", {}).get("ID")
    return any(grant.get("Grantee", {}).get("ID") != owner for grant in acl.get("Grants", ()))


def unquoted(etag: str) -> str:
    """An ETag as conditions take it: HTTP quotes it, and only some answers do."""
    return etag.strip('"')


def _encryption(head: Mapping[str, Any]) -> Encryption:
    if head.get("SSECustomerAlgorithm"):
        return Encryption(Scheme.SSE_C)
    scheme = SCHEMES.get(head.get("ServerSideEncryption", ""), Scheme.SERVICE)
    return Encryption(scheme, head.get("SSEKMSKeyId", ""), bool(head.get("BucketKeyEnabled", False)))


def _archived(head: Mapping[str, Any]) -> bool:
    restored = 'ongoing-request="false"' in head.get("Restore", "")
    return not restored and (head.get("StorageClass") in ARCHIVES or "ArchiveStatus" in head)


def _lock(head: Mapping[str, Any]) -> Lock:
    return Lock(
        head.get("ObjectLockMode", ""), head.get("ObjectLockRetainUntilDate"), head.get("ObjectLockLegalHoldStatus") == "ON"
    )


def _headers(head: Mapping[str, Any]) -> Pairs:
    def given() -> Iterator[tuple[str, str]]:
        for name, parameter in HEADERS.items():
            # the SDK reads Expires as a date, and keeps what was written beside it
            value = head.get(f"{parameter}String", head.get(parameter))
            if value is not None:
                yield name, str(value)

    return tuple(given())
