"""An imaginary clinic on the embedded AWS, built through the same calls that an administrator would make.

One tenant: a chart store under a multi-Region key with 12 stored versions, a store for laboratory results, an access point, the
audit trail with its log, a vault and a snapshot, the people of `clinic_people`, and the findings that the example events report.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.sandbox.aws import clinic_people as people
from shared.sandbox.aws import clinic_policies as policies
from shared.sandbox.aws import scenario_findings as findings
from shared.sandbox.aws import scenario_ids as ids
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic_people import Credentials
from shared.sandbox.aws.clock import DrillClock
from shared.sandbox.aws.server import Sandbox

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

VERSIONS = 3
"""Versions of each chart."""

BLOCKED = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}


CARE = (names.CLINICIAN, names.CLINICIAN_BY_ARN, names.BACKUP_USER)
"""Users who work with charts by right."""

DAY = 86_400
DAYS = 3
"""Days that the clinic has been at work when a scene begins: the audit log shows who works there, and from where."""

ON_SHIFT = 2 * 3600
"""How long ago today's sessions began, in seconds."""


@dataclass(frozen=True, slots=True)
class Clinic:
    """What a scene needs to know: who holds which credentials (by their part in it), and the resources (by what they are)."""

    credentials: Mapping[str, Credentials]
    resources: Mapping[str, str]


def response_policy(clinic: Clinic) -> str:
    """The clinic's `response.toml`: what its administrators have declared beforehand."""
    care = [people.role_arn(names.APP_ROLE), *(people.user_arn(user) for user in CARE)]
    works = [people.role_arn(names.PIPELINE), people.user_arn(names.ADMINISTRATOR)]
    return f"""version = 1

[tenants.st-brendan]
principals = {json.dumps([*care, *works])}
buckets = {json.dumps([names.CHARTS, names.LABS])}
keys = {json.dumps([clinic.resources["key"]])}
accounts = ["{names.ACCOUNT}"]

[responder]
roles = ["{people.role_arn(names.RESPONDER)}"]
break_glass = ["{people.role_arn(names.BREAK_GLASS)}"]
"""


def before(port: int = 0, *, seed: int = 0) -> Sandbox:
    """A blank sandbox whose clock leaves room for the clinic's past."""
    return Sandbox(port, clock=DrillClock(behind=DAYS * DAY + ON_SHIFT), seed=seed)


def build(sandbox: Sandbox, *, empty: bool = False) -> Clinic:
    """Make the clinic in a blank sandbox from `before`, and let it work until the present; `empty`: its people only."""
    return lived(sandbox, founded(sandbox, empty=empty), worked)


def founded(sandbox: Sandbox, *, empty: bool = False) -> Clinic:
    """The clinic as it was made, with the credentials that last."""
    admin = people.administrator(sandbox)
    session = people.bound(sandbox, admin)
    held = {"administrator": admin, **people.users(sandbox, session.client("iam"))}
    people.roles(sandbox, session.client("iam"))
    return Clinic(held, {} if empty else _furnished(sandbox, session))


def lived(
    sandbox: Sandbox, clinic: Clinic, work: Callable[[Sandbox, Clinic], None], accounts: Sequence[str] = (names.ACCOUNT,)
) -> Clinic:
    """The clinic at present, after days of ordinary `work`, with the sessions that are under way. `accounts` are old by now."""
    for account in accounts:
        ids.age(sandbox.cloud, account)
    sandbox.cloud.history.settle()
    for pause in (*(DAY,) * DAYS, ON_SHIFT):
        present = Clinic({**clinic.credentials, **people.sessions(sandbox, clinic.credentials["administrator"])}, clinic.resources)
        work(sandbox, present)
        sandbox.cloud.clock.advance(pause)
    return present


def worked(sandbox: Sandbox, clinic: Clinic) -> None:
    """What the audit log shows of an ordinary day: who uses the key, and who looks after the stores."""
    if not clinic.resources:
        return
    for who in ("clinician_app", "clinician", "clinician_by_arn", "backup"):
        kms = people.bound(sandbox, clinic.credentials[who]).client("kms")
        kms.generate_data_key(KeyId=clinic.resources["key"], KeySpec="AES_256")
    people.bound(sandbox, clinic.credentials["pipeline"]).client("s3").get_bucket_policy(Bucket=names.CHARTS)


