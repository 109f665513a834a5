"""Microsoft.ManagedServices: what another tenant may do in a subscription (registration definitions), and that it may."""

from typing import TYPE_CHECKING, Any

from shared.sandbox.azure import documents
from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

KINDS = ("registrationdefinitions", "registrationassignments")


class ManagedServices:
    """The provider of delegations (Azure Lighthouse)."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def handle(self, call: ArmCall) -> Answer:
        if call.kinds not in KINDS or call.method not in ("GET", "PUT", "DELETE"):
            raise documents.unsupported(call)
        if call.method == "GET":
            return self._shown(call)
        if call.method == "DELETE":
            return documents.delete(self._cloud, call)
        asked = call.body.get("properties") or {}
        if call.kinds == KINDS[1] and self._cloud.resources.find(str(asked.get("registrationDefinitionId"))) is None:
            raise Problem(400, "InvalidRegistrationDefinitionId", "The registration definition does not exist.")
        if call.kinds == KINDS[0] and not (asked.get("managedByTenantId") and asked.get("authorizations")):
            raise Problem(400, "InvalidRegistrationDefinition", "A managing tenant and its authorizations are required.")
        made = documents.write(self._cloud, call)
        made["systemData"] = {"createdAt": iso(call.request.at)}
        return Answer.of(201, made)

    def _shown(self, call: ArmCall) -> Answer:
        answer = documents.read(self._cloud, call)
        if call.kinds != KINDS[1] or "expandRegistrationDefinition" not in call.request.url:
            return answer
        shown: dict[str, Any] = answer.json()
        if call.listing:
            shown["value"] = [one for one in shown["value"] if one["id"].lower().startswith(f"{call.scope.lower()}/providers/")]
        for one in shown.get("value", [shown]):
            definition = self._cloud.resources.find(one["properties"]["registrationDefinitionId"])
            one["properties"]["registrationDefinition"] = {"properties": (definition or {}).get("properties")}
        return Answer.of(200, shown)
