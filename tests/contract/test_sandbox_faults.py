"""What may befall a call on its way: delay, throttling, server errors, lost connections, and a hook at the n-th."""

import json
import time
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from urllib3 import PoolManager

from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.server import ACCOUNT, Sandbox
from tests.contract.sandbox_scenes import refused, user

ONCE = Config(retries={"total_max_attempts": 1})


def client(sandbox: Sandbox, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
    made: Any = sandbox.root().client(service, config=ONCE)  # type: ignore[call-overload]
    return made


def test_latency_is_suffered_per_call_and_side_by_side(sandbox: Sandbox) -> None:
    sts = client(sandbox, "sts")
    sts.get_caller_identity()
    sandbox.cloud.faults.add(Fault("latency", seconds=0.05))
    began = time.monotonic()
    sts.get_caller_identity()
    assert time.monotonic() - began >= 0.05


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("iam", "list_users", "Throttling"),
        ("sts", "get_caller_identity", "Throttling"),
        ("kms", "list_keys", "ThrottlingException"),
        ("s3", "list_buckets", "SlowDown"),
        ("ec2", "describe_instances", "RequestLimitExceeded"),
        ("dynamodb", "list_tables", "ThrottlingException"),
        ("guardduty", "list_detectors", "TooManyRequestsException"),
        ("cloudtrail", "lookup_events", "ThrottlingException"),
    ],
)
def test_each_service_throttles_in_its_own_words(sandbox: Sandbox, service: str, operation: str, code: str) -> None:
    sandbox.cloud.faults.add(Fault("throttle", service=service))
    assert refused(getattr(client(sandbox, service), operation))[0] == code


def test_a_throttle_may_be_of_one_operation_of_one_caller(sandbox: Sandbox) -> None:
    thief = user(sandbox).client("iam", config=ONCE)
    sandbox.cloud.faults.add(Fault("throttle", operation="ListUsers", caller="*:user/mallory"))
    assert refused(thief.list_users)[0] == "Throttling"
    thief.list_roles()
    client(sandbox, "iam").list_users()


def test_a_throttle_may_be_a_rate(sandbox: Sandbox) -> None:
    number = sandbox.cloud.faults.add(Fault("throttle", service="iam", rate=3))
    iam = client(sandbox, "iam")
    answers = [_succeeds(iam.list_users) for _ in range(10)]
    assert answers[:3] == [True, True, True]
    assert not all(answers)
    sandbox.cloud.faults.remove(number)
    iam.list_users()


def _succeeds(call: Any) -> bool:  # noqa: ANN401 - a method of a boto3 client
    try:
        call()
    except ClientError:
        return False
    return True


def test_a_service_may_answer_503_a_number_of_times(sandbox: Sandbox) -> None:
    s3 = client(sandbox, "s3")
    sandbox.cloud.faults.add(Fault("error", service="s3", status=503, code="ServiceUnavailable", times=2))
    assert refused(s3.list_buckets)[0] == "ServiceUnavailable"
    assert refused(s3.list_buckets)[0] == "ServiceUnavailable"
    s3.list_buckets()


@pytest.mark.parametrize(("late", "made"), [(False, False), (True, True)])
def test_a_connection_may_drop_before_the_work_or_after_it(sandbox: Sandbox, late: bool, made: bool) -> None:
    iam = client(sandbox, "iam")
    number = sandbox.cloud.faults.add(Fault("drop", operation="CreateUser", late=late))
    with pytest.raises(ConnectionClosedError):
        iam.create_user(UserName="x")
    sandbox.cloud.faults.remove(number)
    assert bool(iam.list_users()["Users"]) is made


def test_a_drill_may_act_at_the_nth_call(sandbox: Sandbox) -> None:
    seen: list[tuple[int, str]] = []
    iam = client(sandbox, "iam")
    sandbox.cloud.faults.at_each_call(lambda n, name: seen.append((n, name)))
    iam.list_users()
    iam.list_roles()
    assert seen == [(1, "iam:ListUsers"), (2, "iam:ListRoles")]


class TestControlPath:
    def ask(self, sandbox: Sandbox, method: str, path: str, body: object = None) -> tuple[int, Any]:
        content = json.dumps(body).encode() if body is not None else None
        answer = PoolManager().request(method, f"{sandbox.endpoint_url}/_sandbox/{path}", body=content)
        return answer.status, json.loads(answer.data)

    def test_faults_can_be_set_and_cleared_from_another_process(self, sandbox: Sandbox) -> None:
        status, answer = self.ask(sandbox, "POST", "faults", {"kind": "throttle", "service": "iam"})
        assert (status, answer) == (200, {"number": 1})
        assert refused(client(sandbox, "iam").list_users)[0] == "Throttling"
        self.ask(sandbox, "DELETE", "faults")
        client(sandbox, "iam").list_users()

    def test_calls_can_be_read(self, sandbox: Sandbox) -> None:
        client(sandbox, "iam").list_users()
        _, calls = self.ask(sandbox, "GET", "calls")
        assert [(call["service"], call["operation"], call["error"]) for call in calls] == [("iam", "ListUsers", "")]
        assert self.ask(sandbox, "GET", "calls?since=1") == (200, [])

    def test_time_and_delays_can_be_set(self, sandbox: Sandbox) -> None:
        before = sandbox.cloud.clock.now()
        self.ask(sandbox, "POST", "clock", {"seconds": 60})
        assert sandbox.cloud.clock.now() >= before + 60
        assert self.ask(sandbox, "POST", "delays", {"identity": 4, "trail": 300})[1] == {"identity": 4, "resource": 0, "trail": 300}

    def test_root_credentials_are_handed_out(self, sandbox: Sandbox) -> None:
        _, given = self.ask(sandbox, "POST", "root", {"account": ACCOUNT})
        session = sandbox.session(given["access_key_id"], given["secret_access_key"])
        assert session.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [("GET", "nothing", None, 404), ("POST", "faults", {"kind": "latency", "colour": "red"}, 400), ("POST", "clock", {}, 400)],
    )
    def test_a_bad_request_is_told(self, sandbox: Sandbox, method: str, path: str, body: object, status: int) -> None:
        assert self.ask(sandbox, method, path, body)[0] == status
