"""The guardrails, asked by the rules of IAM: what an account's administrator can not do any more, and who still can."""

import json
from dataclasses import dataclass, field

import pytest

from infra_cdk.guardrails import LONGEST, Document, resource_control, service_control, text, trusted
from infra_cdk.parameters import Parameters
from shared.domain.errors import BadInput
from shared.sandbox.aws.authoriser import Named, Policies, Principal, Request, decide
from shared.sandbox.aws.patterns import Context
from shared.settings import Policy, Responder, Tenant
from tests.infra.conftest import HOME, MANAGEMENT, WARD, Assembly, given

ABROAD = "999988887777"
GLASS = f"arn:aws:iam::{WARD}:role/break-glass"
DEPLOYER = "arn:aws:iam::*:role/pipeline-*"
KEY = f"arn:aws:kms:us-east-1:{WARD}:key/mrk-charts"
TENANT = Tenant(buckets=("st-brendan-charts", "/subscriptions/s/x"), keys=(KEY, "https://vault/keys/x"), accounts=(WARD,))
RUNNER = f"arn:aws:iam::{WARD}:role/night-desk"
POLICY = Policy(responder=Responder(break_glass=(GLASS,), roles=(RUNNER, "AROABYIDEXAMPLE")), tenants={"st-brendan": TENANT})
WHO = trusted(POLICY, HOME, (WARD,), (DEPLOYER,))
SCP, RCP = service_control(WHO), resource_control(WHO, POLICY)

