"""Whom a resource policy names: the Principal and NotPrincipal elements against a caller.

Source: IAM User Guide, "JSON policy elements: Principal" and "JSON policy elements: NotPrincipal". `CanonicalUser` is not read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

type PrincipalKind = Literal["root", "user", "role", "federated", "service", "anonymous"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls. `role` is an assumed-role session; a service's ARN is its name, such as `cloudtrail.amazonaws.com`.

    `user_id` is the value of `aws:userid` (AIDA…, AROA…:session, the account id for root). `issuer` is the ARN of the role,
    or of the user of GetFederationToken, behind a session.
    """

    kind: PrincipalKind
    account: str
    arn: str
    user_id: str
    issuer: str = ""


class Reach(IntEnum):
    """How a resource policy names the caller, from not at all to personally."""

    NOBODY = 0
    ACCOUNT = 1
    ROLE = 2
    ITSELF = 3


def reach(statement: Mapping[str, object], caller: Principal, *, bounded: bool) -> Reach:
    """How a statement names the caller; `bounded` says that the caller has a permissions boundary.

    NotPrincipal with Deny spares only whom it lists with account, role and session, and nobody who has a boundary.
    """
    if "NotPrincipal" not in statement:
        return max((_named(kind, value, caller) for kind, value in _entries(statement.get("Principal"))), default=Reach.NOBODY)
    listed = {value for _, value in _entries(statement["NotPrincipal"])}
    if statement["Effect"] == "Deny":
        return Reach.NOBODY if not bounded and all(listed & names for names in _names(caller)) else Reach.ITSELF
    return Reach.NOBODY if any(listed & names for names in _names(caller)) else Reach.ROLE


def reach_of_name(value: str, caller: Principal) -> Reach:
    """How one value of type AWS names the caller: "*", an account, an ARN, or the unique id of a user or role."""
    if value == "*":
        return Reach.ROLE
    if caller.kind in {"service", "anonymous"}:
        return Reach.NOBODY
    if value in _account_names(caller):
        return Reach.ITSELF if caller.kind == "root" else Reach.ACCOUNT
    # The name of a deleted principal turns into its unique id: whoever is made anew under that name has another.
    if value in {caller.arn, caller.user_id}:
        return Reach.ITSELF
    return Reach.ROLE if caller.issuer and value in {caller.issuer, caller.user_id.partition(":")[0]} else Reach.NOBODY


def many(values: object) -> Sequence[str]:
    """A policy element that may be one string or a list of them."""
    return (values,) if isinstance(values, str) else tuple(values) if isinstance(values, list | tuple) else ()


def _entries(element: object) -> Sequence[tuple[str, str]]:
    """A Principal element as (type, value); the bare "*" is of type AWS."""
    if isinstance(element, Mapping):
        return [(kind, value) for kind, values in element.items() for value in many(values)]
    return [("AWS", "*")] if element == "*" else []


def _named(kind: str, value: str, caller: Principal) -> Reach:
    if kind == "AWS":
        return reach_of_name(value, caller)
    if (kind, caller.kind) in {("Service", "service"), ("Federated", "federated")} and value in {caller.arn, caller.issuer}:
        return Reach.ITSELF
    return Reach.NOBODY


def _account_names(caller: Principal) -> frozenset[str]:
    return frozenset({caller.account, f"arn:aws:iam::{caller.account}:root"})


def _names(caller: Principal) -> list[frozenset[str]]:
    """What the caller is called at each level: itself, the role behind it, its account."""
    levels = [frozenset({caller.arn})]
    if caller.issuer:
        levels.append(frozenset({caller.issuer}))
    if caller.account:
        levels.append(_account_names(caller))
    return levels
