"""The Log Analytics query API: a workspace asked by its `customerId`, or all that is kept about one resource."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.clock import moment
from shared.sandbox.azure.kql_stages import run
from shared.sandbox.azure.wire import Answer, Problem, Request

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_WORKSPACES = "Microsoft.OperationalInsights/workspaces"
_QUERY = "Microsoft.OperationalInsights/workspaces/query/read"
_LOGS = "Microsoft.Insights/logs/read"
_SPAN = re.compile(r"P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?")


class LogQueries:
    """`api.loganalytics.io`."""

    name = "logs"

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def handle(self, request: Request) -> Answer:
        caller = self._cloud.entra.caller(request, self.name)
        path = request.path.removeprefix("/v1")
        if path == "/$batch":
            return self._batch(request)
        target = path.removesuffix("/query")
        by_workspace = target.startswith("/workspaces/")
        if by_workspace:
            target = self._workspace(target.removeprefix("/workspaces/"))
        action = _QUERY if by_workspace else _LOGS
        if not self._cloud.rbac.permits(caller, action, target):
            text = "The provided credentials have insufficient access to perform the requested operation"
            raise Problem(403, "InsufficientAccessError", text)
        return Answer.of(200, self._result(target, request.json(), by_workspace=by_workspace))

    def refuse(self, _: Request, problem: Problem) -> Answer:
        return problem.answer()

    def _batch(self, request: Request) -> Answer:
        answers = []
        for asked in request.json()["requests"]:
            body = json.dumps(asked["body"]).encode()
            inner = Request(
                "POST", f"https://{request.host}/v1/workspaces/{asked['workspace']}/query", request.headers, body, request.id
            )
            try:
                answer = self.handle(inner)
            except Problem as problem:
                answer = problem.answer()
            answers.append({"id": asked["id"], "status": answer.status, "body": answer.json()})
        return Answer.of(200, {"responses": answers})

    def _workspace(self, named: str) -> str:
        """The resource id of a workspace by its `customerId`."""
        for held in self._cloud.resources.under("", _WORKSPACES):
            if held["properties"]["customerId"].lower() == named.lower():
                return str(held["id"])
        raise Problem(404, "WorkspaceNotFoundError", "The workspace could not be found")

    def _result(self, target: str, body: Mapping[str, Any], *, by_workspace: bool) -> dict[str, Any]:
        now = self._cloud.clock.now()
        since, until = _between(body.get("timespan"), now)

        def table(name: str) -> Iterator[Mapping[str, Any]]:
            return (columns for at, columns in self._rows(target, name, now, by_workspace=by_workspace) if since <= at <= until)

        rows = run(body.get("query") or "", table, now)
        names = list(dict.fromkeys(name for row in rows for name in row))
        columns = [{"name": name, "type": _type(name, [row.get(name) for row in rows])} for name in names]
        values = [[_cell(row.get(name)) for name in names] for row in rows]
        return {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": values}]}

    def _rows(self, target: str, table: str, now: float, *, by_workspace: bool) -> Iterator[tuple[float, Mapping[str, Any]]]:
        if by_workspace:
            yield from ((row.at, row.columns) for row in self._cloud.logs.rows(target.lower(), table, now))
            return
        for workspace in self._cloud.resources.under("", _WORKSPACES):
            for row in self._cloud.logs.rows(workspace["id"].lower(), table, now):
                if str(row.columns.get("_ResourceId", "")).lower().startswith(target.lower()):
                    yield row.at, row.columns


def _between(text: str | None, now: float) -> tuple[float, float]:
    """A timespan of ISO 8601: a duration until now, or two ends, either of which may be a duration."""
    if not text:
        return 0.0, float("inf")
    first, _, second = text.partition("/")
    if not second:
        return now - _seconds(first), now
    if first.startswith("P"):
        return moment(second) - _seconds(first), moment(second)
    start = moment(first)
    return start, start + _seconds(second) if second.startswith("P") else moment(second)


def _seconds(text: str) -> float:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise Problem(400, "BadArgumentError", f"The timespan '{text}' is not valid.")
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds


def _type(name: str, values: list[Any]) -> str:
    """The column's type, told from what stands in it."""
    known = next((value for value in values if value is not None), None)
    if isinstance(known, bool):
        return "bool"
    if isinstance(known, int | float):
        return "long" if isinstance(known, int) else "real"
    if isinstance(known, list | dict):
        return "dynamic"
    return "datetime" if name == "TimeGenerated" else "string"


def _cell(value: Any) -> Any:  # noqa: ANN401 - any value of a column
    return json.dumps(value) if isinstance(value, list | dict) else value
