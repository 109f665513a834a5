"""What is kept of each version: what it was before, what it is after, and which of that its lane promises to keep."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from shared.domain.value import Value, canonical
from shared.ports.objects import Checksum, Facts, Pairs

from .lanes import COPIES, Lane, Reason

type Name = Callable[[str], str]
"""What stands for a name that could be health data (`Journal.name`)."""

ALIKE = 256
"""Headers and tags that are remembered as they are written: those of one store are mostly alike."""

IN_PLACE = ("size", "etag", "modified", "storage_class", "checksum", "content", "tags")
LISTED = ("size", "etag", "modified", "storage_class")
COPIED = ("size", "storage_class", "checksum", "content", "tags")

PROMISES: dict[Lane, tuple[str, ...]] = {Lane.UPDATE: IN_PLACE, Lane.COPY: COPIED, Lane.MULTIPART: COPIED}
"""Lane, and the fields of `Seen` that it keeps (S3 user guide, "Updating server-side encryption"; API reference, CopyObject)."""


class Sum(Value):
    """A checksum; `whole` when it is of the content itself, and not of the parts it was uploaded in."""

    algorithm: str
    value: str
    whole: bool


class Seen(Value):
    """One version as it was seen. `key` is its key's ARN, or the scheme; `content` and `tags` are HMACs of headers and of tags.

    `listed`: as a listing tells it, which knows only what is in `LISTED`.
    """

    size: int
    etag: str
    modified: datetime
    storage_class: str
    checksum: Sum | None
    key: str
    content: str
    tags: str
    listed: bool = False


class Row(Value):
    """One version and what became of it. `name` and `became` are HMACs of key and version id, `object` of the key alone.

    A row without `became` is an intent. `etag` is what the version that it became was given. `lost`: what a copy could not carry
    along. `code`: the service's own, where it refused.
    """

    name: str
    object: str
    lane: Lane
    latest: bool
    reason: Reason = Reason.NONE
    code: str = ""
    before: Seen | None = None
    after: Seen | None = None
    became: str = ""
    etag: str = ""
    lost: tuple[str, ...] = ()
    request_ids: tuple[str, ...] = ()


def name_of(name: Name, key: str, version: str) -> str:
    """What stands for one version in rows and proofs."""
    return name(f"{key}\0{version}")


def sum_of(checksum: Checksum | None) -> Sum | None:
    """A checksum as rows keep it."""
    return Sum(algorithm=checksum.algorithm, value=checksum.value, whole=checksum.whole) if checksum else None


def seen(facts: Facts, name: Name) -> Seen:
    """What a store says of a version, without what could be health data."""
    return Seen(
        size=facts.size,
        etag=facts.etag,
        modified=facts.modified,
        storage_class=facts.storage_class,
        checksum=sum_of(facts.checksum),
        key=facts.encryption.key or facts.encryption.scheme.value,
        content=name(_content(facts.headers, facts.metadata)),
        tags=name(_tags(facts.tags)),
    )


@lru_cache(ALIKE)
def _content(headers: Pairs, metadata: Pairs) -> str:
    return canonical({"headers": dict(headers), "metadata": dict(metadata)}).decode()


@lru_cache(ALIKE)
def _tags(tags: Pairs) -> str:
    return canonical(dict(tags)).decode()


def differences(lane: Lane, before: Seen, after: Seen) -> tuple[str, ...]:
    """What the lane promises to keep and did not; empty where the promise holds. What was not known before is not compared."""
    known = LISTED if before.listed else PROMISES[lane]
    return tuple(field for field in PROMISES[lane] if field in known and not _kept(lane, field, before, after))


def _kept(lane: Lane, field: str, before: Seen, after: Seen) -> bool:
    if field == "checksum" and lane in COPIES and not _comparable(before.checksum, after.checksum):
        return True
    kept: bool = getattr(before, field) == getattr(after, field)
    return kept


def _comparable(before: Sum | None, after: Sum | None) -> bool:
    """Whether two checksums speak of the same thing: a copy in other parts, or in one, has another checksum of parts."""
    return bool(before and after and before.whole and after.whole and before.algorithm == after.algorithm)
