"""An ordinary week, and a thief in it."""

from collections import Counter

from shared.triage.decision import Decision
from tests.ordinary import DAY, MONDAY, week
from tests.unit.triage_desk import call, desk, given, judged


def test_an_ordinary_week_wakes_nobody() -> None:
    lines = judged(*week(clinicians=8), now=MONDAY + 7 * DAY)
    counts = Counter(line.decision for line in lines)
    acted = [(line.event, line.rule) for line in lines if line.decision is Decision.ACT]
    assert len(lines) > 10_000
    assert acted == []
    assert counts[Decision.WATCH] < 0.03 * len(lines), counts


def test_a_thief_in_it_is_seen() -> None:
    theft = [
        call("GetObject", "s3", {"bucketName": "st-brendan-charts", "key": f"{n}.dcm"}, at=MONDAY + 6.5 * DAY + n / 10)
        for n in range(600)
    ]
    lines = list(desk(now=MONDAY + 7 * DAY).lines([given([*week(days=2, clinicians=4), *theft])]))
    acted = [line for line in lines if line.decision is Decision.ACT]
    assert [line.rule for line in acted] == ["bulk-read"]
