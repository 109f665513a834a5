"""Calls that services make in their callers' names: no client sees them, and CloudTrail records them.

Source: S3 user guide, "Using server-side encryption with AWS KMS keys": each object is one call of KMS, or with a Bucket Key one
for each caller and key in a while. KMS developer guide, "Logging AWS KMS API calls": such a record has `invokedBy`, and the
encryption context says what for.
"""

import json
import uuid

from shared.sandbox.aws.calls import Answered
from shared.sandbox.aws.cloud import Ask, Cloud
from shared.sandbox.aws.http import Incoming, Reply

BUCKET_KEY_SECONDS = 300.0
"""How long S3 goes on with the data key of a bucket; the service does not say, this is of the order that people see."""

INTERNAL = "AWS Internal"


def uses_key(cloud: Cloud, ask: Ask, key: tuple[str, str, str], operation: str, resource: str) -> None:
    """S3 uses a key (`key`: ARN, account, Region) for an object or, with a Bucket Key, for a bucket (`resource`: its ARN)."""
    arn, account, region = key
    if "/" not in resource and not _due(cloud, (ask.caller.principal.arn, arn, operation, resource), ask.at):
        return
    body = {"EncryptionContext": {"aws:s3:arn": resource}}
    named = {} if operation == "Decrypt" else {"KeyId": arn}
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"TrentService.{operation}"}
    http = Incoming("POST", INTERNAL, "/", "", headers, json.dumps({**body, **named}).encode(), address=INTERNAL)
    cloud.inner.note(
        Answered(
            id=str(uuid.uuid4()),
            event_id=str(uuid.uuid4()),
            at=ask.at,
            caller=ask.caller,
            service="kms",
            region=region,
            operation=operation,
            action=f"kms:{operation}",
            resource=arn,
            account=account,
            error="",
            message="",
            http=http,
            reply=Reply(200),
            invoked_by=INTERNAL,
        )
    )


def _due(cloud: Cloud, who: tuple[str, str, str, str], at: float) -> bool:
    """Whether the bucket's data key is needed anew."""
    last = cloud.bucket_keys.get(who)
    if last is not None and at - last < BUCKET_KEY_SECONDS:
        return False
    cloud.bucket_keys[who] = at
    return True
