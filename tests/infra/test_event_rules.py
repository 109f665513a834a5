"""The patterns let through what the rule table asks for, and fit into EventBridge."""

import fnmatch
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra_cdk.event_rules import ALL_CALLS, CALLS, ELSEWHERE, SENT, TOO_MANY, EventRule, event_rules
from shared.triage.rules import RULES

RULES_MADE = event_rules()
MOST_RULES, LONGEST_PATTERN = 100, 2048
"""Of one bus, half of what is allowed; and of one pattern (EventBridge quotas)."""

CALL = CALLS[0]
EXAMPLES = {
    path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parents[2] / "events" / "aws").glob("*.json"))
}
SENT_BY_EVENTBRIDGE = [name for name, event in EXAMPLES.items() if isinstance(event, dict) and "detail-type" in event]


def lets_through(pattern: object, event: object) -> bool:
    """EventBridge's matching, as far as the patterns use it ("Creating event patterns")."""
    if isinstance(pattern, Mapping):
        return isinstance(event, Mapping) and all(
            name in event and lets_through(value, event[name]) for name, value in pattern.items()
        )
    assert isinstance(pattern, list)
    return any(_same(one, event) for one in pattern)


def _same(one: object, value: object) -> bool:
    if not isinstance(one, Mapping):
        return one == value
    ((kind, text),) = one.items()
    glob = f"{text}*" if kind == "prefix" else str(text)
    return isinstance(value, str) and fnmatch.fnmatchcase(value, glob)


def comes(event: Mapping[str, object]) -> list[EventRule]:
    return [rule for rule in RULES_MADE if lets_through(rule.pattern, event)]


def called(name: str, **detail: object) -> dict[str, object]:
    return {"source": "aws.any", "detail-type": CALL, "detail": {"eventName": name, "readOnly": False, **detail}}


def test_every_source_of_the_table_is_listened_to_or_belongs_to_the_other_cloud() -> None:
    assert {rule.source for rule in RULES} == {*SENT, *ELSEWHERE, "cloudtrail"}


NAMED = sorted({name for rule in RULES if rule.source == "cloudtrail" and rule.decision != "drop" for name in rule.events})


def test_every_call_that_the_table_names_comes() -> None:
    assert len(NAMED) > 300
    assert [name for name in NAMED if "*" not in name and name not in TOO_MANY and not comes(called(name))] == []


def test_reads_and_writes_of_single_objects_and_secrets_do_not_come() -> None:
    assert [name for name in TOO_MANY if comes(called(name))] == []


@pytest.mark.parametrize(
    ("event", "there"),
    [
        pytest.param(called("GetCallerIdentity"), False, id="what no rule asks for does not come"),
        pytest.param(called("PutTelemetryRecords"), False, id="what services write all day does not come"),
        pytest.param(called("PutTelemetryRecords", userIdentity={"type": "Root"}), True, id="what root changes comes"),
        pytest.param(called("DescribeTable", errorCode="AccessDenied"), True, id="what was refused comes"),
        pytest.param(called("Decrypt", errorCode="DisabledException"), True, id="what failed by its key comes"),
        pytest.param(called("GetObject", errorCode="KMS.DisabledException"), True, id="and so it does where S3 says so"),
        pytest.param(called("PutSomethingNewPolicy"), True, id="a policy of a service that nobody knows yet comes"),
    ],
)
def test_of_calls(event: dict[str, object], there: bool) -> None:
    assert bool(comes(event)) is there


@pytest.mark.parametrize("source", ["my.app", "com.aws.app", "", "awsome"])
def test_an_event_of_a_customers_own_source_does_not_come_whatever_it_says(source: str) -> None:
    forged = ({**event, "source": source} for event in (*EXAMPLES.values(), called("StopLogging")) if "detail-type" in event)
    assert [event for event in forged if comes(event)] == []


def test_read_only_calls_come_to_rules_that_get_them() -> None:
    for rule in comes(called("GetCredentialReport", readOnly=True)):
        assert rule.state == ALL_CALLS


@pytest.mark.parametrize("name", SENT_BY_EVENTBRIDGE)
def test_the_examples_that_eventbridge_sends_come(name: str) -> None:
    event = EXAMPLES[name]
    calls_of_objects = event["detail"].get("eventName") in TOO_MANY
    closed = event["detail"].get("state", {}) == {"value": "OK"}
    assert bool(comes(event)) is not (calls_of_objects or closed)


def test_they_fit() -> None:
    assert len(RULES_MADE) <= MOST_RULES
    assert len({rule.name for rule in RULES_MADE}) == len(RULES_MADE)
    assert max(len(json.dumps(rule.pattern, separators=(",", ":"))) for rule in RULES_MADE) <= LONGEST_PATTERN
