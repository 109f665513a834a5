"""Questions to people: whom one may be answered by, how long it stays open, and what is done until it is answered.

A thief does not wait for an approval: while one is waited for the fence is swept on, under the approval that it has.
"""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from shared.containment.actions import ACTIONS
from shared.domain.case import Case, Mode, Stage, Verdict
from shared.domain.person import UNVOUCHED, Vouched
from shared.domain.plan import Change

from .deps import Deps
from .step import Next

NEXT_LOOK = 15
"""Seconds to the first sweep beside a question."""


SESSION = re.compile(r"arn:aws[a-z-]*:sts::(\d{12}):assumed-role/([^/]+)/([^/]+)")
"""Account, role and name of a session: the name is a person's where Identity Center gives it or a trust policy asks for it."""

OF_PEOPLE = "AWSReservedSSO_"
"""So begin the roles of IAM Identity Center, whose sessions bear the user's name and no other (its user guide, "Session name")."""


def takes_another(deps: Deps, changes: Iterable[Change]) -> bool:
    """Whether whoever asks about these changes may not approve them, by the policy."""
    rule = deps.policy.one_way
    return any(rule.takes_two(reversible=c.reversible, grave=ACTIONS[c.action].grave) for c in changes)


def asks_beforehand(deps: Deps, change: Change) -> bool:
    """Whether a person decides about this change because it can not be undone. What only the actor loses takes nobody's word."""
    rule = deps.policy.one_way
    return rule.mode is not Mode.AUTO and not (ACTIONS[change.action].burnt and rule.second_person != "always")


def barred(case: Case, deps: Deps, who: str, vouched: Vouched = UNVOUCHED) -> str:
    """Why this person may not approve what the case asks, for they asked for it, or may have; empty where they may.

    Nobody is barred who said beforehand that they answer for it. Who had the case opened asked for it as well, whoever's hands it
    is in.
    """
    asked = case.awaiting
    if asked is None or not asked.another or deps.beforehand:
        return ""
    mine = {who.lower(), *vouched.names}
    askers = [asker for asker in (asked.by, case.asked_by) if asker]
    what = f"the {asked.wave} of case {case.id}"
    if any(_same(mine, asker, deps.estate.identities) for asker in askers):
        return (
            f"{who} asked for {what}, and not all of it can be undone for everybody: any other "
            "identity that may write to custody approves it, with the same digest; this one may refuse it, or wait"
        )
    alike = next((asker for asker in askers if _alike(who, asker, deps.policy.one_way.named_sessions)), "")
    return alike and (
        f"{alike} asked for {what}, and {who} is a session of the same role: whoever opens one gives it its name, so nobody "
        "can say that these are two people, and not all of it can be undone for everybody. Nothing was decided. Approve it on "
        "the decision page, through IAM Identity Center, or under another role; where the role's trust policy gives sessions "
        "their names, say so in response.toml: [one_way] named_sessions. Anybody may refuse it"
    )


def _alike(who: str, asker: str, named: Iterable[str]) -> bool:
    """Whether both are sessions of one role, which are told apart by nothing but names of their own choosing."""
    one, other = SESSION.fullmatch(who), SESSION.fullmatch(asker)
    if not one or not other or one[2].startswith(OF_PEOPLE):
        return False
    known = {(arn.split(":")[4], arn.rpartition("/")[2]) for arn in named}
    return one.groups()[:2] == other.groups()[:2] and one.groups()[:2] not in known


def _same(mine: AbstractSet[str], asker: str, identities: Iterable[AbstractSet[str]]) -> bool:
    """Whether one of these names is the asker's: their own, their session's, or one that the policy gives to the same person."""
    session = SESSION.fullmatch(asker)
    theirs = {asker.lower(), *([session[3].lower()] if session else [])}
    known = [names for names in identities if not names.isdisjoint(mine)]
    return any(not theirs.isdisjoint(names) for names in (mine, *known))


def asks_exactly(case: Case) -> bool:
    """Whether it asks about a later wave, by the exact digest of its plan, and not about its fence."""
    return case.awaiting is not None and case.awaiting.envelope is None


def displaced(case: Case) -> Case:
    """The case whose fence has to be asked about first: what it asked about a later wave is planned and asked anew afterwards."""
    later = case.awaiting.wave if case.awaiting and asks_exactly(case) else None
    return case.but(plans=tuple(p for p in case.plans if p.wave is not later))


def put(case: Case, deps: Deps) -> Next:
    """The question is put, and the sweeps go on; the decision leads back to the stage that asks (`decide`)."""
    waiting = case.but(verdict=Verdict.AWAITING_APPROVAL)
    return Next(waiting, Stage.SWEEP, ask_seconds=remaining(case, deps), again_seconds=NEXT_LOOK)


def remaining(case: Case, deps: Deps) -> int:
    """Seconds until the question that the case asks expires; at least one."""
    return max(1, int((case.awaiting.expires - deps.clock.now()).total_seconds())) if case.awaiting else 1
