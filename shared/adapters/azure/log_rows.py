"""Log Analytics, asked about one resource and what lies below it, wherever its diagnostic settings send its rows.

Source: Azure Monitor Logs, "Query resources"; tables StorageBlobLogs and AZKVAuditLogs.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import call
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.rest import ARM
from shared.containment.parallel import in_parallel
from shared.domain.errors import Absent, Refused, Unreachable
from shared.domain.resource import Ref

MOST_ROWS = 5000
"""Rows of one answer that are read; an answer with as many is not whole."""

AHEAD = timedelta(days=1)
"""Whose clock is behind the log's asks for all of it the same: nothing is told of a time that has not come."""

type Row = Mapping[str, Any]


def rows(clients: Clients, resource_id: str, query: str, since: datetime) -> tuple[Row, ...]:
    """What the query finds since then. Raises `Unreachable` where the answer is not whole."""
    asked = f"{query} | take {MOST_ROWS}"
    answer: Any = call(clients.logs().query_resource, resource_id, asked, timespan=(since, datetime.now(UTC) + AHEAD))
    tables = getattr(answer, "tables", None)
    if tables is None:
        raise Unreachable("the log's answer is not whole", "PartialError")
    found = tuple(dict(zip(table.columns, row, strict=True)) for table in tables for row in table.rows)
    if len(found) >= MOST_ROWS:
        raise Unreachable("the log has more than can be read at once", "TooManyRows")
    return found


def moment(said: object) -> datetime:
    """A time as the service's client gives it, or as its wire does."""
    return said if isinstance(said, datetime) else datetime.fromisoformat(str(said))


def quoted(text: str) -> str:
    """A literal of the query language. Raises `Absent` for what no log calls anything."""
    if not text or not all(each.isalnum() or each in "-_.:/@" for each in text):
        raise Absent("no log calls anything so")
    return f'"{text}"'


RECORDED = frozenset({"StorageRead", "StorageWrite"})


def recorded(clients: Clients, store: Ref) -> bool:
    """Whether a workspace gets all reads and writes of a store, and nothing is in it whose requests are not read here.

    One that got them within the hour has told of everybody but the last: a thief who stops the log takes no evidence away.
    """
    whole = recorded_now(clients, store) or _sent(clients, store)
    return whole and not any(in_parallel(lambda place: _holds(clients, store, place), ELSEWHERE))


def _sent(clients: Clients, store: Ref) -> bool:
    """Whether the log has reads and writes of the last hour."""
    lately = "StorageBlobLogs | where TimeGenerated > ago(1h) | summarize Times = count() by Category"
    found = rows(clients, store.id, lately, datetime.now(UTC) - timedelta(days=1))
    return {str(row["Category"]) for row in found} >= RECORDED


def recorded_now(clients: Clients, store: Ref) -> bool:
    """Whether a workspace gets all reads and writes of a store's blobs now."""
    return sends(settings(clients, store))


def settings(clients: Clients, store: Ref) -> tuple[Row, ...]:
    """What the diagnostic settings of a store's blobs say."""
    path = f"{store.id}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview"
    return tuple(one["properties"] for one in clients.rest(ARM).every(path))


def sends(found: Iterable[Mapping[str, Any]]) -> bool:
    """Whether these diagnostic settings send all reads and writes to a workspace."""
    return takes(found, RECORDED)


def takes(found: Iterable[Mapping[str, Any]], categories: Collection[str]) -> bool:
    """Whether these diagnostic settings send all of these categories to a workspace."""
    sent = [log for one in found if one.get("workspaceId") for log in one.get("logs") or () if log.get("enabled")]
    groups = {log.get("categoryGroup") for log in sent}
    return bool(groups & {"allLogs", "audit"}) or {log.get("category") for log in sent} >= set(categories)


def dedicated(found: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Those of these settings that fill the tables which we read. The others' rows are in AzureDiagnostics, but a store's."""
    return (one for one in found if str(one.get("logAnalyticsDestinationType")).lower() == "dedicated")


ELSEWHERE = ("fileServices/default/shares", "queueServices/default/queues", "tableServices/default/tables")
"""What an account keeps besides blobs: it has the same keys and the same network rules, and logs of its own."""


def _holds(clients: Clients, store: Ref, place: str) -> bool:
    try:
        return next(clients.rest(ARM).every(f"{store.id}/{place}?api-version=2025-01-01"), None) is not None
    except Refused as refused:
        if refused.code != "FeatureNotSupportedForAccount":
            raise
        return False


READ = Rights(frozenset({"Microsoft.Insights/diagnosticSettings/read", "Microsoft.Insights/logs/read"}))

RIGHTS = READ | Rights(
    frozenset({"Microsoft.Insights/logs/StorageBlobLogs/read"})
    | {f"Microsoft.Storage/storageAccounts/{place.replace('/default', '')}/read" for place in ELSEWHERE}
)
