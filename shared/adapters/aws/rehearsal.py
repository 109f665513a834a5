"""What a rehearsal has of its own in one account: a role, a bucket of made-up records and a key, made by it and taken away by it.

A role and no user: an access key that somebody makes for somebody else is what thieves do, and would be answered as that.
Everything is known by its name: whoever comes after a run that was killed takes away what it left. Nothing else is named here.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.adapters.aws.arns import partition_of
from shared.adapters.aws.clients import Clients, session
from shared.adapters.aws.errors import call, pages
from shared.adapters.aws.permissions import Statement, allow
from shared.domain.errors import Absent, CloudError, Refused
from shared.domain.resource import Ref
from shared.ports import Clock

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient
    from types_boto3_kms import KMSClient
    from types_boto3_s3 import S3Client

NAME = "codeblue-rehearsal"
ALIAS = f"alias/{NAME}-"
TAG = "codeblue:rehearsal"
TAGS: Any = [{"Key": TAG, "Value": "true"}]

ROLES = frozenset(
    f"iam:{action}" for action in ("CreateRole", "TagRole", "PutRolePolicy", "ListRolePolicies", "DeleteRolePolicy", "DeleteRole")
) | {"iam:ListAttachedRolePolicies", "iam:DetachRolePolicy", "sts:AssumeRole"}
BUCKETS = frozenset(
    f"s3:{action}"
    for action in (
        "CreateBucket",
        "PutBucketTagging",
        "PutBucketVersioning",
        "ListBucketVersions",
        "DeleteBucketPolicy",
        "DeleteBucket",
    )
)
NEW_KEYS = frozenset({"kms:CreateKey", "kms:TagResource"})
KEYS = frozenset({"kms:DescribeKey", "kms:GenerateDataKey", "kms:ScheduleKeyDeletion"})
NAMES = frozenset({"kms:CreateAlias", "kms:DeleteAlias"})

POLICY = "deeds"
RECORDS = 3
"""Objects of made-up text."""

WAITING_DAYS = 7
"""The shortest that KMS lets a key wait for its end (ScheduleKeyDeletion)."""

SETTLES = 60
"""Seconds that a new role may take until it can be assumed, and may do what it is to do (IAM is eventually consistent)."""

SUSPENDED: Any = {"Status": "Suspended"}


def role_prefix(region: str, account: str) -> str:
    """How the ARN of every rehearsal's role in this account begins."""
    return f"arn:{partition_of(region)}:iam::{account}:role/{NAME}-"


def permissions(partition: str, account: str) -> tuple[Statement, ...]:
    """What a run takes, and nothing that is not a rehearsal's: by the names of roles and buckets, and by the tag of keys."""
    bucket = f"arn:{partition}:s3:::{NAME}-{account}-*"
    keys, aliases = (f"arn:{partition}:kms:*:{account}:{kind}" for kind in ("key/*", f"{ALIAS}*"))
    return (
        allow(ROLES, f"arn:{partition}:iam::{account}:role/{NAME}-*"),
        allow(BUCKETS, bucket),
        allow({"s3:PutObject", "s3:DeleteObjectVersion"}, f"{bucket}/*"),
        {**allow(NEW_KEYS, "*"), "Condition": _tagged("aws:RequestTag")},
        {**allow(KEYS | NAMES, keys), "Condition": _tagged("aws:ResourceTag")},
        allow(NAMES, aliases),
        allow({"iam:ListRoles", "kms:ListAliases", "s3:ListAllMyBuckets"}, "*"),
    )


def _tagged(where: str) -> Mapping[str, Mapping[str, str]]:
    return {"StringEquals": {f"{where}/{TAG}": "true"}}


