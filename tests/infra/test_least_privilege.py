"""Under enforced IAM, with the roles of the templates: what they have is enough, and what they used they could not do without.

In every run the fence of one breach is asked for; the whole recovery, and each action taken away by itself, are for the long runs.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import replace
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from functions import doctor, environment
from shared.bootstrap import linked
from shared.containment import scope
from shared.domain.case import Stage, Verdict
from shared.domain.errors import Absent
from shared.domain.plan import Status, Wave
from shared.intake.render import render
from shared.sandbox.aws import permission
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.authoriser import Named, Request, decide
from shared.sandbox.aws.clinic_people import assumed, bound
from shared.sandbox.aws.clock import utc
from shared.sandbox.aws.cloud import Cloud
from shared.sandbox.aws.permission import Need
from shared.sandbox.aws.policies import collect
from shared.sandbox.aws.principals import Caller
from shared.sandbox.aws.trail_records import record
from shared.workflow import visiting
from shared.workflow.collateral import SUBJECT
from tests.conftest import ROOT
from tests.infra.conftest import Assembly
from tests.infra.deployed import CLINIC, Deployed, deployed

EXFILTRATION = ROOT / "events" / "aws" / "guardduty-s3-exfiltration.json"
SAMPLED = ("fence", "iam:UpdateAccessKey")
AUTO = '[modes]\nrekey = "auto"\nmigrate = "auto"\nenforce = "auto"\n[one_way]\nmode = "auto"\n'
SPOKE = "codeblue-spoke-"

UNKNOWN = frozenset({("codeblue-rekey", "kms:DescribeKey"), ("codeblue-observe", "kms:DescribeKey")})
"""What is tried and not had on purpose: a power that moves nothing has no canary, and finds that out by looking for its key."""

type Asked = tuple[Caller, Mapping[str, tuple[str, ...]], Need]


@dataclass
class Night:
    """A responder at work, and every permission that was asked for one of our sessions in the clinic."""

    responder: Deployed
    asked: list[Asked] = field(default_factory=list)
    case: str = ""

    @property
    def cloud(self) -> Cloud:
        return self.responder.sandbox.cloud

    def refused(self) -> set[tuple[str, str]]:
        """Whom of ours something was refused, and what."""
        ours = (call for call in self.cloud.calls if ":assumed-role/codeblue-" in call.principal.arn and "Denied" in call.error)
        return {(call.principal.arn.split("/")[1], call.action) for call in ours}

    def idle(self) -> frozenset[tuple[str, str]]:
        """Whose action was used, and would not be missed: a permission too many, or a second way in."""
        used = {(_role(caller), need.action) for caller, _, need in self.asked}
        missed = {(_role(caller), need.action) for caller, context, need in self.asked if not self._without(caller, context, need)}
        return frozenset(used - missed)

    def _without(self, caller: Caller, context: Mapping[str, tuple[str, ...]], need: Need) -> bool:
        """Whether the call would be let through without the action."""
        found = collect(self.cloud, caller, need.action.partition(":")[0], need.resource, need.account)
        less = replace(found, identity=tuple(Named(each.name, lessened(each.document, need.action)) for each in found.identity))
        return decide(Request(caller.principal, need.action, need.resource, need.account, context), less).allowed

    def thief(self) -> str:
        """What the thief's key is told: an error code, or nothing."""
        try:
            bound(self.responder.sandbox, self.responder.clinic.credentials["thief"]).client("s3").list_buckets()
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""


def _role(caller: Caller) -> str:
    return caller.principal.arn.split("/")[1]


def lessened(document: Mapping[str, Any], action: str) -> dict[str, Any]:
    """The document without this action."""
    statements = [{**each, "Action": [one for one in _many(each["Action"]) if one != action]} for each in document["Statement"]]
    return {**document, "Statement": [each for each in statements if each["Action"]]}


def _many(thing: str | Sequence[str]) -> Sequence[str]:
    return [thing] if isinstance(thing, str) else thing


