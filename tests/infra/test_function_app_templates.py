"""The ARM templates of the function app, as a deployment reads them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from azure.mgmt.authorization.v2022_04_01 import models as authorization
from azure.mgmt.storage import models as storage

from azure_functions_app.environment import Settings
from azure_functions_app.infra import alerts, app, identity, roles, watch
from azure_functions_app.infra.arm import API
from azure_functions_app.infra.templates import TEMPLATES
from shared.adapters.azure import permissions
from shared.sandbox.azure.roles import BUILT_IN
from shared.sandbox.azure.schema import complaints
from tests.functions_worker import worker
from tests.infra.arm_deployed import GROUP, PRINCIPAL, SUBSCRIPTION, TENANT, Deployment, Sent

GIVEN: dict[str, object] = {
    "name": "codeblue-st-brendan",
    "clientId": "0c0de5af-0000-4000-8000-0000000000ee",
    "audiences": ["api://codeblue", "0c0de5af-0000-4000-8000-0000000000ee"],
    "senders": ["0c0de5af-0000-4000-8000-0000000000bb"],
    "approvers": ["0c0de5af-0000-4000-8000-0000000000cc", "0c0de5af-0000-4000-8000-0000000000cd"],
    "email": "on-call@example.org",
}


PAGE = (Path(__file__).parents[2] / "docs" / "azure.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sent() -> list[Sent]:
    return Deployment(app.definition(), GIVEN).sent()


def of(sent: list[Sent], kind: str) -> dict[str, Any]:
    (found,) = [each for each in sent if each.kind == kind]
    return dict(found.body["properties"])


@pytest.fixture(scope="module")
def settings(sent: list[Sent]) -> dict[str, str]:
    return {pair["name"]: pair["value"] for pair in of(sent, "Microsoft.Web/sites")["siteConfig"]["appSettings"]}


COMMANDS = re.findall(r"--template-file build/azure/(\w+)\.json([^#]*)#", PAGE)


def test_every_command_of_the_page_gives_what_its_template_needs() -> None:
    made = {name.removesuffix(".json"): definition()["parameters"] for name, definition in TEMPLATES.items()}
    for name, told in COMMANDS:
        needed = {each for each, kind in made[name].items() if "defaultValue" not in kind}
        assert set(re.findall(r"(\w+)=", told)) == needed, name
    assert {name for name, _ in COMMANDS} == made.keys()


def test_every_resource_comes_after_what_it_needs_and_nothing_is_there_twice(sent: list[Sent]) -> None:
    assert len({each.id.lower() for each in sent}) == len(sent) == len(app.definition()["resources"])


def test_every_version_of_an_api_is_used() -> None:
    text = json.dumps([app.definition(), roles.definition(), roles.custody(), alerts.definition()])
    assert [kind for kind in API if f'"type": "{kind}"' not in text] == []


def test_the_app_understands_its_settings(settings: dict[str, str]) -> None:
    read = Settings.read(settings)
    assert (read.tenant, read.audiences, len(read.approvers)) == (TENANT.lower(), tuple(GIVEN["audiences"]), 2)  # type: ignore[arg-type]
    assert {n for n in settings if n.startswith("CODEBLUE_")} == {
        f"CODEBLUE_{n.upper()}" for n in Settings.model_fields if n != "azure_endpoint"
    }


def test_the_triggers_find_what_they_listen_to(settings: dict[str, str], sent: list[Sent]) -> None:
    trigger = worker().functions["on_event_hub"].trigger
    assert f"{trigger['connection']}__fullyQualifiedNamespace" in settings
    assert trigger["eventHubName"].strip("%") in settings
    (group,) = [each for each in sent if each.kind.endswith("/consumergroups")]
    assert group.id.endswith(f"/eventhubs/{settings['EVENTS_HUB']}/consumergroups/{trigger['consumerGroup']}")


def test_no_key_is_read_kept_or_let_in(sent: list[Sent], settings: dict[str, str]) -> None:
    text = json.dumps(app.definition()).lower()
    assert not [word for word in ("listkeys", "accountkey", "sharedaccesskey", "listsecrets", "functionkeys") if word in text]
    assert of(sent, "Microsoft.Storage/storageAccounts")["allowSharedKeyAccess"] is False
    assert settings["AzureWebJobsStorage__accountName"] in {each.id.rpartition("/")[2] for each in sent}


@pytest.mark.parametrize("keys", [pytest.param({}, id="nobody says anything"), pytest.param({"hubKeys": True}, id="asked for")])
def test_keys_open_the_hub_where_they_are(keys: dict[str, object]) -> None:
    hub = of(Deployment(app.definition(), {**GIVEN, **keys}).sent(), "Microsoft.EventHub/namespaces")
    assert hub["disableLocalAuth"] is not bool(keys)


def test_a_doctor_who_does_not_come_is_missed(sent: list[Sent]) -> None:
    (rule,) = [each for each in sent if each.kind == watch.RULE and each.id.endswith("-doctor")]
    said = dict(rule.body["properties"])
    (criterion,) = said["criteria"]["allOf"]
    assert "Name == 'doctor'" in criterion["query"]
    assert "doctor" in worker().functions
    assert (criterion["operator"], criterion["threshold"], said["overrideQueryTimeRange"]) == ("LessThan", 1, "P2D")
    assert said["actions"]["actionGroups"]


def test_every_request_is_authenticated_by_the_tenant(sent: list[Sent]) -> None:
    said = of(sent, "Microsoft.Web/sites/config")
    assert said["globalValidation"] == {"requireAuthentication": True, "unauthenticatedClientAction": "Return401"}
    entra = said["identityProviders"]["azureActiveDirectory"]
    assert (entra["registration"]["openIdIssuer"], entra["validation"]["allowedAudiences"]) == (
        f"https://sts.windows.net/{TENANT}/",
        GIVEN["audiences"],
    )
    site = of(sent, "Microsoft.Web/sites")
    assert (site["httpsOnly"], site["siteConfig"]["minTlsVersion"], site["siteConfig"]["ftpsState"]) == (True, "1.2", "Disabled")


MODELS = {
    "Microsoft.Storage/storageAccounts": storage.StorageAccountCreateParameters,
    "Microsoft.Storage/storageAccounts/blobServices/containers": storage.BlobContainer,
    "Microsoft.Authorization/roleAssignments": authorization.RoleAssignmentCreateParameters,
}
ARMS_OWN = {"type", "name", "scope"}


def test_the_services_own_models_take_what_is_sent_to_them(sent: list[Sent]) -> None:
    known = [each for each in sent if each.kind in MODELS]
    assert {each.kind for each in known} == MODELS.keys()
    bodies = [(MODELS[each.kind], {key: part for key, part in each.body.items() if key not in ARMS_OWN}) for each in known]
    assert [list(complaints(model, body)) for model, body in bodies] == [[] for _ in bodies]


def test_the_apps_identity_has_each_built_in_role_at_one_resource(sent: list[Sent]) -> None:
    granted = [each for each in sent if each.kind == "Microsoft.Authorization/roleAssignments"]
    assert len(granted) == len(identity.BUILT_IN)
    assert {each.body["properties"]["principalId"] for each in granted} == {PRINCIPAL}
    assert {each.body["scope"] for each in granted} <= {each.id for each in sent}


def test_built_in_roles_have_the_ids_that_azure_gives_them() -> None:
    known = {role.name: role.id for role in BUILT_IN}
    assert {name: row[0] for name, row in identity.BUILT_IN.items() if name in known}.items() <= known.items()


TO_WHOM: dict[str, object] = {"principal": PRINCIPAL}
KEPT_IN: dict[str, object] = {**TO_WHOM, "custody": "custody"}


class TestRoles:
    """What it may do elsewhere."""

    def test_both_roles_are_what_the_adapters_declare(self) -> None:
        found = [
            *Deployment(roles.definition(), TO_WHOM, SUBSCRIPTION).sent(),
            *Deployment(roles.custody(), KEPT_IN, SUBSCRIPTION).sent(),
        ]
        definitions = [each.body["properties"] for each in found if each.kind == roles.DEFINITIONS]
        own = f"-{SUBSCRIPTION.rpartition('/')[2]}"
        named = [{**role, "roleName": f"{role['roleName']}{own}"} for role in permissions.responder_roles([SUBSCRIPTION])]
        assert sorted(definitions, key=str) == sorted(named, key=str)

    def test_where_it_responds_one_is_assigned_and_nothing_of_custody_is_named(self) -> None:
        role, at_all = Deployment(roles.definition(), TO_WHOM, SUBSCRIPTION).sent()
        assert (role.kind, at_all.kind) == (roles.DEFINITIONS, roles.ASSIGNMENTS)
        assert at_all.body["properties"]["roleDefinitionId"] == role.id
        assert "custody" not in json.dumps(roles.definition())

    def test_what_writes_blobs_anew_is_a_role_of_its_own(self) -> None:
        role, at_all = Deployment(roles.rewriting(), TO_WHOM, SUBSCRIPTION).sent()
        declared = permissions.rewriter_role([SUBSCRIPTION])["permissions"]
        assert (role.body["properties"]["permissions"], at_all.kind) == (declared, roles.ASSIGNMENTS)

    def test_custodys_is_assigned_where_custody_is_and_nowhere_else(self) -> None:
        deployment = Deployment(roles.custody(), KEPT_IN, SUBSCRIPTION)
        role, nested = deployment.sent()
        (inside,) = nested.body["properties"]["template"]["resources"]
        assert (role.kind, nested.kind, nested.body["resourceGroup"]) == (roles.DEFINITIONS, roles.DEPLOYMENTS, "custody")
        assert deployment.value(inside["properties"]["roleDefinitionId"]) == role.id
        assert "codeblue-respond" not in json.dumps(roles.custody())

    def test_what_only_a_directorys_administrator_grants_is_listed(self) -> None:
        assert roles.definition()["outputs"]["graph"]["value"] == list(permissions.graph())


def test_the_record_is_nobodys_resource_here(sent: list[Sent]) -> None:
    assert all(each.id.startswith(GROUP) for each in sent)
    assert "cbcustody" not in json.dumps(app.definition())
