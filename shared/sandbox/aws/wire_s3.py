"""S3: the permissions an operation needs, and the condition keys of its headers and query.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3"; S3 User Guide, "Required
permissions for Amazon S3 API operations". Operations are botocore's; where the IAM action has another name, it is in a table.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote

from shared.sandbox.aws.wire_calls import ANY, Needed, Parameters, UnknownSubresource
from shared.sandbox.aws.wire_routes import Route, find
from shared.sandbox.aws.wire_signature import HttpRequest, query_of

# Operation -> IAM action, where they differ.
ACTIONS: Final[Mapping[str, str]] = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}

# IAM action -> the one it becomes for a named version.
OF_A_VERSION: Final[Mapping[str, str]] = {
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObject": "GetObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTagging": "GetObjectVersionTagging",
    "GetObjectTorrent": "GetObjectVersionTorrent",
    "PutObjectAcl": "PutObjectVersionAcl",
    "PutObjectTagging": "PutObjectVersionTagging",
}

# A header of a write -> the permission it needs besides.
BY_HEADER: Final[Mapping[str, str]] = {
    "x-amz-acl": "PutObjectAcl",
    "x-amz-grant-full-control": "PutObjectAcl",
    "x-amz-grant-read": "PutObjectAcl",
    "x-amz-grant-read-acp": "PutObjectAcl",
    "x-amz-grant-write-acp": "PutObjectAcl",
    "x-amz-object-lock-legal-hold": "PutObjectLegalHold",
    "x-amz-object-lock-mode": "PutObjectRetention",
    "x-amz-tagging": "PutObjectTagging",
}

# A header of CreateBucket -> the permission it needs besides.
BY_BUCKET_HEADER: Final[Mapping[str, str]] = {
    "x-amz-acl": "PutBucketAcl",
    "x-amz-bucket-object-lock-enabled": "PutBucketObjectLockConfiguration",
    "x-amz-object-ownership": "PutBucketOwnershipControls",
}

# Any S3 operation takes these in its query: signatures of both versions, the SDKs' operation name, headers of the answer.
_EVERYWHERE: Final = re.compile(r"(x-.*|awsaccesskeyid|signature|expires|response-.*|content-type|content-md5)", re.IGNORECASE)

_BUCKET_HOST: Final = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]+)\.(s3[.-].*amazonaws\.com|s3\.amazonaws\.com|localhost)(:\d+)?")
_WRITES: Final = frozenset({"CopyObject", "CreateMultipartUpload", "PutObject"})
_XML_ROLE: Final = re.compile(rb"<Role>(.*?)</Role>", re.DOTALL)
_DELETED: Final = re.compile(rb"<Object>(.*?)</Object>", re.DOTALL)
_XML_KEY: Final = re.compile(rb"<Key>(.*?)</Key>", re.DOTALL)
_XML_ENTITY: Final = re.compile(r"&(?:#(\d+)|#x([0-9a-fA-F]+)|(lt|gt|amp|quot|apos));")
_ENTITIES: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


def route(request: HttpRequest) -> tuple[Route, dict[str, str]]:
    """The operation and its parameters from host, path and query. Raises UnknownSubresource."""
    query = query_of(request)
    host = _BUCKET_HOST.fullmatch(request.host)
    path = f"/{host['bucket']}{request.path}" if host else request.path
    found = find("s3", request.method, path, query, request.headers)
    unknown = {name for name in query if not _EVERYWHERE.fullmatch(name)} - (found[0].known.keys() if found else frozenset())
    if found is None or unknown:
        raise UnknownSubresource(f"{request.method} with {', '.join(sorted(unknown)) or 'this path'} is no S3 operation")
    return found


def needed(request: HttpRequest, operation: str, parameters: Parameters) -> tuple[Needed, ...]:
    """The permissions of an S3 operation."""
    bucket, key = parameters.get("Bucket"), parameters.get("Key")
    resource = f"arn:aws:s3:::{bucket}{f'/{key}' if key is not None else ''}" if bucket else ANY
    if operation == "DeleteObjects":
        return tuple(_deletions(request.body, resource))
    action = ACTIONS.get(operation, operation)
    if "VersionId" in parameters:
        action = OF_A_VERSION.get(action, action)
    return (*_sources(request, operation), Needed(f"s3:{action}", resource), *_besides(request, operation, action, resource))


def _sources(request: HttpRequest, operation: str) -> Iterable[Needed]:
    """What a copy reads; the version id follows the key, and the key is URL-encoded."""
    if operation in {"CopyObject", "UploadPartCopy"}:
        source, _, version = request.headers["x-amz-copy-source"].partition("?versionId=")
        yield Needed(f"s3:{'GetObjectVersion' if version else 'GetObject'}", f"arn:aws:s3:::{unquote(source).removeprefix('/')}")


def _besides(request: HttpRequest, operation: str, action: str, resource: str) -> Iterable[Needed]:
    """The further permissions of headers and bodies."""
    by_header = BY_BUCKET_HEADER if operation == "CreateBucket" else BY_HEADER if operation in _WRITES else {}
    yield from (Needed(f"s3:{name}", resource) for name in sorted({by_header[h] for h in by_header if h in request.headers}))
    if operation == "GetObjectAttributes":
        yield Needed(f"s3:{action.removesuffix('Attributes')}", resource)
    if operation == "UpdateObjectEncryption":
        yield Needed("s3:PutObject", resource)
    if operation == "PutBucketReplication" and (role := _XML_ROLE.search(request.body)):
        yield Needed("iam:PassRole", _unescaped(role.group(1).decode()).strip())
    if request.headers.get("x-amz-bypass-governance-retention", "").lower() == "true":
        yield Needed("s3:BypassGovernanceRetention", resource)


def _deletions(body: bytes, bucket: str) -> Iterable[Needed]:
    for entry in _DELETED.findall(body):
        key = _XML_KEY.search(entry)
        action = "DeleteObjectVersion" if b"<VersionId>" in entry else "DeleteObject"
        yield Needed(f"s3:{action}", f"{bucket}/{_unescaped(key.group(1).decode()) if key else ''}")


def _unescaped(text: str) -> str:
    def letter(match: re.Match[str]) -> str:
        decimal, hexadecimal, name = match.groups()
        return _ENTITIES[name] if name else chr(int(decimal or hexadecimal, 10 if decimal else 16))

    return _XML_ENTITY.sub(letter, text)


# Condition key <- header, one value each.
HEADER_KEYS: Final[Mapping[str, str]] = {
    f"s3:{name}": name
    for name in (
        "x-amz-acl",
        "x-amz-copy-source",
        "x-amz-grant-full-control",
        "x-amz-grant-read",
        "x-amz-grant-read-acp",
        "x-amz-grant-write",
        "x-amz-grant-write-acp",
        "x-amz-metadata-directive",
        "x-amz-object-ownership",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-storage-class",
        "x-amz-website-redirect-location",
        "if-match",
        "if-none-match",
    )
} | {
    "s3:object-lock-legal-hold": "x-amz-object-lock-legal-hold",
    "s3:object-lock-mode": "x-amz-object-lock-mode",
    "s3:object-lock-retain-until-date": "x-amz-object-lock-retain-until-date",
}

# Condition key <- query parameter.
QUERY_KEYS: Final[Mapping[str, str]] = {
    "s3:delimiter": "delimiter",
    "s3:max-keys": "max-keys",
    "s3:prefix": "prefix",
    "s3:versionid": "versionId",
}


def context(request: HttpRequest) -> dict[str, tuple[str, ...]]:
    """The condition keys of an S3 request; what its signature and connection give is the server's to add."""
    query = query_of(request)
    found: dict[str, tuple[str, ...]] = {
        key: (request.headers[name],) for key, name in HEADER_KEYS.items() if name in request.headers
    }
    found |= {key: (query[name],) for key, name in QUERY_KEYS.items() if name in query}
    tags = parse_qsl(request.headers.get("x-amz-tagging", ""), keep_blank_values=True)
    if tags:
        found |= {f"s3:requestobjecttag/{key.lower()}": (value,) for key, value in tags}
        found["s3:requestobjecttagkeys"] = tuple(key for key, _ in tags)
    return found
