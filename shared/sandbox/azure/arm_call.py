"""One request to Azure Resource Manager, taken apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from shared.sandbox.azure.callers import Caller
from shared.sandbox.azure.wire import Answer, Problem, Request

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}


@dataclass(frozen=True)
class ArmCall:
    """What is asked of which resource.

    `scope` is what stands before the last `/providers/` (empty for the tenant), `namespace` the resource provider, `pairs` the
    (type, name) steps below it, `tail` the odd segment at the end: the action of a POST, the collection of a listing GET.
    """

    request: Request
    caller: Caller
    scope: str
    namespace: str
    pairs: tuple[tuple[str, str], ...]
    tail: str = ""

    @property
    def method(self) -> str:
        return self.request.method

    @cached_property
    def body(self) -> Mapping[str, Any]:
        return self.request.json()

    @property
    def resource_id(self) -> str:
        """The id of the resource named last, cased as in the request; the scope itself where none is named."""
        if not self.pairs:
            return self.scope or "/"
        return f"{self.scope}/providers/{self.namespace}/" + "/".join(f"{kind}/{name}" for kind, name in self.pairs)

    @property
    def type(self) -> str:
        """The resource type, `Microsoft.Storage/storageAccounts/encryptionScopes`; a listing has its collection's type."""
        tail = (self.tail,) if self.tail and self.method != "POST" else ()
        return "/".join((self.namespace, *(kind for kind, _ in self.pairs), *tail))

    @property
    def kinds(self) -> str:
        """The type below the namespace in lower case, `storageaccounts/encryptionscopes`: for route tables."""
        return self.type.partition("/")[2].lower()

    @property
    def listing(self) -> bool:
        return bool(self.tail) and self.method in ("GET", "HEAD")

    @property
    def name(self) -> str:
        """The last resource's own name."""
        return self.pairs[-1][1] if self.pairs else ""

    @property
    def action(self) -> str:
        """The operation as role definitions name it: `Microsoft.Storage/storageAccounts/listKeys/action`."""
        if self.method == "POST":
            return f"{self.type}/{self.tail}/action" if self.tail else f"{self.type}/write"
        return f"{self.type}/{_VERBS[self.method]}"

    @property
    def subscription(self) -> str:
        steps = self.scope.split("/")
        return steps[2] if len(steps) > 2 and steps[1].lower() == "subscriptions" else ""  # noqa: PLR2004 - /subscriptions/ID

    @property
    def group(self) -> str:
        """The resource group's name, or the empty string."""
        steps = self.scope.split("/")
        return steps[4] if len(steps) > 4 and steps[3].lower() == "resourcegroups" else ""  # noqa: PLR2004 - …/resourceGroups/NAME


class Provider(Protocol):
    """One resource provider (`Microsoft.Storage` …). It is asked when the caller is allowed and no lock forbids it."""

    def handle(self, call: ArmCall) -> Answer: ...


@dataclass(slots=True)
class Resources:
    """Every ARM resource by its id in lower case, as the service would show it. Names keep their casing in `id` and `name`."""

    by_id: dict[str, dict[str, Any]] = field(default_factory=dict)

    def get(self, resource_id: str) -> dict[str, Any]:
        """The resource; raises Problem 404 ResourceNotFound."""
        try:
            return self.by_id[resource_id.lower()]
        except KeyError:
            raise not_found(resource_id) from None

    def find(self, resource_id: str) -> dict[str, Any] | None:
        return self.by_id.get(resource_id.lower())

    def put(self, resource_id: str, body: Mapping[str, Any], kind: str) -> dict[str, Any]:
        """Store a whole resource under its id; `kind` is its resource type."""
        whole = {"id": resource_id, "name": resource_id.rpartition("/")[2], "type": kind, **body}
        self.by_id[resource_id.lower()] = whole
        return whole

    def drop(self, resource_id: str) -> dict[str, Any] | None:
        """Forget a resource and everything below it."""
        low = resource_id.lower()
        for below in [key for key in self.by_id if key.startswith(f"{low}/")]:
            del self.by_id[below]
        return self.by_id.pop(low, None)

    def under(self, scope: str, kind: str) -> list[dict[str, Any]]:
        """The resources of a type at or below a scope, in the order of their making."""
        low = scope.lower().rstrip("/")
        return [
            held
            for key, held in self.by_id.items()
            if held.get("type", "").lower() == kind.lower() and (key.startswith(f"{low}/") or key == low)
        ]


def not_found(resource_id: str) -> Problem:
    """How ARM says that there is no such resource."""
    before, _, rest = resource_id.rpartition("/providers/")
    group = before.rpartition("/")[2]
    steps = rest.split("/")
    label = "/".join([steps[0], *steps[1::2]]) + "/" + "/".join(steps[2::2])
    text = f"The Resource '{label}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    return Problem(404, "ResourceNotFound", text)


def take_apart(request: Request, caller: Caller) -> ArmCall:
    """The call that a request's path means."""
    path = request.path.rstrip("/")
    scope, provided, rest = path.rpartition("/providers/")
    if not provided:
        return _of_resources(request, caller, path)
    namespace, *steps = rest.split("/")
    even = len(steps) - len(steps) % 2
    pairs = tuple(zip(steps[0:even:2], steps[1:even:2], strict=True))
    return ArmCall(request, caller, scope, namespace, pairs, steps[even] if even < len(steps) else "")


def _of_resources(request: Request, caller: Caller, path: str) -> ArmCall:
    """Subscriptions and resource groups themselves belong to Microsoft.Resources."""
    steps = path.strip("/").split("/")
    even = len(steps) - len(steps) % 2
    pairs = tuple(zip(steps[0:even:2], steps[1:even:2], strict=True))
    scope = "/" + "/".join(steps[:even]) if even else ""
    return ArmCall(request, caller, scope, "Microsoft.Resources", pairs, steps[even] if even < len(steps) else "")
