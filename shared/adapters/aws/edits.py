"""What CloudTrail records of a write to a bucket's or key's policy (PutBucketPolicy, DeleteBucketPolicy, PutKeyPolicy)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.adapters.aws import policies
from shared.domain.facet import PolicyStatement
from shared.domain.resource import Kind, Ref
from shared.intake.tolerant import within
from shared.ports import Act

EVENTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.BUCKET: ("PutBucketPolicy", "DeleteBucketPolicy"),
    Kind.KEY: ("PutKeyPolicy",),
}
"""The events that replace the policy of such a resource as a whole."""

PARAMETERS = {"PutBucketPolicy": "bucketpolicy", "PutKeyPolicy": "policy"}
"""Where the record holds the document: S3's is an object, that of KMS its text. A parameter that is too large is left out."""


def written_on(act: Act, targets: Sequence[Ref]) -> Ref | None:
    """Which of these the call was on. Replicas of a key share their name, so the Region counts too; a bucket's is in no ARN."""
    return next((target for target in targets if any(_same(named, target) for named in act.resources)), None)


def _same(named: Ref, target: Ref) -> bool:
    return (named.kind, named.name) == (target.kind, target.name) and (target.kind is Kind.BUCKET or named.region == target.region)


def statements(record: Mapping[str, Any]) -> tuple[PolicyStatement, ...] | None:
    """Every statement that this call wrote; none for a deletion, None where the record does not hold them."""
    name = str(record.get("eventname"))
    if name not in PARAMETERS:
        return ()
    held = within(record, "requestparameters", PARAMETERS[name])
    try:
        document = policies.parse(held if isinstance(held, str) else json.dumps(held))
        found = policies.statements(document) if "Statement" in document else None
    except (ValueError, TypeError, AttributeError):
        return None
    return None if found is None else tuple(PolicyStatement(sid=part, body=body) for part, body in found.items())
