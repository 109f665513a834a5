"""Who exists according to IAM, and what compute was given a role."""

import io
import zipfile
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from types_boto3_iam import IAMClient

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.directory import FORWARDER, GIVEN_SINCE, MADE_SINCE, RESOLVE, AwsDirectory
from shared.domain.actor import Actor, Credential, Lineage
from shared.domain.errors import Absent, Refused, Throttled
from shared.domain.resource import Kind, Ref
from shared.sandbox.aws import rules
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.server import ACCOUNT, Sandbox

from .aws_responder import document, principal, responder

TRUST = document(
    {"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}, "Action": "sts:AssumeRole"}
)


@pytest.fixture
def root(sandbox: Sandbox) -> boto3.Session:
    return sandbox.root()


@pytest.fixture
def iam(root: boto3.Session) -> IAMClient:
    return root.client("iam")


@pytest.fixture
def clients(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Clients:
    enabled = {"Regions": [{"RegionName": name} for name in ("us-east-1", "eu-central-1")]}
    # moto lists every Region there is; the service lists those that the account has enabled
    monkeypatch.setitem(rules.RULES, "ec2", {"DescribeRegions": lambda _, ask: ask.answer(enabled)})
    return responder(sandbox, monkeypatch, *RESOLVE, *MADE_SINCE, *GIVEN_SINCE)


@pytest.fixture
def directory(clients: Clients) -> AwsDirectory:
    return AwsDirectory(clients)


def actor(ref: Ref | None, credential: Credential = Credential.LONG_TERM_KEY, **more: str) -> Actor:
    return Actor(credential=credential, account=ACCOUNT, principal=ref, **more)


def long_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


def test_a_user_is_resolved_to_the_id_it_has_now(iam: IAMClient, directory: AwsDirectory) -> None:
    made = iam.create_user(UserName="thief", Path="/staff/")["User"]
    found = directory.resolve(actor(principal(Kind.USER, "thief"), unique_id="AIDAOLD"))
    assert (found.unique_id, found.principal) == (made["UserId"], principal(Kind.USER, "thief", "/staff/"))


def test_a_session_leads_to_its_role_with_the_path_that_its_arn_lacks(iam: IAMClient, directory: AwsDirectory) -> None:
    made = iam.create_role(RoleName="ward", Path="/wards/", AssumeRolePolicyDocument=TRUST)["Role"]
    found = directory.resolve(actor(principal(Kind.ROLE, "ward"), Credential.ROLE_SESSION, session="night"))
    assert (found.user_id, found.principal) == (f"{made['RoleId']}:night", principal(Kind.ROLE, "ward", "/wards/"))


def test_a_role_made_again_is_somebody_else(iam: IAMClient, directory: AwsDirectory) -> None:
    ward = actor(principal(Kind.ROLE, "ward"), Credential.ROLE_SESSION)
    iam.create_role(RoleName="ward", AssumeRolePolicyDocument=TRUST)
    first = directory.resolve(ward)
    iam.delete_role(RoleName="ward")
    iam.create_role(RoleName="ward", AssumeRolePolicyDocument=TRUST)
    assert directory.resolve(ward).unique_id != first.unique_id


def test_an_access_key_alone_leads_to_its_user(iam: IAMClient, directory: AwsDirectory) -> None:
    made = iam.create_user(UserName="thief")["User"]
    key = iam.create_access_key(UserName="thief")["AccessKey"]["AccessKeyId"]
    found = directory.resolve(actor(None, access_key=key))
    assert (found.principal, found.unique_id) == (principal(Kind.USER, "thief"), made["UserId"])


def test_a_principal_that_is_gone_is_absent(directory: AwsDirectory) -> None:
    with pytest.raises(Absent):
        directory.resolve(actor(principal(Kind.USER, "nobody")))


@pytest.mark.parametrize("credential", [Credential.ROOT, Credential.ANONYMOUS, Credential.FOREIGN, Credential.SERVICE])
def test_who_is_not_in_our_iam_is_taken_as_they_come(sandbox: Sandbox, directory: AwsDirectory, credential: Credential) -> None:
    stranger = actor(None, credential, access_key="AKIAIOSFODNN7EXAMPLE")  # pragma: allowlist secret
    before = len(sandbox.cloud.calls)
    assert directory.resolve(stranger) == stranger
    assert len(sandbox.cloud.calls) == before


def test_new_users_and_roles_are_found_and_old_ones_are_not(sandbox: Sandbox, iam: IAMClient, directory: AwsDirectory) -> None:
    iam.create_user(UserName="clinician")
    since = datetime.now(UTC)
    user = iam.create_user(UserName="backdoor", Path="/staff/")["User"]
    role = iam.create_role(RoleName="backdoor", AssumeRolePolicyDocument=TRUST)["Role"]
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    calls = len(sandbox.cloud.calls)
    found = directory.made_since(Lineage(root=actor(principal(Kind.USER, "thief"))), since)
    assert {(made.principal, made.unique_id) for made in found} == {
        (principal(Kind.USER, "backdoor", "/staff/"), user["UserId"]),
        (principal(Kind.ROLE, "backdoor"), role["RoleId"]),
    }
    assert {call.action for call in tuple(sandbox.cloud.calls)[calls:]} == MADE_SINCE | {"sts:GetCallerIdentity"}


@pytest.mark.parametrize(
    ("name", "trusted", "left_out"),
    [
        pytest.param("codeblue-forward-eu-west-1", {"Service": FORWARDER}, True, id="one that the service alone can have"),
        pytest.param("codeblue-forward-eu-west-1", {"Service": "ec2.amazonaws.com"}, False, id="not another service's"),
        pytest.param("codeblue-forward-eu-west-1", {"AWS": "*"}, False, id="nor one that anybody enters"),
        pytest.param("lab-forward-eu-west-1", {"Service": FORWARDER}, False, id="nor one by another name"),
    ],
)
def test_the_role_that_forwards_alerts_to_us_is_no_newcomer(
    iam: IAMClient, directory: AwsDirectory, name: str, trusted: dict[str, str], left_out: bool
) -> None:
    since = datetime.now(UTC)
    trust = document({"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"})
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    found = directory.made_since(Lineage(root=actor(principal(Kind.USER, "thief"))), since)
    assert {a.principal for a in found} == (set() if left_out else {principal(Kind.ROLE, name)})


def test_a_lineage_without_principals_has_made_nothing(directory: AwsDirectory) -> None:
    nobody = Lineage(root=actor(None, Credential.ANONYMOUS))
    assert (directory.made_since(nobody, long_ago()), directory.given_since(nobody, long_ago())) == ((), ())


@pytest.fixture
def ward(iam: IAMClient) -> Actor:
    """A role with an instance profile, as every session of it is known."""
    made = iam.create_role(RoleName="ward", AssumeRolePolicyDocument=TRUST)["Role"]
    iam.create_instance_profile(InstanceProfileName="ward-machines")
    iam.add_role_to_instance_profile(InstanceProfileName="ward-machines", RoleName="ward")
    return actor(principal(Kind.ROLE, "ward"), Credential.ROLE_SESSION, unique_id=made["RoleId"])


def run_instance(root: boto3.Session, **more: object) -> str:
    ec2 = root.client("ec2", region_name="eu-central-1")
    started = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, **more)  # type: ignore[arg-type]  # a profile or nothing
    return started["Instances"][0]["InstanceId"]


def create_function(root: boto3.Session, role: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): ...")
    functions = root.client("lambda")
    functions.create_function(
        FunctionName="exfiltrate", Runtime="python3.13", Role=role, Handler="index.handler", Code={"ZipFile": packed.getvalue()}
    )


def test_compute_that_was_given_a_role_is_found_in_every_region(
    sandbox: Sandbox, root: boto3.Session, directory: AwsDirectory, ward: Actor
) -> None:
    assert ward.principal is not None
    machine = run_instance(root, IamInstanceProfile={"Name": "ward-machines"})
    run_instance(root)
    create_function(root, ward.principal.id)
    calls = len(sandbox.cloud.calls)
    found = directory.given_since(Lineage(root=ward), long_ago())
    assert set(found) == {
        ward.but(credential=Credential.INSTANCE_SESSION, session=machine),
        ward.but(credential=Credential.ROLE_SESSION, session="exfiltrate"),
    }
    assert {call.action for call in tuple(sandbox.cloud.calls)[calls:]} == GIVEN_SINCE | {"sts:GetCallerIdentity"}
    assert directory.given_since(Lineage(root=ward), datetime.now(UTC) + timedelta(minutes=1)) == ()


def test_compute_whose_role_is_gone_can_do_nothing(
    root: boto3.Session, iam: IAMClient, directory: AwsDirectory, ward: Actor
) -> None:
    made = iam.create_role(RoleName="short", AssumeRolePolicyDocument=TRUST)["Role"]
    create_function(root, made["Arn"])
    iam.delete_role(RoleName="short")
    assert directory.given_since(Lineage(root=ward), long_ago()) == ()


def test_a_region_that_refuses_us_is_left_out_and_one_that_throttles_is_not(
    sandbox: Sandbox, root: boto3.Session, directory: AwsDirectory, ward: Actor
) -> None:
    machine = run_instance(root, IamInstanceProfile={"Name": "ward-machines"})
    sandbox.cloud.faults.add(Fault("error", "lambda", "ListFunctions", status=403, code="AccessDeniedException", times=1))
    assert [one.session for one in directory.given_since(Lineage(root=ward), long_ago())] == [machine]
    number = sandbox.cloud.faults.add(Fault("error", "lambda", "ListFunctions", status=403, code="AccessDeniedException"))
    with pytest.raises(Refused):
        directory.given_since(Lineage(root=ward), long_ago())
    sandbox.cloud.faults.remove(number)
    number = sandbox.cloud.faults.add(Fault("error", "ec2", "DescribeInstances", status=403, code="UnauthorizedOperation"))
    with pytest.raises(Refused):
        directory.given_since(Lineage(root=ward), long_ago())
    sandbox.cloud.faults.remove(number)
    sandbox.cloud.faults.add(Fault("error", "lambda", "ListFunctions", status=400, code="ThrottlingException"))
    with pytest.raises(Throttled):
        directory.given_since(Lineage(root=ward), long_ago())


def test_the_role_in_an_instance_profile_is_found_by_name_or_arn(directory: AwsDirectory, ward: Actor) -> None:
    assert directory.role_of(ACCOUNT, "ward-machines") == ward.principal
    assert directory.role_of(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:instance-profile/ward-machines") == ward.principal
    assert directory.role_of(ACCOUNT, "nothing") is None
