"""PutBucketLogging, GetBucketLogging: into a bucket where the log delivery may write (S3 user guide, "Server access logging").

What is set is kept here and not in the emulator, which would write lines of its own, in another form.
"""

from dataclasses import replace
from typing import Any

from moto.s3.models import FakeBucket

from shared.sandbox.aws.cloud import Ask, Cloud, forward
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.s3_state import bucket_of, find_bucket


def put_bucket_logging(cloud: Cloud, ask: Ask) -> Reply:
    """What was asked until now is logged as logging was set until now."""
    bucket, said = bucket_of(ask), _said(ask)
    cloud.access_logs.sort(cloud.calls)
    answer = _judged(cloud, ask, find_bucket(said["TargetBucket"])) if said else replace(ask.answer({}), status=200)
    bucket.logging = {}
    if answer.ok:
        cloud.access_logs.switch(bucket.name, said)
    return answer


def get_bucket_logging(cloud: Cloud, ask: Ask) -> Reply:
    """How logging is set."""
    set_ = cloud.access_logs.set.get(bucket_of(ask).name)
    return ask.answer({"LoggingEnabled": set_} if set_ else {})


def _said(ask: Ask) -> dict[str, Any]:
    status: dict[str, Any] = ask.params.get("BucketLoggingStatus") or {}
    return status.get("LoggingEnabled") or {}


def _judged(cloud: Cloud, ask: Ask, target: FakeBucket | None) -> Reply:
    """The emulator's answer: it looks for the delivery's right in a policy of its own."""
    if target is None:
        return forward(cloud, ask)
    target.policy = cloud.policies.text(target.arn).encode() or None
    try:
        return forward(cloud, ask)
    finally:
        target.policy = None
