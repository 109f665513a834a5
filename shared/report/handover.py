"""A shift's hand-over: everything that the next person on call has to know, as one JSON object and for one screen.

Read from cases and their records alone. Of closed cases only those are told that somebody or something worked on since.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from shared.containment.actions import ACTIONS
from shared.domain.call_list import Paging
from shared.domain.case import Case
from shared.domain.plan import Status
from shared.ports import Cases, Journal
from shared.workflow import history
from shared.workflow.collateral import hurtful
from shared.workflow.paging import opened
from shared.workflow.step import over

from .lines import of_case
from .timeline import timeline

MOST = 12
"""Lines of one kind about one case; one more says how many there are besides, and what lists them."""

type Line = dict[str, object]


def handover(cases: Cases, journal: Callable[[str], Journal], paging: Paging, since: datetime, now: datetime) -> dict[str, object]:
    """`{at, since, paused, open, pages, waiting, fences, done, call_list}`, each list in the order of its case, newest first.

    Raises `CloudError`, `CustodyError`.
    """
    every = cases.all()
    current = [case for case in every if not over(case)]
    told = [case for case in every if not over(case) or _touched(case) >= since]
    return {
        "at": now.isoformat(timespec="seconds"),
        "since": since.isoformat(timespec="seconds"),
        "paused": cases.paused(),
        "open": [dict(of_case(case)) for case in current],
        "pages": [line for case in current for line in _page(case, paging, now)],
        "waiting": [line for case in current for line in _waiting(case)],
        "fences": [line for case in told for line in _fences(case, journal(case.id))],
        "done": [line for case in told for line in _done(case, journal(case.id), since)],
        "call_list": _calls(paging),
    }


def _touched(case: Case) -> datetime:
    """When something of it was last changed or decided."""
    return max([case.opened, *(wave.at for wave in case.waves), *(approval.at for approval in case.approvals)])


def _page(case: Case, paging: Paging, now: datetime) -> Iterator[Line]:
    """The page that is open, who has it, and when the next level is told."""
    page = opened(case, case, now)
    if page is None:
        return
    told = min(page.told, len(paging.steps))
    following = paging.steps[told : told + 1] if not page.by else ()
    yield {
        "case": case.id,
        "subject": page.subject,
        "since": page.since.isoformat(timespec="seconds"),
        "told": page.told,
        "acknowledged_by": page.by,
        "next_level": following[0].level + 1 if following else None,
        "next_at": (page.since + following[0].after).isoformat(timespec="seconds") if following else None,
        "next": f"codeblue status {case.id}" if page.by else f"codeblue acknowledge {case.id}",
    }


def _waiting(case: Case) -> Iterator[Line]:
    """What waits for whom, and until when: the question, then what is left for people."""
    if asked := case.awaiting:
        yield {
            "case": case.id,
            "what": asked.why,
            "whom": f"somebody other than {case.asked_by or asked.by}" if asked.another else "whoever may approve",
            "until": asked.expires.isoformat(timespec="seconds"),
            "next": f"codeblue approve {case.id} --digest {asked.digest}",
        }
    for left in _first(case.people):
        yield {"case": case.id, "what": f"{left.target}: {left.reason}", "whom": "people", "until": None, "next": left.next}
    if (more := len(case.people) - MOST) > 0:
        yield {"case": case.id, "what": f"{more} more", "whom": "people", "until": None, "next": f"codeblue status {case.id}"}


def _fences(case: Case, journal: Journal) -> Iterator[Line]:
    """What stands and can hurt somebody who is no actor, and how to take it back."""
    standing = (result.change for result in history.results(case, journal) if result.outcome.status is Status.APPLIED)
    found = tuple(dict.fromkeys((c.target, c.action) for c in standing if hurtful(ACTIONS[c.action])))
    for target, name in _first(found):
        action = ACTIONS[name]
        yield {
            "case": case.id,
            "target": target.id,
            "does": action.title,
            "hurts": action.hurts,
            "next": f"codeblue release {case.id} {target.id}",
        }
    if (more := len(found) - MOST) > 0:
        some = {"target": f"{more} more", "does": "fenced too", "hurts": "whoever uses them"}
        yield {"case": case.id, **some, "next": f"codeblue status {case.id}"}


def _done(case: Case, journal: Journal, since: datetime) -> Iterator[Line]:
    """What happened since, the newest first."""
    moments = [moment for moment in timeline(case, tuple(journal.entries()), ()) if moment.at >= since]
    for moment in _first(moments[::-1]):
        yield {"case": case.id, "at": moment.at.isoformat(timespec="seconds"), "what": moment.what}
    if (more := len(moments) - MOST) > 0:
        oldest = moments[0].at.isoformat(timespec="seconds")
        yield {"case": case.id, "at": oldest, "what": f"and {more} more since then: codeblue report {case.id}"}


def _calls(paging: Paging) -> list[Line]:
    """Whom the call list has; without one, the topic."""
    if not paging.call_list:
        return [{"level": 1, "to": "topic", "wait_seconds": None}]
    return [
        {"level": number, "to": f"{level.to} {level.secret}".strip(), "wait_seconds": int(level.wait.total_seconds())}
        for number, level in enumerate(paging.call_list, 1)
    ]


def _first[T](rows: Sequence[T]) -> Sequence[T]:
    return rows[:MOST]
