"""Graph through azure.core.PipelineClient: who may disable whom, what a removed credential and a revoked session do."""

from typing import Any

import pytest
from azure.core import PipelineClient
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.core.rest import HttpRequest, HttpResponse
from azure.identity import ClientSecretCredential

from shared.sandbox.azure.directory import ADMIN_ROLES, ServicePrincipal, User
from shared.sandbox.azure.entra import TENANT
from tests.contract.azure.scenes import Scene

GRAPH = "https://graph.microsoft.com"
ALL = ("User.EnableDisableAccount.All", "User.RevokeSessions.All", "User.Read.All", "Application.ReadWrite.All")


class Graph:
    def __init__(self, scene: Scene, who: User | ServicePrincipal) -> None:
        policy: Any = BearerTokenCredentialPolicy(scene.bearer(who), f"{GRAPH}/.default")
        self._client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(GRAPH, policies=[policy], **scene.options())

    def __call__(self, method: str, path: str, content: object = None) -> tuple[int, Any]:
        answer = self._client.send_request(HttpRequest(method, f"{GRAPH}/v1.0/{path}", json=content))
        return answer.status_code, answer.json() if answer.content else None


def responder(scene: Scene, *permissions: str) -> Graph:
    return Graph(scene, scene.cloud.entra.directory.add_application("responder", permissions=permissions or ALL)[1])


def test_a_user_is_disabled_and_their_sessions_revoked() -> None:
    scene = Scene()
    nurse = scene.cloud.entra.directory.add_user("nurse@hospital.example", "a-nurses-password-EXAMPLE")
    graph = responder(scene)
    assert "accountEnabled" not in graph("GET", f"users/{nurse.id}")[1]
    assert graph("PATCH", f"users/{nurse.id}", {"accountEnabled": False}) == (204, None)
    assert graph("GET", f"users/{nurse.upn}?$select=accountEnabled,userType")[1]["accountEnabled"] is False
    status, answer = graph("POST", f"users/{nurse.id}/revokeSignInSessions")
    assert (status, answer["value"]) == (200, True)
    assert nurse.sessions_from > 0


