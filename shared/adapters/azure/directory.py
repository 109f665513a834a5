"""The `Directory` port on Azure: who a user or an application is (Microsoft Graph v1.0)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.rest import GRAPH
from shared.containment.parallel import in_parallel
from shared.domain.actor import Actor, Credential, Lineage
from shared.domain.errors import Absent
from shared.domain.resource import Kind, Ref
from shared.intake.azure_names import principal

RIGHTS = Rights(graph=frozenset({"User.Read.All", "Application.Read.All", "Directory.Read.All"}))

BY_APPLICATION = "app:"

PLACES = {
    Kind.USER: ("users", "id,externalUserState,userPrincipalName"),
    Kind.SERVICE_PRINCIPAL: ("servicePrincipals", "id,servicePrincipalType"),
}
"""Where they are listed, and what tells their credential."""

FOUND = {**PLACES, Kind.GROUP: ("groups", "id")}
"""The same, of those too who come by no credential of their own."""


class AzureDirectory:
    """The tenant that `clients` sign in to. Its listings say who came into being when, and not by whom: its log does, later."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def resolve(self, actor: Actor) -> Actor:
        """The actor under its object id; a log that names no person can not tell a user from an application. Raises `Absent`."""
        if actor.principal is None:
            return actor
        likely = actor.principal.kind
        for kind in (likely, *(kind for kind in (Kind.USER, Kind.SERVICE_PRINCIPAL, Kind.GROUP) if kind is not likely)):
            if found := next(self._found(kind, actor.principal), None):
                holder = str(found["id"]).lower()
                name = str(found.get("userPrincipalName") or "").lower() or actor.known_as
                return actor.but(
                    credential=_credential(kind, found), principal=principal(kind, holder), unique_id=holder, known_as=name
                )
        raise Absent("the directory has nobody of this id", "Request_ResourceNotFound")

    def made_since(self, lineage: Lineage, since: datetime) -> tuple[Actor, ...]:
        """Users and service principals, machines' identities among them, by when they were made (Graph `createdDateTime`)."""
        if not lineage.principals:
            return ()
        found = in_parallel(lambda kind: tuple(self._made(kind, since)), tuple(PLACES))
        return tuple(actor for actors in found for actor in actors)

    def given_since(self, lineage: Lineage, since: datetime) -> tuple[Actor, ...]:  # noqa: ARG002  the port's signature
        """Nobody: a machine's own identity is a new principal; machines that were given one there was before are not listed yet."""
        return ()

    def _made(self, kind: Kind, since: datetime) -> Iterator[Actor]:
        place, told = PLACES[kind]
        start = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        wanted = quote(f"createdDateTime ge {start}", safe="/:")
        for found in self._clients.rest(GRAPH).every(f"/v1.0/{place}?$filter={wanted}&$select={told}"):
            holder = str(found["id"]).lower()
            yield Actor(credential=_credential(kind, found), account="", principal=principal(kind, holder), unique_id=holder)

    def _found(self, kind: Kind, who: Ref) -> Iterator[dict[str, Any]]:
        graph = self._clients.rest(GRAPH)
        if kind is Kind.SERVICE_PRINCIPAL and who.id.startswith(BY_APPLICATION):
            application = who.id.removeprefix(BY_APPLICATION)
            yield from graph.every(f"/v1.0/servicePrincipals?$filter=appId eq '{application}'")
            return
        place, told = FOUND[kind]
        try:
            yield graph.get(f"/v1.0/{place}/{who.id}?$select={told}")
        except Absent:
            return


def _credential(kind: Kind, found: dict[str, Any]) -> Credential:
    if kind is Kind.USER:  # anybody's `userType` can be set, and who was invited and has not accepted signs in here as before
        return Credential.ENTRA_GUEST if found.get("externalUserState") == "Accepted" else Credential.ENTRA_USER
    managed = found.get("servicePrincipalType") == "ManagedIdentity"
    return Credential.MANAGED_IDENTITY if managed else Credential.SERVICE_PRINCIPAL