class Scenery:
    """One run's own role, bucket and key in the account of our own credentials. `begun` names them: two runs share nothing."""

    def __init__(self, clients: Clients, clock: Clock, begun: datetime) -> None:
        self._clock = clock
        self._account, self._region = clients.home, clients.region
        self._caller = clients.identity["Arn"]
        self._iam: IAMClient = clients.iam("")
        self._s3: S3Client = clients.s3("", "")
        self._kms: KMSClient = clients.kms("", "")
        self._sts = clients.sts("", "")
        self._stamp = f"{begun:%y%m%d%H%M%S}"
        self._role = f"{NAME}-{self._stamp}"
        self._buckets = f"{NAME}-{self._account}-"
        self._bucket = self._buckets + self._stamp
        self._key = ""
        self._held: S3Client | None = None

    @property
    def actor(self) -> str:
        """The ARN of the role that does the deed."""
        return role_prefix(self._region, self._account) + self._stamp

    @property
    def named(self) -> tuple[str, ...]:
        """What is made, in the words of a plan."""
        return (f"role {self.actor}", f"bucket {self._bucket} with {RECORDS} made-up objects", f"key {ALIAS}{self._stamp}")

    def owns(self, target: Ref) -> bool:
        """Whether this is something that the run made."""
        return (
            target.id in {self.actor, self._key}
            or target.id.removeprefix(f"arn:{partition_of(self._region)}:s3:::") == self._bucket
        )

    def rehearses(self, principal: str, resources: tuple[Ref, ...]) -> bool:
        """Whether an alert is about rehearsals alone: their actor, and nothing but their buckets."""
        ours = all(ref.name.startswith(self._buckets) for ref in resources)
        return ours and principal.startswith(role_prefix(self._region, self._account))

    def set_up(self) -> None:
        """Make it all, and see that the actor can read: a refusal later on means nothing otherwise. Raises `CloudError`."""
        tags: Any = [{"TagKey": TAG, "TagValue": "true"}]
        self._key = call(self._kms.create_key, Description=NAME, Tags=tags)["KeyMetadata"]["Arn"]
        try:
            call(self._kms.create_alias, AliasName=f"{ALIAS}{self._stamp}", TargetKeyId=self._key)
        except CloudError:  # without its name nobody would find it again
            call(self._kms.schedule_key_deletion, KeyId=self._key, PendingWindowInDays=WAITING_DAYS)
            raise
        self._fill()
        allowed = {"Version": "2012-10-17", "Statement": self._deeds()}
        call(self._iam.create_role, RoleName=self._role, AssumeRolePolicyDocument=self._trust(), Tags=TAGS)
        call(self._iam.put_role_policy, RoleName=self._role, PolicyName=POLICY, PolicyDocument=json.dumps(allowed))
        self._patiently(self._enter)
        self._patiently(self._read)

    def attack(self) -> None:
        """The deed: the actor has old versions of its own bucket kept no more (S3 PutBucketVersioning)."""
        call(self._actors.put_bucket_versioning, Bucket=self._bucket, VersioningConfiguration=SUSPENDED)

    def refused(self) -> bool:
        """Whether the actor is refused what it could read before. No answer is no refusal."""
        try:
            self._read()
        except Refused:
            return True
        except CloudError:
            return False
        return False

    def clear(self, busy: Collection[Ref] = ()) -> tuple[str, ...]:
        """Take away what this run and those before it made, but for `busy` buckets and their keys; what stays, in sentences."""
        spared = {ref.name.removeprefix(self._buckets) for ref in busy if ref.name.startswith(self._buckets)}
        left = list(_ended("role", self._roles, self._end_role))
        for kind, names, end in (("bucket", self._own_buckets, self._end_bucket), ("key", self._aliases, self._end_key)):
            left += _ended(kind, names, end, spared)
        return tuple(left)

    @property
    def _actors(self) -> "S3Client":
        if self._held is None:
            raise Refused("the rehearsal's role has not been entered")
        return self._held

    def _fill(self) -> None:
        place: Any = {} if self._region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        call(self._s3.create_bucket, Bucket=self._bucket, **place)
        call(self._s3.put_bucket_tagging, Bucket=self._bucket, Tagging={"TagSet": TAGS})
        call(self._s3.put_bucket_versioning, Bucket=self._bucket, VersioningConfiguration={"Status": "Enabled"})
        sse: Any = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self._key}
        for number in range(RECORDS):
            call(self._s3.put_object, Bucket=self._bucket, Key=f"{number}", Body=b"made up for a rehearsal", **sse)

    def _deeds(self) -> list[dict[str, str]]:
        bucket = f"arn:{partition_of(self._region)}:s3:::{self._bucket}"
        rights = (("s3:GetObject", f"{bucket}/*"), ("s3:PutBucketVersioning", bucket), ("kms:Decrypt", self._key))
        return [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in rights]

    def _trust(self) -> str:
        who = f"arn:{partition_of(self._region)}:iam::{self._account}:root"
        only = {"StringEquals": {"aws:PrincipalArn": _lasting(self._caller)}}
        allowed = {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole", "Condition": only}
        return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})

    def _enter(self) -> None:
        got = call(self._sts.assume_role, RoleArn=self.actor, RoleSessionName=NAME, DurationSeconds=900)["Credentials"]
        keys = (got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])
        self._held = _as(session(self._region), keys)

    def _read(self) -> None:
        call(self._actors.get_object, Bucket=self._bucket, Key="0")

    def _patiently(self, step: Callable[[], None]) -> None:
        until = self._clock.monotonic() + SETTLES
        while self._clock.monotonic() < until:
            with suppress(Refused):
                return step()
            self._clock.sleep(1)
        return step()

    def _roles(self) -> Iterator[str]:
        for page in pages(self._iam.get_paginator("list_roles")):
            yield from (role["RoleName"] for role in page["Roles"] if role["RoleName"].startswith(f"{NAME}-"))

    def _own_buckets(self) -> Iterator[str]:
        listed = call(self._s3.list_buckets)["Buckets"]
        yield from (each["Name"] for each in listed if each["Name"].startswith(self._buckets))

    def _aliases(self) -> Iterator[str]:
        for page in pages(self._kms.get_paginator("list_aliases")):
            yield from (each["AliasName"] for each in page["Aliases"] if each["AliasName"].startswith(ALIAS))

    def _end_role(self, name: str) -> None:
        for policy in call(self._iam.list_role_policies, RoleName=name)["PolicyNames"]:
            call(self._iam.delete_role_policy, RoleName=name, PolicyName=policy)
        for attached in call(self._iam.list_attached_role_policies, RoleName=name)["AttachedPolicies"]:
            call(self._iam.detach_role_policy, RoleName=name, PolicyArn=attached["PolicyArn"])
        call(self._iam.delete_role, RoleName=name)

    def _end_bucket(self, name: str) -> None:
        call(self._s3.delete_bucket_policy, Bucket=name)
        for page in pages(self._s3.get_paginator("list_object_versions"), Bucket=name):
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                call(self._s3.delete_object, Bucket=name, Key=each["Key"], VersionId=each["VersionId"])
        call(self._s3.delete_bucket, Bucket=name)

    def _end_key(self, alias: str) -> None:
        """The alias goes last: by it a key is found that a killed run left."""
        key = call(self._kms.describe_key, KeyId=alias)["KeyMetadata"]
        if key["KeyState"] != "PendingDeletion":
            call(self._kms.schedule_key_deletion, KeyId=key["Arn"], PendingWindowInDays=WAITING_DAYS)
        call(self._kms.delete_alias, AliasName=alias)


