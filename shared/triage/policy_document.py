"""Whom a policy lets in: judged by what is written, never by the name of the call that wrote it.

IAM user guide, "Policy evaluation logic", "The meaning of public" (S3 user guide, "Blocking public access"): a statement that
allows everybody is not public where a condition holds it to an organisation, an account, a network or a resource.
"""

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from shared.intake.tolerant import folded, items


class Reach(StrEnum):
    """Who is let in, the widest last."""

    NOBODY = ""
    OUTSIDE = "another account"
    WORLD = "everybody"


ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::.*)?")

OF_AWS = frozenset(
    {
        "127311923021",
        "033677994240",
        "027434742980",
        "797873946194",
        "098369216593",
        "754344448648",
        "589379963580",
        "718504428378",
        "383597477331",
        "600734575887",
        "114774131450",
        "783225319266",
        "582318560864",
        "985666609251",
        "054676820928",
        "156460612806",
        "652711504416",
        "635631232127",
        "009996457667",
        "897822967062",
        "076674570225",
        "507241528517",
    }
)
"""Accounts of Elastic Load Balancing, which write logs to their customers' buckets (its user guide, "Enable access logs")."""

HOLDS = frozenset(
    {
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:username",
        "aws:vpcsourceip",
        "kms:calleraccount",
        "kms:grantisforawsresource",
        "kms:viaservice",
        "lambda:functionurlauthtype",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "saml:aud",
    }
)
"""Condition keys that hold a statement to somebody or to some place (folded), if their value is no wildcard."""

POSITIVE = ("stringequals", "stringlike", "arnequals", "arnlike", "ipaddress", "bool", "numericequals")

EVERYWHERE = frozenset({"*", "0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "arn:aws:iam::*:*", "arn:*"})

ADMIN = frozenset({"*", "*:*", "iam:*"})

DEEPEST = 6


def policies(thing: object, depth: int = DEEPEST) -> Iterator[Mapping[str, Any]]:
    """The policy documents in what a call asked for, wherever they lie, as values or as text."""
    if depth < 0:
        return
    if isinstance(thing, str):
        if "Statement" in thing or "statement" in thing:
            yield from policies(_parsed(thing), depth - 1)
    elif isinstance(thing, Mapping):
        fields = folded(thing)
        if "statement" in fields:
            yield fields
        else:
            for value in fields.values():
                yield from policies(value, depth - 1)
    elif isinstance(thing, list):
        for value in thing[:100]:
            yield from policies(value, depth - 1)


def _parsed(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def reach(request: object, home: frozenset[str]) -> Reach:
    """The widest reach of all policies in it. `home`: the accounts that are ours."""
    found = [_of_statement(folded(each), home) for policy in policies(request) for each in items(policy.get("statement"))]
    return Reach.WORLD if Reach.WORLD in found else Reach.OUTSIDE if Reach.OUTSIDE in found else Reach.NOBODY


def _of_statement(statement: Mapping[str, Any], home: frozenset[str]) -> Reach:
    if str(statement.get("effect", "")).lower() != "allow":
        return Reach.NOBODY
    held = is_held(statement.get("condition"))
    if "notprincipal" in statement:
        return Reach.NOBODY if held else Reach.WORLD
    return of_names(principals(statement.get("principal")), home, held=held)


def of_names(names: frozenset[str], home: frozenset[str], *, held: bool = False) -> Reach:
    """What a list of principals opens: `*`, ARNs and account numbers."""
    if "*" in names or "arn:aws:iam::*:root" in names:
        return Reach.NOBODY if held else Reach.WORLD
    accounts = {found[1] for name in names if (found := ACCOUNT.fullmatch(name))}
    return Reach.OUTSIDE if accounts - home - OF_AWS and home else Reach.NOBODY


def principals(thing: object) -> frozenset[str]:
    """The AWS principals: those of services and identity providers are judged elsewhere."""
    if isinstance(thing, str):
        return frozenset({thing})
    if isinstance(thing, list):
        return frozenset(each for each in thing if isinstance(each, str))
    fields = folded(thing)
    return principals(fields["aws"]) if "aws" in fields else frozenset()


def is_held(condition: object) -> bool:
    """Whether any positive condition holds the statement to somebody or some place."""
    for operator, keys in folded(condition).items():
        bare = operator.rpartition(":")[2].removesuffix("ifexists")
        if bare.startswith(POSITIVE) and any(_holds(key, value) for key, value in folded(keys).items()):
            return True
    return False


def _holds(key: str, value: object) -> bool:
    values = {value} if isinstance(value, str | bool) else {each for each in items(value) if isinstance(each, str | bool)}
    return key in HOLDS and bool(values) and not {str(each) for each in values} & EVERYWHERE


def gives_everything(request: object) -> bool:
    """Whether a policy allows every action, or all of IAM, on everything."""
    for policy in policies(request):
        for each in items(policy.get("statement")):
            statement = folded(each)
            if (
                str(statement.get("effect", "")).lower() == "allow"
                and _texts(statement.get("action")) & ADMIN
                and "*" in _texts(statement.get("resource"))
            ):
                return True
    return False


def _texts(thing: object) -> frozenset[str]:
    found = (thing,) if isinstance(thing, str) else items(thing)
    return frozenset(each.lower() for each in found if isinstance(each, str))
