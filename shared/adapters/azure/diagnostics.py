"""Diagnostic settings of a store's blobs: where its log goes (Azure Monitor REST API, Diagnostic Settings and Activity Logs).

A deleted setting is gone for good; the activity log has the last request that made it, for 90 days.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.adapters.azure import activity, log_rows
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.adapters.azure.rest import ARM
from shared.domain.errors import Refused
from shared.domain.facet import LogSent
from shared.domain.resource import Kind, Ref
from shared.intake.tolerant import folded, items
from shared.ports import Receipt

API = "api-version=2021-05-01-preview"
WRITTEN = "microsoft.insights/diagnosticsettings/write"
SINKS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "eventHubName", "marketplacePartnerId")
GROUP = "group:"
"""How a group of categories is told from a category."""

AGO = timedelta(days=89)


def _place(store: Ref) -> str:
    return f"{store.id}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings"


def _read(clients: Clients, store: Ref) -> tuple[LogSent, ...]:
    """The settings that there are; where they do not send all reads and writes, also those that there were."""
    found = tuple(clients.rest(ARM).every(f"{_place(store)}?{API}"))
    there = tuple(_setting(str(one["name"]), one["properties"], on=True) for one in found)
    if log_rows.sends(one["properties"] for one in found):
        return there
    known = {each.name.lower() for each in there}
    return (*there, *(each for each in _gone(clients, store) if each.name.lower() not in known))


def _gone(clients: Clients, store: Ref) -> Iterator[LogSent]:
    """Each by the last request that worked and made it; the log gives the newest first."""
    place, known = f"{_place(store).lower()}/", set[str]()
    for event in activity.events(clients, store.account, datetime.now(UTC) - AGO, "resourceProvider eq 'Microsoft.Insights'"):
        told = activity.told(event)
        name = str(event.get("resourceId", "")).rpartition("/")[2]
        ours = str(event.get("resourceId", "")).lower() == place + name.lower()
        if ours and told.event == WRITTEN and not told.failed and name.lower() not in known:
            known.add(name.lower())
            yield _setting(name, folded(told.request).get("properties"), on=False)


def _setting(name: str, properties: object, *, on: bool) -> LogSent:
    said = folded(properties)
    categories = (_category(folded(log)) for log in items(said.get("logs")) if folded(log).get("enabled"))
    to = (f"{sink}={said[sink.lower()]}" for sink in SINKS if said.get(sink.lower()))
    return LogSent(name=name, categories=tuple(sorted(categories)), to=tuple(to), on=on)


def _category(log: Mapping[str, Any]) -> str:
    return str(log["category"]) if log.get("category") else f"{GROUP}{log.get('categorygroup')}"


def _write(clients: Clients, store: Ref, wanted: Sequence[LogSent]) -> Receipt:
    (setting,) = wanted
    if not setting.on:
        raise Refused("no log is ever switched off by the program")
    logs = [{**_named(category), "enabled": True} for category in setting.categories]
    sinks = dict(each.split("=", 1) for each in setting.to)
    body = {"properties": {**sinks, "logs": logs}}
    return Receipt((clients.rest(ARM).send("PUT", f"{_place(store)}/{setting.name}?{API}", body),))


def _named(category: str) -> dict[str, str]:
    group = category.removeprefix(GROUP)
    return {"categoryGroup": group} if group != category else {"category": category}


_SETTINGS = "Microsoft.Insights/diagnosticSettings"
_READ = Rights(frozenset({f"{_SETTINGS}/read"})) | Rights(frozenset({"Microsoft.Insights/eventtypes/values/Read"}))
_WRITE = Rights(frozenset({f"{_SETTINGS}/write"}))

FACETS: FacetTable = {
    (Kind.BUCKET, LogSent): FacetAdapter(_read, _write, _READ, _WRITE, shows=frozenset({f"{_SETTINGS}/delete"})),
}
