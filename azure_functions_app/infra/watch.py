"""The app's log, and an alarm that is raised by every page and by the app's own failures."""

from azure_functions_app.infra.arm import Json, resource, resource_id

WORKSPACE, COMPONENT, GROUP, RULE = (
    "Microsoft.OperationalInsights/workspaces",
    "Microsoft.Insights/components",
    "Microsoft.Insights/actionGroups",
    "Microsoft.Insights/scheduledQueryRules",
)
NAME = "parameters('name')"

MISSING = (
    "AppRequests | where Name == 'doctor' and Success == true",
    "Nobody has looked for two days whether a response would work: the responder's timer does not come.",
)
"""What is to be found in two days, and what people read where it is not."""

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
    rules = (_rule(name, *row) for name, row in QUERIES.items())
    return resource(WORKSPACE, NAME, kept), component, group, *rules, _missing()


def _rule(name: str, query: str, words: str) -> Json:
    criterion = {"query": query, "timeAggregation": "Count", "operator": "GreaterThan", "threshold": 0}
    often: Json = {"evaluationFrequency": "PT5M", "windowSize": "PT5M"}
    return _alarm(name, words, criterion, often)


def _missing() -> Json:
    """A visit of the doctor's is looked for in two days, for a day's own may be some minutes late."""
    query, words = MISSING
    criterion = {"query": query, "timeAggregation": "Count", "operator": "LessThan", "threshold": 1}
    often: Json = {"evaluationFrequency": "PT1H", "windowSize": "P1D", "overrideQueryTimeRange": "P2D"}
    return _alarm("doctor", words, criterion, often)


def _alarm(name: str, words: str, criterion: Json, often: Json) -> Json:
    periods = {"failingPeriods": {"minFailingPeriodsToAlert": 1, "numberOfEvaluationPeriods": 1}}
    properties = {
        "actions": {"actionGroups": [f"[{resource_id(GROUP, NAME)}]"]},
        "criteria": {"allOf": [criterion | periods]},
        "description": words,
        "enabled": True,
        "scopes": [f"[{resource_id(WORKSPACE, NAME)}]"],
        "severity": 0,
        "skipQueryValidation": True,  # the tables are there once something was logged
        **often,
    }
    after = [(WORKSPACE, NAME), (GROUP, NAME)]
    return resource(RULE, f"concat({NAME}, '-{name}')", properties, after=after)
