"""What CloudTrail's event history can be searched by: every answered call, by attribute and value, in the order of time.

A history of an hour holds thousands of events, and a responder asks for it hundreds of times: each event is looked at once for
each attribute that somebody asks for.
"""

import threading
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from shared.sandbox.aws import trail_records as records
from shared.sandbox.aws.calls import Answered, CallLog
from shared.sandbox.aws.trail_resources import named_resources


def username(call: Answered) -> str:
    """CloudTrail's `Username`: of a user, its name; of a session, the session's; `root`."""
    return "root" if call.principal.kind == "root" else call.principal.arn.rpartition("/")[2]


ATTRIBUTES: dict[str, Callable[[Answered], tuple[str, ...]]] = {
    "": lambda _: ("",),
    "AccessKeyId": lambda call: (call.access_key_id,),
    "EventId": lambda call: (call.event_id,),
    "EventName": lambda call: (records.event_name(call),),
    "EventSource": lambda call: (records.event_source(call),),
    "ReadOnly": lambda call: (str(records.is_read_only(call)).lower(),),
    "ResourceName": lambda call: tuple(name for _, name in named_resources(call)),
    "ResourceType": lambda call: tuple(kind for kind, _ in named_resources(call)),
    "Username": lambda call: (username(call),),
}
"""What a call has under an attribute of LookupEvents; every call has the empty one."""


@dataclass
class _Page:
    """One attribute's events by Region and value, oldest first; `upto` events of all were looked at."""

    upto: int = 0
    found: dict[tuple[str, str], list[Answered]] = field(default_factory=lambda: defaultdict(list))


class EventIndex:
    """The management events of these logs. Others are never in the event history."""

    def __init__(self, *logs: CallLog) -> None:
        self._lock = threading.Lock()
        self._events: list[Answered] = []
        self._pages: dict[str, _Page] = defaultdict(_Page)
        for log in logs:
            log.listen(self._note)

    def forget(self) -> None:
        with self._lock:
            self._events.clear()
            self._pages.clear()

    def of(self, region: str, attribute: str, value: str) -> Sequence[Answered]:
        """The Region's events with this value, oldest first."""
        with self._lock:
            page, values = self._pages[attribute], ATTRIBUTES[attribute]
            for call in self._events[page.upto :]:
                for each in set(values(call)):
                    insort(page.found[records.region(call), each], call, key=attrgetter("at"))
            page.upto = len(self._events)
            return tuple(page.found.get((region, value), ()))

    def _note(self, call: Answered) -> None:
        if records.is_management(call):
            with self._lock:
                self._events.append(call)
