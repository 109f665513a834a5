"""Who can act because of a call, and what evidence keeps of it, row by row."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.actor import Actor, Credential
from shared.domain.resource import Kind, Ref
from shared.intake import cloudtrail

from .cloudtrail_events import ACCOUNT, ANN, CHARTS, OTHER, ROLE, act, event, ref, session, user

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
