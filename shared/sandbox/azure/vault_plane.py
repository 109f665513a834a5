"""Key Vault's data plane: the challenge, who may come in, who may do what, and the audit log.

Source: "Authentication, requests, and responses" (401 challenge), "Azure Key Vault security": a caller passes Entra, then the
vault's firewall, then an access policy or a role; "Azure Key Vault logging" for the rows.
"""

from typing import TYPE_CHECKING

from shared.sandbox.azure import networks
from shared.sandbox.azure import vault_refusals as refused
from shared.sandbox.azure.callers import Caller
from shared.sandbox.azure.entra import TENANT, BadToken
from shared.sandbox.azure.faults import Dropped
from shared.sandbox.azure.vault_keys import Ask
from shared.sandbox.azure.vault_log import Use, record
from shared.sandbox.azure.vault_routes import Route, match
from shared.sandbox.azure.vault_state import Vault
from shared.sandbox.azure.wire import Answer, Problem, Request

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

SERVICE_VERSION = "1.9.2620.1"
CHALLENGE = f'Bearer authorization="https://login.microsoftonline.com/{TENANT}", resource="https://vault.azure.net"'
_UNAUTHORIZED = {
    "missing": "AKV10000: Request is missing a Bearer or PoP token.",
    "expired": "AKV10022: Invalid audience or lifetime: the token has expired.",
    "audience": "AKV10022: Invalid audience. Expected https://vault.azure.net.",
}


type Found = tuple[Route, dict[str, str]] | None


class KeyVault:
    """The plane of `*.vault.azure.net`."""

    name = "keyvault"

    def __init__(self, cloud: "Cloud") -> None:
        self.cloud = cloud

    def handle(self, request: Request) -> Answer:
        vault = self.cloud.vaults.of_host(request.host)
        if vault is None:
            raise Dropped(f"no vault has the name {request.host}")
        self.cloud.vaults.tend(request.at)
        found = match(request.method, request.path)
        route = found[0] if found else None
        caller: Caller | None = None
        try:
            caller = self.cloud.entra.caller(request, self.name)
            answer = self._do(vault, caller, found, request)
        except Problem as problem:
            self._log(vault, route, caller, request, problem)
            raise
        self._log(vault, route, caller, request, None)
        return answer

    def refuse(self, _: Request, problem: Problem) -> Answer:
        """In the service's form; one who has no good token is told where to get one."""
        known = {"x-ms-keyvault-service-version": SERVICE_VERSION, "x-ms-keyvault-region": "swedencentral"}
        if isinstance(problem, BadToken):
            message = _UNAUTHORIZED.get(problem.reason, "AKV10032: Invalid issuer or signature of the token.")
            return Problem(401, "Unauthorized", message).answer().plus({"www-authenticate": CHALLENGE, **known})
        return problem.answer().plus(known)

    def _do(self, vault: Vault, caller: Caller, found: Found, request: Request) -> Answer:
        if found is None:
            raise Problem(404, "NotFound", "The requested resource does not exist.")
        route, named = found
        self._admit(vault, caller, request)
        self._allow(vault, caller, route, named.get("name", ""))
        ask = Ask(
            vault, request.at, named.get("name", ""), named.get("version", ""), request.json(), backups=self.cloud.vaults.backups
        )
        result = route.do(ask)
        known = {"x-ms-keyvault-service-version": SERVICE_VERSION, "x-ms-keyvault-region": vault.location}
        return Answer.of(204 if result is None else 200, result).plus(known)

    def _admit(self, vault: Vault, caller: Caller, request: Request) -> None:
        verdict = networks.judge(vault.properties, request, endpoints=networks.approved(vault.properties))
        if verdict == "firewall":
            raise refused.firewall(request.address, described(caller), vault.name)
        if verdict:
            raise refused.no_public_way(described(caller), vault.name)

    def _allow(self, vault: Vault, caller: Caller, route: Route, key: str) -> None:
        scope = f"{vault.id}/keys/{key}" if key else vault.id
        if vault.by_roles:
            if not self.cloud.rbac.permits(caller, route.data_action, scope, data=True):
                raise refused.no_role(described(caller), f"{route.data_action}", scope)
        elif not by_policy(vault, caller.object_id, route.permission):
            raise refused.no_policy(described(caller), route.permission, vault.name)

    def _log(self, vault: Vault, route: Route | None, caller: Caller | None, request: Request, problem: Problem | None) -> None:
        if caller is None and not request.header("authorization"):
            return  # the first hop of every client is a challenge: the log has the second
        use = Use(
            route.operation if route else "Unknown",
            f"https://{request.host}{request.path}",
            caller.object_id if caller else "",
            caller.app_id if caller else "",
            request.address,
            problem.status if problem else 200,
            problem.code if problem else "OK",
            problem.message if problem else "",
            request.id,
        )
        record(self.cloud, vault, use, request.at)


def by_policy(vault: Vault, object_id: str, permission: str) -> bool:
    """Whether an access policy of the vault gives somebody a key permission; `all` gives every one but purge."""
    for entry in vault.properties.get("accessPolicies") or ():
        if str(entry["objectId"]).lower() != object_id.lower():
            continue
        given = {str(each).lower() for each in (entry.get("permissions") or {}).get("keys") or ()}
        if permission.lower() in given or ("all" in given and permission != "purge"):
            return True
    return False


def described(caller: Caller) -> str:
    """A caller as the service's sentences have it."""
    return f"appid={caller.app_id};oid={caller.object_id};iss=https://sts.windows.net/{caller.tenant}/"
