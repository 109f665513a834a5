"""Reading objects: the content needs its key, the facts about it do not.

Source: S3 API reference, GetObject, HeadObject.
"""

from moto.s3.models import FakeKey

from shared.sandbox.aws.cloud import Ask, Cloud, forward
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.permission import Need, require
from shared.sandbox.aws.s3_encryption import Encryption, of_object, require_readable, with_customer_headers
from shared.sandbox.aws.s3_locks import versions_nameable
from shared.sandbox.aws.s3_state import bucket_of, find_object


def get_object(cloud: Cloud, ask: Ask) -> Reply:
    """GetObject: the content needs its key."""
    held = _existing(cloud, ask)
    if held is None:
        return forward(cloud, ask)
    require_readable(cloud, ask, held)
    return with_customer_headers(_of_parts(forward(cloud, ask), held), of_object(cloud, held))


def head_object(cloud: Cloud, ask: Ask) -> Reply:
    """HeadObject: of an object under a customer's key only with that key; a KMS key is not needed."""
    bucket = bucket_of(ask)
    held = _existing(cloud, ask)
    encryption = of_object(cloud, held) if held else Encryption()
    if held and encryption.customer:
        require_readable(cloud, ask, held)
    with versions_nameable(bucket):
        reply = forward(cloud, ask)
    return with_customer_headers(_of_parts(reply, held) if held else reply, encryption)


def _of_parts(reply: Reply, held: FakeKey) -> Reply:
    """Whether a checksum is of the whole or of its parts: moto tells it elsewhere (S3 user guide, "Checking object integrity")."""
    told = any(name.lower().startswith("x-amz-checksum-") for name, _ in reply.headers)
    return reply.with_headers(x_amz_checksum_type=held.checksum_type) if told and held.checksum_type else reply


def _existing(cloud: Cloud, ask: Ask) -> FakeKey | None:
    """The version asked for. That there is none is told to those only who may list the bucket."""
    bucket, version_id = bucket_of(ask), ask.params.get("VersionId")
    held = find_object(bucket, ask.params["Key"], version_id)
    if held is None:
        action = "s3:ListBucketVersions" if version_id else "s3:ListBucket"
        require(cloud, ask.caller, ask.context, Need(action, f"arn:aws:s3:::{bucket.name}", bucket.account_id), service="s3")
    return held
