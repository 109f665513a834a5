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


SESSION_NAME = re.compile(r"arn:aws[a-z-]*:sts::\d{12}:assumed-role/[^/]+/([^/]+)")
"""The name of a session in its ARN: the person's, where IAM Identity Center gives it or a trust policy asks for it."""


def takes_another(deps: Deps, changes: Iterable[Change]) -> bool:
    """Whether whoever asks about these changes may not approve them, by the policy."""
    rule = deps.policy.one_way
    return any(rule.takes_two(reversible=c.reversible, grave=ACTIONS[c.action].grave) for c in changes)


def asks_beforehand(deps: Deps, change: Change) -> bool:
    """Whether a person decides about this change because it can not be undone. What only the actor loses takes nobody's word."""
    rule = deps.policy.one_way
    return rule.mode is not Mode.AUTO and not (ACTIONS[change.action].burnt and rule.second_person != "always")


def barred(case: Case, deps: Deps, who: str, vouched: Vouched = UNVOUCHED) -> bool:
    """Whether this person asked for what the case asks, and may not approve it: nothing was said beforehand.

    Who had the case opened asked for it as well, whoever's hands it is in.
    """
    asked = case.awaiting
    if asked is None or not asked.another or deps.beforehand:
        return False
    mine = {who.lower(), *vouched.names}
    return any(_same(mine, asker, deps.estate.identities) for asker in (asked.by, case.asked_by) if asker)


def _same(mine: AbstractSet[str], asker: str, identities: Iterable[AbstractSet[str]]) -> bool:
    """Whether one of these names is the asker's: their own, their session's, or one that the policy gives to the same person."""
    session = SESSION_NAME.fullmatch(asker)
    theirs = {asker.lower(), *([session[1].lower()] if session else [])}
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
