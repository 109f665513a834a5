"""Microsoft.ManagedIdentity: user-assigned identities, each with a service principal in the directory."""

from typing import TYPE_CHECKING, Any

from shared.sandbox.azure import documents
from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.wire import Answer

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud


class ManagedIdentities:
    """Identities are made, read, deleted; deleting one takes its service principal with it, and its tokens live on."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def handle(self, call: ArmCall) -> Answer:
        if call.kinds != "userassignedidentities" or call.method not in ("GET", "PUT", "DELETE"):
            raise documents.unsupported(call)
        if call.method == "GET":
            return documents.read(self._cloud, call)
        if call.method == "PUT":
            return Answer.of(201, self._make(call))
        principal = self._cloud.entra.directory.identity_of(call.resource_id)
        if principal:
            del self._cloud.entra.directory.principals[principal.id]
        return documents.delete(self._cloud, call)

    def _make(self, call: ArmCall) -> dict[str, Any]:
        directory = self._cloud.entra.directory
        principal = directory.identity_of(call.resource_id)
        if principal is None:
            principal = directory.add_managed_identity(call.resource_id)
            principal.created = call.request.at
        properties = {"tenantId": directory.tenant, "principalId": principal.id, "clientId": principal.app_id}
        kept = {name: call.body[name] for name in ("location", "tags") if name in call.body}
        return self._cloud.resources.put(call.resource_id, {**kept, "properties": properties}, call.type)
