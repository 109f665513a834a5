"""CloudTrail records as single requests on stores and single uses of keys. Object keys go on in `Request.key` alone.

Source: CloudTrail user guide, "Logging data events"; KMS developer guide, "Logging AWS KMS API calls".
"""

from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from shared.domain.exposure import Told
from shared.domain.resource import Kind, Ref
from shared.ports import PLAINTEXT, Act, Encrypting, KeyUse, Request

from . import cloudtrail
from .arn import named
from .record import Record
from .tolerant import Document, number, text, within

SCHEME = "xamzserversideencryption"
SCHEME_KEY = "xamzserversideencryptionawskmskeyid"
COPY_SOURCE = "xamzcopysource"

CONTEXTS = (
    "aws:s3:arn",
    "aws:cloudtrail:arn",
    "aws:logs:arn",
    "secretarn",
    "aws:lambda:functionarn",
    "aws:sns:topicarn",
    "aws:sqs:arn",
    "aws:ebs:id",
    "aws:rds:dbid",
    "aws:dynamodb:tablename",
)
"""Names (folded) under which services say in the encryption context what a key is used for; first match counts."""

CRYPTOGRAPHIC = frozenset(
    {
        "Decrypt",
        "DeriveSharedSecret",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "ReEncrypt",
        "Sign",
        "Verify",
        "VerifyMac",
    }
)
"""Operations that use a key's material (KMS developer guide, "Cryptographic operations")."""


def requests(document: Document) -> Iterator[Request]:
    """The requests in one data event: one on the store called, and one on the store that a copy was taken from."""
    record, act = Record.model_validate(document), cloudtrail.act(document, _unknown)
    if act is None or record.service != "s3":
        return
    name, asked = text(record.request_parameters.get("bucketname")), record.request_parameters
    if store := _store(name, record, act):
        headers = Encrypting(text(asked.get(SCHEME)), text(asked.get(SCHEME_KEY)))
        sent = int(number(within(document, "additionaleventdata", "bytestransferredout")))
        key, version = text(asked.get("key")), text(asked.get("versionid"))
        yield Request(act, store, Told.DATA_EVENTS, key, version, sent, headers, _tls(document))
    yield from _copied(record, act)


def _copied(record: Record, act: Act) -> Iterator[Request]:
    """`/bucket/key?versionId=…`, percent-encoded (S3 API reference, CopyObject)."""
    source = urlsplit(text(record.request_parameters.get(COPY_SOURCE)).lstrip("/"))
    bucket, _, key = unquote(source.path).partition("/")
    if store := _store(bucket, record, act):
        version = parse_qs(source.query).get("versionId", [""])[0]
        yield Request(act, store, Told.DATA_EVENTS, key, version, copied=True)


def _store(name: str, record: Record, act: Act) -> Ref | None:
    """The bucket of this name, with its owner where the record says who that is."""
    if not name:
        return None
    listed = next((r for r in act.resources if r.kind is Kind.BUCKET and r.name == name), None)
    return listed or named(Kind.BUCKET, name, record.place)


def _tls(document: Document) -> str:
    """CloudTrail leaves `tlsDetails` out where a request came in clear; what a service did by itself has none either."""
    said = text(within(document, "tlsdetails", "tlsversion"))
    by_service = text(within(document, "useridentity", "invokedby"))
    return said or ("" if by_service else PLAINTEXT)


def key_use(document: Document, key: Ref) -> KeyUse | None:
    """The use of this key in one event; None where it is none, or of another key."""
    record, act = Record.model_validate(document), cloudtrail.act(document, _unknown)
    if act is None or record.service != "kms" or act.name not in CRYPTOGRAPHIC:
        return None
    if key not in act.resources:
        return None
    asked = record.request_parameters
    context = asked.get("encryptioncontext") or asked.get("sourceencryptioncontext")
    found = next((said for name in CONTEXTS if (said := text(within(context, name)))), "")
    by_alias = any("alias/" in text(asked.get(name)) for name in ("keyid", "sourcekeyid"))
    return KeyUse(act, key, _no_object(found), by_alias=by_alias and act.name in {"Decrypt", "ReEncrypt"})


def _no_object(arn: str) -> str:
    """The ARN without an object's key: S3 names the object in the context, where the bucket has no Bucket Key."""
    return arn.partition("/")[0] if ":s3:::" in arn else arn


def _unknown(_: str) -> None:
    """What an instance profile holds is of no interest here."""
    return
