"""In whose name accounts and disk encryption sets ask a vault for a key (Azure Storage and Compute management APIs)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.adapters.azure import activity, disks, names, store_keys, stores
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import every
from shared.domain.resource import Kind, Ref

RIGHTS = stores.READ | store_keys.READ_SCOPE | disks.READ | activity.SUBSCRIPTIONS


@dataclass(frozen=True, slots=True)
class Holder:
    """What asks for the key (`held`, a resource id). `alone`: the identity is its own, and nobody else can have it."""

    held: str
    alone: bool


def holders(clients: Clients, key: Ref) -> Mapping[str, Holder]:
    """By the object id of the identity, what names this key now, whichever version. One that several share is nobody's alone."""
    wanted, found = names.key(key.id), dict[str, Holder]()
    for subscription in dict.fromkeys((key.account, *activity.subscriptions(clients))):
        for who, holder in (*_stores(clients, subscription, wanted), *_sets(clients, subscription, wanted)):
            known = found.get(who)
            found[who] = holder if known is None or known == holder else Holder("", alone=False)
    return found


def _stores(clients: Clients, subscription: str, wanted: names.KeyName) -> Iterator[tuple[str, Holder]]:
    for account, refs in store_keys.accounts(clients, subscription, wanted):
        for who, alone in _identities(account) if refs else ():
            yield who, Holder(refs[0].id, alone)


def _identities(account: Any) -> Iterator[tuple[str, bool]]:  # noqa: ANN401 - the SDK's model, whose parts may all be missing
    """The account's own, and the one of its identities in whose name it asks for keys."""
    identity = account.identity
    if identity is None:
        return
    if identity.principal_id:
        yield str(identity.principal_id).lower(), True
    said = account.encryption.encryption_identity if account.encryption else None
    chosen = str(said.encryption_user_assigned_identity or "").lower() if said else ""
    for name, each in (identity.user_assigned_identities or {}).items():
        if str(name).lower() == chosen and each.principal_id:
            yield str(each.principal_id).lower(), False


def _sets(clients: Clients, subscription: str, wanted: names.KeyName) -> Iterator[tuple[str, Holder]]:
    listed: Iterator[Any] = every(clients.compute(subscription).disk_encryption_sets.list)
    for each in listed:
        own = each.identity.principal_id if each.identity else None
        if own and store_keys.same(disks.named(each), wanted):
            yield str(own).lower(), Holder(names.ref(Kind.DISK_ENCRYPTION_SET, str(each.id)).id, alone=True)