def test_an_administrator_is_out_of_reach_and_a_guests_sessions_stay() -> None:
    scene = Scene()
    directory = scene.cloud.entra.directory
    admin = directory.add_user("admin@hospital.example", "an-admins-password-EXAMPLE", roles=("Global Administrator",))
    guest = directory.add_user("guest@elsewhere.example", "a-guests-password-EXAMPLE", guest=True)
    graph = responder(scene)
    status, answer = graph("PATCH", f"users/{admin.id}", {"accountEnabled": False})
    assert (status, answer["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert [role["displayName"] for role in graph("GET", f"users/{admin.id}/memberOf")[1]["value"]] == ["Global Administrator"]
    assert graph("POST", f"users/{guest.id}/revokeSignInSessions")[0] == 200
    assert guest.sessions_from == 0


@pytest.mark.parametrize(
    ("permission", "method", "path"),
    [
        ("User.Read.All", "PATCH", "users/{user}"),
        ("User.EnableDisableAccount.All", "POST", "users/{user}/revokeSignInSessions"),
        ("User.Read.All", "POST", "servicePrincipals/{principal}/addPassword"),
        ("Application.ReadWrite.All", "GET", "auditLogs/directoryAudits"),
    ],
)
def test_each_operation_wants_its_own_permission(permission: str, method: str, path: str) -> None:
    scene = Scene()
    _, principal = scene.cloud.entra.directory.add_application("imaging")
    named = path.format(user=scene.owner.id, principal=principal.id)
    assert responder(scene, permission)(method, named, {})[0] == 403


def test_a_principal_is_disabled_and_its_secret_taken_away() -> None:
    scene = Scene()
    app, principal = scene.cloud.entra.directory.add_application("imaging")
    graph = responder(scene)
    made = graph("POST", f"applications/{app.id}/addPassword", {"passwordCredential": {"displayName": "night"}})[1]
    credential = ClientSecretCredential(TENANT, app.app_id, made["secretText"], **scene.options())
    assert credential.get_token(f"{GRAPH}/.default").token
    held = graph("GET", f"applications/{app.id}")[1]["passwordCredentials"]
    assert [(one["keyId"], one["secretText"]) for one in held] == [(made["keyId"], None)]
    assert graph("POST", f"applications/{app.id}/removePassword", {"keyId": made["keyId"]})[0] == 204
    assert graph("PATCH", f"servicePrincipals/{principal.id}", {"accountEnabled": False})[0] == 204
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        ClientSecretCredential(TENANT, app.app_id, made["secretText"], **scene.options()).get_token(f"{GRAPH}/.default")


def test_federated_credentials_are_listed_and_removed() -> None:
    scene = Scene()
    app, _ = scene.cloud.entra.directory.add_application("imaging")
    graph = responder(scene)
    content = {"name": "ci", "issuer": "https://ci.example", "subject": "main", "audiences": ["api://AzureADTokenExchange"]}
    made = graph("POST", f"applications/{app.id}/federatedIdentityCredentials", content)[1]
    assert graph("POST", f"applications/{app.id}/federatedIdentityCredentials", content)[0] == 409
    assert graph("DELETE", f"applications/{app.id}/federatedIdentityCredentials/{made['id']}")[0] == 204
    assert graph("GET", f"applications/{app.id}/federatedIdentityCredentials")[1]["value"] == []


def test_a_token_that_is_watched_dies_with_its_user_and_another_does_not() -> None:
    scene = Scene()
    directory = scene.cloud.entra.directory
    admin = directory.add_user("admin@hospital.example", "an-admins-password-EXAMPLE", roles=("User Administrator",))
    plain = scene.cloud.entra.issue(admin, GRAPH, 3600)
    watched = scene.cloud.entra.issue(admin, GRAPH, 86400, watched=True)
    admin.enabled = False
    statuses = []
    for token in (plain, watched):
        request = HttpRequest("GET", f"{GRAPH}/v1.0/users", headers={"authorization": f"Bearer {token.text}"})
        statuses.append(PipelineClient(GRAPH, policies=[], **scene.options()).send_request(request).status_code)
    assert statuses == [200, 401]


def test_long_lists_come_in_pages_and_filters_find_one() -> None:
    scene = Scene()
    for number in range(130):
        scene.cloud.entra.directory.add_user(f"u{number}@hospital.example", "a-password-EXAMPLE")
    graph = responder(scene)
    first = graph("GET", "users?$select=id")[1]
    second = graph("GET", first["@odata.nextLink"].partition("/v1.0/")[2])[1]
    assert (len(first["value"]), len(second["value"])) == (100, 31)
    assert len(graph("GET", "users?$filter=userPrincipalName eq 'u7@hospital.example'")[1]["value"]) == 1


def test_roles_permissions_and_consents_are_seen_and_taken_away() -> None:
    scene = Scene()
    directory = scene.cloud.entra.directory
    boss = directory.add_user("boss@hospital.example", "a-boss-password-EXAMPLE", roles=("Global Administrator",))
    _, principal = directory.add_application("thief", permissions=("Mail.Read",))
    graph = Graph(scene, boss)
    held = graph("GET", f"roleManagement/directory/roleAssignments?$filter=principalId eq '{boss.id}'")[1]["value"]
    assert [one["roleDefinitionId"] for one in held] == [ADMIN_ROLES["Global Administrator"]]
    permission = graph("GET", f"servicePrincipals/{principal.id}/appRoleAssignments")[1]["value"][0]
    assert graph("DELETE", f"servicePrincipals/{principal.id}/appRoleAssignments/{permission['id']}")[0] == 204
    grant = {"clientId": principal.id, "consentType": "AllPrincipals", "resourceId": "graph", "scope": "Files.Read.All"}
    made = graph("POST", "oauth2PermissionGrants", grant)[1]
    assert graph("DELETE", f"oauth2PermissionGrants/{made['id']}")[0] == 204
    assert not principal.permissions
    assert not graph("GET", "oauth2PermissionGrants")[1]["value"]
