"""`codeblue doctor` on Azure: each thing that would spoil a response is found beforehand, by looks alone."""

import json
from collections.abc import Callable, Iterator
from copy import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from azure_functions_app.infra import alerts
from shared.adapters.azure import environment, own_rights
from shared.bootstrap import examined
from shared.cli.app import app
from shared.domain.errors import Absent
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.clinic import Hands
from shared.sandbox.azure.resource_groups import add_group
from shared.settings import load
from shared.triage.by_operation import ACTION_GROUP, carried, name
from tests.contract.azure.respond_scenes import Night, night
from tests.infra.arm_deployed import Deployment

GLASS = "0b1ec701-0000-4000-8000-00000000b1a5"
POLICY = f"""version = 1
[custody]
azure = "{names.SCOPE}"
[responder]
break_glass = ["{GLASS}"]
[tenants.st-brendan]
accounts = ["{names.SUBSCRIPTION}"]
buckets = ["{names.ACCOUNT_ID}"]
keys = ["{names.VAULT_URL}/keys/{names.KEY}"]
"""

type Told = Callable[..., tuple[int, dict[str, str]]]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Night, Path]]:
    """A clinic that is well: custody is made, the logs are sent, and somebody can get in whatever is fenced."""
    policy = tmp_path_factory.mktemp("doctor") / "response.toml"
    with night(policy, POLICY) as scene:
        scene.enter("administrator")
        scene.run("init")
        scene.cloud.entra.directory.add_user("glass@st-brendan.example", "a-password-EXAMPLE", object_id=GLASS)
        scene.enter("responder")
        yield scene, policy


@pytest.fixture
def scene(begun: tuple[Night, Path]) -> Iterator[Night]:
    """The same for every test: what one changes is as it was before for the next."""
    cloud = begun[0].cloud
    definitions, resources = dict(cloud.rbac.definitions), dict(cloud.resources.by_id)
    permissions = {one.id: set(one.permissions) for one in cloud.entra.directory.principals.values()}
    yield begun[0]
    cloud.rbac.definitions, cloud.resources.by_id = definitions, resources
    for ident, held in permissions.items():
        cloud.entra.directory.principals[ident].permissions = held
    cloud.entra.directory.users[GLASS].enabled = True
    begun[0].enter("responder")


@pytest.fixture
def told(begun: tuple[Night, Path]) -> Told:
    """What the doctor says is not well, by check, and the exit code."""

    def ask(text: str = POLICY) -> tuple[int, dict[str, str]]:
        begun[1].write_text(text)
        ran = CliRunner().invoke(app, ["doctor", "--json", "--policy", str(begun[1])])
        assert ran.exit_code in {0, 3}, ran.exception
        lines = [json.loads(line) for line in ran.stdout.splitlines()]
        return ran.exit_code, {line["what"]: line["words"] for line in lines if not line["well"]}

    return ask


def lacking(scene: Night, role: str, **less: str) -> None:
    """One right fewer: `actions` or `data_actions` of this role of ours."""
    (held,) = [each for each in scene.cloud.rbac.definitions.values() if each.name == role]
    kept: Any = {what: tuple(each for each in getattr(held, what) if each != right) for what, right in less.items()}
    scene.cloud.rbac.definitions[held.id] = replace(held, **kept)


def lock(scene: Night, level: str) -> None:
    path = f"{names.SCOPE}/providers/Microsoft.Authorization/locks/production"
    scene.cloud.resources.put(path, {"properties": {"level": level}}, "Microsoft.Authorization/locks")


def test_a_clinic_in_which_everything_is_well(scene: Night, told: Told) -> None:
    assert told() == (0, {})


def test_it_changes_nothing_and_is_refused_nothing(scene: Night, told: Told) -> None:
    before = len(scene.cloud.calls)
    told()
    made = [*scene.cloud.calls][before:]
    planes = {call.plane for call in made if call.request.method not in {"GET", "HEAD"}}
    assert (planes <= {"login", "logs"}, [call.request.url for call in made if call.answer.status == 403]) == (True, [])


