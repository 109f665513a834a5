"""Whether reads and writes are recorded at all: trails that run, and what their event selectors take in."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.errors import Absent, Refused
from shared.domain.resource import Kind, Ref

ACTIONS = frozenset({"cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"})

OBJECTS = "AWS::S3::Object"

type Fields = Mapping[str, Mapping[str, Sequence[str]]]
"""Of one advanced selector: field name -> its conditions."""


def recorded(clients: Clients, target: Ref) -> bool:
    """Whether a running trail records reads and writes of this bucket's objects; for other kinds, management events."""
    client = clients.cloudtrail(target.account, target.region)
    trails = call(client.describe_trails)["trailList"]
    return any(_records(clients, trail, target) for trail in trails)


def _records(clients: Clients, trail: Mapping[str, Any], target: Ref) -> bool:
    """An organisation's trail that we may not look at counts as none: it proves nothing to us."""
    client = clients.cloudtrail(target.account, trail.get("HomeRegion") or target.region)
    try:
        if not call(client.get_trail_status, Name=trail["TrailARN"])["IsLogging"]:
            return False
        selectors = call(client.get_event_selectors, TrailName=trail["TrailARN"])
    except (Absent, Refused):
        return False
    basic, advanced = selectors.get("EventSelectors", ()), selectors.get("AdvancedEventSelectors", ())
    takes_in = takes_in_objects if target.kind is Kind.BUCKET else takes_in_management
    return takes_in(basic, advanced, target.id)


def takes_in_objects(basic: Sequence[Mapping[str, Any]], advanced: Sequence[Mapping[str, Any]], bucket: str) -> bool:
    """Whether these selectors take in every read and write of the bucket's objects (`bucket`: its ARN)."""
    return any(_basic_objects(one, bucket) for one in basic) or any(_advanced_objects(_fields(one), bucket) for one in advanced)


def takes_in_management(basic: Sequence[Mapping[str, Any]], advanced: Sequence[Mapping[str, Any]], target: str) -> bool:
    """Whether these selectors take in management events; those of KMS can be left out by name."""
    service = f"{target.split(':')[2]}.amazonaws.com" if target.count(":") > 1 else ""
    if any(one.get("IncludeManagementEvents") and service not in one.get("ExcludeManagementEventSources", ()) for one in basic):
        return True
    return any(
        "Management" in fields["eventCategory"].get("Equals", ())
        and service not in fields.get("eventSource", {}).get("NotEquals", ())
        and "readOnly" not in fields
        for fields in map(_fields, advanced)
    )


def _basic_objects(selector: Mapping[str, Any], bucket: str) -> bool:
    """A value is a prefix of object ARNs; `arn:aws:s3` means every bucket."""
    prefixes = [
        value
        for resource in selector.get("DataResources", ())
        if resource.get("Type") == OBJECTS
        for value in resource.get("Values", ())
    ]
    return selector.get("ReadWriteType", "All") == "All" and any(f"{bucket}/".startswith(prefix) for prefix in prefixes)


def _advanced_objects(fields: Fields, bucket: str) -> bool:
    if "Data" not in fields["eventCategory"].get("Equals", ()) or OBJECTS not in fields["resources.type"].get("Equals", ()):
        return False
    narrowed = fields.keys() - {"eventCategory", "resources.type", "resources.ARN"}
    arn = fields.get("resources.ARN", {})
    return not narrowed and (not arn or any(f"{bucket}/".startswith(prefix) for prefix in arn.get("StartsWith", ())))


def _fields(selector: Mapping[str, Any]) -> Fields:
    return {one["Field"]: one for one in selector.get("FieldSelectors", ())}
