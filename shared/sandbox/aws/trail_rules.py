"""CloudTrail's event history (LookupEvents), answered from the call log some minutes late.

Source: CloudTrail API reference, LookupEvents: management events of one Region, the newest first, by one attribute at most.
Trails themselves are the emulator's.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from shared.sandbox.aws import trail_records as records
from shared.sandbox.aws.calls import Answered
from shared.sandbox.aws.clock import utc
from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.inner_calls import recorded
from shared.sandbox.aws.refusals import Refusal
from shared.sandbox.aws.trail_resources import named_resources

MAX_RESULTS = 50


def lookup_events(cloud: Cloud, ask: Ask) -> Reply:
    """LookupEvents. Raises Refusal for a bad page size, time range, token or attribute."""
    params = ask.params
    limit = int(params.get("MaxResults", MAX_RESULTS))
    if not 1 <= limit <= MAX_RESULTS:
        raise Refusal("InvalidMaxResultsException", "A max results value of 1 to 50 is required.")
    found = _after(params.get("NextToken"), list(_matching(_visible(cloud, ask), params.get("LookupAttributes", ()))))
    page: dict[str, Any] = {"Events": [_event(call) for call in found[:limit]]}
    if len(found) > limit:
        page["NextToken"] = found[limit - 1].event_id
    return ask.answer(page)


def _after(token: str | None, found: list[Answered]) -> list[Answered]:
    """What follows the last event of the page before, however many came since."""
    if not token:
        return found
    ids = [call.event_id for call in found]
    if token not in ids:
        raise Refusal("InvalidNextTokenException", "A token from a different query was passed.")
    return found[ids.index(token) + 1 :]


def _visible(cloud: Cloud, ask: Ask) -> Iterator[Answered]:
    """The account's management events of the Region, once CloudTrail has them, the newest first."""
    since, until = _time_range(ask)
    horizon = min(until, cloud.clock.now() - cloud.trail_lag)
    for call in reversed(recorded(cloud.calls, cloud.inner)):
        if int(call.at) < since:
            return
        mine = ask.caller.principal.account in (call.account, call.principal.account)
        if mine and int(call.at) <= horizon and records.region(call) == ask.region and records.is_management(call):
            yield call


def _time_range(ask: Ask) -> tuple[float, float]:
    since, until = (_seconds(ask.params.get(name)) for name in ("StartTime", "EndTime"))
    if since is not None and until is not None and since > until:
        raise Refusal("InvalidTimeRangeException", "The specified start time must be before the end time.")
    return since or 0.0, until if until is not None else float("inf")


def _seconds(moment: datetime | None) -> float | None:
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() if moment else None


def _matching(calls: Iterable[Answered], attributes: Iterable[dict[str, str]]) -> Iterator[Answered]:
    wanted = [(each["AttributeKey"], each["AttributeValue"]) for each in attributes]
    if len(wanted) > 1:
        raise Refusal("InvalidLookupAttributesException", "Only one lookup attribute can be given.")
    if not wanted:
        return iter(calls)
    ((name, value),) = wanted
    return (call for call in calls if value in ATTRIBUTES[name](call))


def username(call: Answered) -> str:
    """CloudTrail's `Username`: of a user, its name; of a session, the session's; `root`."""
    return "root" if call.principal.kind == "root" else call.principal.arn.rpartition("/")[2]


def _event(call: Answered) -> dict[str, Any]:
    return {
        "EventId": call.event_id,
        "EventName": records.event_name(call),
        "ReadOnly": str(records.is_read_only(call)).lower(),
        "AccessKeyId": call.access_key_id,
        "EventTime": utc(int(call.at)),
        "EventSource": records.event_source(call),
        "Username": username(call),
        "Resources": [{"ResourceType": kind, "ResourceName": name} for kind, name in named_resources(call)],
        "CloudTrailEvent": records.text(call),
    }


ATTRIBUTES: dict[str, Callable[[Answered], tuple[str, ...]]] = {
    "AccessKeyId": lambda call: (call.access_key_id,),
    "EventId": lambda call: (call.event_id,),
    "EventName": lambda call: (records.event_name(call),),
    "EventSource": lambda call: (records.event_source(call),),
    "ReadOnly": lambda call: (str(records.is_read_only(call)).lower(),),
    "ResourceName": lambda call: tuple(name for _, name in named_resources(call)),
    "ResourceType": lambda call: tuple(kind for kind, _ in named_resources(call)),
    "Username": lambda call: (username(call),),
}
"""What a call has under an attribute of LookupEvents."""

RULES: dict[str, Rule] = {"LookupEvents": lookup_events}