@pytest.mark.parametrize(
    ("role", "less", "check"),
    [
        pytest.param(
            "codeblue-respond",
            {"actions": "Microsoft.Storage/storageAccounts/regenerateKey/action"},
            "the power to fence works",
            id="to fence",
        ),
        pytest.param(
            "codeblue-respond",
            {"data_actions": "Microsoft.KeyVault/vaults/keys/rotate/action"},
            "the power to rekey works",
            id="to rekey",
        ),
        pytest.param(
            "codeblue-respond", {"actions": "Microsoft.Security/alerts/read"}, "everything can be looked at", id="to look"
        ),
        pytest.param(
            "codeblue-custody", {"data_actions": "Microsoft.KeyVault/vaults/keys/sign/action"}, "its keys may be used", id="to sign"
        ),
    ],
)
def test_without_one_right(scene: Night, told: Told, role: str, less: dict[str, str], check: str) -> None:
    lacking(scene, role, **less)
    (right,) = less.values()
    assert told() == (3, {check: f"not allowed: {right}"})


def test_a_permission_of_the_directory_that_is_gone_is_told_by_the_power_that_needs_it(scene: Night, told: Told) -> None:
    for principal in scene.cloud.entra.directory.principals.values():
        principal.permissions.discard("User.RevokeSessions.All")
    assert told() == (3, {"the power to fence works": "not allowed: User.RevokeSessions.All"})


def test_of_a_person_nobody_can_tell_what_they_may_do_in_the_directory(scene: Night) -> None:
    with pytest.raises(Absent, match="you are no application"):
        own_rights.of_graph(environment.clients(), GLASS)


@pytest.mark.parametrize("level", ["ReadOnly", "CanNotDelete"])
def test_a_lock_that_keeps_a_fence_off_is_told(scene: Night, told: Told, level: str) -> None:
    lock(scene, level)
    code, wrong = told()
    assert (code, list(wrong), wrong["no lock keeps a fence off"].endswith(f"{level} production")) == (
        3,
        ["no lock keeps a fence off"],
        True,
    )


@pytest.mark.parametrize(
    ("place", "check"),
    [
        pytest.param(f"{names.ACCOUNT_ID}/blobServices/default", "reads and writes are recorded", id="a store"),
        pytest.param(names.VAULT_ID, "uses of the keys are recorded", id="a vault"),
    ],
)
def test_what_is_used_without_a_trace_is_told_of(scene: Night, told: Told, place: str, check: str) -> None:
    assert scene.cloud.resources.drop(f"{place}/providers/Microsoft.Insights/diagnosticSettings/night")
    code, wrong = told()
    assert (code, list(wrong), "no diagnostic setting" in wrong[check]) == (3, [check], True)


class TestLastResort:
    """Who gets in whatever is fenced."""

    CHECK = "break-glass is named and exists"

    def test_nobody_is_named(self, scene: Night, told: Told) -> None:
        assert told(POLICY.replace(f'"{GLASS}"', ""))[1] == {self.CHECK: "nobody of Entra is named"}

    def test_whoever_is_named_does_not_exist(self, scene: Night, told: Told) -> None:
        gone = "0b1ec701-0000-4000-8000-00000000dead"
        assert told(POLICY.replace(GLASS, gone))[1] == {self.CHECK: f"{gone} does not exist in the directory"}

    def test_whoever_is_named_can_not_sign_in(self, scene: Night, told: Told) -> None:
        scene.cloud.entra.directory.users[GLASS].enabled = False
        assert told() == (3, {self.CHECK: f"kept from signing in: {GLASS}"})


class TestCustody:
    """The record's own places."""

    def test_a_key_that_is_switched_off_is_told_before_anything_has_to_be_signed(self, scene: Night, told: Told) -> None:
        (key,) = [vault.keys["codeblue-custody"] for vault in scene.cloud.vaults if "codeblue-custody" in vault.keys]
        key.current.enabled = False
        try:
            code, wrong = told()
        finally:
            key.current.enabled = True
        assert (code, wrong["the key that signs the record can be used"]) == (3, "it is disabled, or its time is over")

    def test_a_place_that_is_gone_is_told_and_the_rest_still_looked_at(self, scene: Night, told: Told) -> None:
        code, wrong = told(POLICY.replace(names.GROUP, f"{names.GROUP}-gone", 1))
        assert (code, "custody is ready" in wrong, "the power to fence works" in wrong) == (3, True, False)


