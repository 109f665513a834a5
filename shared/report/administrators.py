"""Whether a fence stands against whoever administers the account too: told from the record, by what was sealed."""

from collections.abc import Iterable

from shared.domain.case import Case, LeftForPeople
from shared.domain.resource import Cloud, Kind

SEAL = "seal-principal"
HOLDS = frozenset({"applied", "already"})

NOT_CONTAINED = "not contained against account admin"
WHY = "whoever administers the account can take the fence off, and nothing attached beforehand keeps it on"
NEXT = "attach the guardrails, then set `guardrails = true` in response.toml, [responder]"


def against(case: Case, changes: Iterable[tuple[str, str, str]]) -> str:
    """`NOT_CONTAINED` where a fence of AWS can be taken off by an administrator, else empty. `changes`: action, target, status."""
    if case.signal.cloud is not Cloud.AWS or case.fenced_at is None:
        return ""
    sealed = {target for action, target, status in changes if action == SEAL and status in HOLDS}
    principals = (standing.actor.principal for standing in case.scope.standings)
    fenced = {ref.id for ref in principals if ref and ref.kind in {Kind.USER, Kind.ROLE}}
    return "" if fenced and fenced <= sealed else NOT_CONTAINED


def told(case: Case, changes: Iterable[tuple[str, str, str]]) -> tuple[LeftForPeople, ...]:
    """The same as a line for people, where there is something to say."""
    words = against(case, changes)
    return (LeftForPeople(target=case.signal.account, reason=f"{words}: {WHY}", next=NEXT, blocks=False),) if words else ()
