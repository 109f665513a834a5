"""The door to AWS: what a service or the network answers, in the domain's words; other accounts through the spoke role."""

from collections.abc import Callable

import pytest

from shared.adapters.aws.clients import PERMISSIONS, SPOKE, Clients, spoke_of
from shared.adapters.aws.errors import call, pages, request_id
from shared.adapters.aws.identities import of_jobs, spokes
from shared.adapters.aws.job_names import ROLE, SERVICE
from shared.adapters.aws.world import AwsWorld
from shared.domain.errors import Absent, CloudError, DoesNotFit, NotReady, Poisoned, Refused, Throttled, Unreachable
from shared.domain.facet import AccessKeyStatus, SessionsRevoked
from shared.domain.resource import Kind, Ref
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.server import ACCOUNT, Sandbox

from .aws_responder import document, principal, responder

WARD = "222233334444"

MAPPED = [
    ("NoSuchEntity", 404, Absent),
    ("NoSuchBucketPolicy", 404, Absent),
    ("NotFoundException", 400, Absent),
    ("ResourceNotFoundException", 400, Absent),
    ("InvalidSnapshot.NotFound", 400, Absent),
    ("DBSnapshotNotFound", 404, Absent),
    ("LimitExceeded", 409, DoesNotFit),
    ("LimitExceededException", 400, DoesNotFit),
    ("ServiceQuotaExceededException", 402, DoesNotFit),
    ("MalformedPolicyDocument", 400, Poisoned),
    ("MalformedPolicyDocumentException", 400, Poisoned),
    ("MalformedPolicy", 400, Poisoned),
    ("ConcurrentModification", 409, Throttled),
    ("EntityTemporarilyUnmodifiable", 409, Throttled),
    ("OperationAborted", 409, Throttled),
    ("InternalFailure", 500, Throttled),
    ("ExpiredToken", 403, Unreachable),
    ("InvalidClientTokenId", 403, Unreachable),
    ("InvalidAccessKeyId", 403, Unreachable),
    ("UnrecognizedClientException", 400, Unreachable),
    ("AccessDenied", 403, Refused),
    ("AccessDeniedException", 400, Refused),
    ("UnmodifiableEntity", 400, Refused),
    ("EntityAlreadyExists", 409, Refused),
    ("KMSInvalidStateException", 400, Refused),
]


