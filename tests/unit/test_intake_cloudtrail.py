"""Whose credentials, which resources, which descendants: what a CloudTrail event says, row by row."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.actor import Actor, Credential
from shared.domain.resource import Cloud, Kind, Ref
from shared.domain.signal import Signal
from shared.intake import cloudtrail, read
from shared.ports import Act

ACCOUNT, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"


def event(identity: object, **fields: object) -> dict[str, Any]:
    return {
        "eventID": "e",
        "eventTime": "2026-11-21T12:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "ListBuckets",
        "awsRegion": "us-east-1",
        "recipientAccountId": ACCOUNT,
        "userIdentity": identity,
        **fields,
    }


def signal(identity: object, **fields: object) -> Signal:
    return read(json.dumps(event(identity, **fields)).encode())[0]


def act(identity: object, **fields: object) -> Act:
    found = cloudtrail.act(event(identity, **fields), {"profile": ref(Kind.ROLE, f"{ROLE}/batch")}.get)
    assert found is not None
    return found


def ref(kind: Kind, arn: str, account: str = ACCOUNT, region: str = "") -> Ref:
    return Ref(cloud=Cloud.AWS, kind=kind, account=account, region=region, id=arn)


def user(**more: object) -> dict[str, Any]:
    arn = f"arn:aws:iam::{ACCOUNT}:user/ops/ann"
    known = {"type": "IAMUser", "principalId": "AIDAANN", "arn": arn, "accountId": ACCOUNT, "userName": "ann"}
    return known | {"accessKeyId": "AKIAANN"} | more


def session(
    role: str = "app", name: str = "nightly", *, issuer: bool = True, account: str = ACCOUNT, **context: object
) -> dict[str, Any]:
    leaf = role.rsplit("/", 1)[-1]
    made = {"type": "Role", "principalId": "AROAAPP", "arn": f"arn:aws:iam::{account}:role/{role}", "userName": leaf}
    return {
        "type": "AssumedRole",
        "principalId": f"AROAAPP:{name}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{leaf}/{name}",
        "accountId": account,
        "accessKeyId": "ASIAAPP",
        "sessionContext": context | ({"sessionIssuer": made} if issuer else {}),
    }


ANN = ref(Kind.USER, f"arn:aws:iam::{ACCOUNT}:user/ops/ann")
FEDERATED_USER = {
    "type": "FederatedUser",
    "principalId": f"{ACCOUNT}:visitor",
    "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/visitor",
    "accountId": ACCOUNT,
    "accessKeyId": "ASIAFED",
    "sessionContext": {"sessionIssuer": {"type": "IAMUser", "principalId": "AIDAANN", "arn": ANN.id, "userName": "ann"}},
}
SSO = "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0123"

ACTORS: dict[str, tuple[dict[str, Any], tuple[Credential, str, str, str]]] = {
    "a user's key": (user(), (Credential.LONG_TERM_KEY, ANN.id, "AIDAANN", "")),
    "a user known only by name": (
        {"type": "IAMUser", "userName": "ann", "accountId": ACCOUNT},
        (Credential.LONG_TERM_KEY, f"arn:aws:iam::{ACCOUNT}:user/ann", "", ""),
    ),
    "a user known only by id": (
        {"type": "IAMUser", "principalId": "AIDAANN", "accountId": ACCOUNT},
        (Credential.LONG_TERM_KEY, "", "AIDAANN", ""),
    ),
    "a user's temporary credentials": (user(accessKeyId="ASIAANN"), (Credential.LONG_TERM_KEY, ANN.id, "AIDAANN", "")),
    "a role's session": (session(), (Credential.ROLE_SESSION, f"{ROLE}/app", "AROAAPP", "nightly")),
    "a role with a path": (session("service/app"), (Credential.ROLE_SESSION, f"{ROLE}/service/app", "AROAAPP", "nightly")),
    "a session without issuer": (session(issuer=False), (Credential.ROLE_SESSION, f"{ROLE}/app", "AROAAPP", "nightly")),
    "an instance's session": (
        session(name="i-0a1b2c3d4e5f60718"),
        (Credential.INSTANCE_SESSION, f"{ROLE}/app", "AROAAPP", "i-0a1b2c3d4e5f60718"),
    ),
    "an old instance's session": (
        session(name="i-9c3d4e5f"),
        (Credential.INSTANCE_SESSION, f"{ROLE}/app", "AROAAPP", "i-9c3d4e5f"),
    ),
    "credentials delivered by EC2": (
        session(ec2RoleDelivery="2.0"),
        (Credential.INSTANCE_SESSION, f"{ROLE}/app", "AROAAPP", "nightly"),
    ),
    "a session named almost like an instance": (
        session(name="i-am-root"),
        (Credential.ROLE_SESSION, f"{ROLE}/app", "AROAAPP", "i-am-root"),
    ),
    "an Identity Center session": (
        session(SSO, "ann@example.org"),
        (Credential.IDENTITY_CENTER, f"{ROLE}/{SSO}", "AROAAPP", "ann@example.org"),
    ),
    "an Identity Center user": (
        {"type": "IdentityCenterUser", "accountId": ACCOUNT, "onBehalfOf": {"userId": "9067-1"}},
        (Credential.IDENTITY_CENTER, "", "9067-1", ""),
    ),
    "a service-linked role": (
        session("aws-service-role/x.amazonaws.com/AWSServiceRoleForX"),
        (Credential.SERVICE_LINKED, f"{ROLE}/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", "AROAAPP", "nightly"),
    ),
    "a web identity's session": (
        session(webIdFederationData={"federatedProvider": "arn:aws:iam::1:oidc-provider/x"}),
        (Credential.FEDERATED, f"{ROLE}/app", "AROAAPP", "nightly"),
    ),
    "a session with empty federation data": (
        session(webIdFederationData={}),
        (Credential.ROLE_SESSION, f"{ROLE}/app", "AROAAPP", "nightly"),
    ),
    "a web identity that asks for a session": (
        {"type": "WebIdentityUser", "principalId": "provider:app:person", "userName": "person"},
        (Credential.FEDERATED, "", "provider", "app:person"),
    ),
    "a federation token": (FEDERATED_USER, (Credential.FEDERATION_TOKEN, ANN.id, "AIDAANN", "visitor")),
    "the root user": (
        {"type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT},
        (Credential.ROOT, "", ACCOUNT, ""),
    ),
    "a service": ({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, (Credential.SERVICE, "", "", "")),
    "a service that says nothing else": ({"invokedBy": "cloudtrail.amazonaws.com"}, (Credential.SERVICE, "", "", "")),
    "nobody": ({"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}, (Credential.ANONYMOUS, "", "", "")),
    "nobody, as old records say it": ({"type": "AWSAccount", "principalId": "anonymous"}, (Credential.ANONYMOUS, "", "", "")),
    "another account": (
        {"type": "AWSAccount", "principalId": "AROAELSE:x", "accountId": OTHER},
        (Credential.FOREIGN, "", "AROAELSE", "x"),
    ),
    "another account's role": (
        session(account=OTHER),
        (Credential.FOREIGN, f"arn:aws:iam::{OTHER}:role/app", "AROAAPP", "nightly"),
    ),
}


@pytest.mark.parametrize(("identity", "expected"), ACTORS.values(), ids=ACTORS.keys())
def test_the_actor_is(identity: dict[str, Any], expected: tuple[Credential, str, str, str]) -> None:
    actor = signal(identity).actor
    assert actor is not None
    principal = actor.principal.id if actor.principal else ""
    assert (actor.credential, principal, actor.unique_id, actor.session) == expected


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"sessionCredentialFromConsole": "true"}, id="as the record says"),
        pytest.param({"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin"}, id="by signing in"),
        pytest.param({"userAgent": "console.amazonaws.com"}, id="by its user agent"),
    ],
)
def test_a_user_in_the_console_is_told_apart(fields: dict[str, Any]) -> None:
    actor = signal(user(accessKeyId="ASIAANN"), **fields).actor
    assert actor is not None
    assert actor.credential is Credential.CONSOLE


def test_the_account_of_another_accounts_actor_is_its_own() -> None:
    actor = signal(session(account=OTHER)).actor
    assert actor is not None
    assert (actor.account, actor.access_key) == (OTHER, "ASIAAPP")
    assert actor.principal == ref(Kind.ROLE, f"arn:aws:iam::{OTHER}:role/app", account=OTHER)


def test_the_user_id_is_what_policies_compare() -> None:
    assert str(signal(session()).actor.user_id) == "AROAAPP:nightly"  # type: ignore[union-attr]  # its row above says so
    assert str(signal(FEDERATED_USER).actor.user_id) == f"{ACCOUNT}:visitor"  # type: ignore[union-attr]  # the same


def test_a_source_identity_is_kept() -> None:
    actor = signal(session(sourceIdentity="ann")).actor
    assert actor is not None
    assert actor.source_identity == "ann"


@pytest.mark.parametrize("identity", [None, {}, "null", [], {"accountId": ACCOUNT}], ids=str)
def test_an_event_without_identity_is_a_signal_without_actor(identity: object) -> None:
    assert signal(identity).actor is None


KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1f0c3a52-0000-4000-8000-000000000001"
CHARTS = ref(Kind.BUCKET, "arn:aws:s3:::charts", region="us-east-1")
HEADER = "x-amz-server-side-encryption-aws-kms-key-id"

TOUCHED: dict[str, tuple[dict[str, Any], list[Ref]]] = {
    "a bucket by name": ({"requestParameters": {"bucketName": "charts"}}, [CHARTS]),
    "an object, as its bucket": (
        {
            "requestParameters": {"bucketName": "charts", "key": "Doe-Jane.pdf"},
            "resources": [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::charts/Doe-Jane.pdf"}],
        },
        [CHARTS],
    ),
    "a copy, as both buckets": (
        {"requestParameters": {"bucketName": "charts", "x-amz-copy-source": "/imaging/Doe%20Jane.dcm"}},
        [CHARTS, CHARTS.but(id="arn:aws:s3:::imaging")],
    ),
    "a bucket with its owner": (
        {"resources": [{"accountId": OTHER, "ARN": "arn:aws:s3:::charts"}], "requestParameters": {"bucketName": "charts"}},
        [CHARTS.but(account=OTHER)],
    ),
    "an access point, without the object behind it": (
        {"resources": [{"ARN": f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/ap/object/Doe"}]},
        [ref(Kind.ACCESS_POINT, f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/ap", region="us-east-1")],
    ),
    "a key that a write asks for": (
        {"requestParameters": {"bucketName": "charts", HEADER: KEY}},
        [CHARTS, ref(Kind.KEY, KEY, region="us-east-1")],
    ),
    "a key by id": (
        {"eventSource": "kms.amazonaws.com", "requestParameters": {"keyId": KEY.rsplit("/", 1)[-1]}},
        [ref(Kind.KEY, KEY, region="us-east-1")],
    ),
    "a key by alias, which the record resolves": (
        {"eventSource": "kms.amazonaws.com", "requestParameters": {"keyId": "alias/charts"}, "resources": [{"ARN": KEY}]},
        [ref(Kind.KEY, KEY, region="us-east-1")],
    ),
    "a key by alias alone, which nobody resolves": (
        {"eventSource": "kms.amazonaws.com", "requestParameters": {"keyId": "alias/charts"}},
        [],
    ),
    "a trail by name": (
        {"eventSource": "cloudtrail.amazonaws.com", "requestParameters": {"name": "audit"}},
        [ref(Kind.TRAIL, f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit", region="us-east-1")],
    ),
    "a role by ARN, with its path": (
        {"eventSource": "sts.amazonaws.com", "requestParameters": {"roleArn": f"{ROLE}/a/b"}},
        [ref(Kind.ROLE, f"{ROLE}/a/b")],
    ),
    "a snapshot": (
        {"eventSource": "ec2.amazonaws.com", "requestParameters": {"snapshotId": "snap-0a1b"}},
        [ref(Kind.SNAPSHOT, "arn:aws:ec2:us-east-1::snapshot/snap-0a1b", region="us-east-1")],
    ),
    "a database snapshot": (
        {"eventSource": "rds.amazonaws.com", "requestParameters": {"dBSnapshotIdentifier": "nightly"}},
        [ref(Kind.DATABASE_SNAPSHOT, f"arn:aws:rds:us-east-1:{ACCOUNT}:snapshot:nightly", region="us-east-1")],
    ),
    "a bucket in China": (
        {"awsRegion": "cn-north-1", "requestParameters": {"bucketName": "charts"}},
        [ref(Kind.BUCKET, "arn:aws-cn:s3:::charts", region="cn-north-1")],
    ),
    "another service's bucketName is none": ({"eventSource": "x.amazonaws.com", "requestParameters": {"bucketName": "charts"}}, []),
    "parameters null": ({"requestParameters": None}, []),
    'parameters "null"': ({"requestParameters": "null"}, []),
    "parameters as text": ({"requestParameters": '{"bucketName": "charts"}'}, [CHARTS]),
    "a list for a string": ({"requestParameters": {"bucketName": ["charts"]}}, [CHARTS]),
    "one resource instead of a list": ({"resources": {"arn": "arn:aws:s3:::charts"}}, [CHARTS]),
    "names that are none": ({"requestParameters": {"bucketName": "../x"}, "resources": [{"ARN": "charts"}, 7, None]}, []),
}


@pytest.mark.parametrize(("fields", "expected"), TOUCHED.values(), ids=TOUCHED.keys())
def test_what_is_touched_is(fields: dict[str, Any], expected: list[Ref]) -> None:
    found = signal(user(), **fields)
    assert list(found.resources) == expected
    assert "Doe" not in found.model_dump_json()


@pytest.mark.parametrize(
    ("fields", "failed"),
    [
        pytest.param({}, False, id="no error"),
        pytest.param({"errorCode": "AccessDenied"}, True, id="an error code"),
        pytest.param({"errorMessage": "Failed authentication"}, True, id="an error message alone"),
        pytest.param({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}}, True, id="a failed login"),
        pytest.param({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Success"}}, False, id="a login"),
    ],
)
def test_an_attempt_is_no_success(fields: dict[str, Any], failed: bool) -> None:
    assert signal(user(), **fields).failed is failed


IAM = {"eventSource": "iam.amazonaws.com"}
STS = {"eventSource": "sts.amazonaws.com"}
NEW_USER = {"user": {"arn": f"arn:aws:iam::{ACCOUNT}:user/x/eve", "userId": "AIDAEVE", "userName": "eve"}}
NEW_ROLE = {"role": {"arn": f"{ROLE}/x/eve", "roleId": "AROAEVE"}}
ASSUMED = {
    "assumedRoleUser": {"assumedRoleId": "AROAX:hop", "arn": f"arn:aws:sts::{OTHER}:assumed-role/x/hop"},
    "credentials": {"accessKeyId": "ASIAX"},
    "sourceIdentity": "ann",
}
TOKEN = {"federatedUser": {"federatedUserId": f"{ACCOUNT}:visitor"}, "credentials": {"accessKeyId": "ASIAFED"}}
PROFILE = {"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"}
STARTED = {"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}}
CODE = {"eventSource": "lambda.amazonaws.com", "responseElements": {"functionName": "f", "role": f"{ROLE}/batch"}}
BATCH = ref(Kind.ROLE, f"{ROLE}/batch")
EVE = ref(Kind.USER, f"arn:aws:iam::{ACCOUNT}:user/eve")


def made(credential: Credential, principal: Ref, unique_id: str = "", session: str = "", access_key: str = "") -> Actor:
    return Actor(
        credential=credential,
        account=principal.account,
        principal=principal,
        unique_id=unique_id,
        session=session,
        access_key=access_key,
    )


CREATED: dict[str, tuple[dict[str, Any], list[Actor]]] = {
    "a user": (
        IAM | {"eventName": "CreateUser", "responseElements": NEW_USER},
        [made(Credential.LONG_TERM_KEY, EVE.but(id=f"arn:aws:iam::{ACCOUNT}:user/x/eve"), "AIDAEVE")],
    ),
    "a role": (
        IAM | {"eventName": "CreateRole", "responseElements": NEW_ROLE},
        [made(Credential.ROLE_SESSION, BATCH.but(id=f"{ROLE}/x/eve"), "AROAEVE")],
    ),
    "a key for somebody else": (
        IAM | {"eventName": "CreateAccessKey", "responseElements": {"accessKey": {"userName": "eve", "accessKeyId": "AKIAEVE"}}},
        [made(Credential.LONG_TERM_KEY, EVE, access_key="AKIAEVE")],
    ),
    "a key for oneself": (
        IAM | {"eventName": "CreateAccessKey", "responseElements": {"accessKey": {"accessKeyId": "AKIANEW"}}},
        [made(Credential.LONG_TERM_KEY, ANN, "AIDAANN", access_key="AKIANEW")],
    ),
    "a console login": (
        IAM | {"eventName": "CreateLoginProfile", "responseElements": {"loginProfile": {"userName": "eve"}}},
        [made(Credential.CONSOLE, EVE)],
    ),
    "a session of another account's role": (
        STS
        | {
            "eventName": "AssumeRole",
            "requestParameters": {"roleArn": f"arn:aws:iam::{OTHER}:role/p/x"},
            "responseElements": ASSUMED,
        },
        [
            made(Credential.ROLE_SESSION, ref(Kind.ROLE, f"arn:aws:iam::{OTHER}:role/p/x", OTHER), "AROAX", "hop", "ASIAX").but(
                source_identity="ann"
            )
        ],
    ),
    "a session whose request is not shown": (
        STS | {"eventName": "AssumeRole", "responseElements": ASSUMED},
        [
            made(Credential.ROLE_SESSION, ref(Kind.ROLE, f"arn:aws:iam::{OTHER}:role/x", OTHER), "AROAX", "hop", "ASIAX").but(
                source_identity="ann"
            )
        ],
    ),
    "a federated session": (
        STS | {"eventName": "AssumeRoleWithSAML", "requestParameters": {"roleArn": f"{ROLE}/batch"}, "responseElements": {}},
        [made(Credential.FEDERATED, BATCH)],
    ),
    "a federation token": (
        STS | {"eventName": "GetFederationToken", "responseElements": TOKEN},
        [made(Credential.FEDERATION_TOKEN, ANN, "AIDAANN", "visitor", "ASIAFED")],
    ),
    "a session token": (
        STS | {"eventName": "GetSessionToken", "responseElements": {"credentials": {"accessKeyId": "ASIAANN"}}},
        [made(Credential.LONG_TERM_KEY, ANN, "AIDAANN", access_key="ASIAANN")],
    ),
    "instances that were given a role": (
        PROFILE | {"requestParameters": {"iamInstanceProfile": {"name": "profile"}}, "responseElements": STARTED},
        [made(Credential.INSTANCE_SESSION, BATCH, session="i-1"), made(Credential.INSTANCE_SESSION, BATCH, session="i-2")],
    ),
    "instances whose profile is gone": (
        PROFILE | {"requestParameters": {"iamInstanceProfile": {"name": "gone"}}, "responseElements": STARTED},
        [],
    ),
    "instances without a role": (PROFILE | {"requestParameters": {}, "responseElements": STARTED}, []),
    "an instance that was given a role later": (
        PROFILE
        | {
            "eventName": "AssociateIamInstanceProfile",
            "requestParameters": {"AssociateIamInstanceProfileRequest": {"IamInstanceProfile": {"Name": "profile"}}},
            "responseElements": {"AssociateIamInstanceProfileResponse": {"iamInstanceProfileAssociation": {"instanceId": "i-3"}}},
        },
        [made(Credential.INSTANCE_SESSION, BATCH, session="i-3")],
    ),
    "a function": (CODE | {"eventName": "CreateFunction20150331"}, [made(Credential.ROLE_SESSION, BATCH, session="f")]),
    "a function rewritten": (
        CODE | {"eventName": "UpdateFunctionCode20150331v2"},
        [made(Credential.ROLE_SESSION, BATCH, session="f")],
    ),
    "nothing, for it failed": (IAM | {"eventName": "CreateUser", "errorCode": "AccessDenied", "responseElements": NEW_USER}, []),
    "nothing, for no answer is shown": (IAM | {"eventName": "CreateUser", "responseElements": None}, []),
    "nothing, for it only reads": ({"eventName": "ListBuckets"}, []),
}


@pytest.mark.parametrize(("fields", "expected"), CREATED.values(), ids=CREATED.keys())
def test_what_a_call_brings_about_is(fields: dict[str, Any], expected: list[Actor]) -> None:
    assert list(act(user(), **fields).created) == expected


def test_an_act_keeps_what_evidence_needs() -> None:
    seen = act(
        session(),
        requestID="R1",
        sourceIPAddress="10.0.0.7",
        vpcEndpointId="vpce-1",
        requestParameters={"bucketName": "charts"},
        errorCode="AccessDenied",
    )
    assert (seen.id, seen.at, seen.name) == ("e", datetime(2026, 11, 21, 12, tzinfo=UTC), "ListBuckets")
    assert (seen.request_id, seen.source_address, seen.source_network) == ("R1", "10.0.0.7", "vpce-1")
    assert (seen.resources, seen.failed, seen.by_service) == ((CHARTS,), True, False)


@pytest.mark.parametrize(
    ("identity", "by_service"),
    [
        pytest.param(session(), False, id="a role"),
        pytest.param(session() | {"invokedBy": "athena.amazonaws.com"}, True, id="a service on a role's behalf"),
        pytest.param({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, True, id="a service"),
    ],
)
def test_a_service_at_work_is_told_apart(identity: dict[str, Any], by_service: bool) -> None:
    assert act(identity).by_service is by_service


@pytest.mark.parametrize(
    ("kind", "credential"), [("AwsServiceEvent", Credential.SERVICE), ("AwsApiCall", Credential.ANONYMOUS)], ids=str
)
def test_an_act_without_identity_is_still_an_act(kind: str, credential: Credential) -> None:
    assert act(None, eventType=kind).actor == Actor(credential=credential, account=ACCOUNT)


@pytest.mark.parametrize("fields", [{"eventTime": None}, {"eventName": ""}], ids=str)
def test_what_is_no_call_is_no_act(fields: dict[str, Any]) -> None:
    assert cloudtrail.act(event(user(), **fields), lambda _: None) is None


def test_an_insight_is_a_signal_without_actor() -> None:
    insight = {"eventType": "AwsCloudTrailInsight", "eventTime": "2026-11-21T12:00:00Z", "insightDetails": {}, "eventID": "i"}
    (found,) = read(json.dumps(insight).encode())
    assert (found.event, found.actor) == ("AwsCloudTrailInsight", None)


def test_an_event_without_id_has_one_of_its_content() -> None:
    first, second = signal(user(), eventID=None), signal(user(), eventID=None, eventName="GetObject")
    assert first.id.startswith("unnamed:")
    assert first.id == signal(user(), eventID=None).id
    assert first.id != second.id
