"""The successor of a key in a vault of its own (Key Vault management and data plane APIs, role assignments of ARM).

For cases in which the actors could administer the old vault: what they left there, or come back by, opens nothing here. The vault
lies beside the old one, under roles alone, and can not be purged; the identities of the key's dependants get a role at that key and
nowhere else. A key bears its marks last of all, and counts from then on, so that whoever goes on after a crash makes the rest.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from threading import Lock
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.adapters.azure import activity, key_holders, key_versions, names, network_rules, principals, vault_entries, vaults
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import call, sent
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.adapters.azure.key_versions import CASE, OF
from shared.domain.errors import Absent, NameTaken, Refused
from shared.domain.facet import RotationPolicy, SuccessorApart
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

DAYS = 90
"""for which what is deleted is kept"""
LONGEST, DIGITS = 15, 8
"""characters of a vault's name, 24 at most, that are the case's and a digest's"""
WRAPPER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
"""the built-in role Key Vault Crypto Service Encryption User"""
TAKEN = frozenset({"VaultAlreadyExists", "ConflictError"})
OTHERS = "is taken, perhaps by a deleted vault: purge that or have it renamed, or keep the successor in the old vault"
MAKING = Lock()
"""One worker makes one vault and key at a time; workers beside it find what is there by its name."""


def called(case: str, vault_url: str) -> str:
    """The vault's name: one for a case and an old vault."""
    told = hashlib.sha256(f"{case} {vault_url.lower()}".encode()).hexdigest()[:DIGITS]
    return f"{case[:LONGEST].rstrip('-')}-{told}"


def _read(clients: Clients, old: Ref) -> tuple[SuccessorApart, ...]:
    """One of each case, as far as it is finished."""
    return _among(_listed(clients, old), clients, old)


def _among(vaults: Iterable[Any], clients: Clients, old: Ref) -> tuple[SuccessorApart, ...]:
    name, found = names.key(old.id), list[SuccessorApart]()
    for vault in vaults:
        tags = vault.tags or {}
        made = _key(clients, vault, name.name) if tags.get(OF) == name.vault_url.lower() and CASE in tags else None
        if made is not None and (made.properties.tags or {}).get(CASE) == tags[CASE]:
            found.append(SuccessorApart(case=str(tags[CASE]), key=str(made.id)))
    return tuple(found)


def _listed(clients: Clients, old: Ref) -> Iterator[Any]:
    for subscription in dict.fromkeys((old.account, *activity.subscriptions(clients))):
        yield from vault_entries.listed(clients, subscription)


def _key(clients: Clients, vault: Any, name: str) -> Any:  # noqa: ANN401 - the SDK's models, whose parts may all be missing
    try:
        return call(clients.keys(_url(vault)).get_key, name)
    except Absent:
        return None


def _url(vault: Any) -> str:  # noqa: ANN401 - the same
    return str(vault.properties.vault_uri or "").rstrip("/").lower()


def _write(clients: Clients, old: Ref, wanted: Sequence[SuccessorApart]) -> Receipt:
    """Raises `NameTaken`, and `Refused` for a key or vault of a kind that only people can replace."""
    (successor,) = wanted
    if not names.key(old.id).version:
        raise Refused("a version is replaced, and this names none")
    with MAKING:
        known = tuple(_listed(clients, old))
        there = [each for each in _among(known, clients, old) if each.case == successor.case]
        if any(successor.satisfied_by(each) for each in there):
            return Receipt(())
        if there or successor.key:
            raise Refused("a successor is created, never chosen, and a case has one for each key")
        return _made(clients, old, successor.case, known)


