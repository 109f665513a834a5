"""The log store: rows that resources emit, kept where their diagnostic settings send them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

TABLES: Mapping[str, str] = {
    "StorageRead": "StorageBlobLogs",
    "StorageWrite": "StorageBlobLogs",
    "StorageDelete": "StorageBlobLogs",
    "AuditEvent": "AZKVAuditLogs",
    "Administrative": "AzureActivity",
    "SignInLogs": "SigninLogs",
    "ServicePrincipalSignInLogs": "AADServicePrincipalSignInLogs",
    "ManagedIdentitySignInLogs": "AADManagedIdentitySignInLogs",
    "AuditLogs": "AuditLogs",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of one table in one workspace. `at` is when it happened, `seen` from when a query finds it (seconds since 1970)."""

    workspace: str
    table: str
    at: float
    seen: float
    columns: Mapping[str, Any]


class LogStore:
    """Rows by the workspace that a resource's diagnostic settings name. What no setting sends anywhere is lost."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._rows: list[Row] = []

    def record(self, resource_id: str, category: str, columns: Mapping[str, Any], at: float | None = None) -> int:
        """A resource emits one row of a log category; the number of workspaces that get it."""
        moment = self._cloud.clock.now() if at is None else at
        places = list(self._destinations(resource_id, category))
        for workspace, table in places:
            self._rows.append(Row(workspace, table, moment, moment + self._cloud.delays.log, columns))
        return len(places)

    def _destinations(self, resource_id: str, category: str) -> Iterator[tuple[str, str]]:
        """Workspaces and their tables: a vault's rows go to one that is all services', unless the setting says otherwise."""
        marker = "/providers/microsoft.insights/diagnosticsettings/"
        for key, setting in self._cloud.resources.by_id.items():
            if key.partition(marker)[0] != resource_id.lower() or marker not in key:
                continue
            kept = setting["properties"]
            if kept.get("workspaceId") and any(_takes(log, category) for log in kept.get("logs", ())):
                shared = category == "AuditEvent" and kept.get("logAnalyticsDestinationType") != "Dedicated"
                yield kept["workspaceId"].lower(), "AzureDiagnostics" if shared else TABLES[category]

    def forget(self) -> None:
        """No row is kept any longer."""
        self._rows.clear()

    def rows(self, workspace: str, table: str, now: float) -> Iterator[Row]:
        """What a query of a workspace (its resource id in lower case) finds now."""
        return (row for row in self._rows if row.workspace == workspace and row.table == table and row.seen <= now)


def _takes(log: Mapping[str, Any], category: str) -> bool:
    group = log.get("categoryGroup")
    return bool(log.get("enabled")) and (log.get("category") == category or group in ("allLogs", "audit"))
