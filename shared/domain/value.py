"""What every value of the domain has in common."""

import hashlib
from collections.abc import Mapping
from typing import Self

import msgspec
import rfc8785
from pydantic import BaseModel, ConfigDict


class Value(BaseModel):  # noqa: PLW1641  # pydantic gives what is frozen its hash
    """A value object: immutable, compared by content, closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __eq__(self, other: object) -> bool:
        """As pydantic compares, but for private and extra fields, which no value has: to look for them takes most of its time."""
        if self is other:
            return True
        if type(self) is not type(other):
            return False
        mine, its = self.__dict__, other.__dict__
        if mine == its:
            return True
        remembered = len(mine) + len(its) - 2 * len(type(self).__pydantic_fields__)  # properties that were computed once
        return remembered > 0 and super().__eq__(other)

    def but(self, **fields: object) -> Self:
        """The same value with some fields replaced, validated again."""
        return type(self).model_validate({**{name: getattr(self, name) for name in type(self).model_fields}, **fields})


_SORTED = msgspec.json.Encoder(order="sorted")
_SAFE = 2**53


def canonical(content: Mapping[str, object]) -> bytes:
    """RFC 8785 (JCS) bytes of JSON-ready content: the only form that is ever hashed or signed."""
    if _plain(content):
        try:
            return _SORTED.encode(content)
        except UnicodeEncodeError:  # half a surrogate pair, which the other refuses in its own words
            pass
    return rfc8785.dumps(content)  # type: ignore[arg-type]  # its JSON type is narrower than Mapping


def _plain(value: object) -> bool:
    """Whether any encoder that sorts spells this as RFC 8785 does: no floats, no integers from 2^53 on, keys in ASCII."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return -_SAFE < value < _SAFE  # type: ignore[operator]
    if kind is dict:
        return all(type(key) is str and key.isascii() for key in value) and all(map(_plain, value.values()))  # type: ignore[attr-defined]
    return kind in {list, tuple} and all(map(_plain, value))  # type: ignore[call-overload]


def digest(content: Mapping[str, object]) -> str:
    """SHA-256 of the canonical bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(content)).hexdigest()
