"""Whether a subscription still calls the responder: the alert rules on its activity log, and where that log is sent.

Source: Azure Monitor REST API, Activity Log Alerts, Action Groups, Diagnostic Settings. Where an action group calls is not checked:
the address is the deployment's, and nobody tells it to whoever looks.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.rest import ARM
from shared.triage.by_operation import ACTION_GROUP, carried, condition, name
from shared.triage.rule import Rule


def silent(clients: Clients, subscription: str) -> list[str] | None:
    """The names of rules that are not there, are off, wait for something else or call nobody; None: nothing of ours is there.

    Raises `CloudError`.
    """
    groups = {str(one["id"]).lower(): one["properties"] for one in _listed(clients, subscription, "actionGroups", "2023-01-01")}
    rules = {str(one["name"]): one["properties"] for one in _listed(clients, subscription, "activityLogAlerts", "2020-10-01")}
    calling = {ident for ident, said in groups.items() if _calls(said)}
    off = [name(rule) for rule in carried() if not _tells(rules.get(name(rule)), rule, subscription, calling)]
    ours = any(ident.endswith(f"/{ACTION_GROUP}") for ident in groups) or any(name(rule) in rules for rule in carried())
    return off if ours else None


def exported(clients: Clients, subscription: str) -> bool:
    """Whether all that is done to resources there goes to some event hub. Raises `CloudError`."""
    return any(_exports(one["properties"]) for one in _listed(clients, subscription, "diagnosticSettings", "2021-05-01-preview"))


def _listed(clients: Clients, subscription: str, what: str, version: str) -> Iterator[dict[str, Any]]:
    return clients.rest(ARM).every(f"/subscriptions/{subscription}/providers/Microsoft.Insights/{what}?api-version={version}")


def _calls(group: Mapping[str, Any]) -> bool:
    """Whether an action group is on and has a webhook that shows a token of the tenant's."""
    return group.get("enabled") is not False and any(each.get("useAadAuth") for each in group.get("webhookReceivers") or ())


def _tells(said: Mapping[str, Any] | None, rule: Rule, subscription: str, calling: Collection[str]) -> bool:
    if said is None or said.get("enabled") is False:
        return False
    whole = f"/subscriptions/{subscription}".lower() in {str(scope).lower().rstrip("/") for scope in said.get("scopes") or ()}
    to = {str(each["actionGroupId"]).lower() for each in said["actions"].get("actionGroups") or ()}
    return whole and bool(to & set(calling)) and _plain(said["condition"]) == condition(rule)


def _plain(said: Any) -> Any:  # noqa: ANN401  # any JSON
    """Without what the service adds as empty."""
    if isinstance(said, Mapping):
        return {key: _plain(value) for key, value in said.items() if value is not None}
    return [_plain(each) for each in said] if isinstance(said, list) else said


def _exports(said: Mapping[str, Any]) -> bool:
    sent = {str(log.get("category")) for log in said.get("logs") or () if log.get("enabled")}
    return bool(said.get("eventHubAuthorizationRuleId")) and "Administrative" in sent


RIGHTS = Rights(
    frozenset(f"Microsoft.Insights/{what}/read" for what in ("actionGroups", "activityLogAlerts", "diagnosticSettings"))
)
