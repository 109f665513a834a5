"""Microsoft Graph v1.0, as far as identities, their credentials and their rights go."""

from typing import TYPE_CHECKING

from shared.sandbox.azure import graph_apps, graph_audits, graph_groups, graph_made, graph_pim, graph_policies, graph_users
from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.entra import BadToken
from shared.sandbox.azure.graph_ask import Ask, Route
from shared.sandbox.azure.wire import Answer, Problem, Request

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

ROUTES: tuple[Route, ...] = (
    *graph_users.ROUTES,
    *graph_apps.ROUTES,
    *graph_made.ROUTES,
    *graph_groups.ROUTES,
    *graph_policies.ROUTES,
    *graph_pim.ROUTES,
    *graph_audits.ROUTES,
)

_CLAIMS = "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZX19fQ=="
"""`{"access_token":{"nbf":{"essential":true}}}`: come back with a newer token"""


class Graph:
    """`graph.microsoft.com`."""

    name = "graph"

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def handle(self, request: Request) -> Answer:
        caller = self._cloud.entra.caller(request, self.name)
        self._cloud.entra.pim.settle(request.at)
        version, _, path = request.path.strip("/").partition("/")
        if version not in ("v1.0", "beta"):
            raise Problem(404, "ResourceNotFound", f"Invalid version: {version}")
        for route in ROUTES:
            ids = route.ids(request.method, path)
            if ids is not None:
                asked = Ask(self._cloud, request, caller, ids)
                asked.permit(route.permissions)
                return route.handler(asked).plus({"request-id": request.id})
        raise Problem(400, "BadRequest", f"Resource not found for the segment '{path.partition('/')[0]}'.")

    def refuse(self, request: Request, problem: Problem) -> Answer:
        headers = {"request-id": request.id}
        if isinstance(problem, BadToken) and problem.reason == "revoked":
            headers["www-authenticate"] = f'Bearer realm="", error="insufficient_claims", claims="{_CLAIMS}"'
        inner = {"date": iso(request.at)[:19], "request-id": request.id, "client-request-id": request.header("client-request-id")}
        return problem.answer(innerError=inner).plus(headers)
