"""Acts under our own identities that are on nobody's record: people are paged, and about what is alike once an hour.

Whoever can make our calls fail makes them fail by the thousand, with pages of which nobody reads the one that counts.
"""

from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address

from shared.domain.actor import Actor
from shared.domain.errors import CodeblueError
from shared.domain.signal import Signal
from shared.domain.value import digest
from shared.ports import Memory

from .deps import Deps

HOUR = 3600.0

SUBJECT = "An act by a responder identity that we did not make"


def tell(actor: Actor, signal: Signal, deps: Deps, told: Callable[[], Memory] | None) -> None:
    """Page people, unless they were about this identity and event within an hour; where nobody remembers (`told`), in any case.

    It is remembered once it is told, for what was not told comes again. A memory that gives no answer keeps nobody from being told.
    """
    counter, at = f"ours {digest(_about(actor, signal))}", signal.at.timestamp()
    try:
        memory = told() if told else None
        known = memory is not None and memory.fired(counter, at, HOUR)
    except CodeblueError:
        memory, known = None, False
    if known:
        return
    what = "tried a call that failed and is not on record" if signal.failed else "made a call that is not on record"
    more = " Within an hour of it no page tells of more like it." if memory else ""
    body = f"{actor} {what}: {signal.event} (request {signal.request_id or 'unknown'}).{more}"
    deps.notifier.page("", SUBJECT, body)
    if memory:
        with suppress(CodeblueError):  # the same would be told again, no more
            memory.fire(counter, at)


def _about(actor: Actor, signal: Signal) -> dict[str, object]:
    """What is alike. Failed calls that services made for us are, whatever they are: their request ids are the services' own."""
    through = signal.failed and _by_service(signal.source_address)
    return {
        "who": actor.unique_id or str(actor.principal),
        "event": "" if through else signal.event,
        "failed": signal.failed,
    }


def _by_service(address: str) -> bool:
    """Whether a service made the call for its actor: CloudTrail has its name where else an address is."""
    try:
        ip_address(address)
    except ValueError:
        return bool(address)
    return False
