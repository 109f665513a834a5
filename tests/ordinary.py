"""Ordinary days of a hospital's account: clinicians at work, pipelines at night, services by themselves, one deployment.

Nobody here does anything wrong; a decision to act on any of it is a false alarm. Seeded: one seed, one week.
"""

import json
import random
from collections.abc import Iterator
from typing import Any

ACCOUNT = "111122223333"
MONDAY = 1_794_787_200.0
"""2026-11-16T00:00:00Z"""
DAY, HOUR = 86_400.0, 3600.0

CLINICIANS = 40
AGENTS = ("aws-sdk-java/2.31 exec-env/AWS_ECS_FARGATE", "Boto3/1.44 md/Botocore", "aws-cli/2.31")

Record = dict[str, Any]


def week(seed: int = 1, days: int = 7, clinicians: int = CLINICIANS) -> Iterator[Record]:
    """The records of some days, in the order of time."""
    dice = random.Random(seed)  # noqa: S311  a story, no secrets
    for day in range(days):
        start = MONDAY + day * DAY
        for number, (at, made) in enumerate(
            sorted(_day(dice, start, clinicians if day < 5 else clinicians // 4), key=lambda pair: pair[0])
        ):
            yield made | {"eventTime": at, "eventID": f"0rd1na2y-{day:04d}-4000-8000-{number:012d}"}


def _day(dice: random.Random, start: float, clinicians: int) -> Iterator[tuple[float, Record]]:
    """On a workday somebody may deploy something."""
    for number in range(clinicians):
        yield from _clinician(dice, start + 7 * HOUR + dice.random() * HOUR, f"dr.{number}")
    yield from _pipeline(dice, start + 2 * HOUR)
    yield from _services(dice, start)
    if dice.random() < 0.4:
        yield from _deployment(dice, start + 14 * HOUR)
    yield from _administrator(dice, start + 9 * HOUR)


def _call(name: str, service: str, who: Record, asked: object = None, **more: object) -> Record:
    return {
        "eventVersion": "1.11",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "recipientAccountId": ACCOUNT,
        "sourceIPAddress": "198.51.100.7",
        "userAgent": AGENTS[0],
        "userIdentity": who,
        "requestParameters": asked,
        "responseElements": None,
        "requestID": "r",
        "eventType": "AwsApiCall",
        "managementEvent": service not in {"s3", "kms"},
        "readOnly": name.startswith(("Get", "List", "Describe", "Decrypt")),
    } | more


def _session(role: str, session: str) -> Record:
    return {
        "type": "AssumedRole",
        "principalId": f"AROA{role.upper().replace('-', '')}EXAMPLE:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAORDINARYEXAMPLE",
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "accountId": ACCOUNT, "userName": role}
        },
    }


def _service(name: str) -> Record:
    return {"type": "AWSService", "invokedBy": f"{name}.amazonaws.com"}


def _bucket(name: str, **more: object) -> Record:
    return {"bucketName": name, **more}


def _clinician(dice: random.Random, at: float, name: str) -> Iterator[tuple[float, Record]]:
    """Twenty patients, some images each, a few notes written."""
    who = _session("AWSReservedSSO_Clinician_0123456789abcdef", f"{name}@st-brendan.example")
    extra = {"additionalEventData": {"MFAUsed": "No", "MobileVersion": "No"}, "responseElements": {"ConsoleLogin": "Success"}}
    yield at, _call("ConsoleLogin", "signin", who, None, eventType="AwsConsoleSignIn", **extra)
    for patient in range(20):
        at += dice.expovariate(1 / 1200)
        for image in range(dice.randint(1, 9)):
            yield at + image, _call("GetObject", "s3", who, _bucket("st-brendan-charts", key=f"charts/{patient}/{image}.dcm"))
            yield at + image, _call("Decrypt", "kms", who, {"encryptionContext": {"aws:s3:arn": "arn:aws:s3:::st-brendan-charts"}})
        if dice.random() < 0.5:
            yield at + 20, _call("PutObject", "s3", who, _bucket("st-brendan-charts", key=f"notes/{patient}/today.txt"))


