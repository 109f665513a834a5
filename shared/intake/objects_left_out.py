"""Names of resources without the objects in them: an object's key can be a patient's name, and goes no further than intake.

A store stays, whatever the source called the object: by ARN, by URL, by path.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from .pieces import once
from .tolerant import LONGEST

OF_S3 = re.compile(r"arn:aws[a-z-]*:s3[a-z-]*:[^:]*:[^:]*:")

WITHIN_POINT = re.compile(r"/object(s)?/.*", re.DOTALL)
"""From here on the ARN of an access point, of an outpost too, names one object (S3 user guide, "Access point ARNs")."""

BLOB = re.compile(r"(?is)(/blobs/|/files/|/messages/).*")
"""From here on an Azure resource's id names one object."""

STORES = re.compile(r"(?i)\.(blob|dfs|file|queue|table)\.(core|storage)\.")
"""In the host of a URL of Azure Storage."""

S3_HOST = re.compile(r"(?i)^(?:(?P<bucket>[a-z0-9.-]+)\.)?s3[a-z0-9.-]*\.amazonaws\.com")


def without_key(arn: str) -> str:
    """The bucket, or the access point, of an object's ARN. Other ARNs, and ids that begin with `/`, stay; the rest is empty."""
    if not arn.startswith(("arn:", "/")):
        return ""
    if ":s3" in arn and (start := OF_S3.match(arn)):
        rest = arn[start.end() :]
        if rest.startswith(("accesspoint", "outpost", "bucket/")):
            return WITHIN_POINT.sub("", arn)[:LONGEST] if not rest.startswith("bucket/") else "/".join(arn.split("/")[:2])
        return arn.partition("/")[0]
    return arn[:LONGEST]


def without_objects(names: Iterable[str]) -> tuple[str, ...]:
    """Each resource once, none of them an object's."""
    return once(_store(name) for name in names)


def _store(name: str) -> str:
    if name.startswith("arn:"):
        return without_key(name)
    if name.startswith(("s3://", "s3a://", "s3n://")):
        return "arn:aws:s3:::" + name.partition("://")[2].partition("/")[0]
    if "://" in name:
        return _of_url(name)
    return BLOB.sub("", name)


def _of_url(name: str) -> str:
    """The store of an object's URL; of any other, the URL without its query, which can hold a signature."""
    try:
        url = urlsplit(name)
        host = url.hostname or ""
    except ValueError:
        return ""
    container = url.path.lstrip("/").partition("/")[0]
    if STORES.search(host):
        return f"{url.scheme}://{host}/{container}"
    if found := S3_HOST.match(host):
        return f"arn:aws:s3:::{found['bucket'] or container}"
    return f"{url.scheme}://{host}{url.path}"


def of_object(name: str, kind: str) -> str:
    """The bucket of what a scanner calls an S3 object without an ARN (`bucket/key`); any other name stays."""
    is_object = "s3object" in kind.lower().replace("_", "").replace(" ", "").replace(":", "")
    return name.partition("/")[0] if is_object and not name.startswith("arn:") and "://" not in name else name
