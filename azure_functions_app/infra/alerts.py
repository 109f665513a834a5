"""Alert rules on the activity log of one subscription, generated from triage's table: an ARM template for a resource group in it.

An alert rule names operations whole and knows no patterns. Rules of the table that name operations by pattern are listed in the
output: those come by the log's export to the hub alone. What an alert means, triage says.
"""

from collections.abc import Iterable, Iterator

from azure_functions_app.infra.arm import Json, parameter, resource, resource_id, template
from shared.triage.decision import Decision
from shared.triage.rule import Rule
from shared.triage.rules import RULES

SOURCE = "azure-activity"
GROUP, RULE = "Microsoft.Insights/actionGroups", "Microsoft.Insights/activityLogAlerts"
NAME = "'codeblue-alerts'"
PATTERN = frozenset("*?[")

MOST = 100
"""Alert rules on the activity log that a subscription may have (Azure Monitor, "Service limits")."""

PARAMETERS: Json = {
    "address": parameter("string", "https://APP.azurewebsites.net/api/alert"),
    "registration": parameter("string", "Object id of the app registration that tokens are made out to."),
    "identifierUri": parameter("string", "Its URI, api://…"),
}


def definition() -> Json:
    """The whole template."""
    rules = tuple(asked(RULES))
    patterns = sorted({event for rule in rules for event in rule.events if _is_pattern(event)})
    outputs = {"only_by_export": {"type": "array", "value": patterns}}
    resources = [_group(), *(_alert(rule) for rule in rules if operations(rule))]
    return template("deploymentTemplate", PARAMETERS, {}, resources, outputs)


def asked(rules: Iterable[Rule]) -> Iterator[Rule]:
    """The rules of the table that want to hear of operations, once or counted."""
    return (rule for rule in rules if rule.source == SOURCE and rule.decision is not Decision.DROP)


def operations(rule: Rule) -> tuple[str, ...]:
    """The operations that it names whole."""
    return tuple(event for event in rule.events if not _is_pattern(event))


def _is_pattern(event: str) -> bool:
    return bool(PATTERN & set(event))


def _group() -> Json:
    """Hands every alert to the app, with a token that is made out to it."""
    receiver = {
        "name": "responder",
        "serviceUri": "[parameters('address')]",
        "useAadAuth": True,
        "objectId": "[parameters('registration')]",
        "identifierUri": "[parameters('identifierUri')]",
        "tenantId": "[subscription().tenantId]",
        "useCommonAlertSchema": True,
    }
    return _everywhere(resource(GROUP, NAME, {"enabled": True, "groupShortName": "codeblue", "webhookReceivers": [receiver]}))


def _alert(rule: Rule) -> Json:
    named: list[Json] = [{"field": "operationName", "equals": operation} for operation in operations(rule)]
    which: list[Json] = named if len(named) == 1 else [{"anyOf": named}]
    # attempts that fail count for some rules; for all others the end of an operation is enough, and its beginning is none
    done: list[Json] = [{"field": "status", "equals": "Succeeded"}] if rule.failed == "no" else []
    properties = {
        "actions": {"actionGroups": [{"actionGroupId": f"[{resource_id(GROUP, NAME)}]"}]},
        "condition": {"allOf": [{"field": "category", "equals": "Administrative"}, *which, *done]},
        "description": rule.reason,
        "enabled": True,
        "scopes": ["[subscription().id]"],
    }
    return _everywhere(resource(RULE, f"'codeblue-{rule.id}'", properties, after=[(GROUP, NAME)]))


def _everywhere(made: Json) -> Json:
    return {**made, "location": "global"}
