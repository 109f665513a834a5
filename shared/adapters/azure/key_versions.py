"""The version that takes another's place in a case: made with tags that say so, and known by them (Key Vault data plane API).

A version of the same key has the same permissions, and its dependants' identities may use it already. All versions of a key that
a case finds in use have one successor: what follows the newest version could be under no other. Creating one is not idempotent: of
several that workers made for one case, or that the service rotated to and gave the same tags, the newest counts.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from shared.adapters.azure import disks, names
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import call, every, sent
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.domain.errors import Refused
from shared.domain.facet import Successor
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

CASE, OF = "codeblue-case", "codeblue-successor-of"


def _read(clients: Clients, old: Ref) -> tuple[Successor, ...]:
    """One of each case, the newest. A key without a version stands for all of its own."""
    name = names.key(old.id)
    listed: Iterator[Any] = every(lambda: clients.keys(name.vault_url).list_properties_of_key_versions(name.name))
    ours = [each for each in listed if (each.tags or {}).get(CASE) and str(each.id) != old.id]
    newest = disks.newest(clients, name) if len(ours) > 1 else ""  # times are whole seconds
    ordered = sorted(ours, key=lambda one: (str(one.id) == newest, one.created_on))
    found = {str(each.tags[CASE]): str(each.id) for each in ordered}
    return tuple(Successor(case=case, key=key) for case, key in found.items())


def _write(clients: Clients, old: Ref, wanted: Sequence[Successor]) -> Receipt:
    """Raises `Refused`: the successor is another one, or the key is of a kind that only people can replace."""
    (successor,) = wanted
    name = names.key(old.id)
    if not name.version:
        raise Refused("a version is replaced, and this names none")
    with MAKING:
        return _made(clients, old, name, successor)


MAKING = Lock()
"""Versions of one key are replaced side by side, by one worker."""


def _made(clients: Clients, old: Ref, name: names.KeyName, successor: Successor) -> Receipt:
    there = [each for each in _read(clients, old) if each.case == successor.case]
    if any(successor.satisfied_by(each) for each in there):
        return Receipt(())
    if there or successor.key:
        raise Refused("a successor is created, never chosen, and a case has one for each key")
    client = clients.keys(name.vault_url)
    before = call(client.get_key, name.name, name.version)
    return Receipt((sent(client.create_key, name.name, **alike(before), tags={CASE: successor.case, OF: name.version})[1],))


def alike(before: Any) -> dict[str, Any]:  # noqa: ANN401 - the SDK's model, whose parts may all be missing
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