def _ended(
    kind: str, names: Callable[[], Iterator[str]], end: Callable[[str], None], spared: Collection[str] = ()
) -> Iterator[str]:
    """What of this kind could not be taken away. `spared`: the stamps of runs whose things stay."""
    try:
        found = [name for name in names() if name.rpartition("-")[2] not in spared]
    except CloudError as error:
        yield f"whether a {kind} of a rehearsal is left can not be told: {error}; look for names that begin with {NAME}"
        return
    for name in found:
        try:
            with suppress(Absent):
                end(name)
        except CloudError as error:
            yield f"{kind} {name} could not be removed: {error}; rehearse again, or remove it by hand"


def _lasting(caller: str) -> str:
    """Who we are beyond our session: `aws:PrincipalArn` of a session is the role's ARN."""
    if ":assumed-role/" not in caller:
        return caller
    head, _, rest = caller.partition(":assumed-role/")
    return f"{head.replace(':sts:', ':iam:')}:role/{rest.split('/')[0]}"


def _as(made: Any, keys: tuple[str, str, str]) -> "S3Client":  # noqa: ANN401  # a boto3 session
    access, secret, token = keys
    found: S3Client = made.client("s3", aws_access_key_id=access, aws_secret_access_key=secret, aws_session_token=token)
    return found
