"""Resource policies (bucket, key, vault, access point): kept at the boundary, with a delay of their own and bound principals.

AWS stores the unique id of a user or role that a policy names. When that principal is deleted the policy shows the id, which
matches nobody, also not a recreated principal of the same name (IAM user guide, "AWS JSON policy elements: Principal").
"""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from shared.sandbox.aws.authoriser import Named
from shared.sandbox.aws.clock import Clock
from shared.sandbox.aws.history import Identity, IdentityHistory, Timeline

_IDS = ("AIDA", "AROA", "AGPA", "ANPA")


class InvalidPrincipal(ValueError):
    """A policy names a user or role that does not exist (any more). The argument is what it names."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A policy as written, and the unique id behind each ARN it names."""

    text: str
    bound: Mapping[str, str] = field(default_factory=dict)


class ResourcePolicies:
    """The policies of resources by ARN. `delay` seconds pass before a change is in force (default: none)."""

    def __init__(self, clock: Clock, history: IdentityHistory) -> None:
        self._clock = clock
        self._history = history
        self._lines: dict[str, Timeline[Stored]] = {}
        self.delay = 0.0

    def forget(self) -> None:
        self._lines.clear()
        self.delay = 0.0

    def put(self, arn: str, text: str) -> None:
        """Store a policy. Raises InvalidPrincipal, and ValueError for what is no JSON object."""
        bound = bind(document(text), self._history)
        self._lines.setdefault(arn, Timeline()).put(self._clock.now(), Stored(text, bound))

    def delete(self, arn: str) -> None:
        if arn in self._lines:
            self._lines[arn].put(self._clock.now(), None)

    def text(self, arn: str) -> str:
        """The policy as read back: unchanged, or with ids in place of deleted principals; empty if there is none."""
        line = self._lines.get(arn)
        stored = line.newest if line else None
        return readable(stored, self._history) if stored else ""

    def in_force(self, arn: str, name: str) -> Named | None:
        """The policy that counts now, under a name for the error text."""
        line = self._lines.get(arn)
        stored = line.at(self._clock.now() - self.delay) if line else None
        return Named(name, document(readable(stored, self._history))) if stored else None


@lru_cache(maxsize=4096)
def document(text: str) -> dict[str, Any]:
    """A policy document, to be read only. Raises ValueError for what is no JSON object."""
    loaded = json.loads(text)
    if not isinstance(loaded, dict):
        raise ValueError("a policy is a JSON object")  # noqa: TRY004 - as unreadable as broken JSON
    return loaded


def statements(policy: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The statements of a policy; a single one may stand without a list."""
    found = policy.get("Statement", ())
    return (found,) if isinstance(found, dict) else tuple(found)


def named_principals(policy: Mapping[str, Any]) -> Iterator[str]:
    """Every value under `AWS` in the policy's Principal and NotPrincipal elements."""
    for statement in statements(policy):
        for element in ("Principal", "NotPrincipal"):
            named = statement.get(element, {})
            values = named.get("AWS", ()) if isinstance(named, dict) else ()
            yield from (values,) if isinstance(values, str) else values


def bind(policy: Mapping[str, Any], history: IdentityHistory) -> dict[str, str]:
    """The unique id behind each user or role the policy names. Raises InvalidPrincipal for one that does not exist.

    Accounts outside the sandbox cannot be looked into: their principals are taken as existing.
    """
    bound = {}
    for principal in named_principals(policy):
        if principal.startswith(_IDS):
            raise InvalidPrincipal(principal)
        account = account_of(principal)
        if not principal.startswith("arn:") or account not in history.accounts() or principal.endswith(":root"):
            continue
        identity = by_arn(principal, history)
        if identity is None:
            raise InvalidPrincipal(principal)
        bound[principal] = identity.id
    return bound


def readable(stored: Stored, history: IdentityHistory) -> str:
    """The text with a unique id in place of each principal that was deleted since."""
    gone = {arn: bound for arn, bound in stored.bound.items() if (now := by_arn(arn, history)) is None or now.id != bound}
    return _replaced(stored.text, gone) if gone else stored.text


def _replaced(text: str, names: Mapping[str, str]) -> str:
    policy = copy.deepcopy(document(text))
    for statement in statements(policy):
        for element in ("Principal", "NotPrincipal"):
            named = statement.get(element)
            if isinstance(named, dict) and "AWS" in named:
                values = named["AWS"]
                named["AWS"] = names.get(values, values) if isinstance(values, str) else [names.get(v, v) for v in values]
    return json.dumps(policy)


def account_of(arn: str) -> str:
    """The account in an ARN, or a bare account id as it is; empty if there is none."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else arn if arn.isdigit() else ""  # noqa: PLR2004 - an ARN has six parts


def by_arn(arn: str, history: IdentityHistory) -> Identity | None:
    """The user or role, as last written, behind its ARN or behind a role session's ARN."""
    account, kind, rest = account_of(arn), *arn.split(":", 5)[-1].partition("/")[::2]
    if kind == "assumed-role":
        return history.newest(account, "role", rest.partition("/")[0])
    if kind not in ("user", "role"):
        return None
    found = history.newest(account, "user" if kind == "user" else "role", rest.rpartition("/")[2])
    return found if found and found.arn == arn else None
