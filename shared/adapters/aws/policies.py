"""Policy documents, statement by statement: what is named is replaced or removed, everything else stays as it was.

S3, KMS, AWS Backup and IAM replace a policy as a whole and have no conditional write. These are the pure rules of the merge;
`rewrite` does the reading and writing around them.

A statement's *part* is its Sid, or `~` and 16 digits of its digest where it has no Sid or shares it with another statement.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from shared.domain.facet import PolicyStatement
from shared.domain.value import canonical, digest

type Document = Mapping[str, object]
"""A policy document as parsed JSON."""

type Statement = Mapping[str, object]

EMPTY: Document = {"Version": "2012-10-17", "Statement": []}

_LARGEST_EXACT = 2**53 - 1  # RFC 8785 has IEEE 754 numbers only
_UNIQUE_ID = re.compile(r"A(?:IDA|ROA|GPA|NPA)[A-Z0-9]{12,}")


def parse(text: str) -> Document:
    """The document in `text`. An integer too large for RFC 8785 becomes a string, which policies take for the same value."""
    loaded: Document = json.loads(text, parse_int=_number)
    return loaded


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) <= len(str(_LARGEST_EXACT)) and abs(int(digits)) <= _LARGEST_EXACT else digits


def text(document: Document) -> str:
    """The document as JSON without spaces, for quotas count bytes."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def body(statement: Statement) -> str:
    """One statement as canonical JSON (RFC 8785), the form that `PolicyStatement.body` has."""
    return canonical(statement).decode()


def parts(document: Document) -> tuple[str, ...]:
    """The part of each statement, in the document's order."""
    found = _listed(document)
    shared = Counter(_sid(statement) for statement in found)
    return tuple(_sid(s) if _sid(s) and shared[_sid(s)] == 1 else _digested(s) for s in found)


def statements(document: Document) -> dict[str, str]:
    """Part -> statement as canonical JSON, in the document's order."""
    return dict(zip(parts(document), map(body, _listed(document)), strict=True))


def merge(document: Document, changes: Iterable[PolicyStatement]) -> Document:
    """The document with each named statement replaced, added at the end or, where `body` is None, removed.

    A Sid that several statements share names all of them. Raises ValueError: a body that does not belong to its `sid`.
    """
    merged: list[Statement] = list(_listed(document))
    for change in changes:
        wanted = [] if change.body is None else [_parsed(change)]
        places = [place for place, statement in enumerate(merged) if _named(statement, change.sid)]
        first = places[0] if places else len(merged)
        before = merged[:first]
        after = [statement for statement in merged[first:] if not _named(statement, change.sid)]
        merged = [*before, *wanted, *after]
    return {**EMPTY, **document, "Statement": merged}


def holds(document: Document, change: PolicyStatement) -> bool:
    """Whether the document has exactly this statement under its name, or none of that name where `body` is None."""
    named = {body(statement) for statement in _listed(document) if _named(statement, change.sid)}
    return named == (set() if change.body is None else {change.body})


def differences(before: Document, after: Document, changes: Sequence[PolicyStatement]) -> tuple[str, ...]:
    """What became of statements that `changes` do not name, one sentence each: somebody else wrote at the same time."""
    was, now = _others(before, changes), _others(after, changes)
    return (
        *(f"statement {part} was removed by someone else meanwhile" for part in was if part not in now),
        *(f"statement {part} was added by someone else meanwhile" for part in now if part not in was),
        *(f"statement {part} was changed by someone else meanwhile" for part in now if part in was and was[part] != now[part]),
    )


def doubles(document: Document, changes: Sequence[PolicyStatement]) -> tuple[str, ...]:
    """The Sids in `changes` that several statements bear: a merge replaces them all."""
    sids = Counter(_sid(statement) for statement in _listed(document))
    return tuple(change.sid for change in changes if sids[change.sid] > 1)


def stale_principals(document: Document) -> tuple[str, ...]:
    """The parts of statements whose principal is a bare unique id (AIDA…, AROA…): the principal has been deleted.

    Services show such ids in place of the ARN, and refuse to store the document again as long as it holds one.
    """
    return tuple(part for part, statement in listed(document) if any(_UNIQUE_ID.fullmatch(name) for name in principals(statement)))


def listed(document: Document) -> Iterable[tuple[str, Statement]]:
    """Each statement with its part, in the document's order."""
    return zip(parts(document), _listed(document), strict=True)


def without_stale(statement: Statement) -> Statement | None:
    """The statement without deleted principals; None where it named nobody else."""
    element = next((name for name in ("Principal", "NotPrincipal") if isinstance(statement.get(name), Mapping)), "")
    if not element:
        return statement
    named = cast("Mapping[str, str | list[str]]", statement[element])
    living = {kind: _living(names) for kind, names in named.items()}
    kept = {kind: names for kind, names in living.items() if names}
    return {**statement, element: kept} if kept else None


def _living(names: str | list[str]) -> str | list[str]:
    """As it was written, without unique ids; empty where nobody is left."""
    if isinstance(names, str):
        return "" if _UNIQUE_ID.fullmatch(names) else names
    return [name for name in names if not _UNIQUE_ID.fullmatch(name)]


def _listed(document: Document) -> list[Statement]:
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [cast("Statement", found)]


def _sid(statement: Statement) -> str:
    return str(statement.get("Sid", ""))


def _digested(statement: Statement) -> str:
    return f"~{digest(statement)[:16]}"


def _named(statement: Statement, name: str) -> bool:
    return bool(name) and name in (_sid(statement), _digested(statement))


def _parsed(change: PolicyStatement) -> Statement:
    statement = parse(change.body or "")
    if not _named(statement, change.sid) or body(statement) != change.body:
        raise ValueError(f"the body is not the canonical form of a statement {change.sid}")
    return statement


def _others(document: Document, changes: Sequence[PolicyStatement]) -> dict[str, str]:
    return {part: body(s) for part, s in listed(document) if not any(_named(s, change.sid) for change in changes)}


def principals(statement: Statement) -> Iterable[str]:
    """Everybody that the statement names as (not) its principal, of whatever type: ARN, account, `*`, service."""
    for element in ("Principal", "NotPrincipal"):
        named = statement.get(element)
        for names in named.values() if isinstance(named, Mapping) else [named]:
            yield from names if isinstance(names, list) else [str(names)]
