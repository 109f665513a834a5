"""An answer of ListObjectVersions, read without a tree: the SDK's reader takes an eighth of a millisecond for each version.

Two readers, one result: lines in the order that S3 writes are taken by one expression; a page in which it does not find all that
is announced is read again element by element. What neither understands is no listing, and is said.
"""

import re
from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from urllib.parse import unquote_plus

from shared.domain.errors import Unreachable
from shared.ports.objects import Page, Version

_OPTIONAL = r"(?:<(?:ChecksumAlgorithm|ChecksumType)>[^<]*</\w+>\s*)*"
_OWNER = r"(?:<Owner>\s*(?:<\w+>[^<]*</\w+>\s*)*</Owner>\s*)?"


def _element(name: str) -> str:
    return rf"<{name}>([^<]*)</{name}>\s*"


_FIRST = "".join(map(_element, ("Key", "VersionId", "IsLatest", "LastModified")))
_REST = _element("ETag") + _OPTIONAL + _element("Size") + _OWNER + r"(?:<StorageClass>([^<]*)</StorageClass>)?"
_LINE = re.compile(rf"<(Version|DeleteMarker)>\s*{_FIRST}(?:{_REST})?")
_ANY_LINE = re.compile(r"<(Version|DeleteMarker)>(.*?)</\1>", re.DOTALL)
_ANY_ELEMENT = re.compile(r"<(\w+)>([^<]*)</\1>")
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_END = "</ListVersionsResult>"

_BOTH = ("Key", "VersionId", "IsLatest", "LastModified")
_CONTENT = ("ETag", "Size", "StorageClass")
_KEY: Callable[[Version], str] = attrgetter("key")

type Fields = tuple[str, str, str, str, str, str, str, str]
"""Element, key, version id, whether latest, when modified, ETag, size, storage class; empty where there is none."""


def page(body: bytes) -> Page:
    """A part of a listing, by key; versions of one key as the service has them. Raises `Unreachable` for half an answer."""
    said = body.decode()
    if not said.rstrip().endswith(_END):
        raise Unreachable("ListObjectVersions: the answer has no end", "IncompleteBody")
    plain = _decoded if "<EncodingType>url</EncodingType>" in said else unescaped
    lines = [_version(fields, plain) for fields in _fields(said)]
    lines.sort(key=_KEY)
    if _one(said, "IsTruncated") != "true":
        return Page(tuple(lines))
    return Page(tuple(lines), (plain(_one(said, "NextKeyMarker")), unescaped(_one(said, "NextVersionIdMarker"))))


def unescaped(text: str) -> str:
    """Text with XML's references resolved, in one pass."""
    return _REFERENCE.sub(_referred, text) if "&" in text else text


def _referred(found: re.Match[str]) -> str:
    hexadecimal, number, name = found.groups()
    return _NAMED[name] if name else chr(int(hexadecimal or number, 16 if hexadecimal else 10))


def _fields(said: str) -> list[Fields]:
    """Every line of a page. Raises `Unreachable` where some can not be read."""
    announced = said.count("<Version>") + said.count("<DeleteMarker>")
    found: list[Fields] = _LINE.findall(said)
    if _whole(found, announced):
        return found
    found = [_by_name(kind, dict(_ANY_ELEMENT.findall(line))) for kind, line in _ANY_LINE.findall(said)]
    if _whole(found, announced):
        return found
    raise Unreachable("ListObjectVersions: the answer is not understood", "IncompleteBody")


def _whole(found: list[Fields], announced: int) -> bool:
    return len(found) == announced and all(fields[4] and (fields[6] or fields[0] == "DeleteMarker") for fields in found)


def _by_name(kind: str, line: dict[str, str]) -> Fields:
    key, version, latest, modified = (line.get(name, "") for name in _BOTH)
    etag, size, storage_class = (line.get(name, "") if kind == "Version" else "" for name in _CONTENT)
    return kind, key, version, latest, modified, etag, size, storage_class


def _version(fields: Fields, plain: Callable[[str], str]) -> Version:
    kind, key, version, latest, modified, etag, size, storage_class = fields
    when = datetime.fromisoformat(modified)
    if kind == "DeleteMarker":
        return Version(plain(key), unescaped(version), latest == "true", when, delete_marker=True)
    tag = unescaped(etag).strip('"') if etag[:6] != "&quot;" else etag[6:-6]
    held = (int(size), tag, storage_class or "STANDARD")
    return Version(plain(key), unescaped(version), latest == "true", when, False, *held)  # noqa: FBT003  # by name it is slower


def _one(said: str, name: str) -> str:
    """The text of an element of which a page has at most one."""
    begin = said.find(f"<{name}>")
    return said[begin + len(name) + 2 : said.find("</", begin)] if begin >= 0 else ""


def _decoded(text: str) -> str:
    """A key that was percent-encoded, with `+` for a space, as `encoding-type=url` asks for."""
    return unquote_plus(unescaped(text), errors="strict") if "%" in text or "+" in text or "&" in text else text
