"""The `Sources` port on Azure: an alert is believed only where Defender, or the log that it tells of, itself says the same."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from shared.adapters.azure import activity, log_rows
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.rest import ARM
from shared.domain.errors import Absent, BadInput, CloudError
from shared.domain.resource import Kind
from shared.domain.signal import Confirmation, Signal, Source
from shared.intake import fact_activity, fact_azure_alerts, fact_azure_data
from shared.intake.fact import Fact
from shared.intake.fact_signal import signal_of
from shared.intake.tolerant import folded

RIGHTS = Rights(frozenset({"Microsoft.Security/alerts/read"})) | activity.RIGHTS | log_rows.RIGHTS

AROUND = timedelta(hours=1)
"""How far from its own time a record is looked for."""


class AzureSources:
    """Defender for Cloud and the logs of the subscriptions that `clients` can see."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def confirm(self, signal: Signal) -> Confirmation:
        """Defender's alerts by id, rows of StorageBlobLogs by correlation, events of the activity log. Raises nothing.

        Other sources are not asked, and nobody bears them out.
        """
        ask: Mapping[Source, Callable[[Signal], Iterable[Fact]]] = {
            Source.DEFENDER: self._alerts,
            Source.AZURE_STORAGE: self._requests,
            Source.AZURE_ACTIVITY: self._operations,
        }
        if signal.source not in ask:
            return Confirmation.UNREACHABLE
        try:
            facts = (fact for fact in ask[signal.source](signal) if fact.id == signal.id)
            found = [signal_of(fact, signal.raw_digest) for fact in facts]
        except (Absent, BadInput):
            return Confirmation.NOT_FOUND
        except CloudError:
            return Confirmation.UNREACHABLE
        if not found:
            return Confirmation.NOT_FOUND
        return Confirmation.AGREES if any(agrees(signal, each) for each in found) else Confirmation.DISAGREES

    def _alerts(self, signal: Signal) -> Iterable[Fact]:
        path = f"/subscriptions/{signal.account}/providers/Microsoft.Security/alerts?api-version=2022-01-01"
        return (fact_azure_alerts.defender(folded(alert)) for alert in self._clients.rest(ARM).every(path))

    def _requests(self, signal: Signal) -> Iterable[Fact]:
        query = f"StorageBlobLogs | where CorrelationId == {log_rows.quoted(signal.id)}"
        for store in (each for each in signal.resources if each.kind is Kind.BUCKET):
            for row in log_rows.rows(self._clients, store.id, query, signal.at - AROUND):
                told = {**row, "TimeGenerated": log_rows.moment(row["TimeGenerated"]).isoformat()}
                yield fact_azure_data.storage(folded(told))

    def _operations(self, signal: Signal) -> Iterable[Fact]:
        found = activity.events(self._clients, signal.account, signal.at - AROUND)
        return (fact_activity.fact(folded(event)) for event in found)


def agrees(signal: Signal, found: Signal) -> bool:
    """Whether the source's own words bear out the alert."""
    same = ("id", "event", "account", "failed", "sample", "actor", "source_address")
    return all(getattr(signal, name) == getattr(found, name) for name in same) and set(signal.resources) <= set(found.resources)