def test_a_subscription_that_is_not_shown_to_us_is_told_and_nothing_else_of_it_is(scene: Night, told: Told) -> None:
    other = "0c0de5af-0000-4000-8000-00000000dead"
    code, wrong = told(POLICY.replace(f'accounts = ["{names.SUBSCRIPTION}"]', f'accounts = ["{other}"]'))
    assert (code, wrong["we are let in"], "the power to fence works" in wrong) == (3, "it is not shown to us", False)


OURS = f"/subscriptions/{names.SUBSCRIPTION}/resourceGroups/codeblue/providers/Microsoft.Insights"
RULE, GROUP = f"{OURS}/activityLogAlerts/{name(carried()[0])}", f"{OURS}/actionGroups/{ACTION_GROUP}"


class TestWoken:
    """Whether what is done in a subscription still calls a responder."""

    CHECK = "what is done there calls us"

    @pytest.fixture
    def hands(self, scene: Night) -> Hands:
        """The templates' alert rules are deployed; whoever did that goes on."""
        directory = scene.cloud.entra.directory
        (admin,) = [each for each in directory.principals.values() if each.name == "administrator"]
        add_group(scene.cloud, names.SUBSCRIPTION, "codeblue")
        given = {"address": "https://codeblue.example/api/alert", "registration": GLASS, "identifierUri": "api://codeblue"}
        hands = Hands(scene.cloud, admin)
        for each in Deployment(alerts.definition(), given).sent():
            hands.arm("PUT", each.id, {key: part for key, part in each.body.items() if key not in {"type", "name"}})
        return hands

    @pytest.mark.usefixtures("hands")
    def test_the_templates_own_rules_are_all_that_it_takes(self, told: Told) -> None:
        assert told() == (0, {})

    @pytest.mark.parametrize(
        ("what", "change"),
        [
            pytest.param(RULE, {"enabled": False}, id="a rule that is off"),
            pytest.param(
                RULE,
                {"condition": {"allOf": [{"field": "category", "equals": "Policy"}]}},
                id="a rule that waits for something else",
            ),
            pytest.param(RULE, {"scopes": [names.SCOPE]}, id="a rule about one group alone"),
            pytest.param(RULE, {"actions": {"actionGroups": []}}, id="a rule that calls nobody"),
            pytest.param(GROUP, {"enabled": False}, id="an action group that is off"),
            pytest.param(GROUP, {"webhookReceivers": []}, id="an action group without anybody"),
        ],
    )
    def test_it_is_told_of(self, scene: Night, hands: Hands, told: Told, what: str, change: dict[str, Any]) -> None:
        held = scene.cloud.resources.get(what)
        hands.arm("PUT", what, {"location": "global", "properties": {**held["properties"], **change}})
        code, wrong = told()
        assert (code, list(wrong), "gone, off or altered" in wrong[self.CHECK]) == (3, [self.CHECK], True)

    def test_a_rule_that_is_gone_is_told_but_where_the_log_goes_to_a_hub(self, hands: Hands, scene: Night, told: Told) -> None:
        hands.arm("DELETE", RULE)
        assert list(told()[1]) == [self.CHECK]
        hub = f"{names.SCOPE}/providers/Microsoft.EventHub/namespaces/n/authorizationRules/send"
        sent = {"eventHubAuthorizationRuleId": hub, "logs": [{"category": "Administrative", "enabled": True}]}
        setting = f"/subscriptions/{names.SUBSCRIPTION}/providers/Microsoft.Insights/diagnosticSettings/hub"
        hands.arm("PUT", setting, {"properties": sent})
        assert told() == (0, {})

    def test_a_deployed_responder_of_whom_nothing_is_there_is_called_by_nobody(self, scene: Night) -> None:
        wrong = [check.words for check in examined(load(scene.policy), lambda: None, at_home=False) if check.what == self.CHECK]
        assert ["no alert rule of ours is there" in words for words in wrong] == [True]
