"""Whether a fence stands against whoever administers the account too: told from the record, by what was sealed."""

from collections.abc import Iterable

from shared.domain.case import Case, LeftForPeople
from shared.domain.resource import Kind

SEAL = "seal-principal"
HOLDS = frozenset({"applied", "already"})

REMOVABLE = frozenset(
    {"deny-all", "fence-key", "fence-new-sessions", "fence-session", "fence-store", "restrict-key", "restrict-store"}
)
"""Fences that are a policy in the account, which its administrator edits."""

NOT_CONTAINED = "not contained against account admin"
WHY = "whoever administers the account can take the fence off, and nothing attached beforehand keeps it on"
NEXT = "attach the guardrails, then set `guardrails = true` in response.toml, [responder]"


def against(case: Case, changes: Iterable[tuple[str, str, str]]) -> str:
    """`NOT_CONTAINED` where a fence can be taken off by an administrator, else empty. `changes`: action, target, status."""
    made = {(action, target) for action, target, status in changes if status in HOLDS}
    if case.fenced_at is None or not any(action in REMOVABLE for action, _ in made):
        return ""
    principals = (standing.actor.principal for standing in case.scope.standings)
    fenced = {ref.id for ref in principals if ref and ref.kind in {Kind.USER, Kind.ROLE}}
    return "" if fenced and fenced <= {target for action, target in made if action == SEAL} else NOT_CONTAINED


def told(case: Case, changes: Iterable[tuple[str, str, str]]) -> tuple[LeftForPeople, ...]:
    """The same as a line for people, where there is something to say."""
    words = against(case, changes)
    return (LeftForPeople(target=case.signal.account, reason=f"{words}: {WHY}", next=NEXT, blocks=False),) if words else ()
