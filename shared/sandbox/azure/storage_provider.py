"""Microsoft.Storage, assembled: which module answers which call of Resource Manager."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.sandbox.azure import storage_arm, storage_containers, storage_parts
from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.storage_arm import Doing
from shared.sandbox.azure.storage_encryption import tend
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

ROUTES: Mapping[tuple[str, str, str], Doing] = {**storage_arm.ROUTES, **storage_parts.ROUTES, **storage_containers.ROUTES}


class StorageProvider:
    """The resource provider. Its state is the cloud's book of accounts."""

    def __init__(self, cloud: "Cloud") -> None:
        self.cloud = cloud

    def handle(self, call: ArmCall) -> Answer:
        doing = ROUTES.get((call.method, call.kinds, call.tail.lower()))
        if doing is None:
            raise Problem(404, "NotFound", f"No operation {call.method} {call.tail} on {call.type}.")
        self._tend(call.request.at)
        return doing(self.cloud, call)

    def _tend(self, at: float) -> None:
        """What the service does by itself is done when somebody looks."""
        self.cloud.vaults.tend(at)
        for account in self.cloud.storage:
            for wrapping in (account.wrapping, *(scope.wrapping for scope in account.scopes.values())):
                if wrapping is not None:
                    tend(self.cloud, wrapping, at)
