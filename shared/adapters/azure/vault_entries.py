"""Entries of key vaults' access policies, as what a principal holds (Key Vault management API, Vaults - Update Access Policy).

Under roles they count for nothing, and stand there for whoever switches roles off.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.adapters.azure import activity, names
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import every, sent
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.containment.parallel import in_parallel
from shared.domain.facet import VaultAccess
from shared.domain.resource import Kind, Ref
from shared.domain.value import canonical
from shared.ports import Receipt


def listed(clients: Clients, subscription: str) -> tuple[Any, ...]:
    """Every vault of a subscription, as the SDK's model."""
    found: Iterator[Any] = every(clients.vaults(subscription).vaults.list_by_subscription)
    return tuple(found)


def _read(clients: Clients, principal: Ref) -> tuple[VaultAccess, ...]:
    """In every vault that we see, whosever keys are in it."""
    vaults = in_parallel(lambda each: listed(clients, each), activity.subscriptions(clients))
    found = ((str(vault.id).lower(), _plain(entry.as_dict())) for some in vaults for vault in some for entry in _entries(vault))
    return tuple(
        VaultAccess(vault=vault, application=said.get("applicationId", ""), spec=canonical(said).decode(), present=True)
        for vault, said in found
        if said["objectId"].lower() == principal.id
    )


def _entries(vault: Any) -> Sequence[Any]:  # noqa: ANN401 - the SDK's model, whose parts may all be missing
    return vault.properties.access_policies or () if vault.properties else ()


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as it is sent; the order of permissions means nothing."""
    permissions = {what: sorted(each) for what, each in (entry.get("permissions") or {}).items() if each}
    said = {name: entry[name] for name in ("tenantId", "objectId", "applicationId") if entry.get(name)}
    return {**said, "permissions": permissions}


def _write(clients: Clients, _: Ref, wanted: Sequence[VaultAccess]) -> Receipt:
    """Add entries to one vault, or take them away with all that they permit."""
    (vault,) = {each.vault for each in wanted}
    name = names.arm(vault)
    edit, ids = clients.vaults(name.subscription).vaults.update_access_policy, []
    for kind, entries in (("remove", [e for e in wanted if not e.present]), ("add", [e for e in wanted if e.present])):
        if entries:
            body: Any = {"properties": {"accessPolicies": [json.loads(each.spec) for each in entries]}}
            ids.append(sent(edit, name.group, name.name, kind, body)[1])
    return Receipt(tuple(ids))


_V = "Microsoft.KeyVault/vaults"
LISTING = Rights(frozenset({f"{_V}/read"})) | activity.SUBSCRIPTIONS
_WRITE = Rights(frozenset({f"{_V}/accessPolicies/write"}))
_HELD: FacetAdapter[VaultAccess] = FacetAdapter(_read, _write, LISTING, _WRITE)

FACETS: FacetTable = {(Kind.USER, VaultAccess): _HELD, (Kind.SERVICE_PRINCIPAL, VaultAccess): _HELD}
