"""Reading objects: the content needs its key, the facts about it do not.

Source: S3 API reference, GetObject, HeadObject.
"""

from shared.sandbox.aws.cloud import Ask, Cloud, forward
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.s3_encryption import Encryption, of_object, require_readable, with_customer_headers
from shared.sandbox.aws.s3_locks import versions_nameable
from shared.sandbox.aws.s3_state import bucket_of, find_object


def get_object(cloud: Cloud, ask: Ask) -> Reply:
    """GetObject: the content needs its key."""
    bucket = bucket_of(ask)
    held = find_object(bucket, ask.params["Key"], ask.params.get("VersionId"))
    if held is None:
        return forward(cloud, ask)
    require_readable(cloud, ask, held)
    return with_customer_headers(forward(cloud, ask), of_object(cloud, held))


def head_object(cloud: Cloud, ask: Ask) -> Reply:
    """HeadObject: of an object under a customer's key only with that key; a KMS key is not needed."""
    bucket = bucket_of(ask)
    held = find_object(bucket, ask.params["Key"], ask.params.get("VersionId"))
    encryption = of_object(cloud, held) if held else Encryption()
    if held and encryption.customer:
        require_readable(cloud, ask, held)
    with versions_nameable(bucket):
        return with_customer_headers(forward(cloud, ask), encryption)
