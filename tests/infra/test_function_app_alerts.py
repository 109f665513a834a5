"""Alert rules on Azure's activity log, held against triage's table."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from azure_functions_app.infra import alerts
from shared.intake.render import render
from shared.triage.by_operation import carried
from shared.triage.decision import Decision
from shared.triage.rule import Rule
from shared.triage.rules import RULES
from shared.workflow.judging import arrived
from tests.infra.arm_deployed import GROUP, SUBSCRIPTION, TENANT, Deployment, Sent

EXAMPLE = Path(__file__).parents[2] / "events" / "azure" / "alert-on-activity-log.json"

GIVEN = {
    "address": "https://codeblue.azurewebsites.net/api/alert",
    "registration": "0c0de5af-0000-4000-8000-0000000000ee",
    "identifierUri": "api://codeblue",
}
WANTED = [rule for rule in RULES if rule.source == "azure-activity" and rule.decision is not Decision.DROP]


@pytest.fixture(scope="module")
def sent() -> dict[str, Sent]:
    return {each.id.rpartition("/")[2]: each for each in Deployment(alerts.definition(), GIVEN).sent()}


def conditions(each: Sent) -> list[dict[str, str]]:
    """Every leaf of an alert rule's condition."""
    return [leaf for part in each.body["properties"]["condition"]["allOf"] for leaf in part.get("anyOf", [part])]


def test_every_operation_that_a_rule_asks_for_is_listened_to_or_listed(sent: dict[str, Sent]) -> None:
    heard = {leaf["equals"] for name, each in sent.items() if name != "codeblue-alerts" for leaf in conditions(each)}
    listed = set(alerts.definition()["outputs"]["only_by_export"]["value"])
    assert {event for rule in WANTED for event in rule.events} - heard == listed
    assert 0 < len(sent) - 1 <= alerts.MOST


def test_no_alert_rule_has_a_pattern_which_azure_would_take_for_a_name(sent: dict[str, Sent]) -> None:
    assert "*" not in json.dumps([each.body for each in sent.values()])


@pytest.mark.parametrize("rule", carried(), ids=lambda rule: rule.id)
def test_failed_attempts_are_heard_of_where_they_count(sent: dict[str, Sent], rule: Rule) -> None:
    asked = {leaf["field"] for leaf in conditions(sent[f"codeblue-{rule.id}"])}
    assert ("status" in asked) == (rule.failed == "no")


def test_alerts_go_to_the_app_with_a_token_of_the_tenants(sent: dict[str, Sent]) -> None:
    (receiver,) = sent["codeblue-alerts"].body["properties"]["webhookReceivers"]
    assert (receiver["useAadAuth"], receiver["serviceUri"], receiver["tenantId"]) == (True, GIVEN["address"], TENANT)
    assert {each.body["properties"]["scopes"][0] for name, each in sent.items() if name != "codeblue-alerts"} == {SUBSCRIPTION}
    assert {each.id.startswith(GROUP) for each in sent.values()} == {True}


def test_what_such_an_alert_brings_is_the_operation_that_its_rule_names(sent: dict[str, Sent]) -> None:
    given = arrived(render(EXAMPLE.read_bytes(), datetime.now(UTC)))
    (fact,) = [record.fact for record in given.records]
    assert fact
    assert fact.event in {leaf["equals"] for name, each in sent.items() if name != "codeblue-alerts" for leaf in conditions(each)}
