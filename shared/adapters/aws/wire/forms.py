"""The requests of a migration in S3's words, as the SDK would send them (Amazon S3 API reference)."""

import base64
import binascii
from functools import cache

from shared.adapters.aws.objects_copied import REDIRECT
from shared.adapters.aws.wire.exchange import Request
from shared.adapters.aws.wire.signing import Form, in_path, in_query
from shared.ports.objects import Encryption, Facts

OWNER = "x-amz-expected-bucket-owner"
PAGE = 1000
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class Forms:
    """Requests to one bucket of one account. Forms are made once: a template is found by the form itself."""

    def __init__(self, bucket: str, account: str) -> None:
        self._bucket, owner = bucket, {OWNER: account}
        self._owner = owner
        self._head = Form("HEAD", {"x-amz-checksum-mode": "ENABLED", **owner})
        self._bare_head, self._get = Form("HEAD", owner), Form("GET", owner)
        self._first_byte = Form("GET", {"range": "bytes=0-0", **owner})
        self._list = Form("GET")
        self._update = cache(self._update_form)
        self._copy = cache(self._copy_form)

    def head(self, key: str, version: str, *, sums: bool = True) -> Request:
        return _request(self._head if sums else self._bare_head, "HeadObject", key, "", version)

    def first_byte(self, key: str, version: str) -> Request:
        return _request(self._first_byte, "GetObject", key, "", version)

    def tags(self, key: str, version: str) -> Request:
        return _request(self._get, "GetObjectTagging", key, "tagging", version)

    def acl(self, key: str, version: str) -> Request:
        return _request(self._get, "GetObjectAcl", key, "acl", version)

    def update(self, key: str, version: str, encryption: Encryption) -> Request:
        return _request(self._update(encryption), "UpdateObjectEncryption", key, "encryption", version)

    def copy(self, key: str, facts: Facts, encryption: Encryption) -> Request:
        """In place, of the latest version, on condition that it is the one that was looked at."""
        said = {
            "if-match": facts.etag,
            "x-amz-copy-source": f"{self._bucket}/{in_path(key)}",
            "x-amz-copy-source-if-match": facts.etag,
            "x-amz-storage-class": facts.storage_class,
        }
        if facts.checksum:
            said["x-amz-checksum-algorithm"] = facts.checksum.algorithm
        said |= {name: value for name, value in facts.headers if name == REDIRECT}
        form = self._copy(encryption, tuple(sorted(said)))
        return Request(form, "CopyObject", in_path(key), values=tuple(said[name] for name in form.varying))

    def versions(self, after: tuple[str, str] | None, size: int = PAGE) -> Request:
        """ListObjectVersions; keys come percent-encoded, for XML can not hold all of them."""
        key, version = after or ("", "")
        named = {"encoding-type": "url", "key-marker": key, "max-keys": str(size), "version-id-marker": version}
        query = "&".join(f"{name}={in_query(value)}" for name, value in named.items() if value)
        return Request(self._list, "ListObjectVersions", "", f"{query}&versions=", f"{query}&versions")

    def _update_form(self, encryption: Encryption) -> Form:
        wanted = f"<KMSKeyArn>{encryption.key}</KMSKeyArn><BucketKeyEnabled>{_word(encryption.bucket_key)}</BucketKeyEnabled>"
        body = f'<ObjectEncryption xmlns="{_NAMESPACE}"><SSE-KMS>{wanted}</SSE-KMS></ObjectEncryption>'.encode()
        crc = base64.b64encode(binascii.crc32(body).to_bytes(4, "big")).decode()
        return Form("PUT", {"x-amz-checksum-crc32": crc, "x-amz-sdk-checksum-algorithm": "CRC32", **self._owner}, body=body)

    def _copy_form(self, encryption: Encryption, varying: tuple[str, ...]) -> Form:
        fixed = {
            "x-amz-metadata-directive": "COPY",
            "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id": encryption.key,
            "x-amz-server-side-encryption-bucket-key-enabled": _word(encryption.bucket_key),
            "x-amz-source-expected-bucket-owner": self._owner[OWNER],
            "x-amz-tagging-directive": "COPY",
        }
        return Form("PUT", {**fixed, **self._owner}, varying)


def _request(form: Form, operation: str, key: str, part: str, version: str) -> Request:
    """A request about one version; `part` is the sub-resource that is meant."""
    named = f"versionId={in_query(version)}"
    query, sent = (f"{part}=&{named}", f"{part}&{named}") if part else (named, named)
    return Request(form, operation, in_path(key), query, sent)


def _word(value: bool) -> str:  # noqa: FBT001  # a boolean as XML Schema writes it
    return "true" if value else "false"
