"""The function that rehearses, under the roles of the templates: they are enough, and holding its role leads no further."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from functions import environment, rehearse
from infra_cdk.roster import REHEARSED, posts
from shared.adapters.aws.rehearsal_rights import ALIAS, BOUNDARY, ENTERED
from shared.bootstrap import rehearsals
from shared.domain.case import Stage
from shared.intake.render import render
from shared.sandbox.aws.clock import utc
from shared.workflow.rehearsing_when_due import taken_back_by
from tests.infra.conftest import HOME, WARD, Assembly
from tests.infra.deployed import CLINIC, SECURITY, Deployed, deployed
from tests.infra.test_least_privilege import EXFILTRATION

TABLE = "codeblue-cases"


@pytest.fixture(scope="module")
def responder(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Deployed, with a case that was fenced."""
    with deployed(assembly, tmp_path_factory.mktemp("rehearsals"), "") as found:
        kms = found.sandbox.root(CLINIC).client("kms")
        kms.create_alias(AliasName=ALIAS, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        opened = found.alert(render(EXFILTRATION.read_bytes(), utc(found.sandbox.cloud.clock.now())))
        found.work(opened.id, Stage.SWEEP)
        yield found


@pytest.fixture
def function(responder: Deployed, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In the function's worker."""
    with responder.running("rehearse"):
        monkeypatch.setenv("CODEBLUE_REHEARSE_ACCOUNT", CLINIC)
        for cached in (environment.settings, environment.looking, environment.people):
            cached.cache_clear()
        yield
    for cached in (environment.settings, environment.looking, environment.people):
        cached.cache_clear()


@pytest.mark.usefixtures("function")
def test_everything_that_a_rehearsal_takes_is_had_and_nothing_else_is_tried(responder: Deployed) -> None:
    before = len(responder.sandbox.cloud.calls)
    scene, seen = rehearsals.scenery(CLINIC), environment.looking()
    try:
        scene.set_up()
        scene.attack()
        assert not scene.refused()
    finally:
        assert scene.clear() == ()
    (case,) = seen.cases.all()
    assert list(taken_back_by(case, seen.journal(case.id)))
    seen.audit(case.id)
    calls = [*responder.sandbox.cloud.calls][before:]
    assert not [(call.principal.arn, call.action) for call in calls if "Denied" in call.error]
    by = {call.principal.arn.split("/")[1] for call in calls}
    assert by == {"codeblue-rehearse", ENTERED, scene.actor.rpartition("/")[2]}


@pytest.mark.usefixtures("function")
def test_while_a_real_case_is_open_it_goes_no_further_than_to_say_so(responder: Deployed) -> None:
    before = len(responder.sandbox.cloud.calls)
    assert "is open" in str(rehearse.handler({}, LambdaContext())["none"])
    assert not [call.action for call in [*responder.sandbox.cloud.calls][before:] if "Create" in call.action]


CUSTODY = f"codeblue-custody-{SECURITY}-us-east-1"


@pytest.mark.parametrize(
    "deed",
    [
        pytest.param(
            lambda s: s.client("s3").put_object(Bucket=CUSTODY, Key="x", Body=b"", IfNoneMatch="*"), id="add to the record"
        ),
        pytest.param(lambda s: s.client("dynamodb").put_item(TableName=TABLE, Item={"id": {"S": "stop"}}), id="pause everything"),
        pytest.param(lambda s: s.client("dynamodb").update_item(TableName=TABLE, Key={"id": {"S": "case#x"}}), id="change a case"),
        pytest.param(
            lambda s: s.client("kms").sign(
                KeyId="alias/codeblue-custody", Message=b"x", SigningAlgorithm="ECDSA_SHA_256", MessageType="RAW"
            ),
            id="sign a checkpoint",
        ),
        pytest.param(lambda s: s.client("iam").create_role(RoleName="x", AssumeRolePolicyDocument="{}"), id="make a role at home"),
        pytest.param(
            lambda s: s.client("sts").assume_role(
                RoleArn=f"arn:aws:iam::{CLINIC}:role/codeblue-spoke-fence",
                RoleSessionName="codeblue",
                ExternalId="EXAMPLE-external-id",
                Tags=[{"Key": "codeblue:power", "Value": "fence"}],
            ),
            id="enter as another power",
        ),
    ],
)
@pytest.mark.usefixtures("function")
def test_who_holds_the_functions_role_may_not(deed: Callable[[Any], object]) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        deed(boto3.Session())


def test_a_role_of_the_function_that_says_no_external_id_is_not_let_in(responder: Deployed) -> None:
    with responder.running("rehearse"), pytest.raises(ClientError, match="AccessDenied"):
        boto3.Session().client("sts").assume_role(RoleArn=f"arn:aws:iam::{CLINIC}:role/{ENTERED}", RoleSessionName="codeblue")


def test_it_is_deployed_where_somebody_asked_for_it_and_its_role_is_the_accounts_alone(assembly: Assembly) -> None:
    assert posts(sign_in=True, rehearsed=True).keys() - posts(sign_in=True).keys() == REHEARSED == {"rehearse"}
    (function,) = (
        f["Properties"]
        for f in assembly.of("AWS::Lambda::Function").values()
        if f["Properties"]["FunctionName"] == "codeblue-rehearse"
    )
    variables = function["Environment"]["Variables"]
    assert (variables["CODEBLUE_REHEARSE_ACCOUNT"], variables["CODEBLUE_REHEARSE_DAYS"]) == (WARD, "30")
    made = {p["Properties"]["ManagedPolicyName"] for p in assembly.of("AWS::IAM::ManagedPolicy", f"CodeblueSpoke-{WARD}").values()}
    assert {BOUNDARY, f"{ENTERED}-rehearse"} <= made
    (trust,) = (
        r["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        for r in assembly.of("AWS::IAM::Role", f"CodeblueSpoke-{WARD}").values()
        if r["Properties"]["RoleName"] == ENTERED
    )
    assert [s["Principal"] for s in trust] == [{"AWS": f"arn:aws:iam::{HOME}:role/codeblue-rehearse"}]
