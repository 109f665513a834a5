"""EventBridge's view of the call log: CloudTrail events delivered to subscribers, late, twice, out of order or not at all.

Source: EventBridge user guide, "AWS service events delivered via AWS CloudTrail". Read-only calls are delivered to those who ask.
"""

import heapq
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.sandbox.aws import trail_records as records
from shared.sandbox.aws.calls import Answered, CallLog
from shared.sandbox.aws.clock import Clock, iso

type Event = dict[str, Any]
type Subscriber = Callable[[Event], None]

_POLL = 0.05


@dataclass(slots=True)
class Delivery:
    """How well events arrive. Seconds for `delay` and `jitter` (out of order), fractions for `lost` and `duplicated`."""

    delay: float = 0.0
    jitter: float = 0.0
    lost: float = 0.0
    duplicated: float = 0.0


@dataclass(order=True, slots=True)
class _Due:
    at: float
    number: int
    event: Event = field(compare=False)


class EventFeed:
    """Delivers the events of a call log on a thread of its own, from the first subscription to `stop`."""

    def __init__(self, calls: CallLog, clock: Clock, seed: int = 0) -> None:
        self.delivery = Delivery()
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._subscribers: list[tuple[Subscriber, bool]] = []
        self._due: list[_Due] = []
        self._number = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False
        calls.listen(self._note)

    def subscribe(self, subscriber: Subscriber, *, read_only: bool = False) -> None:
        """Deliver every management event to `subscriber`, and read-only ones too if asked."""
        with self._changed:
            self._subscribers.append((subscriber, read_only))
            if self._thread is None:
                self._thread = threading.Thread(target=self._deliver, daemon=True)
                self._thread.start()

    @property
    def waiting(self) -> int:
        """How many events are on their way."""
        return len(self._due)

    def forget(self) -> None:
        """No subscribers, no events on their way, perfect delivery."""
        with self._changed:
            self._subscribers.clear()
            self._due.clear()
            self.delivery = Delivery()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join()
        self._thread, self._stopped = None, False

    def _note(self, call: Answered) -> None:
        with self._changed:
            if not self._subscribers or not records.is_management(call) or self._random.random() < self.delivery.lost:
                return
            copies = 2 if self._random.random() < self.delivery.duplicated else 1
            event = envelope(call)
            for _ in range(copies):
                at = call.at + self.delivery.delay + self._random.uniform(0, self.delivery.jitter)
                heapq.heappush(self._due, _Due(at, self._number, event))
                self._number += 1
            self._changed.notify_all()

    def _deliver(self) -> None:
        while (due := self._next()) is not None:
            for subscriber, read_only in tuple(self._subscribers):
                if read_only or not due.event["detail"]["readOnly"]:
                    subscriber(due.event)

    def _next(self) -> _Due | None:
        with self._changed:
            while not self._stopped:
                if self._due and self._due[0].at <= self._clock.now():
                    return heapq.heappop(self._due)
                self._changed.wait(_POLL if self._due else None)
        return None


def envelope(call: Answered) -> Event:
    """A CloudTrail record as EventBridge delivers it."""
    detail = records.record(call)
    return {
        "version": "0",
        "id": call.event_id,
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{detail['eventSource'].partition('.')[0]}",
        "account": detail["recipientAccountId"],
        "time": iso(call.at),
        "region": detail["awsRegion"],
        "resources": [],
        "detail": detail,
    }