@pytest.fixture
def clients(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Clients:
    return responder(sandbox, monkeypatch)


@pytest.mark.parametrize(("code", "status", "meaning"), [pytest.param(*row, id=f"{row[0]} is {row[2].__name__}") for row in MAPPED])
def test_every_answer_has_a_meaning(sandbox: Sandbox, clients: Clients, code: str, status: int, meaning: type[CloudError]) -> None:
    iam = clients.iam("")
    sandbox.cloud.faults.add(Fault("error", "iam", "GetUser", status=status, code=code))
    with pytest.raises(CloudError) as raised:
        call(iam.get_user, UserName="mary.smith")
    assert type(raised.value) is meaning
    assert (str(raised.value), raised.value.code) == (f"GetUser: {code}", code)
    assert sandbox.cloud.calls.find(raised.value.request_id)


@pytest.mark.parametrize("service", ["iam", "kms", "s3"])
def test_throttling_is_throttled_in_every_service(sandbox: Sandbox, clients: Clients, service: str) -> None:
    asks: dict[str, Callable[[], object]] = {
        "iam": lambda: call(clients.iam("").get_user, UserName="ann"),
        "kms": lambda: call(clients.kms("", "").list_keys),
        "s3": lambda: call(clients.s3("", "").get_bucket_policy, Bucket="charts"),
    }
    sandbox.cloud.faults.add(Fault("throttle", service))
    with pytest.raises(Throttled):
        asks[service]()


def test_a_call_is_tried_three_times_and_no_more(sandbox: Sandbox, clients: Clients) -> None:
    iam = clients.iam("")
    before = len(sandbox.cloud.calls)
    sandbox.cloud.faults.add(Fault("throttle", "iam", times=2))
    assert call(iam.list_users)["Users"]
    assert len(sandbox.cloud.calls) - before == 3


def test_nothing_of_what_was_asked_is_in_an_error(clients: Clients) -> None:
    asks: tuple[Callable[[], object], ...] = (
        lambda: call(clients.iam("").get_user, UserName="mary.smith"),
        lambda: call(clients.iam("").get_user, UserName="mary.smith" * 100),
        lambda: call(clients.iam("").get_user, UserName=["mary.smith"]),  # type: ignore[arg-type]  # what a strange id may bring
        lambda: call(clients.s3("", "").get_object, Bucket="charts", Key="mary.smith"),
    )
    for ask in asks:
        with pytest.raises(CloudError) as raised:
            ask()
        error = raised.value
        assert "mary" not in f"{error} {error.__cause__} {error.code} {error.request_id}"
        assert error.__suppress_context__


def test_a_dead_endpoint_is_unreachable(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(Unreachable, match="EndpointConnectionError"):
        call(Clients().sts("", "").get_caller_identity)


def test_no_credentials_are_unreachable(sandbox: Sandbox, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(Unreachable, match="NoCredentialsError"):
        _ = Clients().home


def test_no_region_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotReady, match="AWS_DEFAULT_REGION"):
        Clients()


def test_pages_are_followed_to_the_end_and_an_answer_has_its_id(sandbox: Sandbox, clients: Clients) -> None:
    s3 = sandbox.root().client("s3")
    s3.create_bucket(Bucket="charts")
    for number in range(5):
        s3.put_object(Bucket="charts", Key=f"chart{number}")
    listed = list(pages(clients.s3("", "").get_paginator("list_objects_v2"), Bucket="charts", PaginationConfig={"PageSize": 2}))
    assert [len(page["Contents"]) for page in listed] == [2, 2, 1]
    assert sandbox.cloud.calls.find(request_id(listed[0]))


def test_a_client_is_made_once_for_all_threads(clients: Clients) -> None:
    clients.warm("iam", "kms").join()
    assert clients.iam("") is clients.iam(clients.home)
    assert clients.kms("", "") is not clients.kms("", "eu-central-1")


def test_s3_control_is_reached_at_an_address_that_takes_no_prefix(clients: Clients) -> None:
    with pytest.raises(Absent, match="NoSuchPublicAccessBlockConfiguration"):
        call(clients.s3control("", "").get_public_access_block, AccountId=ACCOUNT)


@pytest.fixture
def spoke(sandbox: Sandbox) -> Ref:
    """A role in another account that lets the responder's account in, with the external id `ward-7`."""
    iam = sandbox.root(WARD).client("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "ward-7"}},
    }
    iam.create_role(RoleName=SPOKE, AssumeRolePolicyDocument=document(trust))
    powers = document({"Effect": "Allow", "Action": "iam:*", "Resource": "*"})
    iam.put_role_policy(RoleName=SPOKE, PolicyName="powers", PolicyDocument=powers)
    iam.create_user(UserName="thief")
    return principal(Kind.USER, "thief").but(account=WARD, id=f"arn:aws:iam::{WARD}:user/thief")


def test_another_account_is_entered_as_its_spoke_role_once(sandbox: Sandbox, spoke: Ref, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEBLUE_EXTERNAL_ID", "ward-7")
    world = AwsWorld(responder(sandbox, monkeypatch, *PERMISSIONS))
    revoked = SessionsRevoked(before="2026-11-21T20:00:00Z")  # type: ignore[arg-type]  # pydantic reads it
    world.write(spoke, [revoked])
    assert (world.look(spoke, SessionsRevoked), world.look(spoke, AccessKeyStatus)) == ((revoked,), ())
    assert len(sandbox.cloud.calls.of("sts:AssumeRole")) == 1


def test_a_worker_with_one_power_enters_as_the_role_of_that_power_and_says_so(
    sandbox: Sandbox, spoke: Ref, monkeypatch: pytest.MonkeyPatch
) -> None:
    iam = sandbox.root(WARD).client("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    role = iam.create_role(RoleName=spoke_of("fence"), AssumeRolePolicyDocument=document(trust))["Role"]
    iam.put_role_policy(
        RoleName=spoke_of("fence"),
        PolicyName="powers",
        PolicyDocument=document({"Effect": "Allow", "Action": "iam:*", "Resource": "*"}),
    )
    monkeypatch.setenv("CODEBLUE_POWER", "fence")
    clients = responder(sandbox, monkeypatch, *PERMISSIONS, "sts:TagSession")
    assert AwsWorld(clients).look(spoke, AccessKeyStatus) == ()
    assert spokes(clients, [WARD, "999988887777"]) == {role["RoleId"]}


def test_where_powers_are_not_apart_no_other_account_is_asked_for_its_roles(clients: Clients, spoke: Ref) -> None:
    assert spokes(clients, [spoke.account]) == frozenset()


@pytest.mark.parametrize(
    ("trusted", "ours"),
    [
        pytest.param({"Service": SERVICE}, True, id="the service's alone is ours, however young it is"),
        pytest.param({"Service": [SERVICE, "ec2.amazonaws.com"]}, False, id="one that another service can have is not"),
        pytest.param({"Service": SERVICE, "AWS": f"arn:aws:iam::{ACCOUNT}:root"}, False, id="nor one that somebody can enter"),
    ],
)
def test_the_role_of_our_jobs_is_known_by_whom_it_lets_in(
    sandbox: Sandbox, clients: Clients, trusted: dict[str, object], ours: bool
) -> None:
    trust = document({"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"})
    role = sandbox.root(clients.home).client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)["Role"]
    assert of_jobs(clients, [WARD]) == ({role["RoleId"]} if ours else set())


def test_without_our_external_id_the_account_is_unreachable_by_name(clients: Clients, spoke: Ref) -> None:
    with pytest.raises(Unreachable, match=f"account {WARD} has no role {SPOKE} for us"):
        AwsWorld(clients).look(spoke, AccessKeyStatus)


def test_an_account_without_a_spoke_role_is_unreachable_by_name(clients: Clients) -> None:
    stranger = principal(Kind.USER, "thief").but(account="999988887777")
    with pytest.raises(Unreachable, match="account 999988887777"):
        AwsWorld(clients).look(stranger, AccessKeyStatus)