def _furnished(sandbox: Sandbox, session: Any) -> dict[str, str]:  # noqa: ANN401 - boto3's clients are made by name
    """Stores, key, trail, backups and findings: the resources by what they are."""
    key = _key(session)
    _stores(session.client("s3"), key)
    _trail(session)
    others = _backups(session)
    point = session.client("s3control")
    point.create_access_point(AccountId=names.ACCOUNT, Name=names.ACCESS_POINT, Bucket=names.CHARTS)
    for finding in findings.all_of(key):
        sandbox.cloud.findings.store(finding)
    return {
        "key": key,
        **others,
        "charts": names.CHARTS,
        "labs": names.LABS,
        "audit_log": names.AUDIT_LOG,
        "trail": names.TRAIL,
        "vault": names.VAULT,
        "access_point": names.ACCESS_POINT,
        "detector": names.DETECTOR,
    }


def _key(session: Any) -> str:  # noqa: ANN401
    """The key of the charts, with its replica in the second Region; its ARN."""
    kms = session.client("kms")
    made = kms.create_key(MultiRegion=True, Description="charts")["KeyMetadata"]["KeyId"]
    arn = ids.key(names.ACCOUNT, names.REGION, made, names.KEY_ID)
    policy = policies.key_policy(names.ACCOUNT, _care())
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=policy)
    kms.create_alias(AliasName="alias/charts", TargetKeyId=arn)
    kms.replicate_key(KeyId=arn, ReplicaRegion=names.SECOND_REGION, Policy=policy)
    return arn


def _care() -> list[str]:
    """Who uses the charts' key by right."""
    users = (names.CLINICIAN, names.EXPORT_USER, names.BACKUP_USER)
    return [people.role_arn(names.APP_ROLE), *(people.user_arn(user) for user in users)]


def _stores(s3: "S3Client", key: str) -> None:
    for bucket in (names.CHARTS, names.LABS, names.AUDIT_LOG):
        s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerEnforced")
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=BLOCKED)  # type: ignore[arg-type]  # four flags
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for bucket in (names.CHARTS, names.LABS):
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "data-class", "Value": "phi"}]})
        s3.put_bucket_policy(Bucket=bucket, Policy=policies.store_policy(bucket))
    sse: Any = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=names.CHARTS, ServerSideEncryptionConfiguration={"Rules": [sse]})
    for patient in names.PATIENTS:
        for version in range(VERSIONS):
            s3.put_object(Bucket=names.CHARTS, Key=f"charts/{patient}.pdf", Body=f"chart of {patient}, page {version}".encode())
        s3.put_object(Bucket=names.LABS, Key=f"labs/{patient}.hl7", Body=f"results of {patient}".encode())


def _trail(session: Any) -> None:  # noqa: ANN401
    """The audit trail, of every management event and of every read and write of charts."""
    s3, trails = session.client("s3"), session.client("cloudtrail")
    s3.put_bucket_policy(Bucket=names.AUDIT_LOG, Policy=policies.log_policy(names.ACCOUNT))
    trails.create_trail(Name=names.TRAIL, S3BucketName=names.AUDIT_LOG, IsMultiRegionTrail=True, EnableLogFileValidation=True)
    objects = {"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::{bucket}/" for bucket in (names.CHARTS, names.LABS)]}
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [objects]}
    trails.put_event_selectors(TrailName=names.TRAIL, EventSelectors=[selector])
    trails.start_logging(Name=names.TRAIL)


def _backups(session: Any) -> dict[str, str]:  # noqa: ANN401
    """A vault, and a snapshot of a volume that nobody else can use."""
    session.client("backup").create_backup_vault(BackupVaultName=names.VAULT)
    ec2 = session.client("ec2")
    volume = ec2.create_volume(AvailabilityZone=f"{names.REGION}a", Size=8, Encrypted=True)["VolumeId"]
    return {"snapshot": ec2.create_snapshot(VolumeId=volume, Description="imaging archive")["SnapshotId"]}
