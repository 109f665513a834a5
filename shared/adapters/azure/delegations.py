"""Tenants that manage a subscription or resource group of ours (Azure Lighthouse: Microsoft.ManagedServices, 2022-10-01)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.adapters.azure.rest import ARM
from shared.domain.errors import Absent
from shared.domain.facet import Delegation
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

API = "api-version=2022-10-01"


def _read(clients: Clients, account: Ref) -> tuple[Delegation, ...]:
    """`account`: a subscription, or a group in it as `ID/resourcegroups/NAME`."""
    place = f"/subscriptions/{account.id}/providers/Microsoft.ManagedServices/registrationAssignments"
    found = clients.rest(ARM).every(f"{place}?$expandRegistrationDefinition=true&{API}")
    return tuple(_delegation(one) for one in found)


def _delegation(one: Mapping[str, Any]) -> Delegation:
    said, created = one["properties"], (one.get("systemData") or {}).get("createdAt")
    definition = (said.get("registrationDefinition") or {}).get("properties") or {}
    return Delegation(
        assignment=one["id"],
        definition=said["registrationDefinitionId"],
        tenant=definition.get("managedByTenantId") or "",
        created=datetime.fromisoformat(created) if created else None,
        present=True,
    )


def _write(clients: Clients, _: Ref, wanted: Sequence[Delegation]) -> Receipt:
    (delegation,) = wanted
    arm, place = clients.rest(ARM), f"{delegation.assignment}?{API}"
    if delegation.present:
        return Receipt((arm.send("PUT", place, {"properties": {"registrationDefinitionId": delegation.definition}}),))
    try:
        return Receipt((arm.send("DELETE", place),))
    except Absent as absent:
        return Receipt((absent.request_id,))


_OF = "Microsoft.ManagedServices/registrationAssignments"
_READ, _WRITE = Rights(frozenset({f"{_OF}/read"})), Rights(frozenset({f"{_OF}/write", f"{_OF}/delete"}))

FACETS: FacetTable = {(Kind.ACCOUNT, Delegation): FacetAdapter(_read, _write, _READ, _WRITE)}
