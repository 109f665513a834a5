"""Which resources a CloudTrail record names, as `Ref`s. Object keys and request bodies never leave here."""

from collections.abc import Iterator

from shared.domain.resource import Kind, Ref

from .arn import named, ref
from .record import Record
from .tolerant import folded, text, within

NAMES: dict[tuple[str, str], Kind] = {
    ("s3", "bucketname"): Kind.BUCKET,
    ("kms", "keyid"): Kind.KEY,
    ("kms", "targetkeyid"): Kind.KEY,
    ("kms", "destinationkeyid"): Kind.KEY,
    ("iam", "username"): Kind.USER,
    ("iam", "rolename"): Kind.ROLE,
    ("sts", "rolearn"): Kind.ROLE,
    ("cloudtrail", "name"): Kind.TRAIL,
    ("cloudtrail", "trailname"): Kind.TRAIL,
    ("cloudtrail", "s3bucketname"): Kind.BUCKET,
    ("ec2", "snapshotid"): Kind.SNAPSHOT,
    ("ec2", "imageid"): Kind.IMAGE,
    ("rds", "dbsnapshotidentifier"): Kind.DATABASE_SNAPSHOT,
    ("backup", "backupvaultname"): Kind.BACKUP_VAULT,
    ("lambda", "role"): Kind.ROLE,
}
"""Called service and request parameter (folded), and what its value names."""

SSE_KEY = "xamzserversideencryptionawskmskeyid"
COPY_SOURCE = "xamzcopysource"


def touched(record: Record) -> tuple[Ref, ...]:
    """The resources, each once: first those that the record lists with their owner, then those that its parameters name."""
    found: dict[str, Ref] = {}
    for each in (*_listed(record), *_named(record), *_of_s3(record)):
        found.setdefault(each.id, each)
    return tuple(found.values())


def _listed(record: Record) -> Iterator[Ref]:
    for resource in record.resources:
        fields = folded(resource)
        if each := ref(text(fields.get("arn")), record.place, owner=text(fields.get("accountid"))):
            yield each


def _named(record: Record) -> Iterator[Ref]:
    for (service, parameter), kind in NAMES.items():
        name = text(record.request_parameters.get(parameter)) if service == record.service else ""
        if name and (each := named(kind, name, record.place)):
            yield each


def _of_s3(record: Record) -> Iterator[Ref]:
    """The bucket copied from (`/bucket/key`, whose key is dropped) and the key that was asked for."""
    if record.service != "s3":
        return
    source = text(record.request_parameters.get(COPY_SOURCE)).lstrip("/").partition("/")[0]
    if source and (bucket := named(Kind.BUCKET, source, record.place)):
        yield bucket
    if key := ref(text(within(record.request_parameters, SSE_KEY)), record.place):
        yield key
