"""What leads out of a store or into it past its rules: private endpoints, and replication to other accounts.

Source: Storage and Key Vault management APIs (Private Endpoint Connections, Object Replication Policies).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from shared.adapters.azure import names
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import every, sent
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.domain.errors import Refused
from shared.domain.facet import PrivateLink, ReplicationRule
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt


def _connections(clients: Clients, target: Ref) -> Any:  # noqa: ANN401 - two SDKs with the same operations
    made = clients.vaults if target.kind is Kind.KEY_VAULT else clients.storage
    return made(target.account).private_endpoint_connections


def _read_links(clients: Clients, target: Ref) -> tuple[PrivateLink, ...]:
    name, operations = names.arm(target.id), _connections(clients, target)
    listing = operations.list_by_resource if target.kind is Kind.KEY_VAULT else operations.list
    found: Iterator[Any] = every(lambda: listing(name.group, name.name))
    return tuple(
        PrivateLink(
            connection=str(each.id).rpartition("/")[2],
            endpoint=str(each.private_endpoint.id) if each.private_endpoint else "",
            approved=_status(each) == "Approved",
        )
        for each in found
    )


def _status(connection: Any) -> str:  # noqa: ANN401 - the same
    status = connection.private_link_service_connection_state.status
    return str(getattr(status, "value", status))


def _write_link(clients: Clients, target: Ref, wanted: Sequence[PrivateLink]) -> Receipt:
    """Raises `Refused`: what was rejected is asked for again by whoever has the endpoint, and approved by a person."""
    (link,) = wanted
    if link.approved:
        raise Refused("a private endpoint is approved by a person, and never by the program")
    name = names.arm(target.id)
    state = {"status": "Rejected", "description": "rejected in an incident"}
    body = {"properties": {"privateLinkServiceConnectionState": state}}
    return Receipt((sent(_connections(clients, target).put, name.group, name.name, link.connection, body)[1],))


def _read_replication(clients: Clients, store: Ref) -> tuple[ReplicationRule, ...]:
    """The rules by which blobs of this account go elsewhere; those that bring blobs here are none of them."""
    return tuple(
        ReplicationRule(
            rule_id=f"{policy.name}/{rule.rule_id}",
            enabled=True,
            destination=str(policy.destination_account),
            destination_account=_subscription(str(policy.destination_account)),
        )
        for policy in _policies(clients, store)
        if str(policy.destination_account).rpartition("/")[2].lower() != store.name.lower()
        for rule in policy.rules or ()
    )


def _policies(clients: Clients, store: Ref) -> Iterator[Any]:
    name = names.arm(store.id)
    return every(lambda: clients.storage(store.account).object_replication_policies.list(name.group, name.name))


def _subscription(account: str) -> str:
    """Whose the destination is, empty where the policy names it by its bare name: then nothing proves it."""
    steps = account.split("/")
    return steps[2] if len(steps) > 2 and steps[1].lower() == "subscriptions" else ""  # noqa: PLR2004


def _write_replication(clients: Clients, store: Ref, wanted: Sequence[ReplicationRule]) -> Receipt:
    """Take rules out of their policies, and policies away that have none left. Azure has no switch: they do not come back."""
    if any(rule.enabled for rule in wanted):
        raise Refused("a replication rule can be taken away only, and is made again by a person")
    name, gone = names.arm(store.id), {rule.rule_id for rule in wanted}
    operations, ids = clients.storage(store.account).object_replication_policies, []
    for policy in _policies(clients, store):
        rules = policy.rules or []
        left = [rule for rule in rules if f"{policy.name}/{rule.rule_id}" not in gone]
        if len(left) == len(rules):
            continue
        if not left:
            ids.append(sent(operations.delete, name.group, name.name, policy.name)[1])
            continue
        accounts = {"sourceAccount": policy.source_account, "destinationAccount": policy.destination_account}
        body = {"properties": {**accounts, "rules": [rule.as_dict() for rule in left]}}
        ids.append(sent(operations.create_or_update, name.group, name.name, policy.name, body)[1])
    return Receipt(tuple(ids))


def _rights(scope: str, *verbs: str) -> Rights:
    return Rights(frozenset(f"{scope}/{verb}" for verb in verbs))


_STORE_LINKS = "Microsoft.Storage/storageAccounts/privateEndpointConnections"
_VAULT_LINKS = "Microsoft.KeyVault/vaults/privateEndpointConnections"
_REPLICATION = "Microsoft.Storage/storageAccounts/objectReplicationPolicies"

FACETS: FacetTable = {
    (Kind.BUCKET, PrivateLink): FacetAdapter(
        _read_links, _write_link, _rights(_STORE_LINKS, "read"), _rights(_STORE_LINKS, "write"), one_way=True
    ),
    (Kind.KEY_VAULT, PrivateLink): FacetAdapter(
        _read_links, _write_link, _rights(_VAULT_LINKS, "read"), _rights(_VAULT_LINKS, "write"), one_way=True
    ),
    (Kind.BUCKET, ReplicationRule): FacetAdapter(
        _read_replication,
        _write_replication,
        _rights(_REPLICATION, "read"),
        _rights(_REPLICATION, "read", "write", "delete"),
        one_way=True,
    ),
}