def _pipeline(dice: random.Random, at: float) -> Iterator[tuple[float, Record]]:
    """The night's work: read what is new, write extracts, tidy up, take the backups."""
    who = _session("imaging-export", "nightly")
    opened = {
        "responseElements": {
            "credentials": {"accessKeyId": "ASIAORDINARYEXAMPLE"},
            "assumedRoleUser": {"assumedRoleId": who["principalId"]},
        }
    }
    yield (
        at,
        _call("AssumeRole", "sts", _service("ecs-tasks"), {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/imaging-export"}, **opened),
    )
    for name in ("warehouse", "registry"):
        yield at + 1, _call("GetSecretValue", "secretsmanager", who, {"secretId": name})
    for number in range(400):
        at += dice.expovariate(1 / 4)
        yield at, _call("GetObject", "s3", who, _bucket("st-brendan-charts", key=f"new/{number}.dcm"))
        yield at + 1, _call("PutObject", "s3", who, _bucket("st-brendan-extracts", key=f"{number}.parquet"))
    for number in range(30):
        yield at + 60 + number, _call("DeleteObject", "s3", who, _bucket("st-brendan-extracts", key=f"tmp/{number}"))
    backup = _session("AWSBackupDefaultServiceRole", "AWSBackup") | {"invokedBy": "backup.amazonaws.com"}
    agent = {"userAgent": "backup.amazonaws.com", "sourceIPAddress": "backup.amazonaws.com"}
    for database in range(3):
        yield at + 300, _call("CreateDBSnapshot", "rds", backup, {"dBSnapshotIdentifier": f"nightly-{database}"}, **agent)


def _services(dice: random.Random, start: float) -> Iterator[tuple[float, Record]]:
    for _ in range(200):
        yield start + dice.random() * DAY, _call("GenerateDataKey", "kms", _service("cloudtrail"), {"keySpec": "AES_256"})
        yield (
            start + dice.random() * DAY,
            _call("PutObject", "s3", _service("cloudtrail"), _bucket("audit", key=f"AWSLogs/{ACCOUNT}/x.gz")),
        )
    for _ in range(20):
        instance = _session("clinician-app", "i-0a1b2c3d4e5f60718")
        yield start + dice.random() * DAY, _call("UpdateInstanceInformation", "ssm", instance, {}, userAgent="amazon-ssm-agent/3.3")
        refused = {"errorCode": "AccessDenied", "errorMessage": "no"}
        yield start + dice.random() * DAY, _call("GetBucketAcl", "s3", instance, _bucket("st-brendan-charts"), **refused)


def _deployment(dice: random.Random, at: float) -> Iterator[tuple[float, Record]]:
    """What infrastructure as code does in an hour: make, describe, replace, remove what it made for a test."""
    who = _session("deploy", "pipeline-17")
    tool = {"userAgent": "APN/1.0 HashiCorp/1.0 Terraform/1.9 terraform-provider-aws/6.1"}
    trust = '{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
    reader = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/imaging-export"}, "Action": "s3:GetObject"}
    policy = json.dumps({"Statement": [reader]})
    steps: tuple[tuple[str, str, Record], ...] = (
        ("CreateRole", "iam", {"roleName": "test-fn", "assumeRolePolicyDocument": trust}),
        (
            "AttachRolePolicy",
            "iam",
            {"roleName": "test-fn", "policyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
        ),
        ("CreateBucket", "s3", _bucket("st-brendan-test")),
        ("PutBucketPolicy", "s3", _bucket("st-brendan-test", bucketPolicy=policy)),
        ("PutBucketPublicAccessBlock", "s3", _bucket("st-brendan-test", PublicAccessBlockConfiguration={"BlockPublicAcls": True})),
        ("PutBucketVersioning", "s3", _bucket("st-brendan-test", VersioningConfiguration={"Status": "Enabled"})),
        ("UpdateFunctionCode20150331v2", "lambda", {"functionName": "test-fn"}),
        ("PutKeyPolicy", "kms", {"keyId": "k", "policy": policy}),
        ("CreateTrail", "cloudtrail", {"name": "test-trail"}),
        ("DeleteTrail", "cloudtrail", {"name": "test-trail"}),
        ("DeleteBucketPublicAccessBlock", "s3", _bucket("st-brendan-test")),
        ("DeleteBucket", "s3", _bucket("st-brendan-test")),
        ("DeleteRole", "iam", {"roleName": "test-fn"}),
    )
    for name, service, asked in steps:
        at += dice.expovariate(1 / 30)
        yield at, _call(name, service, who, asked, **tool)
    for number in range(40):
        yield at + number, _call("GetSecretValue", "secretsmanager", who, {"secretId": f"s{number}"}, **tool)


def _administrator(dice: random.Random, at: float) -> Iterator[tuple[float, Record]]:
    """Looks at everything, changes a tag and an alarm."""
    who = _session("AWSReservedSSO_Operations_0123456789abcdef", "ops@st-brendan.example")
    for name, service in (
        ("DescribeInstances", "ec2"),
        ("ListBuckets", "s3"),
        ("GetBucketPolicy", "s3"),
        ("ListKeys", "kms"),
        ("GetUser", "iam"),
    ):
        at += dice.expovariate(1 / 300)
        yield at, _call(name, service, who, {})
    yield at + 60, _call("PutMetricAlarm", "monitoring", who, {"alarmName": "cpu"})
    yield at + 90, _call("TagResource", "kms", who, {"keyId": "k"})
