"""The key under which an account or an encryption scope is wrapped (Azure Storage management API).

Another key or version only re-wraps: no blob is written again. With an explicit version the service moves at once, without one
within a day; what is in use stands in `currentVersionedKeyIdentifier`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.adapters.azure import disks, names, stores
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import call, every, sent
from shared.adapters.azure.facets import FacetAdapter, FacetTable, RelationAdapter, RelationTable, Rights
from shared.domain.errors import Absent
from shared.domain.facet import EncryptedWith
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt, Relation

ACCOUNT_SOURCE, SCOPE_SOURCE = "Microsoft.Keyvault", "Microsoft.KeyVault"
"""The service writes the same word in two ways."""
OWN = "Microsoft.Storage"
NOT_YET = "the service does not show the new key as the one in use yet"


def _read_account(clients: Clients, store: Ref) -> tuple[EncryptedWith, ...]:
    return (EncryptedWith(key=_named(stores.account(clients, store))),)


def _named(account: Any) -> str:  # noqa: ANN401 - the SDK's model, whose parts may all be missing
    """The key as the account names it: with its version only where one is set."""
    said = account.encryption.key_vault_properties if account.encryption else None
    if said is None or not said.key_name:
        return ""
    return "/".join(filter(None, [f"{str(said.key_vault_uri).rstrip('/')}/keys/{said.key_name}", said.key_version]))


def _write_account(clients: Clients, store: Ref, wanted: Sequence[EncryptedWith]) -> Receipt:
    """The identity in whose name the account asks its vault stays what it is."""
    (wish,) = wanted
    now = stores.account(clients, store)
    said = now.encryption.encryption_identity if now.encryption else None
    identity = {"identity": {"userAssignedIdentity": said.encryption_user_assigned_identity}} if said else {}
    body = {"properties": {"encryption": {**_source(wish.key), **(identity if wish.key else {})}}}
    name = names.arm(store.id)
    updated, request_id = sent(clients.storage(store.account).storage_accounts.update, name.group, name.name, body)
    shown = updated.encryption.key_vault_properties if updated.encryption else None
    return _proved(wish, getattr(shown, "current_versioned_key_identifier", None), request_id)


def _source(key: str) -> Mapping[str, object]:
    if not key:
        return {"keySource": OWN}
    name = names.key(key)
    properties = {"keyname": name.name, "keyvaulturi": name.vault_url, "keyversion": name.version}
    return {"keySource": ACCOUNT_SOURCE, "keyvaultproperties": properties}


def _proved(wish: EncryptedWith, current: object, request_id: str) -> Receipt:
    """What was asked for by version must be in use; a floating one follows in its own time."""
    explicit = bool(wish.key) and bool(names.key(wish.key).version)
    return Receipt((request_id,), () if not explicit or str(current) == wish.key else (NOT_YET,))


def _read_scope(clients: Clients, scope: Ref) -> tuple[EncryptedWith, ...]:
    name = names.arm(scope.id)
    found = call(clients.storage(scope.account).encryption_scopes.get, name.group, name.name, name.below)
    return (EncryptedWith(key=_of_scope(found)),)


def _of_scope(scope: Any) -> str:  # noqa: ANN401 - the same
    properties = scope.encryption_scope_properties
    said = properties.key_vault_properties if properties else None
    return str(said.key_uri or "").rstrip("/") if said else ""


def _write_scope(clients: Clients, scope: Ref, wanted: Sequence[EncryptedWith]) -> Receipt:
    (wish,) = wanted
    name = names.arm(scope.id)
    keyed = {"source": SCOPE_SOURCE, "keyVaultProperties": {"keyUri": wish.key}}
    body = {"properties": keyed if wish.key else {"source": OWN}}
    patch = clients.storage(scope.account).encryption_scopes.patch
    updated, request_id = sent(patch, name.group, name.name, name.below, body)
    properties = updated.encryption_scope_properties
    said = properties.key_vault_properties if properties else None
    return _proved(wish, getattr(said, "current_versioned_key_identifier", None), request_id)


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
    """Accounts, encryption scopes and disk encryption sets of the key's subscription that name it, with a version or without."""
    wanted = names.key(key.id)
    found: list[Ref] = []
    accounts: Iterator[Any] = every(clients.storage(key.account).storage_accounts.list)
    for account in accounts:
        store = names.ref(Kind.BUCKET, str(account.id))
        if _same(_named(account), wanted):
            found.append(store)
        found += [names.ref(Kind.ENCRYPTION_SCOPE, str(each.id)) for each in _under(clients, store, wanted)]
    found += [held for held, named in disks.listed(clients, key.account) if _same(named, wanted)]
    return tuple(found)


def _under(clients: Clients, store: Ref, wanted: names.KeyName) -> list[Any]:
    try:
        return [scope for scope in _scopes(clients, store) if _same(_of_scope(scope), wanted)]
    except Absent:
        return []


def _same(named: str, wanted: names.KeyName) -> bool:
    """Whether this is the same key, whichever version: every version of a key is replaced together."""
    if not named:
        return False
    found = names.key(named)
    return (found.vault_url.lower(), found.name.lower()) == (wanted.vault_url.lower(), wanted.name.lower())


_SCOPES = "Microsoft.Storage/storageAccounts/encryptionScopes"
_READ_SCOPE = Rights(frozenset({f"{_SCOPES}/read"}))

FACETS: FacetTable = {
    (Kind.BUCKET, EncryptedWith): FacetAdapter(_read_account, _write_account, stores.READ, stores.READ | stores.WRITE),
    (Kind.ENCRYPTION_SCOPE, EncryptedWith): FacetAdapter(
        _read_scope, _write_scope, _READ_SCOPE, Rights(frozenset({f"{_SCOPES}/write"}))
    ),
}

RELATIONS: RelationTable = {
    (Kind.BUCKET, Relation.KEYS): RelationAdapter(_keys, stores.READ | _READ_SCOPE),
    (Kind.KEY, Relation.DEPENDANTS): RelationAdapter(_dependants, stores.READ | _READ_SCOPE | disks.READ),
}
