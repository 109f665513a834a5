"""The Condition element of a policy statement.

Source: IAM User Guide, "JSON policy elements: Condition operators" and "Multivalued context keys". The rules that decide most:

- all operators and all keys of a block must hold; of several values in the policy one must match;
- a negated operator (StringNotEquals, ArnNotLike, NotIpAddress ...) holds when the key is absent, any other does not;
- `...IfExists` holds when the key is absent; `ForAllValues:` too, `ForAnyValue:` never does;
- `Null: true` asks for absence, `Null: false` for presence.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from shared.sandbox.aws.patterns import Context, expand, literal, matches, matches_arn

type Test = Callable[[str, str], bool]
"""(value in the policy, variables replaced; value in the request) -> match."""


class UnknownOperator(ValueError):
    """A condition operator no service would have accepted; the operator's name is the message."""


def holds(block: Mapping[str, Mapping[str, object]], context: Context, variables: Context | None) -> bool:
    """Whether a Condition block `{operator: {key: value or values}}` is true for a request.

    `variables` is the context for policy variables, None for documents that have none. Raises UnknownOperator.
    """
    return all(
        _holds(name, _texts(values), context.get(key.lower(), ()), variables)
        for name, keys in block.items()
        for key, values in keys.items()
    )


def _holds(name: str, wanted: tuple[str, ...], present: tuple[str, ...], variables: Context | None) -> bool:
    if name.lower() == "null":
        return ("false" if present else "true") in {text.lower() for text in wanted}
    return _parsed(name).holds(wanted, present, variables)


@dataclass(frozen=True, slots=True)
class _Operator:
    test: Test
    negated: bool
    over: Callable[[Iterable[bool]], bool]
    when_absent: bool

    def holds(self, wanted: tuple[str, ...], present: tuple[str, ...], variables: Context | None) -> bool:
        if not present:
            return self.when_absent
        expanded = [text for raw in wanted if (text := expand(raw, variables)) is not None]
        return self.over(any(self.test(text, value) for text in expanded) is not self.negated for value in present)


@lru_cache(maxsize=512)
def _parsed(name: str) -> _Operator:
    quantifier, _, bare = name.lower().rpartition(":")
    base = bare.removesuffix("ifexists")
    if base not in _TESTS or quantifier not in {"", "forallvalues", "foranyvalue"}:
        raise UnknownOperator(name)
    test, negated = _TESTS[base]
    all_values = quantifier == "forallvalues" or (not quantifier and negated)
    when_absent = base != bare or quantifier == "forallvalues" or (negated and not quantifier)
    return _Operator(test, negated, all if all_values else any, when_absent)


def _texts(values: object) -> tuple[str, ...]:
    many = values if isinstance(values, list | tuple) else (values,)
    return tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in many)


def _equals(wanted: str, value: str) -> bool:
    return literal(wanted) == value


def _equals_ignoring_case(wanted: str, value: str) -> bool:
    return literal(wanted).casefold() == value.casefold()


def _in_network(wanted: str, value: str) -> bool:
    network, address = _network(literal(wanted)), _network(value)
    return network is not None and address is not None and address.version == network.version and address[0] in network


@lru_cache(maxsize=1024)
def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _moment(text: str) -> float | None:
    """Seconds since 1970, from ISO 8601 (UTC if it names no zone) or from seconds."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _number(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _compared(read: Callable[[str], float | None], compare: Callable[[float, float], bool]) -> Test:
    def test(wanted: str, value: str) -> bool:
        right, left = read(literal(wanted)), read(value)
        return left is not None and right is not None and compare(left, right)

    return test


_TESTS: Final[Mapping[str, tuple[Test, bool]]] = {
    "stringequals": (_equals, False),
    "stringnotequals": (_equals, True),
    "stringequalsignorecase": (_equals_ignoring_case, False),
    "stringnotequalsignorecase": (_equals_ignoring_case, True),
    "stringlike": (matches, False),
    "stringnotlike": (matches, True),
    "arnequals": (matches_arn, False),
    "arnnotequals": (matches_arn, True),
    "arnlike": (matches_arn, False),
    "arnnotlike": (matches_arn, True),
    "bool": (_equals_ignoring_case, False),
    "binaryequals": (_equals, False),
    "ipaddress": (_in_network, False),
    "notipaddress": (_in_network, True),
    "numericequals": (_compared(_number, operator.eq), False),
    "numericnotequals": (_compared(_number, operator.eq), True),
    "numericlessthan": (_compared(_number, operator.lt), False),
    "numericlessthanequals": (_compared(_number, operator.le), False),
    "numericgreaterthan": (_compared(_number, operator.gt), False),
    "numericgreaterthanequals": (_compared(_number, operator.ge), False),
    "dateequals": (_compared(_moment, operator.eq), False),
    "datenotequals": (_compared(_moment, operator.eq), True),
    "datelessthan": (_compared(_moment, operator.lt), False),
    "datelessthanequals": (_compared(_moment, operator.le), False),
    "dategreaterthan": (_compared(_moment, operator.gt), False),
    "dategreaterthanequals": (_compared(_moment, operator.ge), False),
}
