"""The version that takes another's place in a case: made with tags that say so, and known by them (Key Vault data plane API).

A version of the same key has the same permissions, and its dependants' identities may use it already. Creating one is not
idempotent: of several that two workers made for one case the oldest counts, and the others stay, in nobody's use.
A service that rotates copies the tags of the version before: those are younger.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.adapters.azure import names
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import call, every, sent
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.domain.errors import Refused
from shared.domain.facet import Successor
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

CASE, OF = "codeblue-case", "codeblue-successor-of"


def _read(clients: Clients, old: Ref) -> tuple[Successor, ...]:
    """One of each case, the oldest. A key without a version stands for all of its own."""
    name = names.key(old.id)
    listed: Iterator[Any] = every(lambda: clients.keys(name.vault_url).list_properties_of_key_versions(name.name))
    ours = [each for each in listed if (each.tags or {}).get(OF) == name.version and (each.tags or {}).get(CASE)]
    found: dict[str, Successor] = {}
    for each in sorted(ours, key=lambda one: (one.created_on, one.id)):
        case = str(each.tags[CASE])
        found.setdefault(case, Successor(case=case, key=str(each.id)))
    return tuple(found.values())


def _write(clients: Clients, old: Ref, wanted: Sequence[Successor]) -> Receipt:
    """Raises `Refused`: the successor is another one, or the key is of a kind that only people can replace."""
    (successor,) = wanted
    name = names.key(old.id)
    if not name.version:
        raise Refused("a version is replaced, and this names none")
    there = [each for each in _read(clients, old) if each.case == successor.case]
    if any(successor.satisfied_by(each) for each in there):
        return Receipt(())
    if there or successor.key:
        raise Refused("a successor is created, never chosen, and a case has one for each key")
    client = clients.keys(name.vault_url)
    before = call(client.get_key, name.name, name.version)
    return Receipt((sent(client.create_key, name.name, **_alike(before), tags={CASE: successor.case, OF: name.version})[1],))


def _alike(before: Any) -> dict[str, Any]:  # noqa: ANN401 - the SDK's model, whose parts may all be missing
    """How a version like this one is asked for."""
    properties, material = before.properties, before.key
    if properties.exportable or properties.release_policy:
        raise Refused("a key that can leave its vault is replaced by people")
    asked: dict[str, Any] = {"key_type": before.key_type, "key_operations": before.key_operations}
    if material.n:
        asked["size"] = len(material.n) * 8
    if material.crv:
        asked["curve"] = material.crv
    if properties.expires_on and properties.created_on:
        asked["expires_on"] = datetime.now(UTC) + (properties.expires_on - properties.created_on)
    return asked


_KEYS = "Microsoft.KeyVault/vaults/keys"
_READ = Rights(data=frozenset({f"{_KEYS}/read"}))
_MAKE = Rights(data=frozenset({f"{_KEYS}/create/action"}))

FACETS: FacetTable = {(Kind.KEY, Successor): FacetAdapter(_read, _write, _READ, _READ | _MAKE, one_way=True, rewraps=True)}
