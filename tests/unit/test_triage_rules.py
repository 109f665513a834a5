"""Rows of calls, each with what is to be decided about it."""

import json
from typing import Any

import pytest

from shared.triage.conditions import CONDITIONS
from shared.triage.decision import Decision
from shared.triage.rules import RULES
from tests.unit.triage_desk import ACCOUNT, ANN, BATCH, ELSEWHERE, NOW, ROOT, SERVICE, STRANGER, call, judged

ACT, WATCH, DROP = Decision.ACT, Decision.WATCH, Decision.DROP


def policy(principal: object, effect: str = "Allow", **more: object) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Principal": principal, "Action": "*", "Resource": "*", **more}]}
    )


def bucket(**more: object) -> dict[str, object]:
    return {"bucketName": "charts", **more}


def shared_with(user: str) -> dict[str, object]:
    return {"snapshotId": "snap-0a1b2c3d4e5f60718", "createVolumePermission": {"add": {"items": [{"userId": user}]}}}


ROWS: dict[str, tuple[dict[str, Any], Decision, str | None]] = {
    "a key is disabled": (call("DisableKey", "kms", {"keyId": "k"}), ACT, "key-disabled"),
    "a key's policy opens to everybody": (
        call("PutKeyPolicy", "kms", {"keyId": "k", "policy": policy("*")}),
        ACT,
        "key-policy-opened",
    ),
    "a key's policy stays inside": (
        call("PutKeyPolicy", "kms", {"keyId": "k", "policy": policy({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})}),
        WATCH,
        "key-policy-replaced",
    ),
    "a grant to another account": (
        call("CreateGrant", "kms", {"keyId": "k", "granteePrincipal": f"arn:aws:iam::{ELSEWHERE}:role/x"}),
        ACT,
        "key-granted-outside",
    ),
    "a grant inside, by a workload": (
        call("CreateGrant", "kms", {"keyId": "k", "granteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/x"}, BATCH),
        DROP,
        None,
    ),
    "a bucket's policy names another account": (
        call(
            "PutBucketPolicy",
            "s3",
            bucket(bucketPolicy={"Statement": [{"Effect": "Allow", "Principal": {"AWS": ELSEWHERE}, "Action": "s3:*"}]}),
        ),
        ACT,
        "bucket-policy-opened",
    ),
    "a bucket's policy denies everybody": (
        call("PutBucketPolicy", "s3", bucket(policy=policy("*", "Deny"))),
        WATCH,
        "bucket-policy-replaced",
    ),
    "a policy for everybody in the organisation": (
        call("PutBucketPolicy", "s3", bucket(policy=policy("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))),
        WATCH,
        "bucket-policy-replaced",
    ),
    "a call that nobody knew opens something": (call("PutFancyPolicy", "new", {"doc": policy("*")}), ACT, "other-policy-opened"),
    "a list for everybody": (call("PutBucketAcl", "s3", bucket(**{"x-amz-acl": ["public-read"]})), ACT, "acl-for-everybody"),
    "a list for nobody else": (call("PutBucketAcl", "s3", bucket(**{"x-amz-acl": ["private"]})), WATCH, "acl-replaced"),
    "a list for another account": (
        call(
            "PutBucketAcl",
            "s3",
            bucket(AccessControlPolicy={"Owner": {"ID": "me"}, "AccessControlList": {"Grant": [{"Grantee": {"ID": "you"}}]}}),
        ),
        ACT,
        "acl-for-another",
    ),
    "a load balancer may write its log": (
        call("PutBucketPolicy", "s3", bucket(policy=policy({"AWS": "arn:aws:iam::127311923021:root"}))),
        WATCH,
        "bucket-policy-replaced",
    ),
    "a snapshot is shared": (call("ModifySnapshotAttribute", "ec2", shared_with(ELSEWHERE)), ACT, "snapshot-shared"),
    "a snapshot is shared with ourselves": (call("ModifySnapshotAttribute", "ec2", shared_with(ACCOUNT)), DROP, None),
    "a database's snapshot is public": (
        call("ModifyDBSnapshotAttribute", "rds", {"dBSnapshotIdentifier": "s", "attributeName": "restore", "valuesToAdd": ["all"]}),
        ACT,
        "snapshot-shared",
    ),
    "a share is taken back": (
        call("ModifyDBSnapshotAttribute", "rds", {"dBSnapshotIdentifier": "s", "valuesToRemove": ["all"]}),
        DROP,
        None,
    ),
    "objects copied under the thief's key": (
        call("CopyObject", "s3", bucket(**{"x-amz-server-side-encryption-customer-algorithm": "AES256"})),
        ACT,
        "rewritten-under-foreign-key",
    ),
    "an expiry of a day": (
        call("PutBucketLifecycle", "s3", bucket(LifecycleConfiguration={"Rule": {"Status": "Enabled", "Expiration": {"Days": 1}}})),
        ACT,
        "expiry-short",
    ),
    "an expiry of years": (
        call(
            "PutBucketLifecycle", "s3", bucket(LifecycleConfiguration={"Rule": {"Status": "Enabled", "Expiration": {"Days": 730}}})
        ),
        DROP,
        None,
    ),
    "versions suspended": (
        call("PutBucketVersioning", "s3", bucket(VersioningConfiguration={"Status": "Suspended"})),
        ACT,
        "versions-off",
    ),
    "versions kept": (call("PutBucketVersioning", "s3", bucket(VersioningConfiguration={"Status": "Enabled"})), DROP, None),
    "a note of ransom": (call("PutObject", "s3", bucket(key="charts/FILES-DELETED.txt")), ACT, "ransom-note"),
    "a chart is written": (call("PutObject", "s3", bucket(key="charts/jane-doe/1.dcm")), DROP, None),
    "the trail is stopped": (call("StopLogging", "cloudtrail", {"name": "audit"}), ACT, "trail-stopped"),
    "the trail is stopped, and refuses": (
        call("StopLogging", "cloudtrail", {"name": "audit"}, errorCode="AccessDenied"),
        DROP,
        "doors-tried",
    ),
    "the trail is stopped by a service": (call("StopLogging", "cloudtrail", {"name": "audit"}, SERVICE), DROP, None),
    "fewer events are selected": (
        call("PutEventSelectors", "cloudtrail", {"eventSelectors": [{"includeManagementEvents": False}]}),
        ACT,
        "selectors-weakened",
    ),
    "all events are selected": (
        call("PutEventSelectors", "cloudtrail", {"eventSelectors": [{"includeManagementEvents": True, "readWriteType": "All"}]}),
        WATCH,
        "trail-changed",
    ),
    "a detector is switched off": (call("UpdateDetector", "guardduty", {"detectorId": "d", "enable": False}), ACT, "detector-off"),
    "a key for another user": (call("CreateAccessKey", "iam", {"userName": "bob"}), ACT, "access-key-for-another"),
    "a key for oneself": (call("CreateAccessKey", "iam", {"userName": "ann"}), WATCH, "access-key-created"),
    "a password that its giver goes on knowing": (call("CreateLoginProfile", "iam", {"userName": "bob"}), ACT, "login-for-another"),
    "a first password, to be changed": (
        call("CreateLoginProfile", "iam", {"userName": "bob", "passwordResetRequired": True}),
        WATCH,
        "login-changed",
    ),
    "a key for root": (call("CreateAccessKey", "iam", None, ROOT), ACT, "root-key-created"),
    "a role for everybody": (
        call("UpdateAssumeRolePolicy", "iam", {"roleName": "r", "policyDocument": policy("*")}),
        ACT,
        "trust-opened",
    ),
    "a role for a service": (
        call("CreateRole", "iam", {"roleName": "r", "assumeRolePolicyDocument": policy({"Service": "ec2.amazonaws.com"})}),
        WATCH,
        "identity-created",
    ),
    "a user becomes administrator": (
        call("AttachUserPolicy", "iam", {"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ACT,
        "user-made-admin",
    ),
    "a user may read": (
        call("AttachUserPolicy", "iam", {"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
        WATCH,
        "permissions-changed",
    ),
    "root signs in": (
        call("ConsoleLogin", "signin", None, ROOT, eventType="AwsConsoleSignIn", responseElements={"ConsoleLogin": "Success"}),
        ACT,
        "root-signed-in",
    ),
    "root is refused": (
        call("ConsoleLogin", "signin", None, ROOT, eventType="AwsConsoleSignIn", responseElements={"ConsoleLogin": "Failure"}),
        WATCH,
        "root-refused",
    ),
    "a password alone": (call("ConsoleLogin", "signin", None, additionalEventData={"MFAUsed": "No"}), ACT, "signed-in-by-password"),
    "a second factor": (call("ConsoleLogin", "signin", None, additionalEventData={"MFAUsed": "Yes"}), DROP, None),
    "a recovery point is deleted": (
        call("DeleteRecoveryPoint", "backup", {"recoveryPointArn": "arn:x"}),
        ACT,
        "recovery-point-deleted",
    ),
    "somebody without a name reads": (call("GetObject", "s3", bucket(key="x"), STRANGER), WATCH, "read-by-stranger"),
    "an ordinary read": (call("DescribeInstances", "ec2", {}, readOnly=True), DROP, None),
    "a call that nobody knows": (call("FrobnicateWidget", "widgets", {}), DROP, None),
}


@pytest.mark.parametrize(("record", "decision", "rule"), ROWS.values(), ids=ROWS.keys())
def test_a_call_is_decided_on(record: dict[str, Any], decision: Decision, rule: str | None) -> None:
    (line,) = judged(record)
    assert (line.decision, line.rule if decision is not DROP or rule else None) == (decision, rule), line.reason
    assert line.reason


def test_every_rule_has_an_id_of_its_own_and_asks_a_condition_that_there_is() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.when in CONDITIONS for rule in RULES if rule.when)


def test_every_condition_is_asked_by_some_rule_or_kept_for_others() -> None:
    spare = {"by-anonymous", "opens-to-all", "data-power", "for-itself", "log-files", "suppresses"}
    unasked = set(CONDITIONS) - {rule.when for rule in RULES}
    assert unasked <= spare, unasked


def test_every_rule_that_acts_cites_the_law() -> None:
    assert all(rule.citation.startswith("45 CFR 164.") for rule in RULES)


def secret(number: int, at: float, agent: str = "aws-sdk-go") -> dict[str, Any]:
    return call("GetSecretValue", "secretsmanager", {"secretId": f"s{number}"}, at=at, userAgent=agent)


def test_a_burst_acts_once_and_is_then_watched() -> None:
    lines = judged(*(secret(n, NOW - 60 + n) for n in range(20)))
    decisions = [line.decision for line in lines]
    assert decisions == [DROP] * 14 + [ACT] + [WATCH] * 5
    assert lines[-1].case == lines[14].case


def test_reads_that_are_far_apart_are_no_burst() -> None:
    assert {line.decision for line in judged(*(secret(n, NOW - 3600 * 20 + 600 * n) for n in range(30)))} == {DROP}


def test_one_secret_read_often_is_no_burst() -> None:
    assert {line.decision for line in judged(*(secret(1, NOW - 60 + n) for n in range(30)))} == {DROP}


def test_an_infrastructure_tool_that_reads_its_secrets_is_watched() -> None:
    lines = judged(*(secret(n, NOW - 60 + n, "APN/1.0 HashiCorp/1.0 Terraform/1.9") for n in range(20)))
    assert ACT not in {line.decision for line in lines}


def test_what_the_same_actor_made_is_deleted_without_alarm() -> None:
    made = call("CreateTrail", "cloudtrail", {"name": "test"}, at=NOW - 100)
    gone = call("DeleteTrail", "cloudtrail", {"name": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/test"}, at=NOW - 10)
    assert [line.decision for line in judged(made, gone)] == [WATCH, WATCH]
    assert [line.decision for line in judged(made, gone | {"userIdentity": BATCH})] == [WATCH, ACT]


def test_an_old_act_is_watched_and_says_so() -> None:
    old, new = call("DisableKey", "kms", {"keyId": "k"}, at=NOW - 90_000), call("DescribeKey", "kms", at=NOW)
    line, _ = judged(old, new)
    assert line.decision is WATCH
    assert "stale" in line.reason


def test_an_operation_that_has_only_begun_is_watched() -> None:
    begun = {
        "operationName": "Microsoft.KeyVault/vaults/delete",
        "category": "Administrative",
        "resultType": "Start",
        "time": NOW,
        "resourceId": "/x",
    }
    done = begun | {"resultType": "Success"}
    assert [line.decision for line in judged(begun)] == [WATCH]
    assert [line.decision for line in judged(done)] == [ACT]


def test_a_repeated_record_is_a_duplicate() -> None:
    record = call("DisableKey", "kms", {"keyId": "k"})
    assert [line.decision for line in judged(record, record)] == [ACT, DROP]


def test_many_actors_at_once_are_for_a_person() -> None:
    lines = judged(
        *(
            call(
                "DisableKey",
                "kms",
                {"keyId": f"k{n}"},
                ANN | {"userName": f"u{n}", "arn": f"arn:aws:iam::{ACCOUNT}:user/u{n}"},
                at=NOW - n,
            )
            for n in range(8)
        )
    )
    assert [("many other actors" in line.reason) for line in lines] == [False] * 5 + [True] * 3
    assert {line.decision for line in lines} == {ACT}
