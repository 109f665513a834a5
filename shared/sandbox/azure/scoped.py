"""What a listing of rights at a scope shows: `$filter` of assignments, schedules and instances of schedules."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from shared.sandbox.azure.arm_call import ArmCall

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_WHO = re.compile(r"(principalId eq|assignedTo\()\s*'([^']+)'")


class Right(Protocol):
    """Somebody's role at a scope."""

    @property
    def scope(self) -> str: ...

    @property
    def principal_id(self) -> str: ...


def asked_for[R: Right](cloud: "Cloud", call: ArmCall, rights: Iterable[R]) -> Iterator[R]:
    """At, above and below the scope; `atScope()` leaves out what is below, `assignedTo` counts groups, `asTarget()` means me."""
    asked = call.request.query.get("$filter", "")
    chain = cloud.rbac.above(call.scope)
    meant = _meant(cloud, call, asked)
    for right in rights:
        scope = right.scope.lower().rstrip("/") or "/"
        below = chain[0] in cloud.rbac.above(scope)
        if (scope in chain or (below and "atScope()" not in asked)) and (meant is None or right.principal_id in meant):
            yield right


def _meant(cloud: "Cloud", call: ArmCall, asked: str) -> frozenset[str] | None:
    """The object ids asked for; None for everybody."""
    members = cloud.entra.directory.memberships
    if "asTarget()" in asked:
        return members(call.caller.object_id)
    who = _WHO.search(asked)
    if who is None:
        return None
    return frozenset({who[2]}) if who[1].startswith("principalId") else members(who[2])