def policies_of(night: Night, power: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The policies of a power's role in the clinic, by ARN."""
    iam = night.responder.sandbox.root(CLINIC).client("iam")
    for each in iam.list_attached_role_policies(RoleName=f"{SPOKE}{power}")["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=each["PolicyArn"])["Policy"]["DefaultVersionId"]
        found: Any = iam.get_policy_version(PolicyArn=each["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"]
        yield each["PolicyArn"], found


def take(night: Night, power: str, action: str) -> dict[str, dict[str, Any]]:
    """Take an action away from a power; what its policies were."""
    iam, before = night.responder.sandbox.root(CLINIC).client("iam"), dict(policies_of(night, power))
    having = {arn: less for arn, document in before.items() if (less := lessened(document, action)) != lessened(document, "")}
    assert having, f"{power} has no {action}"
    for arn, less in having.items():
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(less), SetAsDefault=True)
    night.cloud.history.settle()
    return {arn: before[arn] for arn in having}


def give(night: Night, policies: Mapping[str, Mapping[str, Any]]) -> None:
    """Give back what was taken."""
    iam = night.responder.sandbox.root(CLINIC).client("iam")
    for arn, document in policies.items():
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
    night.cloud.history.settle()


PATIENCE = 30.0
"""Seconds that the log is waited for: on a busy machine it is slow here, and who is no stranger must be known in the fence."""


@pytest.fixture(scope="module")
def begun(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The responder deployed, and the alert taken in by the queue's function."""
    yield from _begun(assembly, tmp_path_factory.mktemp("night"), "")


def _begun(assembly: Assembly, folder: Path, policy: str) -> Iterator[Night]:
    judge = permission.require
    with deployed(assembly, folder, policy) as responder, pytest.MonkeyPatch.context() as patch:
        night = Night(responder)

        def asked(cloud: Cloud, caller: Caller, context: Mapping[str, tuple[str, ...]], need: Need, *, service: str) -> None:
            if f":assumed-role/{SPOKE}" in caller.principal.arn:
                night.asked.append((caller, context, need))
            judge(cloud, caller, context, need, service=service)

        patch.setattr(permission, "require", asked)
        patch.setattr(scope, "LOG_SECONDS", PATIENCE)
        event = render(EXFILTRATION.read_bytes(), utc(responder.sandbox.cloud.clock.now()))
        night.case = responder.alert(event).id
        yield night


class TestFence:
    """One fence: the roles are enough, and have no more than that takes."""

    def test_the_thief_is_out_and_nothing_of_ours_was_refused(self, begun: Night) -> None:
        case = begun.responder.work(begun.case, Stage.PRESERVE)
        (fence,) = [wave for wave in case.waves if wave.wave is Wave.FENCE]
        assert not fence.counts.get(Status.FAILED)
        assert begun.thief() == "InvalidAccessKeyId"
        assert begun.refused() <= UNKNOWN

    def test_every_function_worked_under_its_own_role(self, begun: Night) -> None:
        roles = {call.principal.arn.split("/")[1] for call in begun.cloud.calls if ":assumed-role/codeblue-" in call.principal.arn}
        functions = {"ingest", "record", "observe", "fence"}
        assert roles == {f"codeblue-{name}" for name in functions} | {f"{SPOKE}{power}" for power in ("record", "observe", "fence")}

    def test_no_action_that_was_used_could_be_done_without(self, begun: Night) -> None:
        assert len({(_role(caller), need.action) for caller, _, need in begun.asked}) > 30
        assert begun.idle() == frozenset()


class TestOthers:
    """After the fence: whoever it refuses by mistake is heard of, by the events of their calls and under the same role."""

    def test_a_refusal_of_ours_is_paged_once_and_those_of_the_thief_and_of_strangers_elsewhere_are_not(
        self, begun: Night, caplog: pytest.LogCaptureFixture
    ) -> None:
        sandbox, held = begun.responder.sandbox, begun.responder.clinic.credentials
        pipeline = bound(sandbox, assumed(sandbox, held["administrator"], names.PIPELINE, "nightly-2")).client("s3")
        before = len(begun.cloud.calls)
        for _ in range(3):
            with pytest.raises(ClientError, match="AccessDenied"):
                pipeline.get_bucket_policy(Bucket=names.CHARTS)
        assert begun.thief()
        with pytest.raises(ClientError, match="AccessDenied"):
            bound(sandbox, held["clinician"]).client("iam").list_users()
        events = [json.dumps(WRAPPED | {"detail": record(call)}).encode() for call in [*begun.cloud.calls][before:]]
        with caplog.at_level("WARNING", "codeblue"):
            begun.responder.take_in(*events)
        pages = [each.getMessage() for each in caplog.records if SUBJECT in each.getMessage()]
        assert len(pages) == 1
        assert f"role/{names.PIPELINE} was refused" in pages[0]
        assert f"codeblue release {begun.case}" in pages[0]


class TestPage:
    """The decision page, under its own role."""

    def test_a_link_that_a_fence_makes_is_opened_and_used_up_by_it(self, begun: Night) -> None:
        before = len(begun.cloud.calls)
        with begun.responder.running("fence"):
            token = linked(environment.policy()).made(begun.case)
        with begun.responder.running("page"):
            links = linked(environment.policy())
            assert (links.opens(token), links.use(token, "sign-in")) == (begun.case, begun.case)
            with pytest.raises(Absent):
                links.use(token, "another")
        assert not [call.action for call in [*begun.cloud.calls][before:] if "Denied" in call.error]


class TestDoctor:
    """The doctor's visit, under its own role."""

    def test_all_is_well_and_nothing_was_refused(self, begun: Night) -> None:
        before = len(begun.cloud.calls)
        said = self._visit(begun)
        assert (said["looked"] > 10, said["wrong"]) == (True, 0)
        assert not [call.action for call in [*begun.cloud.calls][before:] if "Denied" in call.error]

    def test_a_power_that_lacks_an_action_is_paged(self, begun: Night, caplog: pytest.LogCaptureFixture) -> None:
        policies = take(begun, *SAMPLED)
        with caplog.at_level("WARNING", "codeblue"):
            assert self._visit(begun)["wrong"] == 1
        give(begun, policies)
        (page,) = [each.getMessage() for each in caplog.records if visiting.SUBJECT in each.getMessage()]
        assert f"the power to {SAMPLED[0]} works ({CLINIC}): NOT: not allowed: {SAMPLED[1]}" in page

    @staticmethod
    def _visit(night: Night) -> dict[str, int]:
        with night.responder.running("doctor"):
            environment.people.cache_clear()
            return doctor.handler({}, LambdaContext())


WRAPPED = {"source": "aws.s3", "detail-type": "AWS API Call via CloudTrail"}


@pytest.mark.soak
class TestOneActionLess:
    """A fence without one of its actions, for real: it is held, and goes on where it stopped when the action is back."""

    def test_it_is_held_until_the_action_is_back(self, assembly: Assembly, tmp_path: Path) -> None:
        for night in _begun(assembly, tmp_path, ""):
            before = take(night, *SAMPLED)
            case = night.responder.work(night.case, Stage.HOLD)
            (fence,) = [wave for wave in case.waves if wave.wave is Wave.FENCE]
            assert fence.counts[Status.FAILED] == 1
            assert ("codeblue-spoke-fence", SAMPLED[1]) in night.refused()
            assert case.verdict is not Verdict.CONTAINED
            give(night, before)
            again = night.responder.work(night.case, Stage.EXPOSE)
            assert again.fenced_at
            assert not any(left.blocks for left in again.people)
            assert night.thief() == "InvalidAccessKeyId"


@pytest.fixture(scope="module")
def night(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """A whole response, with nobody asked but about the end of the key."""
    for whole in _begun(assembly, tmp_path_factory.mktemp("whole"), AUTO):
        whole.responder.work(whole.case)
        yield whole


@pytest.mark.soak
class TestWholeNight:
    """From the alert to lasting rules, every power under its own role."""

    def test_everything_up_to_the_end_of_the_old_key_holds(self, night: Night) -> None:
        case = night.responder.case(night.case)
        assert not any(left.blocks for left in case.people)
        assert {wave.wave for wave in case.waves} >= {Wave.FENCE, Wave.PRESERVE, Wave.SWEEP, Wave.REKEY, Wave.MIGRATE, Wave.ENFORCE}
        assert not [wave for wave in case.waves if wave.counts.get(Status.FAILED)]

    def test_no_action_that_was_used_could_be_done_without(self, night: Night) -> None:
        assert night.idle() == frozenset()

    def test_nothing_was_refused_but_looks_at_keys_that_are_not_the_powers(self, night: Night) -> None:
        assert night.refused() <= UNKNOWN
