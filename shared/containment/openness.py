"""Whether a statement of somebody's policy is fit to be written by us: not where it opens a resource, or shuts everybody out."""

import json
import re
from collections.abc import Collection, Iterable, Iterator

from .statements import Statement

type Named = tuple[str, str]
"""What a `Principal` element calls somebody, and by which kind (`AWS`, `Service`, `Federated` …)."""

ACCOUNT = re.compile(r"(?:arn:[a-z-]+:[a-z0-9-]*::)?(\d{12})(?::.*)?")
"""The account of a principal, which is an account's number or an ARN (IAM JSON policy elements, "Principal")."""


def why_not(statement: Statement, accounts: Collection[str], actors: Collection[str], spared: Collection[str] = ()) -> str:
    """Why we do not write it, empty where nothing speaks against it. `accounts` are our own, `actors` ARNs to be kept out.

    `spared` are names and unique ids of the responder and of break-glass identities, whom no deny may so much as name.
    Conditions are not weighed: one that narrows an open statement is for people to judge.
    """
    names = list(named(statement.get("Principal")))
    if "NotPrincipal" in statement or not names:
        return "it names nobody, or everybody but some"
    if statement.get("Effect") == "Deny":
        return _shuts_out(statement, names, spared)
    if statement.get("Effect") != "Allow":
        return "it neither allows nor denies"
    return _lets_in(names, accounts, actors)


def _shuts_out(statement: Statement, names: Iterable[Named], spared: Collection[str]) -> str:
    if any(name == "*" for _, name in names) and "Condition" not in statement:
        return "it shuts everybody out"
    return "it denies the responder, or the last resort" if any(name in json.dumps(statement) for name in spared) else ""


def _lets_in(names: Collection[Named], accounts: Collection[str], actors: Collection[str]) -> str:
    if any(name == "*" for _, name in names):
        return "it opens the resource to the world"
    if any(name in actors for _, name in names):
        return "it lets an actor of this case in"
    return "" if all(kind == "Service" or _home(kind, name, accounts) for kind, name in names) else "it lets in who is not of ours"


def named(principal: object) -> Iterator[Named]:
    """Everybody in a `Principal` element."""
    kinds = principal if isinstance(principal, dict) else {"AWS": principal}
    for kind, names in kinds.items():
        yield from ((kind, str(name)) for name in (names if isinstance(names, list) else [names]) if name)


def _home(kind: str, name: str, accounts: Collection[str]) -> bool:
    """A deleted principal shows as a bare unique id and is of no account."""
    found = ACCOUNT.fullmatch(name)
    return kind == "AWS" and found is not None and found[1] in accounts
