"""Azure Resource Manager: who asks, whether they may, whether a lock forbids it; then the resource provider decides."""

import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from shared.sandbox.azure import schema
from shared.sandbox.azure.arm_call import ArmCall, Provider, take_apart
from shared.sandbox.azure.authorization import Authorization
from shared.sandbox.azure.compute import Compute
from shared.sandbox.azure.event_grid import EventGrid
from shared.sandbox.azure.insights import Insights
from shared.sandbox.azure.kept_copies import KeptCopies
from shared.sandbox.azure.managed_identities import ManagedIdentities
from shared.sandbox.azure.managed_services import ManagedServices
from shared.sandbox.azure.management_groups import ManagementGroups
from shared.sandbox.azure.network import Network
from shared.sandbox.azure.private_links import KIND, PrivateLinks
from shared.sandbox.azure.resource_groups import ResourceGroups
from shared.sandbox.azure.security import Security
from shared.sandbox.azure.storage_provider import StorageProvider
from shared.sandbox.azure.vault_arm import VaultProvider
from shared.sandbox.azure.wire import Answer, Problem, Request
from shared.sandbox.azure.workspaces import Workspaces

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

PROVIDERS: Mapping[str, Callable[["Cloud"], Provider]] = {
    "microsoft.compute": Compute,
    "microsoft.dataprotection": KeptCopies,
    "microsoft.eventgrid": EventGrid,
    "microsoft.insights": Insights,
    "microsoft.keyvault": VaultProvider,
    "microsoft.managedidentity": ManagedIdentities,
    "microsoft.managedservices": ManagedServices,
    "microsoft.management": ManagementGroups,
    "microsoft.network": Network,
    "microsoft.operationalinsights": Workspaces,
    "microsoft.recoveryservices": KeptCopies,
    "microsoft.resources": ResourceGroups,
    "microsoft.security": Security,
    "microsoft.sql": KeptCopies,
    "microsoft.storage": StorageProvider,
}
"""The resource providers by namespace in lower case."""

_LOCKS = "Microsoft.Authorization/locks"
_READS = ("GET", "HEAD")
_CHALLENGE = 'Bearer authorization_uri="https://login.microsoftonline.com/common"'


class Arm:
    """The management plane."""

    name = "arm"

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self.authorization = Authorization(cloud)
        self._links = PrivateLinks(cloud)
        self.providers: dict[str, Provider] = {namespace: provider(cloud) for namespace, provider in PROVIDERS.items()}
        self.providers["microsoft.authorization"] = self.authorization

    def handle(self, request: Request) -> Answer:
        caller = self._cloud.entra.caller(request, self.name)
        if "api-version" not in request.query:
            raise Problem(
                400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests."
            )
        call = take_apart(request, caller)
        try:
            answer = self._decide(call)
        except Problem as problem:
            self._cloud.activity.note(call, problem)
            raise
        self._cloud.activity.note(call, answer)
        return answer.plus(_stamps(request))

    def refuse(self, request: Request, problem: Problem) -> Answer:
        extra = {"www-authenticate": _CHALLENGE} if problem.status == HTTPStatus.UNAUTHORIZED else {}
        return problem.answer().plus({"x-ms-failure-cause": "gateway", **extra, **_stamps(request)})

    def _decide(self, call: ArmCall) -> Answer:
        provider = self.providers.get(call.namespace.lower())
        if provider is None:
            raise Problem(404, "InvalidResourceNamespace", f"The resource namespace '{call.namespace}' is invalid.")
        if not self._free(call):
            self._cloud.rbac.require(call.caller, call.action, call.resource_id)
        self._existing(call)
        self._unlocked(call)
        schema.require(call)
        return self._links.handle(call) if call.kinds.endswith(f"/{KIND}") else provider.handle(call)

    def _free(self, call: ArmCall) -> bool:
        """Whether the provider itself decides who may: elevated access, PIM's activations by oneself, one's subscriptions."""
        if (call.namespace, call.scope, call.tail) == ("Microsoft.Resources", "", "subscriptions"):
            return True
        return call.action.lower() == "microsoft.authorization/elevateaccess/action" or self.authorization.pim.by_oneself(call)

    def _existing(self, call: ArmCall) -> None:
        if call.subscription and self._cloud.resources.find(f"/subscriptions/{call.subscription}") is None:
            raise Problem(404, "SubscriptionNotFound", f"The subscription '{call.subscription}' could not be found.")
        group = f"/subscriptions/{call.subscription}/resourceGroups/{call.group}"
        if call.group and call.namespace != "Microsoft.Resources" and self._cloud.resources.find(group) is None:
            raise Problem(404, "ResourceGroupNotFound", f"Resource group '{call.group}' could not be found.")

    def _unlocked(self, call: ArmCall) -> None:
        """A lock at the scope or over it: ReadOnly stops everything but reads (also `listKeys`), CanNotDelete stops deletion."""
        if call.method in _READS or call.type == _LOCKS:
            return
        chain = self._cloud.rbac.above(call.resource_id)
        for key, lock in self._cloud.resources.by_id.items():
            scope, found, _ = key.rpartition("/providers/microsoft.authorization/locks/")
            level = lock["properties"]["level"] if found and scope in chain else ""
            if level == "ReadOnly" or (level == "CanNotDelete" and call.method == "DELETE"):
                verb = "delete" if call.method == "DELETE" else "write"
                text = (
                    f"The scope '{call.resource_id}' cannot perform {verb} operation because following scope(s) are locked: "
                    f"'{scope}'. Please remove the lock and try again."
                )
                raise Problem(409, "ScopeLocked", text)


def _stamps(request: Request) -> dict[str, str]:
    """What every answer of ARM carries."""
    what = "reads" if request.method in _READS else "deletes" if request.method == "DELETE" else "writes"
    return {
        "x-ms-correlation-request-id": request.correlation,
        "x-ms-routing-request-id": f"EASTUS:{uuid.uuid4()}",
        f"x-ms-ratelimit-remaining-subscription-{what}": "11999",
        "cache-control": "no-cache",
    }
