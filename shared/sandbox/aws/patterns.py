"""Wildcards, ARN patterns and policy variables, as policies write them.

Source: IAM User Guide, "JSON policy elements: Resource" (wildcards stay inside one ARN segment, except in the last; a shortened
ARN is completed with wildcards) and "Policy elements: Variables and tags" (`${key}`, `${key, 'default'}`, `${*}`, `${?}`, `${$}`).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

type Context = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case, each with its values; a key without values counts as absent."""

ARN_SEGMENTS: Final = 6

_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
_DEFAULT: Final = re.compile(r"(?P<key>[^,]+?)\s*,\s*'(?P<default>.*)'\s*")

# A substituted `*` or `?` is a letter, no wildcard: private-use characters carry it through to the pattern.
_AS_LETTER: Final = str.maketrans({"*": "\ue000", "?": "\ue001"})
_FROM_LETTER: Final = str.maketrans({"\ue000": "*", "\ue001": "?"})


def expand(text: str, context: Context | None) -> str | None:
    """Policy text with its variables replaced, or None if one has no single value; a context of None means no variables.

    Only documents of Version 2012-10-17 have variables: for older ones pass None, and the text stays as written.
    """
    if context is None or "${" not in text:
        return text
    found = [_value(match.group(1), context) for match in _VARIABLE.finditer(text)]
    if None in found:
        return None
    values = iter(found)
    return _VARIABLE.sub(lambda _: (next(values) or "").translate(_AS_LETTER), text)


def _value(variable: str, context: Context) -> str | None:
    if variable in {"*", "?", "$"}:
        return variable
    with_default = _DEFAULT.fullmatch(variable)
    key = with_default["key"] if with_default else variable
    values = context.get(key.strip().lower(), ())
    if len(values) == 1:
        return values[0]
    return with_default["default"] if with_default else None


def literal(expanded: str) -> str:
    """Expanded text taken as plain letters, for operators that know no wildcards."""
    return expanded.translate(_FROM_LETTER)


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether a value fits a pattern with `*` (any run, also empty) and `?` (one character)."""
    return pattern == "*" or _compiled(pattern, ignore_case=ignore_case).fullmatch(value) is not None


def matches_arn(pattern: str, arn: str) -> bool:
    """Whether an ARN fits an ARN pattern, segment by segment; "*" as the value is fitted by the pattern "*" alone."""
    return pattern == "*" or _compiled_arn(pattern).fullmatch(arn) is not None


@lru_cache(maxsize=8192)
def _compiled(pattern: str, *, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(_regex(pattern, "."), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


@lru_cache(maxsize=8192)
def _compiled_arn(pattern: str) -> re.Pattern[str]:
    segments = pattern.split(":", ARN_SEGMENTS - 1)
    segments += ["*"] * (ARN_SEGMENTS - len(segments))
    return re.compile(":".join([*(_regex(segment, "[^:]") for segment in segments[:-1]), _regex(segments[-1], ".")]), re.DOTALL)


def _regex(pattern: str, character: str) -> str:
    wildcards = {"*": f"{character}*", "?": character}
    return "".join(wildcards.get(letter) or re.escape(literal(letter)) for letter in pattern)
