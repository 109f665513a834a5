"""What a rehearsal has of its own in one account: a role and a bucket of made-up records, taken away by it, and a key that stays.

A role and no user: an access key that somebody makes for somebody else is what thieves do, and would be answered as that.
Everything is known by its name: whoever comes after a run that was killed takes away what it left. Nothing else is named here.
"""

import json
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.adapters.aws.arns import partition_of
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages
from shared.adapters.aws.permissions import Statement, allow, document
from shared.adapters.aws.rehearsal_rights import ALIAS, ENTERED, MAKES, NAME, boundary_of, role_prefix
from shared.adapters.aws.sessions import session
from shared.domain.errors import Absent, CloudError, Refused
from shared.domain.resource import Ref
from shared.ports import Clock

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient
    from types_boto3_kms import KMSClient
    from types_boto3_s3 import S3Client

TAG = "codeblue:rehearsal"
TAGS: Any = [{"Key": TAG, "Value": "true"}]

POLICY = "deeds"
RECORDS = 3
"""Objects of made-up text."""

SETTLES = 60
"""Seconds that a new role may take until it can be assumed, and may do what it is to do (IAM is eventually consistent)."""

SUSPENDED: Any = {"Status": "Suspended"}


def inside(clients: Clients, account: str) -> Clients:
    """Clients at home in this account, by the role that it has for rehearsals. Raises `CloudError`."""
    role = f"arn:{partition_of(clients.region)}:iam::{account}:role/{ENTERED}"
    external = os.environ.get("CODEBLUE_EXTERNAL_ID", "")
    said: Any = {"ExternalId": external} if external else {}
    got = call(clients.sts("", "").assume_role, RoleArn=role, RoleSessionName=NAME, **said)["Credentials"]
    return Clients(session(clients.region, (got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])))


class Scenery:
    """One run's own role and bucket in the account of our own credentials, named by when it has `begun`, and the key of all runs.

    `bounded`: the account has the boundary that its role is to have.
    """

    def __init__(self, clients: Clients, clock: Clock, begun: datetime, *, bounded: bool = False) -> None:
        self._clock, self._bounded = clock, bounded
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
        return (
            f"role {self.actor}",
            f"bucket {self._bucket} with {RECORDS} made-up objects",
            f"key {ALIAS}, where there is none yet",
        )

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
        self._key = self._lasting_key()
        self._fill()
        allowed = {"Version": "2012-10-17", "Statement": self._deeds()}
        within: Any = {"PermissionsBoundary": boundary_of(partition_of(self._region), self._account)} if self._bounded else {}
        call(self._iam.create_role, RoleName=self._role, AssumeRolePolicyDocument=self._trust(), Tags=TAGS, **within)
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
        """Take away what this run and those before it made, but for the key and `busy` buckets; what stays, in sentences."""
        spared = {ref.name.removeprefix(self._buckets) for ref in busy if ref.name.startswith(self._buckets)}
        return (*_ended("role", self._roles, self._end_role), *_ended("bucket", self._own_buckets, self._end_bucket, spared))

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

    def _lasting_key(self) -> str:
        """The ARN of the key, made by the first run. It stays: to end a key is an attack by our own rules."""
        listed = (each for page in pages(self._kms.get_paginator("list_aliases")) for each in page["Aliases"])
        if any(each["AliasName"] == ALIAS for each in listed):
            return call(self._kms.describe_key, KeyId=ALIAS)["KeyMetadata"]["Arn"]
        made = call(self._kms.create_key, Description=NAME, Policy=self._key_policy())["KeyMetadata"]["Arn"]
        call(self._kms.create_alias, AliasName=ALIAS, TargetKeyId=made)
        return made

    def _key_policy(self) -> str:
        """The account's own policies, as every key has it (KMS developer guide, "Default key policy"), and who makes the key."""
        root: Statement = {"Effect": "Allow", "Principal": {"AWS": self._root}, "Action": "kms:*", "Resource": "*"}
        only = {"StringEquals": {"aws:PrincipalArn": _lasting(self._caller), "kms:CallerAccount": self._account}}
        maker = {**allow(MAKES, "*"), "Principal": {"AWS": "*"}, "Condition": only}
        return document(root, maker)

    @property
    def _root(self) -> str:
        return f"arn:{partition_of(self._region)}:iam::{self._account}:root"

    def _trust(self) -> str:
        only = {"StringEquals": {"aws:PrincipalArn": _lasting(self._caller)}}
        allowed: Statement = {"Effect": "Allow", "Principal": {"AWS": self._root}, "Action": "sts:AssumeRole", "Condition": only}
        return document(allowed)

    def _enter(self) -> None:
        got = call(self._sts.assume_role, RoleArn=self.actor, RoleSessionName=NAME, DurationSeconds=900)["Credentials"]
        keys = (got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])
        self._held = session(self._region, keys).client("s3")

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
