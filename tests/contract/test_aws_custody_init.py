"""Making the places of the record, and judging them."""

import json

import pytest

from shared.adapters.aws.canaries import canaries
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.custody_init import init
from shared.adapters.aws.job_names import ROLE, SERVICE
from shared.adapters.aws.jobs_role import POLICY, make_role
from shared.adapters.aws.permissions import allow, document, tasks
from shared.adapters.aws.sinks import S3Sink
from shared.domain.errors import NotReady
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox
from shared.settings import CustodyPlaces
from tests.contract.aws_custody import PLACES, Custody, administrator


def test_init_makes_everything_once_and_changes_nothing_the_second_time(custody: Custody) -> None:
    creations = ("s3:CreateBucket", "kms:CreateKey", "kms:CreateAlias", "s3:PutBucketPolicy", "s3:PutObjectLockConfiguration")
    made = len(custody.sandbox.cloud.calls.of(*creations, ok=True))
    assert init(custody.admin, PLACES) == custody.made
    assert len(custody.sandbox.cloud.calls.of(*creations, ok=True)) == made > 0
    custody.first.ready()
    custody.second.ready()
    assert "BEGIN PUBLIC KEY" in custody.made["public_key"]


def test_init_names_places_by_convention_in_two_regions(custody: Custody) -> None:
    assert custody.made["bucket"] == f"codeblue-custody-{ACCOUNT}-us-east-1"
    assert custody.made["second_bucket"] == f"codeblue-custody-{ACCOUNT}-us-west-2"
    assert custody.s3.get_bucket_location(Bucket=custody.made["second_bucket"])["LocationConstraint"] == "us-west-2"


@pytest.mark.parametrize(("name", "region"), [("canary_bucket", "us-east-1"), ("second_canary_bucket", "us-west-2")])
def test_init_makes_a_bucket_for_canaries_that_is_closed_and_forgets(custody: Custody, name: str, region: str) -> None:
    bucket, s3 = custody.made[name], custody.admin.s3("", region)
    assert bucket == f"codeblue-canary-{ACCOUNT}-{region}"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["Expiration"] == {"Days": 1}
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert canaries(custody.admin, (region,))[region].store.name == bucket


def test_where_nobody_made_a_canarys_key_there_is_no_canary(custody: Custody) -> None:
    assert canaries(custody.admin, ("eu-west-1",)) == {}


def test_init_makes_the_role_of_jobs_for_the_service_alone(custody: Custody) -> None:
    iam = custody.admin.iam("")
    assert custody.made["jobs_role"] == f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
    held = iam.get_role_policy(RoleName=ROLE, PolicyName=POLICY)["PolicyDocument"]
    assert held == json.loads(document(*tasks(ACCOUNT)))
    iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=document(allow({"s3:*"}, "*")))
    init(custody.admin, PLACES)
    assert iam.get_role_policy(RoleName=ROLE, PolicyName=POLICY)["PolicyDocument"] == held


ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
ASSUMES = {"Effect": "Allow", "Action": "sts:AssumeRole"}


@pytest.mark.parametrize(
    "trust",
    [
        document({**ASSUMES, "Principal": ROOT}),
        json.dumps({"Version": "2012-10-17", "Statement": {**ASSUMES, "Principal": ROOT}}),
        document({**ASSUMES, "Principal": {**ROOT, "Service": SERVICE}}),
        document({**ASSUMES, "Principal": "*"}),
        document({**ASSUMES, "NotPrincipal": ROOT}),
    ],
    ids=["an account", "a statement alone", "others too", "everybody", "everybody else"],
)
def test_a_role_of_jobs_is_refused_that_lets_in(custody: Custody, monkeypatch: pytest.MonkeyPatch, trust: str) -> None:
    held = {"Role": {"Arn": "", "AssumeRolePolicyDocument": json.loads(trust)}}
    monkeypatch.setattr(custody.admin.iam(""), "get_role", lambda **_: held)
    with pytest.raises(NotReady, match="lets others in"):
        make_role(custody.admin)


MORE = document(allow({"s3:GetObject"}, "*"))
NOT_THESE = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}})


