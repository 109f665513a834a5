"""What is acted on without the table is what the table would act on: the copy is held to its original."""

import pytest

from shared.domain.case import Mode
from shared.domain.signal import Signal, Source
from shared.intake.fact import Fact
from shared.settings import Policy
from shared.triage.at_once import AT_ONCE, at_once
from shared.triage.by_hand import NEXT
from shared.triage.decision import Decision
from shared.triage.rule import Playbook
from shared.triage.rules import RULES
from tests.hospital import signal
from tests.unit.triage_desk import ACCOUNT, NOW, desk


def finding(event: str) -> Fact:
    return Fact(source="guardduty", event=event, id="finding-1", at=NOW, account=ACCOUNT)


@pytest.mark.parametrize(("start", "rule"), AT_ONCE)
def test_the_table_says_the_same_of(start: str, rule: str) -> None:
    by_id = {each.id: each for each in RULES}
    assert (by_id[rule].decision, by_id[rule].when, by_id[rule].where, by_id[rule].floor) == (Decision.ACT, "", {}, Mode.AUTO)
    for rest in ("*", "AnomalousBehavior", "x.y/z"):
        decided = desk().decide(finding(start + rest))
        assert (decided.decision, decided.mode) == (Decision.ACT, Mode.AUTO)
        assert decided.rule
        assert at_once(signal(event=start + rest), {}, Policy()) == decided.rule.id == rule


@pytest.mark.parametrize(
    ("alert", "document", "policy"),
    [
        pytest.param(signal(failed=True), {}, Policy(), id="a call that failed"),
        pytest.param(signal(sample=True), {}, Policy(), id="a sample"),
        pytest.param(signal(), {"title": "[SAMPLE] x"}, Policy(), id="what is titled as a sample"),
        pytest.param(signal(), {"service": {"archived": True}}, Policy(), id="what somebody archived"),
        pytest.param(signal(event="Discovery:S3/TorIPCaller"), {}, Policy(), id="a finding that may be only watched"),
        pytest.param(signal(source=Source.CLOUDTRAIL), {}, Policy(), id="another source's"),
        pytest.param(signal(), {}, Policy.read('version = 1\n[triage]\noff = ["gd-data-taken"]'), id="a table that is changed"),
    ],
)
def test_the_table_is_asked_about(alert: Signal, document: dict[str, object], policy: Policy) -> None:
    assert at_once(alert, document, policy) == ""


def test_every_playbook_has_a_next_step_for_people() -> None:
    assert NEXT.keys() == set(Playbook)
