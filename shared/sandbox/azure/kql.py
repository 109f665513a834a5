"""A part of the Kusto query language: what is asked of logs in an incident. Anything else is refused as a syntax error.

Expressions: columns, literals, comparisons, `in`, `has`, `contains`, `startswith`, `and`, `or`, `not`, and a few functions.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.sandbox.azure.clock import moment
from shared.sandbox.azure.wire import Problem

type Columns = Mapping[str, Any]
type Expression = Callable[[Columns], Any]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<comment>//[^\n]*)|(?P<moment>datetime\([^)]*\))|(?P<span>\d+(?:\.\d+)?(?:ms|d|h|m|s)\b)|(?P<number>\d+(?:\.\d+)?)
    |(?P<word>!?[A-Za-z_][\w.]*~?)|(?P<sign>==|!=|=~|!~|<=|>=|[<>=(),|*])|(?P<bad>\S))""",
    re.VERBOSE,
)
_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def bad(what: str) -> Problem:
    """How the service refuses a query that it cannot read."""
    return Problem(
        400, "BadArgumentError", f"The request had some invalid properties: SYN0002: Query could not be parsed at '{what}'"
    )


def tokens(query: str) -> list[str]:
    """The words, signs and literals of a query; comments are left out."""
    found = []
    for match in _TOKEN.finditer(query):
        if match["bad"]:
            raise bad(match["bad"])
        if not match["comment"]:
            found.append(match.group().strip())
    return found


def text_of(value: object) -> str:
    """A value as text; nothing is the empty one, and a dynamic one is written as JSON."""
    if isinstance(value, Mapping | list):
        return json.dumps(value)
    return "" if value is None else str(value)


def _same(one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, float) and re.match(r"\d{4}-", one):
        return moment(one) == other
    return bool(one == other)


def _before(one: object, other: object) -> bool:
    """Whether one comes before the other: moments may be texts on one side and seconds on the other."""
    left, right = (moment(v) if isinstance(v, str) and re.match(r"\d{4}-\d\d-", v) else v for v in (one, other))
    if left is None or right is None:
        return False
    return bool(left < right)  # type: ignore[operator]  # what Kusto cannot compare is the query's fault


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": _same,
    "!=": lambda one, other: not _same(one, other),
    "=~": lambda one, other: text_of(one).lower() == text_of(other).lower(),
    "!~": lambda one, other: text_of(one).lower() != text_of(other).lower(),
    "<": _before,
    ">": lambda one, other: _before(other, one),
    "<=": lambda one, other: one is not None and not _before(other, one),
    ">=": lambda one, other: one is not None and not _before(one, other),
    "contains": lambda one, other: text_of(other).lower() in text_of(one).lower(),
    "!contains": lambda one, other: text_of(other).lower() not in text_of(one).lower(),
    "startswith": lambda one, other: text_of(one).lower().startswith(text_of(other).lower()),
    "endswith": lambda one, other: text_of(one).lower().endswith(text_of(other).lower()),
    "has": lambda one, other: (
        re.search(rf"(?<![^\W_]){re.escape(text_of(other))}(?![^\W_])", text_of(one), re.IGNORECASE) is not None
    ),
}
_AMONG = ("in", "!in", "in~")


@dataclass(slots=True)
class Reader:
    """Reads expressions from tokens, from `at` on. `now` is seconds since 1970."""

    words: list[str]
    now: float
    at: int = 0
    _functions: Mapping[str, Callable[..., Any]] = field(init=False)

    def __post_init__(self) -> None:
        self._functions = {
            "ago": lambda span: self.now - span,
            "now": lambda: self.now,
            "tolower": lambda text: text_of(text).lower(),
            "toupper": lambda text: text_of(text).upper(),
            "tostring": text_of,
            "isempty": lambda value: text_of(value) == "",
            "isnotempty": lambda value: text_of(value) != "",
            "extract": _extract,
            "strcat": lambda *parts: "".join(text_of(part) for part in parts),
        }

    @property
    def next(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self, expected: str = "") -> str:
        word = self.next
        if not word or (expected and word != expected):
            raise bad(word or "end of query")
        self.at += 1
        return word

    def accept(self, *words: str) -> str:
        return self.take() if self.next and self.next.lower() in words else ""

    def either(self) -> Expression:
        left = self._both()
        while self.accept("or"):
            left = _or(left, self._both())
        return left

    def _both(self) -> Expression:
        left = self._comparison()
        while self.accept("and"):
            left = _and(left, self._comparison())
        return left

    def _comparison(self) -> Expression:
        left = self.operand()
        if how := self.accept(*_AMONG):
            return self._among(left, how)
        if how := self.accept(*_COMPARE):
            compare, right = _COMPARE[how.lower()], self.operand()
            return lambda row: compare(left(row), right(row))
        return left

    def _among(self, left: Expression, how: str) -> Expression:
        self.take("(")
        listed = self.listed()
        loose, wanted = how.endswith("~"), not how.startswith("!")

        def found(row: Columns) -> bool:
            value, values = left(row), [one(row) for one in listed]
            if loose:
                value, values = text_of(value).lower(), [text_of(one).lower() for one in values]
            return (value in values) is wanted

        return found

    def listed(self) -> list[Expression]:
        """Expressions up to the closing parenthesis."""
        found: list[Expression] = []
        while not self.accept(")"):
            found.append(self.either())
            self.accept(",")
        return found

    def operand(self) -> Expression:
        word = self.take()
        if word == "(":
            inner = self.either()
            self.take(")")
            return inner
        if word[0] in "\"'":
            literal = re.sub(r"\\(.)", r"\1", word[1:-1])
            return lambda _: literal
        if word.startswith("datetime("):
            at = moment(word.removeprefix("datetime(").rstrip(")").strip("\"' "))
            return lambda _: at
        if word[0].isdigit():
            number = _number(word)
            return lambda _: number
        if word.lower() in ("true", "false"):
            truth = word.lower() == "true"
            return lambda _: truth
        return self._named(word)

    def _named(self, word: str) -> Expression:
        """A column, or a function with its arguments."""
        if self.next != "(":
            return lambda row: row.get(word)
        self.take("(")
        arguments = self.listed()
        if word == "not":
            return lambda row: not arguments[0](row)
        function = self._functions.get(word)
        if function is None:
            raise bad(word)
        return lambda row: function(*(one(row) for one in arguments))


def _extract(expression: object, group: int, text: object) -> str:
    found = re.search(text_of(expression), text_of(text))
    return (found[int(group)] or "") if found else ""


def _number(word: str) -> float | int:
    unit = word.lstrip("0123456789.")
    number = word[: len(word) - len(unit)]
    if unit:
        return float(number) * _SECONDS[unit]
    return float(number) if "." in number else int(number)


def _or(left: Expression, right: Expression) -> Expression:
    return lambda row: bool(left(row)) or bool(right(row))


def _and(left: Expression, right: Expression) -> Expression:
    return lambda row: bool(left(row)) and bool(right(row))
