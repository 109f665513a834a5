"""User delegation keys of an account: with them people sign links in their own name (Azure Storage management API).

The account shows nothing of a revocation. The activity log has it, minutes later; until then what the service answered us counts.
Whose it was does not matter: it counts where nobody unknown came by such a link after it.
Storage keeps what it knows of these keys for a while ("Revoke a user delegation SAS"), and says of no time how long.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from shared.adapters.azure import activity, names, stores
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import sent
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.adapters.azure.log_rows import moment
from shared.domain.errors import Refused
from shared.domain.facet import DelegationKeys
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

LIVES = timedelta(days=7)
"""How long such a key is good for at most (Get User Delegation Key): a revocation before that says nothing of any that is alive."""

REVOKE = "Microsoft.Storage/storageAccounts/revokeUserDelegationKeys/action"


def _read(clients: Clients, store: Ref) -> tuple[DelegationKeys, ...]:
    stores.account(clients, store)
    found = [clients.answered[store.id]] if store.id in clients.answered else [*_logged(clients, store)]
    return (DelegationKeys(since=max(found, default=None)),)


def _logged(clients: Clients, store: Ref) -> list[datetime]:
    since = datetime.now(UTC) - LIVES
    events = activity.events(clients, store.account, since, f"resourceUri eq '{store.id}'")
    told = ((activity.told(event), event) for event in events)
    return [
        moment(event["eventTimestamp"])
        for said, event in told
        if said.event == REVOKE.lower() and said.sure == 1 and not said.failed
    ]


def _write(clients: Clients, store: Ref, wanted: Sequence[DelegationKeys]) -> Receipt:
    (keys,) = wanted
    if keys.since is None:
        raise Refused("a key that was revoked does not come back")
    name, asked = names.arm(store.id), datetime.now(UTC)
    _, request_id = sent(clients.storage(store.account).storage_accounts.revoke_user_delegation_keys, name.group, name.name)
    before = clients.answered.get(store.id)
    if before is None or before < keys.since:
        clients.answered[store.id] = asked
    return Receipt((request_id,))


FACETS: FacetTable = {
    (Kind.BUCKET, DelegationKeys): FacetAdapter(
        _read, _write, stores.READ | activity.EVENTS, Rights(frozenset({REVOKE})), one_way=True
    )
}