EVERYTHING = Named("everything", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
WHOEVER = {**EVERYTHING.document["Statement"][0], "Principal": "*"}
SEALED: Context = {"aws:resourcetag/codeblue:sealed": ("yes",)}
MARKS: Context = {"aws:tagkeys": ("codeblue:sealed",)}
MARKS_LOUDLY: Context = {"aws:tagkeys": ("ward", "Codeblue:Sealed")}


def session(role: str, account: str = WARD) -> Principal:
    """A session of a role."""
    arn = f"arn:aws:sts::{account}:assumed-role/{role}/s"
    return Principal("role", account, arn, "AROAEXAMPLE:s", f"arn:aws:iam::{account}:role/{role}")


ADMIN = session("administrator")
ROOT = Principal("root", WARD, f"arn:aws:iam::{WARD}:root", WARD)
FENCER, FUNCTION = session("codeblue-spoke-fence"), session("codeblue-fence", HOME)
PIPELINE, RESCUER = session("pipeline-prod"), session("break-glass")
NAMESAKE = session("codeblue-spoke-fence", ABROAD)
SERVICE = Principal("service", WARD, "lambda.amazonaws.com", "")


def iam(rest: str, account: str = WARD) -> str:
    return f"arn:aws:iam::{account}:{rest}"


@dataclass(frozen=True)
class Try:
    """A call by somebody whom everything else allows everything, and whether the guardrails let it through."""

    caller: Principal
    action: str
    resource: str
    passes: bool = False
    context: Context = field(default_factory=dict)


USER, ROLE, BUCKET = iam("user/imaging-export"), iam("role/clinician"), "arn:aws:s3:::st-brendan-charts"
SPOKE, JOBS = iam("role/codeblue-spoke-fence"), iam("role/codeblue-batch")
MOVER = session("codeblue-spoke-migrate")

ROWS = {
    "an administrator takes no fence off a sealed user": Try(ADMIN, "iam:DeleteUserPolicy", USER, context=SEALED),
    "the root user does not either": Try(ROOT, "iam:DetachUserPolicy", USER, context=SEALED),
    "nobody switches a sealed user's key on": Try(ADMIN, "iam:UpdateAccessKey", USER, context=SEALED),
    "nobody makes another key for it": Try(ADMIN, "iam:CreateAccessKey", USER, context=SEALED),
    "nobody deletes it to make it anew": Try(ADMIN, "iam:DeleteUser", USER, context=SEALED),
    "nobody opens a sealed role's trust": Try(ADMIN, "iam:UpdateAssumeRolePolicy", ROLE, context=SEALED),
    "nobody takes the seal off": Try(ADMIN, "iam:UntagUser", USER, context={**SEALED, **MARKS}),
    "nobody seals a colleague": Try(ADMIN, "iam:TagRole", ROLE, context=MARKS),
    "nor by another spelling of the seal": Try(ADMIN, "iam:TagRole", ROLE, context=MARKS_LOUDLY),
    "nobody makes a user that is sealed": Try(ADMIN, "iam:CreateUser", USER, context=MARKS),
    "another tag is anybody's": Try(ADMIN, "iam:TagRole", ROLE, passes=True, context={"aws:tagkeys": ("ward",)}),
    "who is not sealed is managed as ever": Try(ADMIN, "iam:DeleteUserPolicy", USER, passes=True),
    "a sealed role is still passed to compute": Try(ADMIN, "iam:PassRole", ROLE, passes=True, context=SEALED),
    "what is sealed can be looked at": Try(ADMIN, "iam:GetUserPolicy", USER, passes=True, context=SEALED),
    "the responder seals": Try(FENCER, "iam:TagUser", USER, passes=True, context=MARKS),
    "the responder takes its fence off": Try(FENCER, "iam:DeleteUserPolicy", USER, passes=True, context=SEALED),
    "break-glass does too": Try(RESCUER, "iam:UntagUser", USER, passes=True, context={**SEALED, **MARKS}),
    "an administrator does not change a role of ours": Try(ADMIN, "iam:UpdateAssumeRolePolicy", SPOKE),
    "nor what it may do": Try(ADMIN, "iam:CreatePolicyVersion", iam("policy/codeblue-spoke-fence-change")),
    "nor makes one under a name of ours": Try(ADMIN, "iam:CreateRole", iam("role/codeblue-spoke-all")),
    "nor passes one to compute": Try(ADMIN, "iam:PassRole", SPOKE),
    "the responder does not give itself more": Try(FENCER, "iam:AttachRolePolicy", SPOKE),
    "who orders jobs hands on their role": Try(MOVER, "iam:PassRole", JOBS, passes=True),
    "and at home": Try(session("codeblue-migrate", HOME), "iam:PassRole", iam("role/codeblue-batch", HOME), passes=True),
    "nobody else does": Try(ADMIN, "iam:PassRole", JOBS),
    "nor who fences": Try(FENCER, "iam:PassRole", JOBS),
    "who orders jobs hands on no other role of ours": Try(MOVER, "iam:PassRole", SPOKE),
    "nor anybody else's": Try(MOVER, "iam:PassRole", ROLE),
    "nor changes the one that it hands on": Try(MOVER, "iam:UpdateAssumeRolePolicy", JOBS),
    "nor does a namesake of theirs at home": Try(session("codeblue-migrate"), "iam:PassRole", JOBS),
    "nobody takes break-glass away": Try(ADMIN, "iam:DeleteRole", GLASS),
    "nor makes a role under a name of those who deploy": Try(ADMIN, "iam:CreateRole", iam("role/pipeline-mine")),
    "nor opens one of theirs": Try(ADMIN, "iam:UpdateAssumeRolePolicy", iam("role/pipeline-prod")),
    "nor gives one to compute": Try(ADMIN, "iam:PassRole", iam("role/pipeline-prod")),
    "nor gives break-glass to compute": Try(ADMIN, "iam:PassRole", GLASS),
    "nor opens a role that the policy file names as ours": Try(ADMIN, "iam:UpdateAssumeRolePolicy", RUNNER),
    "nor gives that one to compute": Try(ADMIN, "iam:PassRole", RUNNER),
    "a role that acts for us does not give itself more": Try(session("night-desk"), "iam:AttachRolePolicy", RUNNER),
    "who deploys makes another of their own": Try(PIPELINE, "iam:CreateRole", iam("role/pipeline-next"), passes=True),
    "other roles are given to compute as ever": Try(ADMIN, "iam:PassRole", ROLE, passes=True),
    "who deploys changes the responder": Try(PIPELINE, "iam:CreatePolicyVersion", iam("policy/codeblue-spoke-x"), passes=True),
    "a fence that is a managed policy stays as it is": Try(ADMIN, "iam:CreatePolicyVersion", iam("policy/codeblue/Fence-user-x")),
    "nobody closes our ears": Try(ADMIN, "events:DisableRule", f"arn:aws:events:us-east-1:{WARD}:rule/codeblue-guardduty"),
    "other rules are theirs": Try(ADMIN, "events:DisableRule", f"arn:aws:events:us-east-1:{WARD}:rule/theirs", passes=True),
    "nobody leaves the organisation": Try(ADMIN, "organizations:LeaveOrganization", "*"),
    "an administrator does not enter a role of ours": Try(ADMIN, "sts:AssumeRole", SPOKE),
    "a stranger with a trusted name does not either": Try(NAMESAKE, "sts:AssumeRole", SPOKE),
    "our function does": Try(FUNCTION, "sts:AssumeRole", SPOKE, passes=True),
    "nobody but Lambda becomes our function": Try(session("x", HOME), "sts:AssumeRole", iam("role/codeblue-fence", HOME)),
    "Lambda does": Try(SERVICE, "sts:AssumeRole", iam("role/codeblue-fence", HOME), passes=True),
    "other roles are entered as ever": Try(ADMIN, "sts:AssumeRole", ROLE, passes=True),
    "an administrator does not open a declared store": Try(ADMIN, "s3:PutBucketPolicy", BUCKET),
    "nor lets it flow away": Try(ADMIN, "s3:PutReplicationConfiguration", BUCKET),
    "the responder fences it": Try(FENCER, "s3:PutBucketPolicy", BUCKET, passes=True),
    "a namesake abroad does not": Try(NAMESAKE, "s3:PutBucketPolicy", BUCKET),
    "it is read and written as ever": Try(ADMIN, "s3:PutObject", f"{BUCKET}/x", passes=True),
    "other stores are theirs": Try(ADMIN, "s3:PutBucketPolicy", "arn:aws:s3:::pictures", passes=True),
    "nobody gives a declared key away": Try(ADMIN, "kms:PutKeyPolicy", KEY),
    "the responder fences the key": Try(FENCER, "kms:PutKeyPolicy", KEY, passes=True),
    "nobody lets the record's bucket forget": Try(ADMIN, "s3:PutLifecycleConfiguration", f"arn:aws:s3:::codeblue-custody-{HOME}-x"),
    "not even the responder": Try(FUNCTION, "s3:DeleteBucketPolicy", f"arn:aws:s3:::codeblue-custody-{HOME}-us-east-1"),
}


@pytest.mark.parametrize("tried", ROWS.values(), ids=ROWS)
def test_with_the_guardrails(tried: Try) -> None:
    account = tried.resource.split(":")[4] if tried.resource.count(":") > 4 else ""
    principal = {
        "aws:principalarn": (tried.caller.issuer or tried.caller.arn,),
        "aws:principalaccount": (tried.caller.account,),
        "aws:principalisawsservice": ("true" if tried.caller is SERVICE else "false",),
    }
    bound = (EVERYTHING, Named("scp", SCP)) if tried.caller.account != ABROAD else ()
    resource = Named("resource", {**EVERYTHING.document, "Statement": [WHOEVER]})
    policies = Policies(identity=(EVERYTHING,), resource=resource, scps=bound, rcps=(EVERYTHING, Named("rcp", RCP)))
    request = Request(tried.caller, tried.action, tried.resource, account or WARD, {**principal, **tried.context})
    assert decide(request, policies).allowed is tried.passes


class TestForm:
    """What Organizations takes."""

    def test_both_fit_for_the_largest_deployment(self) -> None:
        accounts = tuple(str(number) for number in range(10**11, 10**11 + 80))
        glass = tuple(f"arn:aws:iam::{account}:role/break-glass-of-the-ward" for account in accounts[:8])
        desks = tuple(f"arn:aws:iam::{account}:role/night-desk-of-the-ward" for account in accounts[:8])
        buckets = tuple(f"st-brendan-charts-{number}" for number in range(10))
        many = Policy(responder=Responder(break_glass=glass, roles=desks), tenants={"x": Tenant(buckets=buckets, keys=(KEY,))})
        who = trusted(many, HOME, accounts, (DEPLOYER,) * 2)
        assert max(len(text(service_control(who))), len(text(resource_control(who, many)))) <= LONGEST == 5120

    def test_what_does_not_fit_is_refused_before_it_is_deployed(self) -> None:
        many = Policy(tenants={"x": Tenant(buckets=tuple(f"st-brendan-charts-{number}" for number in range(200)))})
        with pytest.raises(BadInput, match="by pattern"):
            resource_control(trusted(many, HOME, (WARD,), ()), many)

    def test_a_break_glass_identity_that_would_be_locked_out_is_refused(self) -> None:
        with pytest.raises(BadInput, match="AROAGLASS"):
            trusted(Policy(responder=Responder(break_glass=("AROAGLASS",))), HOME, (WARD,), ())

    def test_a_service_control_policy_names_no_principal_and_a_resource_control_policy_everybody(self) -> None:
        assert not any("Principal" in statement for statement in SCP["Statement"])
        assert {statement["Principal"] for statement in RCP["Statement"]} == {"*"}
        assert all(statement["Effect"] == "Deny" for statement in (*SCP["Statement"], *RCP["Statement"]))


class TestStack:
    """The stack of the management account."""

    def test_both_are_attached_to_what_is_guarded(self, assembly: Assembly) -> None:
        made = [p["Properties"] for p in assembly.of("AWS::Organizations::Policy").values()]
        assert {p["Type"] for p in made} == {"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"}
        assert all(p["TargetIds"] == [HOME, WARD] for p in made)
        deployed: list[Document] = [p["Content"] for p in made]
        assert all(len(json.dumps(each, separators=(",", ":"))) <= LONGEST for each in deployed)

    def test_nobody_gets_them_who_did_not_ask(self) -> None:
        assert not Parameters.model_fields["management"].default

    @pytest.mark.parametrize("half", [{"guarded": ()}, {"management": ""}], ids=["nothing to guard", "nobody to attach them"])
    def test_they_are_not_made_with(self, half: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="guardrails take both"):
            given(**half)

    def test_they_are_made_where_the_organisation_is_managed(self, assembly: Assembly) -> None:
        assert json.loads((assembly.folder / "manifest.json").read_text())["artifacts"]["CodeblueGuardrails"][
            "environment"
        ].startswith(f"aws://{MANAGEMENT}/")
