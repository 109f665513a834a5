"""Alerts in, and cases whose workflow is begun out. None is believed as it came (`shared.workflow.taking_in`)."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import azure.functions as func

from shared.domain.case import Case
from shared.domain.errors import BadInput, LeaseLost, NotDurable, Throttled, Unreachable
from shared.ports import Notifier
from shared.workflow.deps import Deps
from shared.workflow.judging import Arrived, Judge, arrived
from shared.workflow.taking_in import left_out, take_in

from .envelopes import Parcel
from .workflows import Workflows

LOG = logging.getLogger("codeblue")
"""What opened no case, and why: one line a record."""

LONGEST = 1024 * 1024
"""Bytes of a request: as large as an event of Event Grid's or of a hub may be (their service limits)."""

MOST = 500
"""Records in a request."""

MOST_DELIVERED = 2000
"""Records in one event: a megabyte of the shortest that Azure writes into a hub is some 1,500 (diagnostic settings)."""

JSON = "application/json"

AGAIN = (Throttled, Unreachable, NotDurable, LeaseLost)
"""What goes away: whoever sent the alert sends it again."""


class TooMuch(BadInput):
    """More than one alert ever is."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What takes alerts in."""

    deps: Deps
    judge: Callable[[], Judge]
    workflows: Workflows


def body_of(req: func.HttpRequest) -> bytes:
    """The body of a request. Raises `BadInput` for what is no JSON object or array, and `TooMuch`, before any of it is read.

    Its type counts: without a question of the browser's no page of somebody else's can have this type sent in a person's name.
    """
    body = req.get_body()
    if len(body) > LONGEST:
        raise TooMuch(f"the body is larger than {LONGEST} bytes")
    kind = req.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != JSON or body.lstrip()[:1] not in {b"{", b"["}:
        raise BadInput(f"the body is no JSON object or array, as {JSON}")
    return body


def posted(req: func.HttpRequest) -> Arrived:
    """What a request brings. Raises as `body_of`, and where no record in it can be read."""
    given = arrived(body_of(req))
    if len(given.records) > MOST:
        raise TooMuch(f"the body holds more than {MOST} records")
    return given


async def receive(given: Arrived, desk: Desk) -> list[str]:
    """The cases that these records opened or joined; each one's workflow is begun before the next record is looked at.

    A workflow that waits is woken once, after all of them: what an alert adds is protected now, and not when it looks next.
    Raises `CloudError`, `CustodyError` and `LeaseLost`: the same delivery again goes on where this one stopped.
    """
    for why, times in Counter(given.unreadable).items():
        LOG.warning("%s of the records could not be read: %s", times, why)
    cases: dict[str, bool] = {}
    records = take_in(given, desk.judge(), desk.deps, automatic=True)
    while (admitted := await asyncio.to_thread(next, records, None)) is not None:
        if isinstance(admitted, Case):
            begun = await desk.workflows.start(admitted.id)
            cases[admitted.id] = begun or cases.get(admitted.id, False)
        else:
            LOG.info("%s", admitted.reason)
    for case_id in (case_id for case_id, begun in cases.items() if not begun):
        await desk.workflows.nudge(case_id)
    return list(cases)


async def accept(given: Arrived, desk: Desk) -> list[str]:
    """As `receive`, for a sender who is told what came of it. What sending it again would not mend is told to people as well."""
    try:
        return await receive(given, desk)
    except AGAIN:
        raise
    except Exception as why:
        unread(desk.deps.notifier, "sent to /api/alert", why)
        raise


async def unpack(parcels: Sequence[Parcel], desk: Desk, *, last: bool) -> None:
    """Take in what was delivered together. `last`: it is not delivered again.

    A hub has no queue of dead letters. What can not be read, or failed to the last, is told to people with the place where it lies,
    and the rest does not wait for it. Raises the first failure that a repetition may mend.
    """
    failures: list[Exception] = []
    for parcel in parcels:
        try:
            given = arrived(parcel.raw)
            await receive(given.first(MOST_DELIVERED), desk)
            left_out(given, MOST_DELIVERED, parcel.place, desk.deps.notifier)
        except BadInput as why:
            unread(desk.deps.notifier, parcel.place, why)
        except Exception as why:  # noqa: BLE001  # whatever it is, no alert is lost unseen
            if last:
                unread(desk.deps.notifier, parcel.place, why)
            failures.append(why)
    if failures:
        raise failures[0]


def unread(people: Notifier, place: str, why: Exception) -> None:
    """Tell people about an alert that nothing came of."""
    said = str(why) if isinstance(why, BadInput) else f"{type(why).__name__}; the function's log says more"
    people.page("", "An alert could not be taken in", f"{place}: {said}. Read it there, and hand it to `codeblue respond`.")
