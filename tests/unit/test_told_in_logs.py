"""The lines of the log that a deployment has alarms on: they come when they should, and name nobody and nothing."""

import pytest

from shared.adapters.aws.errors import DENIED, refusal
from shared.containment.guard import KEPT_OFF, Protected, sorted_out
from shared.domain.case import Scope
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change
from tests.hospital import CHARTS

CHANGE = Change(target=CHARTS, after=PolicyStatement(sid="Codeblue1", body="{}"), action="fence-store", why="w", citation="c")


@pytest.mark.parametrize(
    ("operation", "code", "status"),
    [
        pytest.param("Sign", "AccessDeniedException", 400, id="the record can not be signed"),
        pytest.param("Decrypt", "DisabledException", 400, id="a key was switched off"),
        pytest.param("GetObject", "KMS.DisabledException", 400, id="and S3 says that it was"),
    ],
)
def test_a_use_of_a_key_that_is_denied_is_a_line(caplog: pytest.LogCaptureFixture, operation: str, code: str, status: int) -> None:
    refusal(operation, code, status, "request-1")
    assert caplog.messages == [f"{DENIED}: {operation}: {code} (request request-1)"]


@pytest.mark.parametrize(
    ("operation", "code", "status"),
    [
        pytest.param("DescribeKey", "AccessDeniedException", 400, id="a key that is not ours to look at"),
        pytest.param("Sign", "ThrottlingException", 400, id="a key that is busy"),
        pytest.param("Decrypt", "KMSInternalException", 500, id="a service that fails"),
        pytest.param("GetBucketPolicy", "AccessDenied", 403, id="any other refusal"),
    ],
)
def test_nobody_is_woken_about(caplog: pytest.LogCaptureFixture, operation: str, code: str, status: int) -> None:
    refusal(operation, code, status, "request-1")
    assert caplog.messages == []


def test_a_change_that_the_guard_refuses_is_a_line_without_a_name(caplog: pytest.LogCaptureFixture) -> None:
    sorted_out((CHANGE,), Scope(), Protected(resources=frozenset({CHARTS.id})))
    assert caplog.messages == [f"{KEPT_OFF}: fence-store of a {CHARTS.kind}"]
    assert CHARTS.name not in caplog.text


def test_one_that_it_lets_through_is_none(caplog: pytest.LogCaptureFixture) -> None:
    sorted_out((CHANGE,), Scope(), Protected())
    assert caplog.messages == []
