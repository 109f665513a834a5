"""What every value of the domain has in common."""

import hashlib
from collections.abc import Mapping
from typing import Self

import rfc8785
from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A value object: immutable, compared by content, closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def but(self, **fields: object) -> Self:
        """The same value with some fields replaced, validated again."""
        return type(self).model_validate({**{name: getattr(self, name) for name in type(self).model_fields}, **fields})


def canonical(content: Mapping[str, object]) -> bytes:
    """RFC 8785 (JCS) bytes of JSON-ready content: the only form that is ever hashed or signed."""
    return rfc8785.dumps(content)  # type: ignore[arg-type]  # its JSON type is narrower than Mapping


def digest(content: Mapping[str, object]) -> str:
    """SHA-256 of the canonical bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(content)).hexdigest()
