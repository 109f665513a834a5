"""One request to Microsoft Graph, and what its answers look like: selection, filters and pages of OData."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.callers import Caller
from shared.sandbox.azure.clock import moment
from shared.sandbox.azure.directory import ADMIN_ROLES
from shared.sandbox.azure.wire import Answer, Problem, Request

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_PAGE = 100
_COMPARES = re.compile(r"^([\w/]+) (eq|ge|le) (?:'([^']*)'|(true|false|null)|(\d{4}-[\dT:.Z-]+))$")
_ANY = re.compile(r"^(\w+)/any\((\w+):\s?\2/(\w+ eq '[^']*')\)$")
_V1 = "https://graph.microsoft.com/v1.0"

_DELEGATED: Mapping[str, tuple[str, ...]] = {
    ADMIN_ROLES["Global Administrator"]: ("*",),
    ADMIN_ROLES["User Administrator"]: ("User.ReadWrite.All", "User.Read.All", "Directory.Read.All"),
    ADMIN_ROLES["Application Administrator"]: ("Application.ReadWrite.All", "Application.Read.All", "Directory.Read.All"),
    ADMIN_ROLES["Privileged Role Administrator"]: ("RoleManagement.ReadWrite.Directory", "AppRoleAssignment.ReadWrite.All"),
    ADMIN_ROLES["Conditional Access Administrator"]: ("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"),
}
"""What a directory role lets do, as the application permissions that let do the same."""


@dataclass(frozen=True)
class Ask:
    """A request whose caller may make it. `ids` are what stands for `{}` in its route."""

    cloud: "Cloud"
    request: Request
    caller: Caller
    ids: tuple[str, ...] = ()

    @property
    def now(self) -> float:
        return self.request.at

    def permit(self, permissions: Iterable[str]) -> None:
        """Raises Problem 403 where the caller has none of these permissions."""
        held = set(self.caller.permissions).union(*(_DELEGATED.get(role, ()) for role in self.caller.directory_roles))
        if "*" not in (*held, *permissions) and not held & set(permissions):
            raise Problem(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")

    def body(self) -> dict[str, Any]:
        return self.request.json()

    def one(self, shown: Mapping[str, Any], kind: str, by_default: Iterable[str] = ()) -> Answer:
        """One object, with the properties that `$select` names, else with those that the service gives unasked."""
        return Answer.of(200, {"@odata.context": f"{_V1}/$metadata#{kind}/$entity", **self._chosen(shown, by_default)})

    def many(self, shown: Iterable[Mapping[str, Any]], kind: str, by_default: Iterable[str] = ()) -> Answer:
        """One page of what passes `$filter`, with a link to the next."""
        found = [one for one in shown if self._passes(one)]
        size, start = int(self.request.query.get("$top", _PAGE)), int(self.request.query.get("$skiptoken", 0))
        value = [self._chosen(one, by_default) for one in found[start : start + size]]
        answer: dict[str, Any] = {"@odata.context": f"{_V1}/$metadata#{kind}", "value": value}
        if start + size < len(found):
            asked = re.sub(r"[&?]\$skiptoken=\d+", "", self.request.url)
            answer["@odata.nextLink"] = f"{asked}{'&' if '?' in asked else '?'}$skiptoken={start + size}"
        return Answer.of(200, answer)

    def _chosen(self, shown: Mapping[str, Any], by_default: Iterable[str]) -> dict[str, Any]:
        names = self.request.query.get("$select", "").split(",") if "$select" in self.request.query else list(by_default)
        told = [name for name in shown if name == "@odata.type"]
        return {name: shown.get(name.strip()) for name in (*told, "id", *names)} if names else dict(shown)

    def _passes(self, shown: Mapping[str, Any]) -> bool:
        return all(_holds(part.strip(), shown) for part in filter(None, self.request.query.get("$filter", "").split(" and ")))

    def audit(self, activity: str, target: str, kind: str, *more: tuple[str, str], **changed: tuple[object, object]) -> None:
        """Write the directory's audit log: `changed` are properties, `_` for `.`, as they were and as they are."""
        named = {name.replace("_", "."): each for name, each in changed.items()}
        self.cloud.entra.audits.note(self, activity, ((target, kind), *more), named)


def _holds(part: str, shown: Mapping[str, Any]) -> bool:
    """One condition of a `$filter`. Raises Problem 400 for what is in no condition of this directory's."""
    if within := _ANY.match(part):
        return any(_holds(within[3], one) for one in shown.get(within[1]) or ())
    asked = _COMPARES.match(part)
    if asked is None:
        raise Problem(400, "Request_UnsupportedQuery", f"Unsupported Query: {part}")
    path, how, text, literal, time = asked.groups()
    held: Any = shown
    for step in path.split("/"):
        held = held.get(step) if isinstance(held, Mapping) else None
    if time:
        return _in_time(moment(held), how, moment(time)) if held else False
    wanted = {"true": True, "false": False, "null": None}[literal] if literal else text
    return bool(held.lower() == wanted.lower() if isinstance(held, str) and isinstance(wanted, str) else held == wanted)


def _in_time(held: float, how: str, asked: float) -> bool:
    return {"eq": held == asked, "ge": held >= asked, "le": held <= asked}[how]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: any one of `permissions` lets it be called (`*` stands for whoever is signed in)."""

    method: str
    template: str
    permissions: tuple[str, ...]
    handler: Callable[[Ask], Answer]

    def ids(self, method: str, path: str) -> tuple[str, ...] | None:
        """What stands for `{}` if this route is meant."""
        if method != self.method:
            return None
        pattern = re.escape(self.template).replace(r"\{\}", r"([^/()]+)")
        found = re.fullmatch(pattern, path, re.IGNORECASE)
        return found.groups() if found else None
