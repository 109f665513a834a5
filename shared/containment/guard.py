"""What no change may touch: the responder itself, custody, break-glass identities, and what the policy protects.

Principals are known by unique id: a role re-created under the responder's name is not the responder, and is not spared. Only
whom the policy names and whose account gives no answer is known by name.
"""

import logging

import msgspec

from shared.domain.case import Scope
from shared.domain.errors import OutOfReach
from shared.domain.facet import RoleByGroup
from shared.domain.plan import Change
from shared.domain.resource import PRINCIPALS

LOG = logging.getLogger("codeblue")

KEPT_OFF = "the guard refused a change"
"""Begins the log's line about it; the deployment has an alarm on these words."""


class Protected(msgspec.Struct, frozen=True):
    """`ids`: unique ids of principals, and ARNs of those whose unique id nobody could say; `resources`: identifiers of all else."""

    ids: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()


def check(change: Change, scope: Scope, protected: Protected) -> None:
    """Raises `OutOfReach` where the change must not be made, with the reason in words."""
    target, after = change.target, change.after
    if isinstance(after, RoleByGroup) and after.group in protected.ids | protected.resources:
        raise OutOfReach(f"the group {after.group} is protected by the policy; it is never changed")
    if target.kind not in PRINCIPALS:
        if target.id in protected.resources:
            raise OutOfReach(f"{target} belongs to the responder or is protected by the policy; it is never changed")
        return
    # the responder works with the stores too, so it can be one of their rightful users
    actors = (*(s.actor for s in scope.standing(target)), *(r.actor for r in scope.rightful if r.actor.principal == target))
    ids = {a.unique_id for a in actors} - {""}
    if {*ids, target.id} & protected.ids:
        raise OutOfReach(f"{target} is a responder, break-glass or protected identity; it is never changed")
    if not ids and target.id in protected.resources:
        raise OutOfReach(f"{target} is protected by the policy, and its unique id is not known; it is never changed")


def sorted_out(changes: tuple[Change, ...], scope: Scope, protected: Protected) -> tuple[tuple[Change, ...], dict[Change, str]]:
    """The changes that may be made, and the others with the reason."""
    allowed, refused = [], {}
    for change in changes:
        try:
            check(change, scope, protected)
            allowed.append(change)
        except OutOfReach as error:
            refused[change] = str(error)
            LOG.warning("%s: %s of a %s", KEPT_OFF, change.action, change.target.kind)
    return tuple(allowed), refused
