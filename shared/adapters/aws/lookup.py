"""CloudTrail LookupEvents: 90 days of management events, one attribute a question, two questions a second per account and Region.

Data events (reads and writes of objects) are never in it, and an event takes minutes to come (CloudTrail user guide,
"Viewing event history").
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.errors import Throttled
from shared.intake.tolerant import folded
from shared.ports import Clock

type Attribute = Literal["AccessKeyId", "EventId", "EventName", "ResourceName", "Username"]

PAGE = 50
"""The most events that one answer holds."""

PATIENCE = 2
"""Times that we wait and ask again after the SDK itself has given up: a fence does not wait long for evidence."""

PAUSE = 0.6
"""Seconds before asking again: a little more than two a second allow."""

ACTIONS = frozenset({"cloudtrail:LookupEvents"})


class EventHistory:
    """The event history of the accounts that `clients` can enter. Raises `CloudError` as any call does."""

    def __init__(self, clients: Clients, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock

    def events(
        self,
        place: tuple[str, str],
        attribute: Attribute,
        value: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        pages: int = 1,
    ) -> Iterator[dict[str, Any]]:
        """Event records, newest first, folded, from at most so many pages. `place`: account and Region."""
        asked: dict[str, Any] = {"LookupAttributes": [{"AttributeKey": attribute, "AttributeValue": value}], "MaxResults": PAGE}
        asked |= {name: at for name, at in (("StartTime", start), ("EndTime", end)) if at}
        for _ in range(pages):
            answer = self._ask(place, asked)
            yield from (folded(event.get("CloudTrailEvent")) for event in answer["Events"])
            if not answer.get("NextToken"):
                return
            asked["NextToken"] = answer["NextToken"]

    def newest(self, place: tuple[str, str]) -> datetime | None:
        """When the newest event happened that the history of this place has; None where it has none."""
        events = self._ask(place, {"MaxResults": 1})["Events"]
        return events[0]["EventTime"] if events else None

    def _ask(self, place: tuple[str, str], asked: Mapping[str, Any]) -> Mapping[str, Any]:
        method = self._clients.cloudtrail(*place).lookup_events
        for _ in range(PATIENCE):
            try:
                return call(method, **asked)
            except Throttled:
                self._clock.sleep(PAUSE)
        return call(method, **asked)
