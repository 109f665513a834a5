"""Trails at work: what happens is sorted to them as their selectors say, and delivered to their buckets in gzip files, late.

Source: CloudTrail user guide, "Finding your CloudTrail log files", "Logging data events". A file comes when somebody looks for it:
nothing has to wait for it, and nobody can tell the difference. Digest files are not made.
"""

import gzip
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.cloudtrail.models import Trail, cloudtrail_backends
from moto.s3.models import s3_backends

from shared.sandbox.aws import trail_records as records
from shared.sandbox.aws.calls import Answered, CallLog
from shared.sandbox.aws.clock import utc

LOOKS = frozenset({"GetObject", "ListObjectVersions", "ListObjects", "ListObjectsV2"})
"""Calls on a log's bucket before which what is due is delivered."""

OBJECTS = "AWS::S3::Object"

COMPARED: Mapping[str, Callable[[str, str], bool]] = {
    "Equals": lambda value, one: value == one,
    "StartsWith": lambda value, one: value.startswith(one),
    "EndsWith": lambda value, one: value.endswith(one),
}
"""Operators of advanced event selectors; each has a negation (CloudTrail API, AdvancedFieldSelector)."""

type Selector = Mapping[str, Any]


@dataclass(slots=True)
class Deliveries:
    """What trails have taken in and not yet delivered: trail ARN -> its bucket and prefix at that time, and the call."""

    sorted_until: list[int] = field(default_factory=lambda: [0, 0])
    files: int = 0
    every: float = 0.0
    """seconds between two deliveries to a bucket, at least: CloudTrail's are minutes apart"""
    delivered: dict[str, float] = field(default_factory=dict)
    due: dict[str, list[tuple[str, str, str, Answered]]] = field(default_factory=lambda: defaultdict(list))

    def forget(self) -> None:
        """No trail has taken in anything."""
        self.sorted_until, self.files, self.every = [0, 0], 0, 0.0
        self.due.clear()
        self.delivered.clear()

    def sort(self, *logs: CallLog) -> None:
        """Give every call since the last time to the trails, as they are now: before any of them changes. Two logs at most."""
        fresh: list[Answered] = []
        for number, log in enumerate(logs):
            came = tuple(log)
            fresh += came[self.sorted_until[number] :]
            self.sorted_until[number] = len(came)
        trails = list(_logging()) if fresh else []
        for call in fresh:
            for trail in trails:
                if takes_in(trail, call):
                    where = (trail.bucket_name, trail.s3_key_prefix or "", trail.account_id)
                    self.due[trail.arn].append((*where, call))

    def deliver(self, bucket: str, until: float, *logs: CallLog) -> None:
        """Write the files for this bucket of everything that happened until then."""
        if not any(trail.bucket_name == bucket for trail in _trails()) and not self.due:
            return
        if until < self.delivered.get(bucket, 0.0) + self.every:
            return
        self.delivered[bucket] = until
        self.sort(*logs)
        for arn, waiting in self.due.items():
            ready = [each for each in waiting if _ready(each, bucket, until)]
            self.due[arn] = [each for each in waiting if not _ready(each, bucket, until)]
            for (prefix, account, region, day), listed in _by_file(ready).items():
                self.files += 1
                stamp = f"{day.replace('/', '')}T{self.files:04d}Z"
                path = f"{prefix}AWSLogs/{account}/CloudTrail/{region}/{day}"
                name = f"{path}/{account}_CloudTrail_{region}_{stamp}_{self.files:016x}.json.gz"
                _write(bucket, name, listed, until)


def _ready(waiting: tuple[str, str, str, Answered], bucket: str, until: float) -> bool:
    return waiting[0] == bucket and waiting[3].at <= until


def _trails() -> Iterator[Trail]:
    for regions in cloudtrail_backends.values():
        for backend in regions.values():
            yield from backend.trails.values()


def _logging() -> Iterator[Trail]:
    return (trail for trail in _trails() if trail.status.is_logging)


def _by_file(ready: Iterable[tuple[str, str, str, Answered]]) -> dict[tuple[str, str, str, str], list[Answered]]:
    found: dict[tuple[str, str, str, str], list[Answered]] = defaultdict(list)
    for _, prefix, account, call in ready:
        day = utc(call.at).strftime("%Y/%m/%d")
        found[f"{prefix}/" if prefix else "", account, records.region(call), day].append(call)
    return found


def _write(bucket: str, name: str, calls: Sequence[Answered], at: float) -> None:
    """One log file, as CloudTrail itself puts it: past the gate, for nobody of the account does."""
    _, account = s3_backends.bucket_accounts.get(bucket, ("", ""))
    if not account:
        return
    texts = ",".join(records.text(call) for call in calls)
    content = gzip.compress(f'{{"Records": [{texts}]}}'.encode(), compresslevel=1)
    made = s3_backends[account]["aws"].put_object(bucket, name, content, disable_notification=True)
    made.last_modified = utc(at).replace(tzinfo=None)


def takes_in(trail: Trail, call: Answered) -> bool:
    """Whether the trail records this call."""
    if trail.account_id not in {call.account, call.principal.account}:
        return False
    if not trail.is_multi_region and trail.region_name != records.region(call):
        return False
    if trail.advanced_event_selectors and not trail.event_selectors:
        return any(_advanced(one, call) for one in trail.advanced_event_selectors)
    selectors = trail.event_selectors or [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
    return any(_basic(one, call) for one in selectors)


def _basic(selector: Selector, call: Answered) -> bool:
    wanted = {"ReadOnly": records.is_read_only(call), "WriteOnly": not records.is_read_only(call)}
    if not wanted.get(selector.get("ReadWriteType", "All"), True):
        return False
    if records.is_management(call):
        left_out = selector.get("ExcludeManagementEventSources", ())
        return bool(selector.get("IncludeManagementEvents", True)) and records.event_source(call) not in left_out
    named = (r for r in selector.get("DataResources", ()) if r.get("Type") == OBJECTS)
    return call.service == "s3" and any(_object(call).startswith(value) for r in named for value in r.get("Values", ()))


def _advanced(selector: Selector, call: Answered) -> bool:
    category = "Management" if records.is_management(call) else "Data"
    values = {
        "eventCategory": category,
        "eventName": records.event_name(call),
        "eventSource": records.event_source(call),
        "readOnly": str(records.is_read_only(call)).lower(),
        "resources.type": OBJECTS if call.service == "s3" else "",
        "resources.ARN": _object(call),
    }
    return all(_fits(values.get(one["Field"], ""), one) for one in selector.get("FieldSelectors", ()))


def _fits(value: str, condition: Mapping[str, Any]) -> bool:
    for operator, compare in COMPARED.items():
        if operator in condition and not any(compare(value, each) for each in condition[operator]):
            return False
        if any(compare(value, each) for each in condition.get(f"Not{operator}", ())):
            return False
    return True


def _object(call: Answered) -> str:
    """The ARN that selectors are compared with; a call on the bucket itself counts as one on `bucket/`."""
    return call.resource if "/" in call.resource else f"{call.resource}/"
