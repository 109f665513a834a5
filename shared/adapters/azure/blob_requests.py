"""Requests on blobs, as the log of stores counts them: one act for the first and one for the last of those that are alike.

Source: table StorageBlobLogs (Azure Monitor reference). No object's name is asked for.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from re import Match
from re import compile as pattern

from shared.adapters.azure import activity
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.log_rows import Row, moment, rows
from shared.adapters.azure.rest import ARM
from shared.domain.actor import Actor, Credential
from shared.domain.resource import Kind, Ref
from shared.intake.azure_names import principal, ref
from shared.ports import Act

WHOM = "AuthenticationType, AuthenticationHash, RequesterObjectId, RequesterUpn, RequesterUserName"
ALIKE = f"OperationName, {WHOM}, Address, StatusCode, _ResourceId"
ADDRESS = "extend Address = extract('^([^:]+)', 1, CallerIpAddress)"
COUNTED = f"{ADDRESS} | summarize First = min(TimeGenerated), Last = max(TimeGenerated) by {ALIKE}"

LINKED = "DelegationSas"
WHO = "RequesterObjectId, RequesterUpn, _ResourceId"
LIVES = timedelta(days=7)
"""A user-delegation key lives for a week at most ("Create a user delegation SAS")."""
KEPT = timedelta(days=30)

KEY = pattern(r"(key[12])\(")
LINK = pattern(r"SasSignature\(([0-9A-Fa-f]{8})")
ERRORS = 400
SERVICE = "Microsoft.Storage"
SETTINGS = "microsoft.insights/diagnosticsettings"

RIGHTS = Rights(frozenset({"Microsoft.Network/virtualNetworks/read"})) | activity.RIGHTS


def acts(clients: Clients, resource_id: str, since: datetime, where: str = "") -> tuple[Act, ...]:
    """Requests on a store, or on every store of a subscription; `where` is one more condition of the query. Oldest first."""
    query = "StorageBlobLogs" + (f" | where {where}" if where else "") + f" | {COUNTED}"
    found = owned(clients, resource_id, rows(clients, resource_id, query, since))
    subnets = subnets_of(clients, resource_id, SERVICE) if any(private(_address(row)) for row in found) else ()
    return tuple(sorted((act for row in found for act in _acts(row, subnets)), key=lambda act: (act.at, act.id)))


def owned(clients: Clients, resource_id: str, found: tuple[Row, ...]) -> tuple[Row, ...]:
    """The rows with whoever alone can have signed the links that some of them came by."""
    askers = _askers(clients, resource_id) if any(row.get("AuthenticationType") == LINKED for row in found) else {}
    return tuple({**row, **askers.get(str(row["_ResourceId"]), {})} if _linked(row) else row for row in found)


def _linked(row: Row) -> bool:
    return row.get("AuthenticationType") == LINKED


def _askers(clients: Clients, resource_id: str) -> dict[str, Row]:
    """Who asked for the keys that such links are signed with, by store; nothing where it was not just one, in all their lives.

    Nor where the log may not have told of another: its settings were changed in that time, so that a person decides whose it is.
    """
    since = datetime.now(UTC) - LIVES - KEPT
    asking = "where OperationName == 'GetUserDelegationKey' and StatusText == 'Success'"
    query = f"StorageBlobLogs | {asking} | summarize Times = count() by {WHO}"
    found: dict[str, list[Row]] = {}
    for row in rows(clients, resource_id, query, since):
        found.setdefault(str(row["_ResourceId"]), []).append(row)
    alone = {store: asked[0] for store, asked in found.items() if len(asked) == 1}
    gone = changed(clients, resource_id, since) if alone else ()
    return {store: asked for store, asked in alone.items() if not any(each.startswith(settings_of(store)) for each in gone)}


def settings_of(store: str) -> str:
    """What the ids of the settings begin with that say where the log of a store's blobs goes."""
    held = ref(store)
    return f"{(held.id if held else store).lower()}/blobservices/default/providers/{SETTINGS}/"


