"""An imaginary hospital on the embedded AWS: three tenants with keys of their own, in three accounts and two Regions.

Tenant A is the clinic of `clinic`, B a hospice in the same account, C a county laboratory whose data, key and readers are in three
accounts. What each stores is in `hospital_objects`, who works there in `hospital_people`.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.sandbox.aws import clinic as first
from shared.sandbox.aws import clinic_people as people
from shared.sandbox.aws import clinic_policies as policies
from shared.sandbox.aws import hospital_findings as findings
from shared.sandbox.aws import hospital_names as hospital
from shared.sandbox.aws import hospital_objects as objects
from shared.sandbox.aws import hospital_people as staff
from shared.sandbox.aws import scenario_ids as ids
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic import BLOCKED, Clinic
from shared.sandbox.aws.server import Sandbox

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

SERVICES = ("cloudtrail.amazonaws.com", f"logs.{names.REGION}.amazonaws.com", "events.amazonaws.com")
"""What encrypts with the hospice's key in its own name."""

FOR_SERVICES = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")


def build(sandbox: Sandbox) -> Clinic:
    """Make the hospital in a blank sandbox from `clinic.before`, and let it work until the present."""
    clinic = first.founded(sandbox)
    admin = clinic.credentials["administrator"]
    staff.responders(sandbox, admin)
    session = people.bound(sandbox, admin)
    lab = sandbox.root(hospital.DATA_ACCOUNT)
    keys = {"key": clinic.resources["key"], "hospice_key": _hospice_key(session), "lab_key": _lab_key(sandbox)}
    held = {**clinic.credentials, **staff.staff(sandbox, admin, keys)}
    _clinics(session, keys["key"])
    _store(session.client("s3"), hospital.RECORDS, keys["hospice_key"], locked=True)
    for bucket in (hospital.RESULTS, hospital.FORMS):
        _store(lab.client("s3"), bucket, keys["lab_key"], versioned=False, phi=bucket == hospital.RESULTS)
    _services(session, keys["hospice_key"])
    _lab_trail(lab)
    objects.store(session.client("s3"), objects.clinic())
    objects.store(session.client("s3"), objects.hospice())
    objects.store(session.client("s3", region_name=names.SECOND_REGION), objects.replicas())
    objects.store(lab.client("s3"), objects.laboratory())
    sandbox.cloud.findings.store(findings.finding(keys))
    return first.lived(sandbox, Clinic(held, {**clinic.resources, **keys}), _worked, hospital.ACCOUNTS)


def response_policy(clinic: Clinic) -> str:
    """The hospital's `response.toml`: what its administrators have declared beforehand."""
    here = people.role_arn(names.RESPONDER)
    places = {
        "st-brendan": ([names.CHARTS, names.LABS, hospital.REPLICA], "key", [names.ACCOUNT]),
        "marys-hospice": ([hospital.RECORDS], "hospice_key", [names.ACCOUNT]),
        "county-lab": ([hospital.RESULTS], "lab_key", [hospital.DATA_ACCOUNT, hospital.KEY_ACCOUNT]),
    }
    tenants = "\n".join(
        f"[tenants.{tenant}]\nprincipals = {json.dumps(staff.rightful()[tenant])}\nbuckets = {json.dumps(buckets)}\n"
        f"keys = {json.dumps([clinic.resources[key]])}\naccounts = {json.dumps(accounts)}\n"
        for tenant, (buckets, key, accounts) in places.items()
    )
    return f"""version = 1

{tenants}
[responder]
roles = {json.dumps([here, *staff.spokes()])}
break_glass = ["{people.role_arn(names.BREAK_GLASS)}"]
"""


def _clinics(session: Any, key: str) -> None:  # noqa: ANN401 - boto3's clients are made by name
    """The clinic's copies in the second Region, and the rule by which charts are copied there."""
    west, copy = session.client("s3", region_name=names.SECOND_REGION), key.replace(names.REGION, names.SECOND_REGION)
    _store(west, hospital.REPLICA, copy)
    rule = {
        "ID": "west",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        "Destination": {"Bucket": f"arn:aws:s3:::{hospital.REPLICA}", "EncryptionConfiguration": {"ReplicaKmsKeyID": copy}},
    }
    replication = {"Role": people.role_arn(names.BATCH_ROLE), "Rules": [rule]}
    session.client("s3").put_bucket_replication(Bucket=names.CHARTS, ReplicationConfiguration=replication)


def _hospice_key(session: Any) -> str:  # noqa: ANN401
    """The hospice's key, which services use too; its ARN."""
    kms = session.client("kms")
    made = kms.create_key(Description="hospice")["KeyMetadata"]["KeyId"]
    arn = ids.key(names.ACCOUNT, names.REGION, made, hospital.HOSPICE_KEY_ID)
    used = json.loads(policies.key_policy(names.ACCOUNT, [people.user_arn(names.CLINICIAN)]))["Statement"]
    services = {"Sid": "ServicesUseTheKey", "Effect": "Allow", "Principal": {"Service": list(SERVICES)}, "Resource": "*"}
    policy = policies.document(*used, {**services, "Action": list(FOR_SERVICES)})
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=policy)
    return arn


