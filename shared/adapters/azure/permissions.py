"""Everything that the responder may do on Azure: what the adapters declare beside the code that calls it, and no more.

It is a role definition of our own, to be assigned at a subscription or a management group. None of its rights reads a blob, lists
an account's keys or opens anything with a key. What custody needs is a second role, assigned at custody's own places alone; what
writes blobs anew a third one, where the policy wants that.
"""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from shared.adapters.azure import (
    alarms,
    cases,
    directory,
    evidence,
    keyring,
    ledgers,
    objects,
    own_rights,
    signer,
    sources,
    store_traffic,
    traffic,
)
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.world import FACETS, RELATIONS

type Definition = dict[str, object]


def declared() -> Rights:
    """The rights for looking at and changing any resource, and for asking logs, the directory and the sources of alerts."""
    facets = (rights for adapter in FACETS.values() for rights in (adapter.reads, adapter.writes))
    asked = (
        evidence.RIGHTS,
        directory.RIGHTS,
        sources.RIGHTS,
        store_traffic.RIGHTS,
        traffic.RIGHTS,
        own_rights.RIGHTS,
        alarms.RIGHTS,
    )
    return reduce(or_, (*facets, *(relation.reads for relation in RELATIONS.values()), *asked))


def custody() -> Rights:
    """The rights at custody's own account and vault."""
    return own_rights.ASKING | Rights(
        ledgers.ACTIONS | cases.ACTIONS, ledgers.DATA_ACTIONS | cases.DATA_ACTIONS | signer.DATA_ACTIONS | keyring.KEY_ACTIONS
    )


def graph() -> tuple[str, ...]:
    """Application permissions of Microsoft Graph that an administrator has to consent to."""
    return tuple(sorted(declared().graph))


def responder_roles(scopes: Iterable[str]) -> tuple[Definition, ...]:
    """Both as role definitions (`Microsoft.Authorization/roleDefinitions`), assignable at these scopes."""
    where = list(scopes)
    return (_definition("codeblue-respond", declared(), where), _definition("codeblue-custody", custody(), where))


def rewriter_role(scopes: Iterable[str]) -> Definition:
    """What it takes to have blobs written anew, besides: whoever may have them copied may read them.

    It is for responders whose policy says so (`[migration] data_keys = "new"`), and for no other.
    """
    return _definition("codeblue-rewrite", objects.RIGHTS, list(scopes))


def _definition(name: str, rights: Rights, scopes: list[str]) -> Definition:
    granted = {"actions": sorted(rights.actions), "notActions": [], "dataActions": sorted(rights.data), "notDataActions": []}
    description = "What Codeblue's adapters declare, and no more."
    return {
        "roleName": name,
        "type": "CustomRole",
        "description": description,
        "assignableScopes": scopes,
        "permissions": [granted],
    }
