"""The encryption scope that takes the place of another, or of an account's own key, in a case (Azure Storage management API).

Its name says of which case and of what it is, so that making it twice makes one; it is under the key that the other is under now.
A scope of that name under another key, or switched off, is somebody else's work: it is not taken.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from shared.adapters.azure import names, store_keys, stores
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import call, every, sent
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.domain.errors import Refused
from shared.domain.facet import EncryptedWith, Successor
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

DIGITS = 12
ENABLED = "Enabled"


def _read(clients: Clients, old: Ref) -> tuple[Successor, ...]:
    """One of each case, as far as it is under the same key and can be used."""
    key, ending = _key_of(clients, old), f"-{_mark(old)}"
    found = (each for each in _scopes(clients, old) if str(each.name).endswith(ending) and _fits(each, key))
    return tuple(Successor(case=str(each.name).removesuffix(ending), key=str(each.id).lower()) for each in found)


def _write(clients: Clients, old: Ref, wanted: Sequence[Successor]) -> Receipt:
    """Raises `Refused`: a scope of that name is another one, or the old one is under no key of a vault."""
    (successor,) = wanted
    there = [each for each in _read(clients, old) if each.case == successor.case]
    if any(successor.satisfied_by(each) for each in there):
        return Receipt(())
    name, key = f"{successor.case}-{_mark(old)}", _key_of(clients, old)
    if there or successor.key or any(str(each.name) == name for each in _scopes(clients, old)):
        raise Refused("a successor is created, never chosen, and a case has one for each scope")
    if not key.key:
        raise Refused("what is under no key of a vault has no successor under one")
    return _made(clients, old, name, key)


def _made(clients: Clients, old: Ref, name: str, key: EncryptedWith) -> Receipt:
    """Under the version by its id, which is taken at once; then, where the old one follows the newest, without."""
    place, ids = names.arm(old.id), list[str]()
    put = clients.storage(old.account).encryption_scopes.put
    for address in (key.key, key.key.rpartition("/")[0]) if key.follows else (key.key,):
        body: Any = {
            "properties": {**_double(clients, old), "source": store_keys.SCOPE_SOURCE, "keyVaultProperties": {"keyUri": address}}
        }
        ids.append(sent(put, place.group, place.name, name, body)[1])
    return Receipt(tuple(ids))


def _double(clients: Clients, old: Ref) -> dict[str, bool]:
    """Whether the service encrypts a second time, which is decided when a scope is made."""
    if old.kind is Kind.BUCKET:
        said = stores.account(clients, old).encryption
        return {"requireInfrastructureEncryption": True} if said and said.require_infrastructure_encryption else {}
    place = names.arm(old.id)
    found = call(clients.storage(old.account).encryption_scopes.get, place.group, place.name, place.below)
    properties = found.encryption_scope_properties
    return {"requireInfrastructureEncryption": True} if properties and properties.require_infrastructure_encryption else {}


def _key_of(clients: Clients, old: Ref) -> EncryptedWith:
    found: tuple[EncryptedWith, ...] = store_keys.FACETS[old.kind, EncryptedWith].read(clients, old)
    return found[0]


def _fits(scope: Any, key: EncryptedWith) -> bool:  # noqa: ANN401 - the SDK's model, whose parts may all be missing
    properties = scope.encryption_scope_properties
    said = properties.key_vault_properties if properties else None
    named = str(said.key_uri or "").rstrip("/") if said else ""
    on = str(getattr(properties.state, "value", properties.state)) == ENABLED if properties else False
    return on and bool(named and key.key) and store_keys.same(named, names.key(key.key))


def _mark(old: Ref) -> str:
    return hashlib.sha256(old.id.encode()).hexdigest()[:DIGITS]


def _scopes(clients: Clients, old: Ref) -> Iterator[Any]:
    place = names.arm(old.id)
    return every(lambda: clients.storage(old.account).encryption_scopes.list(place.group, place.name))


_SCOPES = "Microsoft.Storage/storageAccounts/encryptionScopes"
_READ = stores.READ | Rights(frozenset({f"{_SCOPES}/read"}))
_OF_SCOPE = Rights(frozenset({f"{_SCOPES}/read"}))
_MAKE = Rights(frozenset({f"{_SCOPES}/write"}))

FACETS: FacetTable = {
    (Kind.BUCKET, Successor): FacetAdapter(_read, _write, _READ, _READ | _MAKE, one_way=True),
    (Kind.ENCRYPTION_SCOPE, Successor): FacetAdapter(_read, _write, _OF_SCOPE, _OF_SCOPE | _MAKE, one_way=True),
}
