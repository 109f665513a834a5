"""ARNs and names of AWS resources as `Ref`s, written the one way that makes two refs of one resource equal.

Shapes: AWS Service Authorization Reference, "Resource types" of each service.
Global resources (IAM) have no Region; a bucket has its own although its ARN does not say it.
An object becomes its bucket: an object key can name a patient and goes no further than this module.
"""

import re
from typing import NamedTuple

from shared.domain.resource import Cloud, Kind, Ref


class Place(NamedTuple):
    """Where a fact was recorded: the account and Region that stand in where an ARN names none."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`."""
        return next((name for start, name in PARTITIONS.items() if self.region.startswith(start)), "aws")


PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}

ARN = re.compile(r"arn:(?P<partition>aws[a-z-]*):(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):(?P<account>\d{12})?:(?P<rest>.+)")

KINDS: tuple[tuple[str, re.Pattern[str], Kind], ...] = (
    ("s3", re.compile(r"accesspoint[/:][a-z0-9-]+"), Kind.ACCESS_POINT),
    ("s3", re.compile(r"[A-Za-z0-9._-]{3,255}(?=/|$)"), Kind.BUCKET),
    ("kms", re.compile(r"key/[A-Za-z0-9-]+"), Kind.KEY),
    ("iam", re.compile(r"user/[\w+=,.@/-]+"), Kind.USER),
    ("iam", re.compile(r"role/[\w+=,.@/-]+"), Kind.ROLE),
    ("sso", re.compile(r"permissionSet/[A-Za-z0-9/-]+"), Kind.PERMISSION_SET),
    ("cloudtrail", re.compile(r"trail/[A-Za-z0-9._-]+"), Kind.TRAIL),
    ("ec2", re.compile(r"snapshot/snap-[0-9a-f]+"), Kind.SNAPSHOT),
    ("ec2", re.compile(r"image/ami-[0-9a-f]+"), Kind.IMAGE),
    ("rds", re.compile(r"(?:cluster-)?snapshot:[A-Za-z0-9:-]+"), Kind.DATABASE_SNAPSHOT),
    ("backup", re.compile(r"backup-vault:[A-Za-z0-9_-]+"), Kind.BACKUP_VAULT),
)
"""Service, the part of the resource that names it, and its kind; the first that matches counts."""

ASSUMED_ROLE = re.compile(r"assumed-role/(?P<role>[\w+=,.@-]+)/(?P<session>[\w+=,.@-]+)")

GLOBAL = frozenset({Kind.USER, Kind.ROLE, Kind.PERMISSION_SET})


def ref(arn: str, place: Place, owner: str = "") -> Ref | None:
    """The resource of this ARN, None where it is no ARN or of no kind that we know.

    An assumed role's ARN (`arn:aws:sts::…:assumed-role/<role>/<session>`) becomes the role's; it does not tell the role's path.
    """
    found = ARN.match(arn)
    if not found:
        return None
    service, rest = found["service"], found["rest"]
    if service == "sts" and (assumed := ASSUMED_ROLE.match(rest)):
        service, rest = "iam", f"role/{assumed['role']}"
    for of, pattern, kind in KINDS:
        if of == service and (named := pattern.match(rest)):
            return Ref(
                cloud=Cloud.AWS,
                kind=kind,
                account=found["account"] or owner or place.account,
                region="" if kind in GLOBAL else found["region"] or place.region,
                id=f"arn:{found['partition']}:{service}:{found['region']}:{found['account'] or ''}:{named[0]}",
            )
    return None


TEMPLATES = {
    Kind.BUCKET: "arn:{partition}:s3:::{name}",
    Kind.KEY: "arn:{partition}:kms:{region}:{account}:key/{name}",
    Kind.USER: "arn:{partition}:iam::{account}:user/{name}",
    Kind.ROLE: "arn:{partition}:iam::{account}:role/{name}",
    Kind.TRAIL: "arn:{partition}:cloudtrail:{region}:{account}:trail/{name}",
    Kind.SNAPSHOT: "arn:{partition}:ec2:{region}::snapshot/{name}",
    Kind.IMAGE: "arn:{partition}:ec2:{region}::image/{name}",
    Kind.DATABASE_SNAPSHOT: "arn:{partition}:rds:{region}:{account}:snapshot:{name}",
    Kind.BACKUP_VAULT: "arn:{partition}:backup:{region}:{account}:backup-vault:{name}",
}


def named(kind: Kind, name: str, place: Place) -> Ref | None:
    """The resource of this kind and name in this place (an ARN is taken as one); None where it is no such name: an alias."""
    if name.startswith("arn:"):
        return ref(name, place)
    if kind is not Kind.BUCKET and not (place.account and (place.region or kind in GLOBAL)):
        return None
    arn = TEMPLATES[kind].format(partition=place.partition, region=place.region, account=place.account, name=name)
    found = ref(arn, place)
    return found if found and found.kind is kind and found.id == arn else None
