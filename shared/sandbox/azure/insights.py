"""Microsoft.Insights: diagnostic settings, the activity log of a subscription, and alert rules on it, which call nobody here."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.clock import moment
from shared.sandbox.azure.logs import TABLES
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_PAGE = 200
_MOST = 5
_SINKS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId")
_SETTINGS = "Microsoft.Insights/diagnosticSettings"
_ALERTS = "activitylogalerts"
_GLOBAL = (_ALERTS, "actiongroups")
"""What belongs to no Region: alert rules on the activity log, and whom they call."""
_TERM = re.compile(r"(\w+) (eq|ge|le) '([^']*)'")
_FIELDS: Mapping[str, str] = {
    "resourceuri": "resourceId",
    "resourcegroupname": "resourceGroupName",
    "correlationid": "correlationId",
    "caller": "caller",
}


class Insights:
    """What is recorded where, and what was done."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        alerting = {"GET": self._get_global, "PUT": self._put_global, "PATCH": self._switch, "DELETE": self._delete}
        self._routes: Mapping[tuple[str, str], Callable[[ArmCall], Answer]] = {
            ("GET", "diagnosticsettings"): self._get,
            ("PUT", "diagnosticsettings"): self._put,
            ("DELETE", "diagnosticsettings"): self._delete,
            ("GET", "eventtypes/values"): self._events,
            **{(method, kind): handler for kind in _GLOBAL for method, handler in alerting.items()},
        }

    def handle(self, call: ArmCall) -> Answer:
        handler = self._routes.get((call.method, call.kinds))
        if handler is None:
            raise Problem(405, "MethodNotAllowed", f"The HTTP method '{call.method}' is not supported at '{call.type}'.")
        return handler(call)

    def _get(self, call: ArmCall) -> Answer:
        if not call.listing:
            return Answer.of(200, self._cloud.resources.get(call.resource_id))
        return Answer.of(200, {"value": self._of(call.scope)})

    def _of(self, scope: str) -> list[dict[str, Any]]:
        """The settings of one resource, not of those below it."""
        held = self._cloud.resources.under(scope, _SETTINGS)
        return [one for one in held if one["id"].lower().rpartition("/providers/")[0] == scope.lower()]

    def _put(self, call: ArmCall) -> Answer:
        asked = call.body.get("properties") or {}
        if not any(asked.get(sink) for sink in _SINKS):
            raise Problem(400, "BadRequest", "At least one data sink needs to be specified.")
        if asked.get("workspaceId"):
            self._cloud.resources.get(asked["workspaceId"])
        for log in asked.get("logs") or ():
            if log.get("category") and log["category"] not in TABLES:
                raise Problem(400, "BadRequest", f"Category '{log['category']}' is not supported.")
        others = [one for one in self._of(call.scope) if one["name"].lower() != call.name.lower()]
        if len(others) >= _MOST:
            raise Problem(400, "BadRequest", "The limit of diagnostic settings for the resource has been reached.")
        self._unshared(asked, others)
        return Answer.of(200, self._cloud.resources.put(call.resource_id, {"properties": dict(asked)}, _SETTINGS))

    def _unshared(self, asked: Mapping[str, Any], others: list[dict[str, Any]]) -> None:
        """Two settings may not send the same category to the same workspace."""
        for other in others:
            kept = other["properties"]
            same = str(kept.get("workspaceId", "")).lower() == str(asked.get("workspaceId", "")).lower()
            if asked.get("workspaceId") and same and _categories(kept) & _categories(asked):
                text = f"Data sink '{asked['workspaceId']}' is already used in diagnostic setting '{other['name']}'"
                raise Problem(409, "Conflict", f"{text} for the same category.")

    def _delete(self, call: ArmCall) -> Answer:
        return Answer(200 if self._cloud.resources.drop(call.resource_id) else 204)

    def _get_global(self, call: ArmCall) -> Answer:
        """One, or all at and below the scope."""
        if not call.listing:
            return Answer.of(200, self._cloud.resources.get(call.resource_id))
        return Answer.of(200, {"value": self._cloud.resources.under(call.scope, call.type)})

    def _put_global(self, call: ArmCall) -> Answer:
        asked = call.body.get("properties") or {}
        if str(call.body.get("location", "")).lower() != "global":
            raise Problem(400, "BadRequest", f"The location of '{call.type}' has to be 'Global'.")
        if call.kinds == _ALERTS:
            if not asked.get("scopes") or not (asked.get("condition") or {}).get("allOf"):
                raise Problem(400, "BadRequest", "An alert rule needs scopes and a condition.")
            for each in (asked.get("actions") or {}).get("actionGroups") or ():
                self._cloud.resources.get(each["actionGroupId"])
        properties = {"enabled": True, **asked}
        return Answer.of(
            201, self._cloud.resources.put(call.resource_id, {"location": "Global", "properties": properties}, call.type)
        )

    def _switch(self, call: ArmCall) -> Answer:
        """On or off; nothing else of it can be patched."""
        held = self._cloud.resources.get(call.resource_id)
        wanted = (call.body.get("properties") or {}).get("enabled", held["properties"]["enabled"])
        return Answer.of(
            200,
            self._cloud.resources.put(
                call.resource_id, {**held, "properties": {**held["properties"], "enabled": wanted}}, call.type
            ),
        )

    def _events(self, call: ArmCall) -> Answer:
        """The newest first, by the `$filter` that must say since when; pages of 200."""
        terms = _TERM.findall(call.request.query.get("$filter", ""))
        if not any(name.lower() == "eventtimestamp" and how == "ge" for name, how, _ in terms):
            raise Problem(400, "BadRequest", "Query failed: eventTimestamp is a required filter.")
        found = [one for one in self._cloud.activity.seen(call.subscription) if _passes(one, terms)][::-1]
        start = int(call.request.query.get("$skipToken", 0))
        answer: dict[str, Any] = {"value": found[start : start + _PAGE]}
        if start + _PAGE < len(found):
            url = re.sub(r"&\$skipToken=\d+", "", call.request.url)
            answer["nextLink"] = f"{url}&$skipToken={start + _PAGE}"
        return Answer.of(200, answer)


def _categories(setting: Mapping[str, Any]) -> set[str]:
    return {str(log.get("category") or log.get("categoryGroup")) for log in setting.get("logs") or () if log.get("enabled")}


def _passes(event: Mapping[str, Any], terms: list[tuple[str, str, str]]) -> bool:
    for name, how, text in terms:
        if name.lower() == "eventtimestamp":
            at, asked = moment(event["eventTimestamp"]), moment(text)
            if (how == "ge" and at < asked) or (how == "le" and at > asked):
                return False
        elif name.lower() == "resourceprovider":
            if str(event["resourceProviderName"]["value"]).lower() != text.lower():
                return False
        elif str(event.get(_FIELDS.get(name.lower(), name), "")).lower() != text.lower():
            return False
    return True
