"""The `Directory` port on Azure: who a user or an application is (Microsoft Graph v1.0)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.rest import GRAPH
from shared.domain.actor import Actor, Credential, Lineage
from shared.domain.errors import Absent
from shared.domain.resource import Kind, Ref
from shared.intake.azure_names import principal

RIGHTS = Rights(graph=frozenset({"User.Read.All", "Application.Read.All"}))

BY_APPLICATION = "app:"


class AzureDirectory:
    """The tenant that `clients` sign in to. What came into being in it is not listed yet: Graph's listings do not say by whom."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def resolve(self, actor: Actor) -> Actor:
        """The actor under its object id; a log that names no person can not tell a user from an application. Raises `Absent`."""
        if actor.principal is None:
            return actor
        likely = actor.principal.kind
        for kind in (likely, *({Kind.USER, Kind.SERVICE_PRINCIPAL} - {likely})):
            if found := next(self._found(kind, actor.principal), None):
                holder = str(found["id"]).lower()
                return actor.but(credential=_credential(kind, found), principal=principal(kind, holder), unique_id=holder)
        raise Absent("the directory has nobody of this id", "Request_ResourceNotFound")

    def made_since(self, lineage: Lineage, since: datetime) -> tuple[Actor, ...]:  # noqa: ARG002  the port's signature
        """Nobody, so far as we can say."""
        return ()

    def given_since(self, lineage: Lineage, since: datetime) -> tuple[Actor, ...]:  # noqa: ARG002  the port's signature
        """Nobody, so far as we can say."""
        return ()

    def _found(self, kind: Kind, who: Ref) -> Iterator[dict[str, Any]]:
        graph = self._clients.rest(GRAPH)
        if kind is Kind.SERVICE_PRINCIPAL and who.id.startswith(BY_APPLICATION):
            application = who.id.removeprefix(BY_APPLICATION)
            yield from graph.every(f"/v1.0/servicePrincipals?$filter=appId eq '{application}'")
            return
        place = "users" if kind is Kind.USER else "servicePrincipals"
        told = "id,userType" if kind is Kind.USER else "id,servicePrincipalType"
        try:
            yield graph.get(f"/v1.0/{place}/{who.id}?$select={told}")
        except Absent:
            return


def _credential(kind: Kind, found: dict[str, Any]) -> Credential:
    if kind is Kind.USER:
        return Credential.ENTRA_GUEST if found.get("userType") == "Guest" else Credential.ENTRA_USER
    managed = found.get("servicePrincipalType") == "ManagedIdentity"
    return Credential.MANAGED_IDENTITY if managed else Credential.SERVICE_PRINCIPAL