def _made(clients: Clients, old: Ref, case: str, known: Sequence[Any]) -> Receipt:
    name = names.key(old.id)
    before = call(clients.keys(name.vault_url).get_key, name.name, name.version)
    asked, ids = key_versions.alike(before), list[str]()
    vault = _vault(clients, known, old, case, ids)
    client = clients.keys(_url(vault))
    key = _key(clients, vault, name.name)
    if key is None:
        key, request_id = sent(client.create_key, name.name, **asked)
        ids.append(request_id)
    new = old.but(id=str(key.id))
    for policy in vaults.FACETS[Kind.KEY, RotationPolicy].read(clients, old):
        ids += vaults.FACETS[Kind.KEY, RotationPolicy].write(clients, new, [policy]).request_ids
    ids += _let_in(clients, old, f"{vault.id}/keys/{name.name}")
    marks = {CASE: case, OF: name.version}
    ids.append(sent(client.update_key_properties, name.name, names.key(new.id).version, tags=marks)[1])
    return Receipt(tuple(ids))


def _vault(clients: Clients, known: Sequence[Any], old: Ref, case: str, ids: list[str]) -> Any:  # noqa: ANN401 - the SDK's model
    """The case's vault for what lay in the old one, made beside that where it is not there. `known`: the vaults that we see."""
    url = names.key(old.id).vault_url.lower()
    ours = next((each for each in known if (each.tags or {}).get(OF) == url and (each.tags or {}).get(CASE) == case), None)
    beside = next((each for each in known if _url(each) == url), None)
    if ours is not None or beside is None:
        if ours is None:
            raise Refused("the old key's vault is not one that we see")
        return ours
    place, name = names.arm(str(beside.id)), called(case, url)
    if any(str(each.name).lower() == name for each in known):
        raise NameTaken(f"the name {name} {OTHERS}")
    create = clients.vaults(place.subscription).vaults.begin_create_or_update
    try:
        poller, request_id = sent(create, place.group, name, _asked(beside, {CASE: case, OF: url}))
        ids.append(request_id)
        return call(poller.result)
    except Refused as refused:
        if refused.code not in TAKEN:
            raise
        raise NameTaken(f"the name {name} {OTHERS}", refused.code, refused.request_id) from None


def _asked(beside: Any, tags: dict[str, str]) -> Any:  # noqa: ANN401 - the SDK's models
    """A vault like that one, as far as doors go, and with services let in as trusted ones."""
    properties = beside.properties
    rules = network_rules.facet(properties.network_acls, properties.public_network_access)
    if rules.endpoints_only:
        raise Refused("the old vault is reached by private endpoints alone, and people make those")
    sku = properties.sku.name
    said = {
        "tenantId": properties.tenant_id,
        "sku": {"family": "A", "name": str(getattr(sku, "value", sku))},
        "accessPolicies": [],
        "enableRbacAuthorization": True,
        "enableSoftDelete": True,
        "softDeleteRetentionInDays": DAYS,
        "enablePurgeProtection": True,
        **network_rules.document(rules.but(services=True)),
    }
    return {"location": beside.location, "tags": tags, "properties": said}


def _let_in(clients: Clients, old: Ref, scope: str) -> Iterator[str]:
    """Whoever asks for the old key in a dependant's name may wrap with the new one, and with nothing else of the vault."""
    role = f"/subscriptions/{names.arm(scope.rpartition('/keys/')[0]).subscription}/providers/{_ROLES}/{WRAPPER}"
    for who in sorted(key_holders.holders(clients, old)):
        assignment = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid5(NAMESPACE_URL, f'{scope} {who}'.lower())}"
        yield principals.assign(clients, names.ref(Kind.SERVICE_PRINCIPAL, who, old.account), assignment, role)


_ROLES = "Microsoft.Authorization/roleDefinitions"
_KEYS = "Microsoft.KeyVault/vaults/keys"
_POLICIES = "Microsoft.KeyVault/vaults/keyrotationpolicies"
_READ = vault_entries.LISTING | Rights(data=frozenset({f"{_KEYS}/read"}))
_MAKE = Rights(
    frozenset({"Microsoft.KeyVault/vaults/write", "Microsoft.Authorization/roleAssignments/write"}),
    frozenset({f"{_KEYS}/create/action", f"{_KEYS}/update/action", f"{_POLICIES}/read", f"{_POLICIES}/write"}),
)

FACETS: FacetTable = {
    (Kind.KEY, SuccessorApart): FacetAdapter(_read, _write, _READ, _READ | _MAKE | key_holders.RIGHTS, one_way=True, rewraps=True),
}
