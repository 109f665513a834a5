"""Alert rules on the activity log of one subscription, generated from triage's table: an ARM template for a resource group in it.

An alert rule names operations whole and knows no patterns. Rules of the table that name operations by pattern are listed in the
output: those come by the log's export to the hub alone. What an alert means, triage says.
"""

from azure_functions_app.infra.arm import Json, parameter, resource, resource_id, template
from shared.triage.by_operation import ACTION_GROUP, asked, carried, condition, is_pattern, name
from shared.triage.rule import Rule

GROUP, RULE = "Microsoft.Insights/actionGroups", "Microsoft.Insights/activityLogAlerts"
NAME = f"'{ACTION_GROUP}'"

MOST = 100
"""Alert rules on the activity log that a subscription may have (Azure Monitor, "Service limits")."""

PARAMETERS: Json = {
    "address": parameter("string", "https://APP.azurewebsites.net/api/alert"),
    "registration": parameter("string", "Object id of the app registration that tokens are made out to."),
    "identifierUri": parameter("string", "Its URI, api://…"),
}


def definition() -> Json:
    """The whole template."""
    patterns = sorted({event for rule in asked() for event in rule.events if is_pattern(event)})
    outputs = {"only_by_export": {"type": "array", "value": patterns}}
    resources = [_group(), *map(_alert, carried())]
    return template("deploymentTemplate", PARAMETERS, {}, resources, outputs)


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
    properties = {
        "actions": {"actionGroups": [{"actionGroupId": f"[{resource_id(GROUP, NAME)}]"}]},
        "condition": condition(rule),
        "description": rule.reason,
        "enabled": True,
        "scopes": ["[subscription().id]"],
    }
    return _everywhere(resource(RULE, f"'{name(rule)}'", properties, after=[(GROUP, NAME)]))


def _everywhere(made: Json) -> Json:
    return {**made, "location": "global"}
