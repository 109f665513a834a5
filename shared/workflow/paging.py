"""Paging that gets an answer: what needs a person is told level by level until somebody acknowledges it.

Rules
1. A case needs a person while it asks something, while its fence is held, and while something that blocks is left for people.
   Then a page of it is open. A decision, the end of the need, and the end of the case close it.
2. An open page is told to the next step of the call list when that is due, under the case's lease, so once. The stage that a
   worker runs looks, and so does a clock where no stage runs (`acknowledging.look`).
3. Another question before anybody answered the first is the same page, and its clock goes on. After an acknowledgement it is
   a new one.
4. Paging stops nothing: a record that can not be written lets nobody sleep on.
"""

from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from shared.domain.case import Case, Verdict
from shared.domain.errors import NotDurable
from shared.domain.page import OpenPage

from .deps import Deps
from .step import over


class Need(NamedTuple):
    """Why a case needs a person: what tells it from the next need, and the subject of its page."""

    about: str
    subject: str


def need(case: Case) -> Need | None:
    """What the case needs a person for now; None where nothing."""
    if over(case):
        return None
    if case.awaiting:
        return Need(f"{case.awaiting.wave.value} until {case.awaiting.expires.isoformat()}", "A decision is needed")
    if case.verdict is Verdict.HELD:
        return Need("held", "A fence is incomplete")
    if case.verdict is Verdict.PARTIAL and any(left.blocks for left in case.people):
        return Need("gaps", "A fence has gaps")
    return None


def opened(before: Case, after: Case, now: datetime) -> OpenPage | None:
    """The page that is open after what was done: the one before, where it is the same need or nobody has answered it yet."""
    needed = need(after)
    if needed is None:
        return None
    page = after.page if need(before) else None
    if page is None or (page.by and page.about != needed.about):
        return OpenPage(about=needed.about, subject=needed.subject, since=now)
    return page.but(about=needed.about, subject=needed.subject)


def followed(before: Case, after: Case, deps: Deps) -> Case:
    """The case with its page; the incident tools are told where it needs nobody any more."""
    page = opened(before, after, deps.clock.now())
    if page is None and after.page is not None:
        deps.notifier.settle(after.id, "resolved", "Nothing of this case waits for a person any more.")
    return after if page == after.page else after.but(page=page)


def due(case: Case, deps: Deps) -> bool:
    """Whether a step of the call list should have been told by now, and nobody has acknowledged the page."""
    page = case.page
    return page is not None and not page.by and deps.policy.paging.due(deps.clock.now() - page.since) > page.told


def escalated(case: Case, deps: Deps) -> Case:
    """Every step that is due told, in its order, and on record. Nothing is done where none is."""
    page = case.page
    if page is None or not due(case, deps):
        return case
    waited = deps.clock.now() - page.since
    told = deps.policy.paging.due(waited)
    for step in range(page.told, told):
        level = deps.policy.paging.steps[step].level
        with suppress(NotDurable):
            deps.journal(case.id).append("escalated", {"level": level + 1, "step": step + 1, "about": page.subject}, need=1)
        minutes = int(waited.total_seconds() // 60)
        body = f"Nobody has acknowledged it for {minutes} min: level {level + 1} of the call list is told now."
        deps.notifier.page(case.id, page.subject, body, level)
    return case.but(page=page.but(told=told))
