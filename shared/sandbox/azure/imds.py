"""The instance metadata service: a token for the managed identity of the machine that asks, and for nobody else.

The platform keeps a managed identity's token for about a day and hands the same one out again, whatever happened to its roles.
"""

from typing import TYPE_CHECKING

from shared.sandbox.azure.directory import ServicePrincipal
from shared.sandbox.azure.entra import AUDIENCES, Token
from shared.sandbox.azure.wire import SOURCE_IDENTITY, Answer, Problem, Request

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_MARGIN = 300.0
"""seconds before its end at which a kept token is replaced"""


class InstanceMetadata:
    """`169.254.169.254`."""

    name = "imds"

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._kept: dict[tuple[str, str], Token] = {}

    def handle(self, request: Request) -> Answer:
        if request.path != "/metadata/identity/oauth2/token":
            raise Problem(404, "not_found", "There is no such endpoint.")
        if request.header("metadata").lower() != "true":
            raise Problem(400, "bad_request_102", "Required metadata header not specified")
        audience = request.query.get("resource", "").rstrip("/")
        if audience not in AUDIENCES:
            raise Problem(
                400, "invalid_resource", f"AADSTS500011: The resource principal named {audience} was not found in the tenant."
            )
        identity = self._identity(request)
        self._cloud.calls.identify(request, identity.id)
        token, now = self._token(identity, audience), self._cloud.clock.now()
        return Answer.of(
            200,
            {
                "access_token": token.text,
                "client_id": identity.app_id,
                "expires_in": str(int(token.caller.expires - now)),
                "expires_on": str(int(token.caller.expires)),
                "not_before": str(int(token.caller.issued)),
                "resource": audience,
                "token_type": "Bearer",
            },
        )

    def refuse(self, _: Request, problem: Problem) -> Answer:
        return Answer.of(problem.status, {"error": problem.code, "error_description": problem.message}).plus(problem.headers)

    def _identity(self, request: Request) -> ServicePrincipal:
        """The identity asked for among those that the machine has, the first where none is named."""
        asked = next(
            (request.query[name] for name in ("client_id", "object_id", "msi_res_id", "mi_res_id") if name in request.query), ""
        )
        for resource_id in request.header(SOURCE_IDENTITY).split(","):
            held = self._cloud.entra.directory.identity_of(resource_id.strip())
            if held and asked.lower() in ("", held.id, held.app_id, held.resource_id.lower()):
                return held
        raise Problem(400, "invalid_request", "Identity not found")

    def _token(self, identity: ServicePrincipal, audience: str) -> Token:
        kept, now = self._kept.get((identity.id, audience)), self._cloud.clock.now()
        if kept is None or kept.caller.expires - _MARGIN <= now:
            kept = self._cloud.entra.issue(identity, audience, self._cloud.delays.managed_identity_token)
            self._kept[identity.id, audience] = kept
        return kept
