"""The app's log, and an alarm that is raised by every page and by the app's own failures."""

from azure_functions_app.infra.arm import Json, resource, resource_id

WORKSPACE, COMPONENT, GROUP, RULE = (
    "Microsoft.OperationalInsights/workspaces",
    "Microsoft.Insights/components",
    "Microsoft.Insights/actionGroups",
    "Microsoft.Insights/scheduledQueryRules",
)
NAME = "parameters('name')"

QUERIES = {
    "pages": (
        "AppTraces | where Message startswith 'PAGE '",
        "The responder calls people: the line says about which case, and why.",
    ),
    "failures": (
        "AppRequests | where Success == false and toint(ResultCode) !between (400 .. 499)",
        "A function of the responder failed; what it was about comes again or is paged.",
    ),
}
"""By the rule's name: what it looks for every five minutes, and what people read."""


def resources() -> tuple[Json, ...]:
    """The workspace, the component on it, who is told, and the rules."""
    kept: Json = {"sku": {"name": "PerGB2018"}, "retentionInDays": 365, "features": {"disableLocalAuth": True}}
    on_it = {
        "Application_Type": "web",
        "DisableLocalAuth": True,
        "IngestionMode": "LogAnalytics",
        "WorkspaceResourceId": f"[{resource_id(WORKSPACE, NAME)}]",
    }
    told = {
        "enabled": True,
        "groupShortName": "codeblue",
        "emailReceivers": [{"name": "on-call", "emailAddress": "[parameters('email')]", "useCommonAlertSchema": True}],
    }
    group = {**resource(GROUP, NAME, told), "location": "global"}
    component = resource(COMPONENT, NAME, on_it, after=[(WORKSPACE, NAME)], kind="web")
    return resource(WORKSPACE, NAME, kept), component, group, *(_rule(name, *row) for name, row in QUERIES.items())


def _rule(name: str, query: str, words: str) -> Json:
    criterion = {"query": query, "timeAggregation": "Count", "operator": "GreaterThan", "threshold": 0}
    periods = {"failingPeriods": {"minFailingPeriodsToAlert": 1, "numberOfEvaluationPeriods": 1}}
    properties = {
        "actions": {"actionGroups": [f"[{resource_id(GROUP, NAME)}]"]},
        "criteria": {"allOf": [criterion | periods]},
        "description": words,
        "enabled": True,
        "evaluationFrequency": "PT5M",
        "scopes": [f"[{resource_id(WORKSPACE, NAME)}]"],
        "severity": 0,
        "skipQueryValidation": True,  # the tables are there once something was logged
        "windowSize": "PT5M",
    }
    after = [(WORKSPACE, NAME), (GROUP, NAME)]
    return resource(RULE, f"concat({NAME}, '-{name}')", properties, after=after)
