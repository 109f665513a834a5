"""The lasting denies of a store, as one table: what each refuses, and whose requests it would have refused.

Every write is encrypted by the bucket's default already; these keep it so when somebody changes the default, or asks for less.
Condition keys: S3 user guide, "Bucket policy examples using condition keys", "Protecting data with encryption".
"""

from collections.abc import Callable, Sequence

import msgspec

from shared.ports import PLAINTEXT

from . import statements
from .observed import Form
from .statements import Condition, Ordinal

SSE = "s3:x-amz-server-side-encryption"
SSE_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
KMS = "aws:kms"


class Standard(msgspec.Struct, frozen=True):
    """What a store asks of its callers from now on. `key` is the successor that its default names (ARN)."""

    key: str
    tls_floor: str


class Rule(msgspec.Struct, frozen=True):
    """One lasting deny. `hurts`: whether a request of this form would be refused, or might be."""

    number: int
    words: str
    calls: Sequence[str]
    condition: Callable[[Standard], Condition]
    hurts: Callable[[Form, Standard], bool]


def _bare(form: Form, _: Standard) -> bool:
    return form.writes and (form.asked is None or not form.asked.scheme)


def _weaker(form: Form, _: Standard) -> bool:
    return form.writes and (form.asked is None or form.asked.scheme not in {"", KMS})


def _other_key(form: Form, standard: Standard) -> bool:
    """S3 compares the header as it was sent: whoever names the right key by its id or an alias would be refused as well."""
    return form.writes and (form.asked is None or form.asked.key not in {"", standard.key})


def _in_clear(form: Form, _: Standard) -> bool:
    return form.tls in {"", PLAINTEXT}


def _old_tls(form: Form, standard: Standard) -> bool:
    return form.tls in {"", PLAINTEXT} or form.tls.removeprefix("TLSv") < standard.tls_floor


ENCRYPTION: tuple[Rule, ...] = (
    Rule(
        0,
        "writes that ask for no encryption",
        ("s3:PutObject",),
        lambda _: {"Null": {SSE: "true"}},
        _bare,
    ),
    Rule(
        1,
        "writes that ask for a weaker encryption",
        ("s3:PutObject",),
        # a negated operator matches where its key is absent, and whoever sends no header is encrypted by the default
        lambda _: {"StringNotEquals": {SSE: KMS}, "Null": {SSE: "false"}},
        _weaker,
    ),
    Rule(
        2,
        "writes under another key",
        ("s3:PutObject",),
        lambda s: {"StringNotEquals": {SSE_KEY: s.key}, "Null": {SSE_KEY: "false"}},
        _other_key,
    ),
)

OLD_TLS = Rule(4, "requests over old TLS", ("s3:*",), lambda s: {"NumericLessThan": {"s3:TlsVersion": s.tls_floor}}, _old_tls)

TRANSPORT: tuple[Rule, ...] = (
    Rule(3, "requests in clear", ("s3:*",), lambda _: {"Bool": {"aws:SecureTransport": "false"}}, _in_clear),
    OLD_TLS,
)


def statement(case: str, rule: Rule, standard: Standard, exempt: Sequence[str], resources: Sequence[str]) -> tuple[str, str]:
    """Sid and body of a rule's deny; our own and break-glass identities and AWS services are exempt."""
    spared = statements.all_but_ids(exempt)
    condition = {
        operator: {**spared.get(operator, {}), **rule.condition(standard).get(operator, {})}
        for operator in dict.fromkeys((*spared, *rule.condition(standard)))
    }
    sid = statements.sid(case, Ordinal.LASTING, rule.number)
    return sid, statements.deny(sid, rule.calls, resources, condition, principal=True)
