"""A person takes an open page, and the clock tells the next level where nobody does."""

import uuid
from contextlib import suppress
from datetime import datetime

from shared.domain.case import Case
from shared.domain.errors import BadInput, CodeblueError, LeaseLost
from shared.domain.person import UNVOUCHED, Vouched
from shared.domain.value import Value

from .deps import Deps
from .paging import due, escalated, followed, need, opened
from .run import hold
from .tasks import TURNS

TRIES = 40
POLL_SECONDS = 0.5


class Taken(Value):
    """A page that somebody has: `by` them since `at` (ISO 8601), `anew` where they are the first."""

    case: str
    subject: str
    by: str
    at: str
    anew: bool

    @property
    def words(self) -> str:
        """The sentence about it."""
        if self.anew:
            return (
                f"case {self.case}: acknowledged by {self.by}: {self.subject}. Nobody else is called; it still waits for an answer"
            )
        return f"case {self.case}: {self.by} has it since {self.at}: {self.subject}"


def acknowledge(case_id: str, deps: Deps, by: str, vouched: Vouched = UNVOUCHED) -> Taken:
    """Take the open page of this case: on record, and nobody else is called. Whoever was first has it.

    `vouched` is what an identity provider says of whoever takes it.

    Raises `BadInput` where no page is open, `Absent`, `NotDurable`, and `LeaseLost` where another worker has the case for too long.
    """
    for _ in range(TRIES):
        with suppress(LeaseLost), hold(case_id, deps, uuid.uuid4().hex) as held:
            if held is not None:
                case, taken = _acknowledged(held.load(), deps, by, vouched)
                if taken.anew:
                    held.save(case)
                    deps.notifier.settle(case_id, "acknowledged", f"{taken.subject}: acknowledged by {by}.")
                return taken
        deps.clock.sleep(POLL_SECONDS)
    raise LeaseLost(f"case {case_id} is being worked on; send the same again")


def _acknowledged(case: Case, deps: Deps, by: str, vouched: Vouched) -> tuple[Case, Taken]:
    now = deps.clock.now()
    page = opened(case, case, now)
    if page is None:
        raise BadInput(f"case {case.id} waits for nobody: no page of it is open")
    if page.by:
        return case, Taken(case=case.id, subject=page.subject, by=page.by, at=_told(page.at), anew=False)
    body: dict[str, object] = {"about": page.subject, "by": by}
    body |= {"claims": dict(vouched.claims)} if vouched.claims else {}
    deps.journal(case.id).append("acknowledged", body, need=1)
    return case.but(page=page.but(by=by, at=now)), Taken(case=case.id, subject=page.subject, by=by, at=_told(now), anew=True)


def _told(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""


def look(deps: Deps) -> tuple[str, ...]:
    """Tell the next level of every open page that is due, and close what needs nobody any more; the cases' ids.

    A case that another worker has now is left to it: its stage looks as well. One that can not be worked on keeps nobody from
    being told of the others; what it raised is raised then: `CloudError`, `CustodyError`.
    """
    looked, failed = [], None
    for case in deps.cases.all():
        try:
            if _behind(case, deps) and _looked(case.id, deps):
                looked.append(case.id)
        except CodeblueError as error:
            failed = failed or error
    if failed:
        raise failed
    return tuple(looked)


def _behind(case: Case, deps: Deps) -> bool:
    return due(case, deps) or (case.page is not None and need(case) is None)


def _looked(case_id: str, deps: Deps) -> bool:
    for _ in range(TURNS):
        with suppress(LeaseLost), hold(case_id, deps, uuid.uuid4().hex) as held:
            if held is not None:
                case = held.load()
                held.save(escalated(followed(case, case, deps), deps))
                return True
    return False
