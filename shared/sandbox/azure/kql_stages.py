"""The operators of the query language, on whole tables: where, project, extend, summarize, distinct, order, take, count."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from shared.sandbox.azure.clock import iso, moment
from shared.sandbox.azure.kql import Columns, Expression, Reader, bad, tokens

type Rows = list[dict[str, Any]]
type Fold = Callable[[list[Any]], Any]

_FOLDS: Mapping[str, Fold] = {
    "count": len,
    "dcount": lambda values: len(set(values)),
    "max": lambda values: max((v for v in values if v is not None), default=None),
    "min": lambda values: min((v for v in values if v is not None), default=None),
    "sum": lambda values: sum(v for v in values if v is not None),
    "make_set": lambda values: list(dict.fromkeys(values)),
    "take_any": lambda values: values[0] if values else None,
    "any": lambda values: values[0] if values else None,
    "countif": lambda values: sum(map(bool, values)),
}


def run(query: str, table: Callable[[str], Iterable[Columns]], now: float) -> Rows:
    """The rows that a query gives. `table` finds the rows of a table by name; raises Problem 400."""
    first, *stages = _stages(tokens(query))
    if len(first) != 1:
        raise bad(" ".join(first) or "end of query")
    rows: Rows = [dict(row) for row in table(first[0])]
    for words in stages:
        operator = _OPERATORS.get(words[0].lower()) if words else None
        if operator is None:
            raise bad(words[0] if words else "|")
        rows = operator(Reader(words, now, 1), rows)
    return rows


def _stages(words: list[str]) -> Iterator[list[str]]:
    stage: list[str] = []
    for word in words:
        if word == "|":
            yield stage
            stage = []
        else:
            stage.append(word)
    yield stage


def _where(reader: Reader, rows: Rows) -> Rows:
    passes = reader.either()
    _ended(reader)
    return [row for row in rows if passes(row)]


def _named(reader: Reader) -> Iterator[tuple[str, Expression]]:
    """`Name = expression` or a column, with commas between."""
    while reader.next and reader.next.lower() != "by":
        yield _named_one(reader)
        reader.accept(",")


def _named_one(reader: Reader) -> tuple[str, Expression]:
    name = reader.next
    if reader.words[reader.at + 1 : reader.at + 2] == ["="]:
        reader.at += 2
    return name, reader.either()


def _project(reader: Reader, rows: Rows) -> Rows:
    chosen = list(_named(reader))
    return [{name: expression(row) for name, expression in chosen} for row in rows]


def _extend(reader: Reader, rows: Rows) -> Rows:
    for name, expression in list(_named(reader)):
        rows = [{**row, name: expression(row)} for row in rows]
    return rows


def _distinct(reader: Reader, rows: Rows) -> Rows:
    return list({repr(row): row for row in _project(reader, rows)}.values())


def _summarize(reader: Reader, rows: Rows) -> Rows:
    folds = list(_aggregates(reader))
    keys = list(_keys(reader)) if reader.accept("by") else []
    _ended(reader)
    groups: dict[str, tuple[dict[str, Any], Rows]] = {}
    for row in rows:
        key = {name: expression(row) for name, expression in keys}
        groups.setdefault(repr(key), (key, []))[1].append(row)
    if not keys:
        groups = groups or {"": ({}, [])}
    return [
        {**key, **{name: fold([value(row) for row in members]) for name, fold, value in folds}} for key, members in groups.values()
    ]


def _aggregates(reader: Reader) -> Iterator[tuple[str, Fold, Expression]]:
    while reader.next and reader.next.lower() != "by":
        name = reader.take()
        if reader.accept("="):
            function = reader.take()
        else:
            function, name = name, ""
        fold = _FOLDS.get(function)
        if fold is None:
            raise bad(function)
        reader.take("(")
        column = reader.next
        arguments = reader.listed()
        yield name or f"{function}_{column if arguments else ''}", fold, arguments[0] if arguments else (lambda _: None)
        reader.accept(",")


def _keys(reader: Reader) -> Iterator[tuple[str, Expression]]:
    """What to group by: columns, names for expressions, `bin(column, span)`."""
    while reader.next:
        if reader.next == "bin":
            reader.at += 2
            column = reader.next
            value, width = reader.listed()
            yield column, _binned(value, width)
        else:
            yield _named_one(reader)
        reader.accept(",")


def _binned(value: Expression, width: Expression) -> Expression:
    def bin_of(row: Columns) -> Any:  # noqa: ANN401 - a moment or a number
        found, size = value(row), width(row)
        if isinstance(found, str) and re.match(r"\d{4}-", found):
            at = moment(found)
            return iso(at - at % size)
        return found - found % size

    return bin_of


def _order(reader: Reader, rows: Rows) -> Rows:
    reader.take("by")
    keys = []
    while reader.next:
        expression, how = reader.either(), reader.accept("asc", "desc")
        keys.append((expression, how != "asc"))
        reader.accept(",")
    for expression, downwards in reversed(keys):
        rows = sorted(rows, key=lambda row, by=expression: _comparable(by(row)), reverse=downwards)  # type: ignore[misc]
    return rows


def _comparable(value: Any) -> tuple[bool, Any]:  # noqa: ANN401 - any value
    return value is not None, value if value is not None else 0


def _take(reader: Reader, rows: Rows) -> Rows:
    return rows[: int(reader.take())]


def _top(reader: Reader, rows: Rows) -> Rows:
    most = int(reader.take())
    return _order(reader, rows)[:most]


def _count(_: Reader, rows: Rows) -> Rows:
    return [{"Count": len(rows)}]


def _ended(reader: Reader) -> None:
    if reader.next:
        raise bad(reader.next)


_OPERATORS: Mapping[str, Callable[[Reader, Rows], Rows]] = {
    "where": _where,
    "filter": _where,
    "project": _project,
    "extend": _extend,
    "distinct": _distinct,
    "summarize": _summarize,
    "order": _order,
    "sort": _order,
    "take": _take,
    "limit": _take,
    "top": _top,
    "count": _count,
}
