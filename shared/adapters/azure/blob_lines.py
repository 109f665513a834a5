"""An answer of List Blobs or List Containers, read by ourselves: the proof of a rewrite does not see through the eyes of who wrote.

Pure: no call is made here. Source: Blob service REST reference, "List Blobs", "List Containers".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from urllib.parse import unquote

from shared.domain.errors import Unreachable
from shared.domain.resource import Ref
from shared.ports.objects import NULL, Attributes, Checksum, Version

_BLOB = re.compile(r"<Blob>(.*?)</Blob>", re.DOTALL)
_CONTAINER = re.compile(r"<Container>(.*?)</Container>", re.DOTALL)
_NAME = re.compile(r"<Name( Encoded=\"true\")?>([^<]*)</Name>")
_ELEMENT = re.compile(r"<([\w-]+)>([^<]*)</\1>")
_END = "</EnumerationResults>"


@dataclass(frozen=True, slots=True)
class Line:
    """One blob, version or snapshot: its name, and what is said of it by element."""

    name: str = field(repr=False)
    said: Mapping[str, str] = field(repr=False)

    @property
    def snapshot(self) -> bool:
        return bool(self.said.get("Snapshot"))

    @property
    def deleted(self) -> bool:
        return self.said.get("Deleted") == "true"

    @property
    def size(self) -> int:
        return int(self.said.get("Content-Length") or 0)

    @property
    def tier(self) -> str:
        """The tier; one that follows the account's default is marked as in the port's facts."""
        tier = self.said.get("AccessTier", "")
        return f"{tier} by default" if tier and self.said.get("AccessTierInferred") == "true" else tier


def lines(body: bytes) -> tuple[list[Line], str]:
    """The lines of a page, and where the next one begins (empty: nowhere). Raises `Unreachable` for half an answer."""
    found, marker = _page(body, "Blob", _BLOB)
    return [_line(text) for text in found], marker


def containers(body: bytes) -> tuple[list[Mapping[str, str]], str]:
    """The same of List Containers: what is said of each by element, its name among it. Raises as `lines`."""
    found, marker = _page(body, "Container", _CONTAINER)
    return [{name: unescape(value) for name, value in _ELEMENT.findall(text)} for text in found], marker


def _page(body: bytes, element: str, pattern: re.Pattern[str]) -> tuple[list[str], str]:
    said = body.decode("utf-8-sig")
    if not said.rstrip().endswith(_END):
        raise Unreachable(f"List {element}s: the answer has no end", "IncompleteBody")
    found: list[str] = pattern.findall(said)
    if len(found) != said.count(f"<{element}>"):
        raise Unreachable(f"List {element}s: the answer is not understood", "IncompleteBody")
    marker = said.rpartition("<NextMarker>")[2].partition("</NextMarker>")[0] if "<NextMarker>" in said else ""
    return found, unescape(marker)


def version(store: Ref, container: str, line: Line) -> Version:
    """The line as every listing of the port has it."""
    said = line.said
    current = not line.snapshot and not line.deleted and (said.get("IsCurrentVersion") == "true" or not said.get("VersionId"))
    return Version(
        key=f"{container}/{line.name}",
        id=_id(line),
        latest=current,
        modified=_moment(said.get("Last-Modified", "")),
        size=line.size,
        etag=said.get("Etag", "").strip('"'),
        storage_class=line.tier,
        under=_under(store, line),
    )


def attributes(line: Line) -> Attributes:
    """The same line, for the proof."""
    said = line.said
    kept = Checksum("MD5", said["Content-MD5"]) if said.get("Content-MD5") else None
    return Attributes(line.size, said.get("Etag", "").strip('"'), _moment(said.get("Last-Modified", "")), line.tier, kept)


def _line(text: str) -> Line:
    found = _NAME.search(text)
    if found is None:
        raise Unreachable("List Blobs: a blob without a name", "IncompleteBody")
    encoded, name = found.groups()
    plain = unescape(name)
    return Line(unquote(plain) if encoded else plain, {key: unescape(value) for key, value in _ELEMENT.findall(text)})


def _id(line: Line) -> str:
    snapshot, own = line.said.get("Snapshot", ""), line.said.get("VersionId", "")
    named = f"snapshot {snapshot}" if snapshot else own or NULL
    return f"deleted {named} {_moment(line.said.get('DeletedTime', '')).isoformat()}" if line.deleted else named


def _under(store: Ref, line: Line) -> str:
    if line.said.get("CustomerProvidedKeySha256"):
        return ""
    scope = line.said.get("EncryptionScope", "")
    named = scope and scope != "$account-encryption-key"
    return f"{store.id}/encryptionscopes/{scope.lower()}" if named else store.id


def _moment(said: str) -> datetime:
    return parsedate_to_datetime(said).astimezone(UTC) if said else datetime.min.replace(tzinfo=UTC)
