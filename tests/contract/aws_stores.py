"""A cloud for the store adapters' contract: the sandbox over HTTP, the world as the product sees it, and resources to look at."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import boto3
import pytest

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.policies import Statement, body
from shared.adapters.aws.world import AwsWorld
from shared.domain.facet import PolicyStatement
from shared.domain.resource import Cloud, Kind, Ref
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox

OUTSIDER = "999988887777"

_NUMBERS = count(1)


def fresh(word: str) -> str:
    """A name that no other row has."""
    return f"{word}-{next(_NUMBERS)}"


@dataclass(frozen=True)
class Stage:
    """One sandbox: `root` sets the scene, `world` is what is tested, with the credentials of the environment."""

    sandbox: Sandbox
    root: boto3.Session
    clients: Clients
    world: AwsWorld

    def client(self, service: str, region: str = REGION) -> Any:  # noqa: ANN401  # boto3 makes its classes at run time
        return self.root.client(service, region_name=region)  # type: ignore[call-overload]

    def bucket(self, region: str = REGION) -> Ref:
        name = fresh("charts")
        elsewhere = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.client("s3", region).create_bucket(Bucket=name, **elsewhere)
        return self.bucket_ref(name, region)

    def key(self, region: str = REGION, *, family: bool = False) -> Ref:
        return at(Kind.KEY, self.client("kms", region).create_key(MultiRegion=family)["KeyMetadata"]["Arn"])

    def access_point(self) -> Ref:
        made = self.client("s3control").create_access_point(AccountId=ACCOUNT, Name=fresh("reading"), Bucket=self.bucket().name)
        return at(Kind.ACCESS_POINT, made["AccessPointArn"])

    def trail(self) -> Ref:
        made = self.client("cloudtrail").create_trail(Name=fresh("trail"), S3BucketName=self.bucket().name)
        return at(Kind.TRAIL, made["TrailARN"])

    def snapshot(self) -> Ref:
        ec2 = self.client("ec2")
        volume = ec2.create_volume(Size=1, AvailabilityZone=f"{REGION}a")["VolumeId"]
        made = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
        return self._of_ec2(Kind.SNAPSHOT, f"snapshot/{made}")

    def image(self) -> Ref:
        ec2 = self.client("ec2")
        machine = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        return self._of_ec2(Kind.IMAGE, f"image/{ec2.create_image(InstanceId=machine, Name=fresh('image'))['ImageId']}")

    def database_snapshot(self) -> Ref:
        rds, name = self.client("rds"), fresh("records")
        owner = {"MasterUsername": "admin", "MasterUserPassword": "not-a-secret-1"}  # pragma: allowlist secret
        rds.create_db_instance(
            DBInstanceIdentifier=name, DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20, **owner
        )
        made = rds.create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=fresh("night"))
        return at(Kind.DATABASE_SNAPSHOT, made["DBSnapshot"]["DBSnapshotArn"])

    def cluster_snapshot(self) -> Ref:
        rds, name = self.client("rds"), fresh("cluster")
        owner = {"MasterUsername": "admin", "MasterUserPassword": "not-a-secret-1"}  # pragma: allowlist secret
        rds.create_db_cluster(DBClusterIdentifier=name, Engine="aurora-postgresql", **owner)
        made = rds.create_db_cluster_snapshot(DBClusterIdentifier=name, DBClusterSnapshotIdentifier=fresh("night"))
        return at(Kind.DATABASE_SNAPSHOT, made["DBClusterSnapshot"]["DBClusterSnapshotArn"])

    def vault(self) -> Ref:
        made = self.client("backup").create_backup_vault(BackupVaultName=fresh("vault"))
        return at(Kind.BACKUP_VAULT, made["BackupVaultArn"])

    def access_grant(self, scope: str, grantee: str) -> str:
        """The id of an S3 Access Grant; the account's instance is made with its first one."""
        grants, made = self.sandbox.cloud.books.access_grants.setdefault(ACCOUNT, {}), fresh("grant")
        grants[made] = {
            "AccessGrantId": made,
            "Grantee": {"GranteeType": "IAM", "GranteeIdentifier": grantee},
            "GrantScope": scope,
            "Permission": "READ",
        }
        return made

    @staticmethod
    def bucket_ref(name: str, region: str = REGION) -> Ref:
        return Ref(cloud=Cloud.AWS, kind=Kind.BUCKET, account=ACCOUNT, region=region, id=f"arn:aws:s3:::{name}")

    @staticmethod
    def access_point_ref(name: str) -> Ref:
        return at(Kind.ACCESS_POINT, f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/{name}")

    def account(self) -> Ref:
        return Ref(cloud=Cloud.AWS, kind=Kind.ACCOUNT, account=ACCOUNT, region=REGION, id=ACCOUNT)

    @staticmethod
    def _of_ec2(kind: Kind, resource: str) -> Ref:
        return Ref(cloud=Cloud.AWS, kind=kind, account=ACCOUNT, region=REGION, id=f"arn:aws:ec2:{REGION}::{resource}")


def at(kind: Kind, arn: str) -> Ref:
    """The resource of an ARN that names account and Region."""
    _, _, _, region, account, _ = arn.split(":", 5)
    return Ref(cloud=Cloud.AWS, kind=kind, account=account, region=region, id=arn)


def deny(sid: str, resource: str, action: str) -> PolicyStatement:
    """A deny of ours for somebody who is not here."""
    statement: Statement = {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"StringLike": {"aws:userid": "AROAEXAMPLETHIEF0000:*"}},
    }
    return PolicyStatement(sid=sid, body=body(statement))


def allow(sid: str, resource: str, action: str) -> dict[str, object]:
    """A statement of somebody else's, as a document holds it."""
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}


def document(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@contextmanager
def staged() -> Iterator[Stage]:
    """A sandbox with nothing in it, and an environment that points there."""
    with Sandbox() as sandbox, pytest.MonkeyPatch.context() as environment:
        root = sandbox.root()
        credentials = root.get_credentials()
        assert credentials is not None
        environment.setenv("AWS_ENDPOINT_URL", sandbox.endpoint_url)
        environment.setenv("AWS_DEFAULT_REGION", REGION)
        environment.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # 1,300 snapshots that no hospital owns
        environment.setenv("AWS_ACCESS_KEY_ID", str(credentials.access_key))
        environment.setenv("AWS_SECRET_ACCESS_KEY", str(credentials.secret_key))
        clients = Clients()
        assert clients.home == ACCOUNT  # asked now, so that these credentials are kept whatever the environment says later
        yield Stage(sandbox, root, clients, AwsWorld(clients))
