"""Requests on a vault and its keys, as its log counts them: one act for the first and one for the last of those that are alike.

Source: table AZKVAuditLogs (Azure Monitor reference), "Azure Key Vault logging".
"""

from collections.abc import Iterator
from datetime import datetime

from shared.adapters.azure.blob_requests import ERRORS, network, private, subnets_of
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.log_rows import Row, dedicated, moment, rows, takes
from shared.adapters.azure.rest import ARM
from shared.domain.actor import Actor, Credential
from shared.domain.errors import Unreachable
from shared.domain.resource import Kind, Ref
from shared.intake.azure import OBJECTS, UPNS, first_of
from shared.intake.azure_names import principal
from shared.intake.tolerant import Document, folded, parsed, text
from shared.ports import Act

ALIKE = "OperationName, CallerIpAddress, Who, HttpStatusCode"
COUNTED = (
    f"AZKVAuditLogs | extend Who = tostring(Identity) | summarize First = min(TimeGenerated), Last = max(TimeGenerated) by {ALIKE}"
)

SERVICE = "Microsoft.KeyVault"
STORAGE = "e406a681-f3d4-42a8-90b6-c2b029497af1"
"""The application id of Azure Storage, the same in every tenant: it asks for the keys of accounts, by the trusted services' way."""


def acts(clients: Clients, vault: Ref, since: datetime) -> tuple[Act, ...]:
    """Oldest first. Raises `Unreachable` where they are not recorded."""
    path = f"{vault.id}/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview"
    if not takes(dedicated(one["properties"] for one in clients.rest(ARM).every(path)), {"AuditEvent"}):
        raise Unreachable("requests on it are not recorded", "NotRecorded")
    found = rows(clients, vault.id, COUNTED, since)
    subnets = subnets_of(clients, vault.id, SERVICE) if any(private(_address(row)) for row in found) else ()
    return tuple(sorted((act for row in found for act in _acts(row, vault, subnets)), key=lambda act: (act.at, act.id)))


def _acts(row: Row, vault: Ref, subnets: tuple[tuple[str, str], ...]) -> Iterator[Act]:
    claims = claims_of(row)
    actor, by_storage = actor_of(claims), text(claims.get("appid")).lower() == STORAGE
    for end in dict.fromkeys((moment(row["First"]), moment(row["Last"]))):
        yield act_of(row, vault, actor, end, by_service=by_storage, place=network(_address(row), subnets))


def act_of(row: Row, target: Ref, actor: Actor, at: datetime, *, by_service: bool, place: str = "") -> Act:
    """What a row tells of one of its requests. `place`: the network that it came from, where that is known."""
    name, address, status = str(row["OperationName"]), _address(row), row["HttpStatusCode"]
    return Act(
        id=f"{actor.unique_id}/{name}/{address}/{status}/{at.isoformat()}",
        at=at,
        actor=actor,
        name=name,
        resources=(target,),
        created=(),
        source_address=address,
        source_network=place,
        request_id="",
        failed=int(float(str(status or 0))) >= ERRORS,
        by_service=by_service,
    )


def claims_of(row: Row) -> Document:
    """What the token said that came with a request; nothing where none was taken."""
    said = folded(parsed(str(row.get("Who") or "")))
    return folded(said.get("claim")) or folded(said.get("claims"))


def actor_of(claims: Document) -> Actor:
    """Whoever the token named; nobody where it was not taken."""
    holder = first_of(claims, OBJECTS).lower()
    if not holder:
        return Actor(credential=Credential.ANONYMOUS, account="", unique_id="anonymous")
    person = "@" in first_of(claims, UPNS)
    kind, credential = (Kind.USER, Credential.ENTRA_USER) if person else (Kind.SERVICE_PRINCIPAL, Credential.SERVICE_PRINCIPAL)
    return Actor(credential=credential, account="", principal=principal(kind, holder), unique_id=holder)


def _address(row: Row) -> str:
    return str(row.get("CallerIpAddress") or "")


RIGHTS = Rights(
    frozenset(
        {
            "Microsoft.Insights/diagnosticSettings/read",
            "Microsoft.Insights/logs/read",
            "Microsoft.Insights/logs/AZKVAuditLogs/read",
            "Microsoft.Network/virtualNetworks/read",
        }
    )
)
