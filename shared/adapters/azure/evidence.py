"""The `Evidence` port on Azure: the activity log for what was done to resources, the log of stores for what was read and written.

And the directory's own log for who made whom and gave what to whom. All of them lag by minutes.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from shared.adapters.azure import activity, audits, blob_requests, log_rows, machines, names, stores, vault_requests
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import every
from shared.containment.parallel import in_parallel
from shared.domain.actor import OF_STORES, Actor
from shared.domain.errors import Unreachable
from shared.domain.resource import PRINCIPALS, Kind, Ref
from shared.ports import Act, Edit

RIGHTS = activity.RIGHTS | audits.RIGHTS | blob_requests.RIGHTS | vault_requests.RIGHTS | log_rows.RIGHTS | stores.READ


class AzureEvidence:
    """The logs of every subscription that `clients` can see. Raises `CloudError` as any call does."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._changes = audits.Changes(clients)

    def by(self, actor: Actor, since: datetime) -> tuple[Act, ...]:
        """Requests with the store's keys; or a principal's operations, and its requests on every store."""
        if actor.credential in OF_STORES:
            stores = self._stores(actor.access_key.partition("/")[0])
            asked = in_parallel(lambda store: self._requests(store.id, since), stores)
            return _ordered(a for acts in asked for a in acts if a.actor.credential in OF_STORES and _is(a.actor, actor))
        if not actor.unique_id:
            return ()
        with ThreadPoolExecutor(max_workers=1) as pool:
            changed = pool.submit(self._changes.by, actor, since)
            answers = in_parallel(lambda each: self._principal(each, actor.unique_id, since), activity.subscriptions(self._clients))
        found = (*changed.result(), *(a for acts in answers for a in acts))
        return _ordered(a for a in found if a.actor.unique_id == actor.unique_id)

    def on(self, target: Ref, since: datetime) -> tuple[Act, ...]:
        """Operations on a resource of ARM's; of a store or vault also the requests; of a principal its changes.

        Raises `Unreachable` where those are not recorded.
        """
        if target.kind in PRINCIPALS:
            return _ordered(machines.made(self._clients, target, since))
        if not target.id.startswith("/subscriptions/"):
            return ()
        if target.kind is Kind.KEY_VAULT:
            return _ordered((*self._operations(target, since), *vault_requests.acts(self._clients, target, since)))
        if target.kind is not Kind.BUCKET:
            return _ordered(self._operations(target, since))
        if not self.recorded(target):
            raise Unreachable("requests on it are not recorded", "NotRecorded")
        return _ordered((*self._operations(target, since), *self._requests(target.id, since)))

    def edits(self, targets: Sequence[Ref], since: datetime) -> tuple[Edit, ...]:  # noqa: ARG002  the port's signature
        """None: nothing here has a policy that its owners and we write by turns."""
        return ()

    def recorded(self, target: Ref) -> bool:
        return target.kind is Kind.BUCKET and log_rows.recorded(self._clients, target)

    def _principal(self, subscription: str, unique_id: str, since: datetime) -> tuple[Act, ...]:
        events = activity.events(self._clients, subscription, since, f"caller eq '{unique_id}'")
        whose = f"RequesterObjectId =~ {log_rows.quoted(unique_id)}"
        requests = blob_requests.acts(self._clients, f"/subscriptions/{subscription}", since, whose)
        return (*filter(None, map(activity.act, events)), *requests)

    def _operations(self, target: Ref, since: datetime) -> Iterable[Act]:
        found = activity.events(self._clients, target.account, since, f"resourceUri eq '{target.id}'")
        return (act for event in found if (act := activity.act(event)))

    def _requests(self, resource_id: str, since: datetime) -> tuple[Act, ...]:
        return blob_requests.acts(self._clients, resource_id, since)

    def _stores(self, name: str) -> list[Ref]:
        """The account of this name, which the whole world has once."""
        found = []
        for subscription in activity.subscriptions(self._clients):
            accounts: Iterator[Any] = every(self._clients.storage(subscription).storage_accounts.list)
            found += [names.ref(Kind.BUCKET, str(one.id)) for one in accounts if str(one.name).lower() == name]
        return found


def _is(one: Actor, wanted: Actor) -> bool:
    """Whether this is the key that is asked about, or one of that store's where no key is named."""
    return wanted.access_key in {one.access_key, one.access_key.partition("/")[0]}


def _ordered(acts: Iterable[Act]) -> tuple[Act, ...]:
    return tuple(sorted(acts, key=lambda act: (act.at, act.id)))