def changed(clients: Clients, resource_id: str, since: datetime) -> tuple[str, ...]:
    """The ids of all diagnostic settings of the subscription that were written or deleted since then (activity log)."""
    subscription = resource_id.split("/")[2]
    found = activity.events(clients, subscription, since, "resourceProvider eq 'Microsoft.Insights'")
    told = ((str(event.get("resourceId", "")).lower(), activity.told(event)) for event in found)
    return tuple(place for place, fact in told if fact.event.startswith(f"{SETTINGS}/") and not fact.failed)


def _acts(row: Row, subnets: tuple[tuple[str, str], ...]) -> Iterator[Act]:
    store = ref(str(row["_ResourceId"]))
    if store is None:
        return
    actor, address = caller(row, store), _address(row)
    for end in dict.fromkeys((moment(row["First"]), moment(row["Last"]))):
        yield Act(
            id=f"{actor.unique_id}/{row['OperationName']}/{address}/{row['StatusCode']}/{end.isoformat()}",
            at=end,
            actor=actor,
            name=str(row["OperationName"]),
            resources=(store,),
            created=(),
            source_address=address,
            source_network=network(address, subnets),
            request_id="",
            failed=int(str(row["StatusCode"])) >= ERRORS,
            by_service=False,
        )


def caller(row: Row, store: Ref) -> Actor:
    """Whoever the log names; the store's key where it names none, and a link by a few letters of its signature's digest."""
    digest, way = str(row.get("AuthenticationHash") or ""), str(row.get("AuthenticationType") or "")
    if key := KEY.match(digest):
        held = f"{store.name}/{key[1]}"
        return Actor(
            credential=Credential.STORE_KEY, account="", access_key=held, unique_id=held, session=_first(LINK.search(digest))
        )
    if way == LINKED and not row.get("RequesterObjectId"):
        held = f"{store.name}/user-delegation"
        return Actor(credential=Credential.DELEGATED_LINK, account="", access_key=held, unique_id=held)
    if holder := str(row.get("RequesterObjectId") or "").lower():
        person = bool(row.get("RequesterUpn"))
        kind, credential = (Kind.USER, Credential.ENTRA_USER) if person else (Kind.SERVICE_PRINCIPAL, Credential.SERVICE_PRINCIPAL)
        return Actor(credential=credential, account="", principal=principal(kind, holder), unique_id=holder)
    if user := str(row.get("RequesterUserName") or "").lower():
        held = f"{store.name}/users/{user}"
        return Actor(credential=Credential.LOCAL_USER, account="", access_key=held, unique_id=held)
    return Actor(credential=Credential.ANONYMOUS, account="", unique_id="anonymous")


def _first(found: Match[str] | None) -> str:
    return found[1].lower() if found else ""


def _address(row: Row) -> str:
    return str(row.get("Address") or "")


def private(address: str) -> bool:
    """Whether only a network of somebody's own knows it."""
    try:
        return ip_address(address).is_private and not _documentation(address)
    except ValueError:
        return False


DOCUMENTATION = tuple(ip_network(each) for each in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))
"""Public in form (RFC 5737), though nobody has them: Python counts them as private."""


def _documentation(address: str) -> bool:
    return any(ip_address(address) in each for each in DOCUMENTATION)


def subnets_of(clients: Clients, resource_id: str, service: str) -> tuple[tuple[str, str], ...]:
    """Prefix and id of each subnet of the subscription whose machines reach a service by their own addresses."""
    subscription = resource_id.split("/")[2]
    path = f"/subscriptions/{subscription}/providers/Microsoft.Network/virtualNetworks?api-version=2024-05-01"
    found = []
    for network in clients.rest(ARM).every(path):
        for subnet in network["properties"].get("subnets") or ():
            said = subnet.get("properties") or {}
            if any(str(one.get("service", "")).startswith(service) for one in said.get("serviceEndpoints") or ()):
                found += [
                    (prefix, subnet["id"]) for prefix in (said.get("addressPrefixes") or [said.get("addressPrefix")]) if prefix
                ]
    return tuple(found)


def network(address: str, subnets: tuple[tuple[str, str], ...]) -> str:
    """The only subnet that the address can be of; empty where there are several, or none."""
    if not private(address):
        return ""
    fitting = {name.lower() for prefix, name in subnets if ip_address(address) in ip_network(prefix, strict=False)}
    return fitting.pop() if len(fitting) == 1 else ""