def _lab_key(sandbox: Sandbox) -> str:
    """The laboratory's key, in an account of its own: whoever works in the other two may use it; its ARN."""
    kms = sandbox.root(hospital.KEY_ACCOUNT).client("kms")
    made = kms.create_key(Description="laboratory")["KeyMetadata"]["KeyId"]
    arn = ids.key(hospital.KEY_ACCOUNT, names.REGION, made, hospital.LAB_KEY_ID)
    users = [f"arn:aws:iam::{account}:root" for account in (names.ACCOUNT, hospital.DATA_ACCOUNT)]
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=policies.key_policy(hospital.KEY_ACCOUNT, users))
    kms.create_alias(AliasName=hospital.LAB_ALIAS, TargetKeyId=arn)
    return arn


def _store(s3: "S3Client", bucket: str, key: str, *, locked: bool = False, versioned: bool = True, phi: bool = True) -> None:
    """A bucket under a key by default, open to the readers' account as far as their own policies let them."""
    where = {} if s3.meta.region_name == names.REGION else {"LocationConstraint": s3.meta.region_name}
    placed: Any = {"CreateBucketConfiguration": where} if where else {}
    s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerEnforced", ObjectLockEnabledForBucket=locked, **placed)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=BLOCKED)  # type: ignore[arg-type]  # four flags
    if versioned:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    tag = {"Key": "data-class", "Value": "phi" if phi else "public"}
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [tag]})  # type: ignore[list-item]  # a key and a value
    sse: Any = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [sse]})
    s3.put_bucket_policy(Bucket=bucket, Policy=_store_policy(bucket))


def _store_policy(bucket: str) -> str:
    """Only over TLS, and for whomever the readers' account lets in."""
    tls = json.loads(policies.store_policy(bucket))["Statement"]
    readers = {"AWS": f"arn:aws:iam::{names.ACCOUNT}:root"}
    let = {"Sid": "ReadersAccount", "Effect": "Allow", "Principal": readers, "Resource": policies.bucket_arns(bucket)}
    return policies.document(*tls, {**let, "Action": list(staff.OBJECTS)})


def _services(session: Any, key: str) -> None:  # noqa: ANN401
    """What uses the hospice's key as a service: a trail, a log, a topic."""
    trails = session.client("cloudtrail")
    trails.create_trail(Name=hospital.KEYED_TRAIL, S3BucketName=names.AUDIT_LOG, IsMultiRegionTrail=True, KmsKeyId=key)
    _recording(trails, hospital.KEYED_TRAIL, hospital.RECORDS, hospital.REPLICA)
    session.client("logs").create_log_group(logGroupName=hospital.LOG_GROUP, kmsKeyId=key)
    session.client("sns").create_topic(Name=hospital.TOPIC, Attributes={"KmsMasterKeyId": key})


def _lab_trail(session: Any) -> None:  # noqa: ANN401
    """The laboratory records its own account."""
    session.client("s3").create_bucket(Bucket=hospital.LAB_LOG, ObjectOwnership="BucketOwnerEnforced")
    trails = session.client("cloudtrail")
    trails.create_trail(Name=hospital.LAB_TRAIL, S3BucketName=hospital.LAB_LOG, IsMultiRegionTrail=True)
    _recording(trails, hospital.LAB_TRAIL, hospital.RESULTS, hospital.FORMS)


def _recording(trails: Any, trail: str, *buckets: str) -> None:  # noqa: ANN401
    """Every management event, and every read and write in these buckets."""
    objects = {"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::{bucket}/" for bucket in buckets]}
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [objects]}
    trails.put_event_selectors(TrailName=trail, EventSelectors=[selector])
    trails.start_logging(Name=trail)


READ: Mapping[str, tuple[str, str]] = {
    "clinician_app": (names.CHARTS, f"charts/{names.PATIENTS[0]}.pdf"),
    "clinician": (names.CHARTS, f"charts/{names.PATIENTS[1]}.pdf"),
    "radiology": (names.CHARTS, "imaging/xray-0.png"),
    "nurse": (hospital.RECORDS, "records/0.xml"),
    "pathologist": (hospital.RESULTS, "results/0.hl7"),
}
"""Who reads what on an ordinary day: bucket and object."""


def _worked(sandbox: Sandbox, clinic: Clinic) -> None:
    """An ordinary day of the three tenants, as the audit log shows it."""
    for who, (bucket, key) in READ.items():
        people.bound(sandbox, clinic.credentials[who]).client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    scanner = people.bound(sandbox, clinic.credentials["scanner"]).client("s3")
    under: Any = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": clinic.resources["lab_key"]}
    scanner.put_object(Bucket=hospital.FORMS, Key="forms/scanned.pdf", Body=b"a form", **under)
    envelopes = people.bound(sandbox, clinic.credentials["envelopes"]).client("kms")
    made = envelopes.generate_data_key(KeyId=hospital.LAB_ALIAS, KeySpec="AES_256")
    envelopes.decrypt(KeyId=hospital.LAB_ALIAS, CiphertextBlob=made["CiphertextBlob"])
    people.bound(sandbox, clinic.credentials["pipeline"]).client("s3").get_bucket_policy(Bucket=names.CHARTS)
