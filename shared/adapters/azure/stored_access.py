"""Stored access policies: what signatures that name one may do. Without it they are dead at once (Blob service, Set Container ACL).

A container's list is replaced whole, its public access with it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from azure.storage.blob import AccessPolicy, ContainerClient

from shared.adapters.azure import names
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import call, every, sent
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.containment.parallel import in_parallel
from shared.domain.facet import StoredAccess
from shared.domain.resource import Kind, Ref
from shared.domain.value import canonical
from shared.ports import Receipt


def _container(clients: Clients, store: Ref, name: str) -> ContainerClient:
    return clients.blobs(f"https://{store.name}.blob.core.windows.net").get_container_client(name)


def _read(clients: Clients, store: Ref) -> tuple[StoredAccess, ...]:
    name = names.arm(store.id)
    listed: Iterator[Any] = every(lambda: clients.storage(store.account).blob_containers.list(name.group, name.name))
    containers = [str(each.name) for each in listed]
    found = in_parallel(lambda each: _identifiers(_container(clients, store, each)), containers)
    return tuple(
        StoredAccess(container=container, name=each.id, body=_body(each.access_policy))
        for container, (identifiers, _) in zip(containers, found, strict=True)
        for each in identifiers
    )


def _identifiers(container: ContainerClient) -> tuple[Sequence[Any], Any]:
    """The stored policies, and who may read without any credential."""
    answer: Mapping[str, Any] = call(container.get_container_access_policy)
    return answer["signed_identifiers"], answer["public_access"]


def _body(policy: Any) -> str:  # noqa: ANN401 - the SDK's model, whose parts may all be missing
    """What it permits, and when; a signature may say what its policy leaves out."""
    parts = {"permission": policy.permission, "start": policy.start, "expiry": policy.expiry} if policy else {}
    said = {key: value.isoformat() if isinstance(value, datetime) else str(value) for key, value in parts.items() if value}
    return canonical(said).decode()


def _write(clients: Clients, store: Ref, wanted: Sequence[StoredAccess]) -> Receipt:
    """The policies not named stay, and so does public access."""
    (name,) = {each.container for each in wanted}
    container = _container(clients, store, name)
    identifiers, public = _identifiers(container)
    kept: dict[str, Any] = {each.id: each.access_policy for each in identifiers}
    for each in wanted:
        if each.body is None:
            kept.pop(each.name, None)
        else:
            kept[each.name] = AccessPolicy(**json.loads(each.body))
    return Receipt((sent(container.set_container_access_policy, signed_identifiers=kept, public_access=public)[1],))


_C = "Microsoft.Storage/storageAccounts/blobServices/containers"
_GET = frozenset({f"{_C}/getAcl/action"})

FACETS: FacetTable = {
    (Kind.BUCKET, StoredAccess): FacetAdapter(
        _read,
        _write,
        Rights(_GET | {f"{_C}/read"}),
        Rights(_GET | {f"{_C}/setAcl/action"}),
        requests=frozenset({"SetContainerACL"}),
    )
}
