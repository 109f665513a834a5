"""Microsoft.Management: management groups, whose roles reach every subscription below them."""

from typing import TYPE_CHECKING, Any

from shared.sandbox.azure import documents
from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_PREFIX = "/providers/microsoft.management/managementgroups/"


class ManagementGroups:
    """Read only: which groups there are, and what hangs below one of them."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def handle(self, call: ArmCall) -> Answer:
        if call.method != "GET" or not call.kinds.startswith("managementgroups"):
            raise documents.unsupported(call)
        if call.kinds == "managementgroups/descendants":
            return Answer.of(200, {"value": list(self._below(call.name))})
        if call.listing:
            return Answer.of(200, {"value": [_shown(name) for name in sorted(self._names())]})
        if call.name.lower() not in self._names():
            raise Problem(404, "NotFound", f"'/providers/Microsoft.Management/managementGroups/{call.name}' not found")
        return Answer.of(200, _shown(call.name))

    def _names(self) -> set[str]:
        return {parent.removeprefix(_PREFIX) for parent in self._cloud.rbac.parents.values()}

    def _below(self, name: str) -> list[dict[str, Any]]:
        above = f"{_PREFIX}{name.lower()}"
        found = (child for child in self._cloud.rbac.parents if above in self._cloud.rbac.above(child))
        return [{"id": child, "name": child.rpartition("/")[2], "properties": {"parent": {"id": self._cloud.rbac.parents[child]}}}
                for child in found]  # fmt: skip


def _shown(name: str) -> dict[str, Any]:
    kind = "Microsoft.Management/managementGroups"
    return {"id": f"/providers/{kind}/{name}", "name": name, "type": kind, "properties": {"displayName": name}}