def test_a_role_of_jobs_is_refused_that_may_do_more(custody: Custody) -> None:
    iam = custody.admin.iam("")
    for more in (MORE, NOT_THESE):
        iam.put_role_policy(RoleName=ROLE, PolicyName="more", PolicyDocument=more)
        with pytest.raises(NotReady, match="its policy more allows what no job needs"):
            make_role(custody.admin)
    iam.delete_role_policy(RoleName=ROLE, PolicyName="more")
    arn = iam.create_policy(PolicyName="more", PolicyDocument=MORE)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
    with pytest.raises(NotReady, match="policy/more allows what no job needs"):
        make_role(custody.admin)


def test_a_role_of_jobs_by_the_stacks_is_ours_and_gets_our_refusals(custody: Custody) -> None:
    iam, ours = custody.admin.iam(""), json.loads(document(*tasks(ACCOUNT)))
    for statement in ours["Statement"]:  # as a template writes them
        statement["Action"] = statement["Action"][0] if len(statement["Action"]) == 1 else statement["Action"]
    arn = iam.create_policy(PolicyName=f"{ROLE}-tasks", PolicyDocument=json.dumps(ours))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
    iam.delete_role_policy(RoleName=ROLE, PolicyName=POLICY)
    make_role(custody.admin)
    assert iam.get_role_policy(RoleName=ROLE, PolicyName=POLICY)["PolicyDocument"] == json.loads(document(*tasks(ACCOUNT)))


def test_init_never_shortens_a_retention(custody: Custody) -> None:
    init(custody.admin, CustodyPlaces(retention_days=1))
    lock = custody.s3.get_object_lock_configuration(Bucket=custody.made["bucket"])["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"]["Days"] == 2192


def test_init_keeps_what_others_put_into_the_bucket_policy(custody: Custody) -> None:
    policy = custody.s3.get_bucket_policy(Bucket=custody.made["bucket"])["Policy"]
    theirs = '{"Sid":"Theirs","Effect":"Deny","Principal":"*","Action":"s3:PutObjectAcl","Resource":"arn:aws:s3:::%s/*"}'
    changed = policy.replace('"Statement":[', f'"Statement":[{theirs % custody.made["bucket"]},').replace(
        "CodeblueCustodyTls", "Mine"
    )
    custody.s3.put_bucket_policy(Bucket=custody.made["bucket"], Policy=changed)
    init(custody.admin, PLACES)
    again = custody.s3.get_bucket_policy(Bucket=custody.made["bucket"])["Policy"]
    assert all(sid in again for sid in ("Theirs", "CodeblueCustodyTls", "CodeblueCustodyKeep"))


def test_init_refuses_a_name_that_another_account_has(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.root("444455556666").client("s3").create_bucket(Bucket=f"codeblue-custody-{ACCOUNT}-{REGION}")
    with pytest.raises(NotReady, match="another account"):
        init(administrator(sandbox, monkeypatch), PLACES)


def test_init_asks_for_a_second_bucket_where_no_second_region_is_known(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    administrator(sandbox, monkeypatch)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    with pytest.raises(NotReady, match="second_bucket"):
        init(Clients(), PLACES)
    assert "codeblue-second" in init(Clients(), CustodyPlaces(second_bucket="codeblue-second")).values()


@pytest.mark.parametrize("mode", ["GOVERNANCE", "none", "no bucket"])
def test_a_bucket_that_is_no_evidence_is_refused(custody: Custody, mode: str) -> None:
    if mode == "GOVERNANCE":
        custody.s3.create_bucket(Bucket=mode.lower(), ObjectLockEnabledForBucket=True)
        rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": mode, "Days": 1}}}
        custody.s3.put_object_lock_configuration(Bucket=mode.lower(), ObjectLockConfiguration=rule)  # type: ignore[arg-type]
    elif mode == "none":
        custody.s3.create_bucket(Bucket=mode)
    with pytest.raises(NotReady):
        S3Sink(custody.admin, mode.lower().replace(" ", "-")).ready()


def test_a_bucket_that_does_not_answer_is_not_judged(custody: Custody) -> None:
    custody.sandbox.cloud.faults.add(Fault("error", "s3", "GetObjectLockConfiguration", status=503, code="ServiceUnavailable"))
    custody.first.ready()


# the bucket
