"""CloudTrail's event history (LookupEvents), answered from the call log some minutes late.

Source: CloudTrail API reference, LookupEvents: management events of one Region, the newest first, by one attribute at most.
Trails themselves are the emulator's.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from shared.sandbox.aws import trail_records as records
from shared.sandbox.aws.calls import Answered
from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import Refusal
from shared.sandbox.aws.trail_index import ATTRIBUTES, username
from shared.sandbox.aws.trail_resources import named_resources

MAX_RESULTS = 50


def lookup_events(cloud: Cloud, ask: Ask) -> Reply:
    """LookupEvents. Raises Refusal for a bad page size, time range, token or attribute."""
    params = ask.params
    limit = int(params.get("MaxResults", MAX_RESULTS))
    if not 1 <= limit <= MAX_RESULTS:
        raise Refusal("InvalidMaxResultsException", "A max results value of 1 to 50 is required.")
    found = _after(params.get("NextToken"), list(_visible(cloud, ask)))
    events = ",".join(_event(call) for call in found[:limit])
    more = f',"NextToken":{json.dumps(found[limit - 1].event_id)}' if len(found) > limit else ""
    return Reply(200, (("content-type", "application/x-amz-json-1.1"),), f'{{"Events":[{events}]{more}}}'.encode())


def _after(token: str | None, found: list[Answered]) -> list[Answered]:
    """What follows the last event of the page before, however many came since."""
    if not token:
        return found
    ids = [call.event_id for call in found]
    if token not in ids:
        raise Refusal("InvalidNextTokenException", "A token from a different query was passed.")
    return found[ids.index(token) + 1 :]


def _visible(cloud: Cloud, ask: Ask) -> Iterator[Answered]:
    """The account's events of the Region with the attribute asked for, once CloudTrail has them, the newest first."""
    since, until = _time_range(ask)
    horizon = min(until, cloud.clock.now() - cloud.trail_lag)
    for call in reversed(cloud.past.of(ask.region, *_wanted(ask.params.get("LookupAttributes", ())))):
        if int(call.at) < since:
            return
        if int(call.at) <= horizon and ask.caller.principal.account in (call.account, call.principal.account):
            yield call


def _time_range(ask: Ask) -> tuple[float, float]:
    since, until = (_seconds(ask.params.get(name)) for name in ("StartTime", "EndTime"))
    if since is not None and until is not None and since > until:
        raise Refusal("InvalidTimeRangeException", "The specified start time must be before the end time.")
    return since or 0.0, until if until is not None else float("inf")


def _seconds(moment: datetime | None) -> float | None:
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() if moment else None


def _wanted(attributes: Sequence[Mapping[str, str]]) -> tuple[str, str]:
    """Attribute and value; two empty strings for everything."""
    if len(attributes) > 1:
        raise Refusal("InvalidLookupAttributesException", "Only one lookup attribute can be given.")
    if not attributes:
        return "", ""
    name, value = attributes[0]["AttributeKey"], attributes[0]["AttributeValue"]
    if not name or name not in ATTRIBUTES:
        raise Refusal("InvalidLookupAttributesException", f"{name} is no lookup attribute.")
    return name, value


@lru_cache(maxsize=20_000)
def _event(call: Answered) -> str:
    """An event of the answer as JSON; worked out once, as it is looked up again and again."""
    event = {
        "EventId": call.event_id,
        "EventName": records.event_name(call),
        "ReadOnly": str(records.is_read_only(call)).lower(),
        "AccessKeyId": call.access_key_id,
        "EventTime": int(call.at),
        "EventSource": records.event_source(call),
        "Username": username(call),
        "Resources": [{"ResourceType": kind, "ResourceName": name} for kind, name in named_resources(call)],
        "CloudTrailEvent": records.text(call),
    }
    return json.dumps(event)


RULES: dict[str, Rule] = {"LookupEvents": lookup_events}
