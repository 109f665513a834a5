"""CloudTrail events as signals and as acts."""

import hashlib
import json

from shared.domain.actor import Actor, Credential
from shared.domain.errors import BadInput
from shared.domain.signal import Signal, Source
from shared.ports import Act

from .created import RoleOf, created
from .identity import actor_of
from .record import Record
from .tolerant import Document, shown
from .touched import touched

INSIGHT = "AwsCloudTrailInsight"

TECHNIQUES = {
    "CreateAccessKey": "T1098.001",
    "CreateGrant": "T1098",
    "CreateLoginProfile": "T1098.001",
    "CreateUser": "T1136.003",
    "DeleteBucketReplication": "T1490",
    "DeleteTrail": "T1562.008",
    "DisableKey": "T1486",
    "GetObject": "T1530",
    "ModifyDBSnapshotAttribute": "T1537",
    "ModifyImageAttribute": "T1537",
    "ModifySnapshotAttribute": "T1537",
    "PutBucketPolicy": "T1537",
    "PutBucketReplication": "T1537",
    "PutEventSelectors": "T1562.008",
    "ScheduleKeyDeletion": "T1485",
    "StopLogging": "T1562.008",
    "UpdateAssumeRolePolicy": "T1098.003",
}
"""Event name, and the technique of MITRE ATT&CK (Enterprise, v17) that it is seen in."""


def signal(document: Document, raw_digest: str) -> Signal:
    """The signal in one CloudTrail event. Raises BadInput where it does not say what happened, or when."""
    record = Record.model_validate(document)
    if record.event_time is None:
        raise BadInput(f"the CloudTrail event {shown(record.event_name)} has no eventTime: nobody can say how old it is")
    if not record.event_name and record.event_type != INSIGHT:
        raise BadInput("the CloudTrail event has no eventName: it does not say what happened")
    return Signal(
        id=record.event_id or _unnamed(record),
        source=Source.CLOUDTRAIL,
        event=record.event_name or INSIGHT,
        at=record.event_time,
        account=record.account,
        region=record.aws_region,
        actor=actor_of(record),
        resources=touched(record),
        failed=record.failed,
        technique=TECHNIQUES.get(record.event_name, ""),
        request_id=record.request_id,
        source_address=record.source_ip_address,
        raw_digest=raw_digest,
    )


def _unnamed(record: Record) -> str:
    """An id for a record without one, the same for the same record. Canonical JSON refuses numbers that a sender may write."""
    content = json.dumps(record.model_dump(), sort_keys=True, default=str)
    return f"unnamed:{hashlib.sha256(content.encode()).hexdigest()}"


def act(document: Document, role_of: RoleOf) -> Act | None:
    """The recorded call, for evidence; None where the event is no call (an insight) or has no time."""
    record = Record.model_validate(document)
    if record.event_time is None or not record.event_name:
        return None
    who = actor_of(record)
    return Act(
        id=record.event_id,
        at=record.event_time,
        actor=who or Actor(credential=_nameless(record), account=record.account),
        name=record.event_name,
        resources=touched(record),
        created=created(record, role_of),
        source_address=record.source_ip_address,
        source_network=record.vpc_endpoint_id,
        request_id=record.request_id,
        failed=record.failed,
        by_service=bool(record.user_identity.invoked_by) or (who is not None and who.credential is Credential.SERVICE),
    )


def _nameless(record: Record) -> Credential:
    """An event without identity is a service's own, or else nobody's that could be named."""
    return Credential.SERVICE if record.event_type == "AwsServiceEvent" else Credential.ANONYMOUS
