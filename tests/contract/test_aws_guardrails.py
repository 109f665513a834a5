"""Under the guardrails, in the embedded AWS: what the responder seals stays fenced against whoever administers the account."""

import boto3
import pytest

from infra_cdk.guardrails import resource_control, service_control, trusted
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.world import AwsWorld
from shared.domain.facet import DenyAll, Sealed
from shared.domain.resource import Kind
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox
from shared.settings import Policy
from tests.contract.aws_responder import principal
from tests.contract.sandbox_scenes import ALLOW_ALL, assume, refused, role, user

SPOKE = "codeblue-spoke-fence"
EXPORT = principal(Kind.USER, "imaging-export")


EVERYBODY = {**ALLOW_ALL, "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}]}


def attach(sandbox: Sandbox) -> None:
    """Put the account under the guardrails."""
    policy, who = Policy(), trusted(Policy(), ACCOUNT, (ACCOUNT,), ())
    scps = {"everything": ALLOW_ALL, "codeblue": service_control(who)}
    sandbox.guard(ACCOUNT, scps=scps, rcps={"everything": EVERYBODY, "codeblue": resource_control(who, policy)})


@pytest.fixture
def administrator(sandbox: Sandbox) -> boto3.Session:
    """The thief's second user, which may do everything, where there are a spoke role and the guardrails."""
    user(sandbox, EXPORT.name)
    second = user(sandbox, "mallory")
    role(sandbox, SPOKE, {"AWS": ACCOUNT})
    attach(sandbox)
    return second


@pytest.fixture
def world(sandbox: Sandbox, administrator: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> AwsWorld:
    """As a session of the spoke role sees it; entered before the guardrails, by whoever plays our function here."""
    sandbox.guard(ACCOUNT)
    keys = assume(sandbox, user(sandbox, "entering"), f"arn:aws:iam::{ACCOUNT}:role/{SPOKE}").get_credentials()
    attach(sandbox)
    assert keys
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", str(keys.access_key))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", str(keys.secret_key))
    monkeypatch.setenv("AWS_SESSION_TOKEN", str(keys.token))
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint_url)
    return AwsWorld(Clients())


def test_a_sealed_users_fence_is_taken_off_by_the_responder_alone(world: AwsWorld, administrator: boto3.Session) -> None:
    iam = administrator.client("iam")
    world.write(EXPORT, [DenyAll(on=True)])
    world.write(EXPORT, [Sealed(on=True)])
    assert world.look(EXPORT, Sealed) == (Sealed(on=True),)
    for take, named in (
        (iam.delete_user_policy, {"PolicyName": "CodeblueDenyAll"}),
        (iam.untag_user, {"TagKeys": ["codeblue:sealed"]}),
        (iam.create_access_key, {}),
        (iam.delete_user, {}),
    ):
        code, words = refused(take, UserName=EXPORT.name, **named)
        assert (code, "explicit deny in a service control policy" in words) == ("AccessDenied", True)
    world.write(EXPORT, [Sealed(on=False)])
    assert world.look(EXPORT, Sealed) == (Sealed(on=False),)
    iam.delete_user_policy(UserName=EXPORT.name, PolicyName="CodeblueDenyAll")


def test_a_seal_is_known_in_whatever_case_somebody_wrote_it(sandbox: Sandbox, world: AwsWorld) -> None:
    sandbox.guard(ACCOUNT)
    sandbox.root().client("iam").tag_user(UserName=EXPORT.name, Tags=[{"Key": "Codeblue:SEALED", "Value": "no"}])
    assert world.look(EXPORT, Sealed) == (Sealed(on=True),)


def test_a_role_of_ours_is_entered_by_nobody_else(sandbox: Sandbox, administrator: boto3.Session) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{SPOKE}"
    code, words = refused(administrator.client("sts").assume_role, RoleArn=arn, RoleSessionName="mallory")
    assert (code, "explicit deny in a resource control policy" in words) == ("AccessDenied", True)
    code, words = refused(administrator.client("iam").update_assume_role_policy, RoleName=SPOKE, PolicyDocument="{}")
    assert (code, "explicit deny in a service control policy" in words) == ("AccessDenied", True)
