"""Which keys lie in a vault that the actors could administer, by what they hold, and by what the fence took from them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from shared.containment.answers import ask
from shared.domain.case import Case, LeftForPeople
from shared.domain.errors import CloudError
from shared.domain.facet import Facet, RoleAssigned, RoleByGroup, RoleEligible, SuccessorApart, VaultAccess
from shared.domain.resource import Ref
from shared.ports import Relation

from . import history
from .deps import Deps

HELD: tuple[type[Facet], ...] = (RoleAssigned, RoleByGroup, RoleEligible, VaultAccess)

ROLES = frozenset(
    {
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",  # Owner
        "b24988ac-6180-42a0-ab88-20f7382dd24c",  # Contributor
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",  # User Access Administrator
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",  # Role Based Access Control Administrator
        "00482a5a-887f-4fb3-b363-3b7fe8e74483",  # Key Vault Administrator
        "f25e0fa2-a7c8-4377-a976-54943a77a395",  # Key Vault Contributor
        "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",  # Key Vault Crypto Officer
        "8b54135c-b56d-4d72-a534-26097cfdc8d8",  # Key Vault Data Access Administrator
    }
)
"""Ids of built-in roles that change a vault, its keys, or who has rights on them (Azure built-in roles, the same everywhere)."""

PERMISSIONS = frozenset(
    {
        *("all", "backup", "create", "delete", "import", "purge", "recover", "release", "restore"),
        *("rotate", "setrotationpolicy", "update"),
    }
)
"""Permissions on keys in an access policy by which they are changed or taken along (Key Vault management API, Permissions)."""

ABOVE_ALL = "/providers/microsoft.management/managementgroups/"


def apart(case: Case, deps: Deps, keys: Iterable[Ref]) -> tuple[tuple[Ref, ...], tuple[LeftForPeople, ...]]:
    """Those of the keys, and what could not be looked at."""
    none, left = tuple[Ref, ...](), list[LeftForPeople]()
    vaults: dict[Ref, Sequence[Ref]] = {}
    for key in keys:
        if deps.world.traits(key, SuccessorApart):
            asked = ask(partial(deps.world.related, key, Relation.VAULTS), none, f"the vault of {key}")
            left += asked.left
            vaults[key] = asked.value
    held = tuple(_held(case, deps)) if any(vaults.values()) else ()
    return tuple(key for key, those in vaults.items() if any(rules(each, key, v) for v in those for each in held)), tuple(left)


def _held(case: Case, deps: Deps) -> Iterator[Facet]:
    """What the actors had when they were fenced, and what is theirs still."""
    actors = case.scope.principals
    for change in history.made(deps.journal(case.id)):
        if change.target in actors and isinstance(change.before, HELD):
            yield change.before
    for actor in actors:
        for facet in HELD:
            if deps.world.traits(actor, facet):
                yield from _look(actor, facet, deps)


def _look(actor: Ref, facet: type[Facet], deps: Deps) -> Iterable[Facet]:
    try:
        return deps.world.look(actor, facet)
    except CloudError:
        return ()  # the fence has looked too, and has said so


def rules(held: Facet, key: Ref, vault: Ref) -> bool:
    """Whether this lets somebody administer the vault or this key of it."""
    if isinstance(held, VaultAccess):
        given = json.loads(held.spec).get("permissions", {}).get("keys") or ()
        return held.present and held.vault.lower() == vault.id and not PERMISSIONS.isdisjoint(each.lower() for each in given)
    if not isinstance(held, RoleAssigned | RoleByGroup | RoleEligible) or not held.present:
        return False
    return held.role.rpartition("/")[2].lower() in ROLES and _covers(held.scope.lower().rstrip("/"), key, vault)


def _covers(scope: str, key: Ref, vault: Ref) -> bool:
    """A role counts at its scope and below; those of management groups are listed where the group is above what we see."""
    name = key.id.partition("/keys/")[2].partition("/")[0].lower()
    over = not scope or scope.startswith(ABOVE_ALL) or f"{vault.id}/".startswith(f"{scope}/")
    return over or scope == f"{vault.id}/keys/{name}"
