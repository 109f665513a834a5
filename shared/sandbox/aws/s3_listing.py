"""ListBuckets, which says where each bucket lies only where it is asked with a parameter (S3 API reference, ListBuckets)."""

import re
from dataclasses import replace

from moto.s3.models import s3_backends

from shared.sandbox.aws.cloud import Ask, Cloud, Rule, forward
from shared.sandbox.aws.http import Reply

PARAMETERS = frozenset({"BucketRegion", "ContinuationToken", "MaxBuckets", "Prefix"})
_NAME = re.compile(rb"<Name>([^<]+)</Name>")


def list_buckets(cloud: Cloud, ask: Ask) -> Reply:
    """ListBuckets, with each bucket's Region where the request has any parameter."""
    reply = forward(cloud, ask)
    if not PARAMETERS & ask.params.keys():
        return reply
    buckets = s3_backends[ask.account]["aws"].buckets

    def placed(name: re.Match[bytes]) -> bytes:
        return name[0] + f"<BucketRegion>{buckets[name[1].decode()].region_name}</BucketRegion>".encode()

    return replace(reply, body=_NAME.sub(placed, reply.body))


RULES: dict[str, Rule] = {"ListBuckets": list_buckets}
