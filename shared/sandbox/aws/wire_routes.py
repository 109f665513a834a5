"""Which operation a REST request asks for, by the services' own models (botocore), and with which parameters.

A model gives each operation a method, a path with labels, query parameters that must be there (`?policy`), and required members
in query and headers (`uploadId`, `x-amz-copy-source`). Of several operations that fit a request the most demanding one is meant.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import unquote

from botocore import session
from botocore.model import OperationModel, StructureShape

# These share path and method with another operation and live on hosts of their own.
ELSEWHERE: Final = frozenset({"ListDirectoryBuckets", "WriteGetObjectResponse"})

_LABEL: Final = re.compile(r"\{([^}+]+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of a REST service. `path` matches the encoded path, its groups are `labels` in order."""

    operation: str
    method: str
    path: re.Pattern[str]
    labels: tuple[str, ...]
    fixed: Mapping[str, str]
    required: frozenset[str]
    headers: frozenset[str]
    known: Mapping[str, str]
    """Every query parameter the operation takes, with its API name."""
    precision: tuple[int, int]

    def fits(self, method: str, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        return (
            method == self.method
            and self.required <= query.keys()
            and self.headers <= headers.keys()
            and all(name in query and value in {"", query[name]} for name, value in self.fixed.items())
        )


@cache
def routes(service: str) -> tuple[Route, ...]:
    """The routes of a service (its botocore name), the most demanding first. Raises UnknownServiceError."""
    model = session.get_session().get_service_model(service)
    operations = (model.operation_model(name) for name in model.operation_names if name not in ELSEWHERE)
    found = (_route(operation) for operation in operations if not operation.deprecated)
    return tuple(sorted(found, key=lambda route: route.precision, reverse=True))


def find(
    service: str, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> tuple[Route, dict[str, str]] | None:
    """The route of a request and its parameters from path and query, under their API names; None if no operation fits."""
    for route in routes(service):
        if route.fits(method, query, headers) and (match := route.path.fullmatch(path)):
            labels = zip(route.labels, map(unquote, match.groups()), strict=True)
            return route, dict(labels) | {route.known[name]: value for name, value in query.items() if name in route.known}
    return None


def _route(operation: OperationModel) -> Route:
    template, _, fixed = operation.http["requestUri"].partition("?")
    shape = operation.input_shape
    members = dict(_members(shape, "querystring")) if shape else {}
    required = set(shape.required_members) if shape else set()
    needed = {wire for wire, name in members.items() if name in required}
    headers = {wire.lower() for wire, name in _members(shape, "header") if name in required} if shape else set()
    literals = dict(_pair(part) for part in fixed.split("&") if part)
    return Route(
        operation=operation.name,
        method=operation.http["method"],
        path=_pattern(template),
        labels=tuple(_by_wire_name(shape, wire) for wire, _ in _LABEL.findall(template)),
        fixed=literals,
        required=frozenset(needed),
        headers=frozenset(headers),
        known={**members, **{name: name for name in literals}},
        precision=(len(_LABEL.sub("", template)), len(literals) + len(needed) + len(headers)),
    )


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name, value


def _members(shape: StructureShape | None, location: str) -> Iterable[tuple[str, str]]:
    """(name on the wire, API name) of the members at a location."""
    members = shape.members.items() if shape else ()
    return (
        (member.serialization.get("name", name), name)
        for name, member in members
        if member.serialization.get("location") == location
    )


def _by_wire_name(shape: StructureShape | None, wire: str) -> str:
    return dict(_members(shape, "uri")).get(wire, wire)


def _pattern(template: str) -> re.Pattern[str]:
    parts = _LABEL.split(template)
    literals, greedy = parts[::3], parts[2::3]
    groups = ["(.+)" if plus else "([^/]+)" for plus in greedy]
    text = "".join(re.escape(literal) + group for literal, group in zip(literals, [*groups, ""], strict=True))
    return re.compile(f"{text.removesuffix('/')}/?" if not any(greedy) else text, re.DOTALL)
