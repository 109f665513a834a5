"""The key under which an account or an encryption scope is wrapped (Azure Storage management API).

Another key or version only re-wraps: no blob is written again. With an explicit version the service moves at once, without one
within a day; what is in use stands in `currentVersionedKeyIdentifier`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from shared.adapters.azure import activity, disks, names, stores
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import call, every, sent
from shared.adapters.azure.facets import FacetAdapter, FacetTable, RelationAdapter, RelationTable, Rights
from shared.containment.parallel import in_parallel
from shared.domain.errors import Absent
from shared.domain.facet import EncryptedWith
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt, Relation

ACCOUNT_SOURCE, SCOPE_SOURCE = "Microsoft.Keyvault", "Microsoft.KeyVault"
"""The service writes the same word in two ways."""
OWN = "Microsoft.Storage"
NOT_YET = "the service does not show the new key as the one in use yet"


def _read_account(clients: Clients, store: Ref) -> tuple[EncryptedWith, ...]:
    found = stores.account(clients, store)
    said = found.encryption.key_vault_properties if found.encryption else None
    return (_shown(_named(found), said),)


def _shown(named: str, said: Any) -> EncryptedWith:  # noqa: ANN401 - the SDK's model, whose parts may all be missing
    """The version in use, which a floating key does not name."""
    current = str(getattr(said, "current_versioned_key_identifier", None) or named)
    return EncryptedWith(key=current, follows=bool(named) and not names.key(named).version)


def _named(account: Any) -> str:  # noqa: ANN401 - the SDK's model, whose parts may all be missing
    """The key as the account names it: with its version only where one is set."""
    said = account.encryption.key_vault_properties if account.encryption else None
    if said is None or not said.key_name:
        return ""
    return "/".join(filter(None, [f"{str(said.key_vault_uri).rstrip('/')}/keys/{said.key_name}", said.key_version]))


def _write_account(clients: Clients, store: Ref, wanted: Sequence[EncryptedWith]) -> Receipt:
    """The identity in whose name the account asks its vault stays what it is."""
    wish = disks.followed(clients, *wanted)
    now = stores.account(clients, store)
    said = now.encryption.encryption_identity if now.encryption else None
    identity = {"identity": {"userAssignedIdentity": said.encryption_user_assigned_identity}} if said else {}
    name, update = names.arm(store.id), clients.storage(store.account).storage_accounts.update

    def tell(key: str) -> tuple[object, str]:
        body = {"properties": {"encryption": {**_source(key), **(identity if key else {})}}}
        updated, request_id = sent(update, name.group, name.name, body)
        shown = updated.encryption.key_vault_properties if updated.encryption else None
        return getattr(shown, "current_versioned_key_identifier", None), request_id

    return _told(clients, wish, tell)


type Tell = Callable[[str], tuple[object, str]]
"""Tells a store of a key; what it then shows as the one in use, and the id of the call."""


def _told(clients: Clients, wish: EncryptedWith, tell: Tell) -> Receipt:
    """First the version by its id, which the service takes at once; once it is in use the floating key, where that is asked for."""
    with disks.settled(clients, wish.key):
        current, first = tell(wish.key)
    if wish.key and str(current) != wish.key:
        return Receipt((first,), (NOT_YET,))
    if not wish.follows:
        return Receipt((first,))
    return Receipt((first, tell(wish.key.rpartition("/")[0])[1]))


def _source(key: str) -> Mapping[str, object]:
    if not key:
        return {"keySource": OWN}
    name = names.key(key)
    properties = {"keyname": name.name, "keyvaulturi": name.vault_url, "keyversion": name.version}
    return {"keySource": ACCOUNT_SOURCE, "keyvaultproperties": properties}


def _read_scope(clients: Clients, scope: Ref) -> tuple[EncryptedWith, ...]:
    name = names.arm(scope.id)
    found = call(clients.storage(scope.account).encryption_scopes.get, name.group, name.name, name.below)
    properties = found.encryption_scope_properties
    return (_shown(_of_scope(found), properties.key_vault_properties if properties else None),)


def _of_scope(scope: Any) -> str:  # noqa: ANN401 - the same
    properties = scope.encryption_scope_properties
    said = properties.key_vault_properties if properties else None
    return str(said.key_uri or "").rstrip("/") if said else ""


def _write_scope(clients: Clients, scope: Ref, wanted: Sequence[EncryptedWith]) -> Receipt:
    wish = disks.followed(clients, *wanted)
    name, patch = names.arm(scope.id), clients.storage(scope.account).encryption_scopes.patch

    def tell(key: str) -> tuple[object, str]:
        keyed = {"source": SCOPE_SOURCE, "keyVaultProperties": {"keyUri": key}}
        updated, request_id = sent(patch, name.group, name.name, name.below, {"properties": keyed if key else {"source": OWN}})
        properties = updated.encryption_scope_properties
        said = properties.key_vault_properties if properties else None
        return getattr(said, "current_versioned_key_identifier", None), request_id

    return _told(clients, wish, tell)


def _keys(clients: Clients, store: Ref) -> tuple[Ref, ...]:
    """The keys that an account and its scopes are under, each by the version that is in use."""
    found = stores.account(clients, store)
    said = found.encryption.key_vault_properties if found.encryption else None
    current = [said.current_versioned_key_identifier if said else None]
    for scope in _scopes(clients, store):
        properties = scope.encryption_scope_properties
        inner = properties.key_vault_properties if properties else None
        current.append(inner.current_versioned_key_identifier if inner else None)
    return tuple(names.ref(Kind.KEY, key, store.account) for key in dict.fromkeys(filter(None, current)))


def _scopes(clients: Clients, store: Ref) -> Iterator[Any]:
    name = names.arm(store.id)
    return every(lambda: clients.storage(store.account).encryption_scopes.list(name.group, name.name))


def _dependants(clients: Clients, key: Ref) -> tuple[Ref, ...]:
    """Accounts, encryption scopes and disk encryption sets that name it, with a version or without, wherever we see."""
    seen = dict.fromkeys((key.account, *activity.subscriptions(clients)))
    found = in_parallel(lambda subscription: _naming(clients, subscription, names.key(key.id)), list(seen))
    return tuple(ref for refs in found for ref in refs)


def _naming(clients: Clients, subscription: str, wanted: names.KeyName) -> list[Ref]:
    found = [ref for _, refs in accounts(clients, subscription, wanted) for ref in refs]
    found += [held for held, named in disks.listed(clients, subscription) if same(named, wanted)]
    return found


def accounts(clients: Clients, subscription: str, wanted: names.KeyName) -> Iterator[tuple[Any, list[Ref]]]:
    """Each account of a subscription as the SDK has it, with what of it names this key: itself first, then its scopes."""
    listed: Iterator[Any] = every(clients.storage(subscription).storage_accounts.list)
    for account in listed:
        store = names.ref(Kind.BUCKET, str(account.id))
        own = [store] if same(_named(account), wanted) else []
        yield account, [*own, *(names.ref(Kind.ENCRYPTION_SCOPE, str(each.id)) for each in _under(clients, store, wanted))]


def _under(clients: Clients, store: Ref, wanted: names.KeyName) -> list[Any]:
    try:
        return [scope for scope in _scopes(clients, store) if same(_of_scope(scope), wanted)]
    except Absent:
        return []


def same(named: str, wanted: names.KeyName) -> bool:
    """Whether this is the same key, whichever version: every version of a key is replaced together."""
    if not named:
        return False
    found = names.key(named)
    return (found.vault_url.lower(), found.name.lower()) == (wanted.vault_url.lower(), wanted.name.lower())


_SCOPES = "Microsoft.Storage/storageAccounts/encryptionScopes"
READ_SCOPE = Rights(frozenset({f"{_SCOPES}/read"}))

FACETS: FacetTable = {
    (Kind.BUCKET, EncryptedWith): FacetAdapter(
        _read_account, _write_account, stores.READ, stores.READ | stores.WRITE | disks.NEWEST
    ),
    (Kind.ENCRYPTION_SCOPE, EncryptedWith): FacetAdapter(
        _read_scope, _write_scope, READ_SCOPE, Rights(frozenset({f"{_SCOPES}/write"})) | disks.NEWEST
    ),
}

RELATIONS: RelationTable = {
    (Kind.BUCKET, Relation.KEYS): RelationAdapter(_keys, stores.READ | READ_SCOPE),
    (Kind.KEY, Relation.DEPENDANTS): RelationAdapter(_dependants, stores.READ | READ_SCOPE | disks.READ | activity.SUBSCRIPTIONS),
}
