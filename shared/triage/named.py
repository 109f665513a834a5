"""What a CloudTrail call names besides the resources that it lists: for the lines of a report, and for joining."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.intake.fact import Fact
from shared.intake.objects_left_out import without_key
from shared.intake.tolerant import text, within

GLOBAL = "arn:aws:iam::{account}:"

FORMS: dict[str, tuple[tuple[str, str], ...]] = {
    "s3": (("bucketname", "arn:aws:s3:::{name}"),),
    "s3express": (("bucketname", "arn:aws:s3:::{name}"),),
    "kms": (("keyid", "arn:aws:kms:{region}:{account}:key/{name}"), ("targetkeyid", "arn:aws:kms:{region}:{account}:key/{name}")),
    "iam": (
        ("username", GLOBAL + "user/{name}"),
        ("rolename", GLOBAL + "role/{name}"),
        ("groupname", GLOBAL + "group/{name}"),
        ("policyname", GLOBAL + "policy/{name}"),
        ("samlproviderarn", "{name}"),
    ),
    "sts": (("rolearn", "{name}"),),
    "cloudtrail": (
        ("name", "arn:aws:cloudtrail:{region}:{account}:trail/{name}"),
        ("trailname", "arn:aws:cloudtrail:{region}:{account}:trail/{name}"),
        ("eventdatastore", "{name}"),
    ),
    "ec2": (
        ("snapshotid", "arn:aws:ec2:{region}:{account}:snapshot/{name}"),
        ("imageid", "arn:aws:ec2:{region}:{account}:image/{name}"),
        ("volumeid", "arn:aws:ec2:{region}:{account}:volume/{name}"),
        ("instanceid", "arn:aws:ec2:{region}:{account}:instance/{name}"),
        ("groupid", "arn:aws:ec2:{region}:{account}:security-group/{name}"),
    ),
    "rds": (
        ("dbsnapshotidentifier", "arn:aws:rds:{region}:{account}:snapshot:{name}"),
        ("dbclustersnapshotidentifier", "arn:aws:rds:{region}:{account}:cluster-snapshot:{name}"),
        ("dbinstanceidentifier", "arn:aws:rds:{region}:{account}:db:{name}"),
        ("dbclusteridentifier", "arn:aws:rds:{region}:{account}:cluster:{name}"),
    ),
    "backup": (
        ("backupvaultname", "arn:aws:backup:{region}:{account}:backup-vault:{name}"),
        ("recoverypointarn", "{name}"),
        ("backupplanid", "arn:aws:backup:{region}:{account}:backup-plan:{name}"),
    ),
    "secretsmanager": (
        ("secretid", "arn:aws:secretsmanager:{region}:{account}:secret:{name}"),
        ("name", "arn:aws:secretsmanager:{region}:{account}:secret:{name}"),
    ),
    "ssm": (("name", "arn:aws:ssm:{region}:{account}:parameter/{name}"),),
    "lambda": (("functionname", "arn:aws:lambda:{region}:{account}:function:{name}"),),
    "guardduty": (("detectorid", "arn:aws:guardduty:{region}:{account}:detector/{name}"),),
    "logs": (("loggroupname", "arn:aws:logs:{region}:{account}:log-group:{name}"),),
    "dynamodb": (("tablename", "arn:aws:dynamodb:{region}:{account}:table/{name}"),),
    "ecr": (("repositoryname", "arn:aws:ecr:{region}:{account}:repository/{name}"),),
    "sns": (("topicarn", "{name}"),),
    "sqs": (("queueurl", "{name}"),),
    "redshift": (
        ("snapshotidentifier", "arn:aws:redshift:{region}:{account}:snapshot:{name}"),
        ("clusteridentifier", "arn:aws:redshift:{region}:{account}:cluster:{name}"),
    ),
    "elasticfilesystem": (("filesystemid", "arn:aws:elasticfilesystem:{region}:{account}:file-system/{name}"),),
}
"""Called service, its parameter (folded), and the name that its value makes."""

MAKES: dict[str, tuple[str, tuple[str, ...]]] = {
    "CreateBucket": ("asked", ("bucketname",)),
    "CreateUser": ("asked", ("username",)),
    "CreateRole": ("asked", ("rolename",)),
    "CreateTrail": ("asked", ("name",)),
    "CreateKey": ("answered", ("keymetadata", "keyid")),
    "CreateSnapshot": ("answered", ("snapshotid",)),
    "CreateImage": ("answered", ("imageid",)),
    "CreateDBSnapshot": ("asked", ("dbsnapshotidentifier",)),
    "CreateDBInstance": ("asked", ("dbinstanceidentifier",)),
    "CreateDBCluster": ("asked", ("dbclusteridentifier",)),
    "CreateSecret": ("asked", ("name",)),
    "PutParameter": ("asked", ("name",)),
    "CreateLogGroup": ("asked", ("loggroupname",)),
    "CreateTable": ("asked", ("tablename",)),
    "CreateBackupVault": ("asked", ("backupvaultname",)),
    "CreateDetector": ("answered", ("detectorid",)),
    "CreateVolume": ("answered", ("volumeid",)),
    "CreateFileSystem": ("answered", ("filesystemid",)),
    "CreateEventDataStore": ("answered", ("eventdatastorearn",)),
}
"""Calls that make what others delete, and where the new thing's name stands."""

NAMING = (
    "bucketname",
    "username",
    "rolename",
    "name",
    "trailname",
    "keyid",
    "snapshotid",
    "imageid",
    "dbsnapshotidentifier",
    "dbinstanceidentifier",
    "dbclusteridentifier",
    "secretid",
    "loggroupname",
    "tablename",
    "backupvaultname",
    "detectorid",
    "volumeid",
    "filesystemid",
    "eventdatastore",
)
"""Parameters by which a later call names it."""


def resources_of(fact: Fact, asked: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """The resources that the record lists, and those that its parameters name, each once. `asked`: those, if they are at hand."""
    if fact.source != "cloudtrail" or fact.service not in FORMS:
        return fact.resources
    return tuple(dict.fromkeys((*fact.resources, *_asked_for(fact, fact.asked if asked is None else asked))))


def _asked_for(fact: Fact, asked: Mapping[str, Any]) -> Iterator[str]:
    for parameter, form in FORMS[fact.service]:
        if name := text(asked.get(parameter)):
            yield without_key(name) if name.startswith("arn:") else form.format(name=name, account=fact.account, region=fact.region)


def short(name: str) -> str:
    """The last part of a name, so that an ARN and a bare name of one thing are the same."""
    return name.rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def made(fact: Fact) -> str:
    """What this call made, empty where it made nothing that we follow."""
    where, path = MAKES.get(fact.event, ("", ()))
    if not where or fact.failed:
        return ""
    return short(text(within(fact.asked if where == "asked" else fact.answered, *path)))


def names(fact: Fact) -> frozenset[str]:
    """By which short names the call names its targets."""
    asked = fact.asked
    return frozenset(short(found) for parameter in NAMING if (found := text(asked.get(parameter))))
