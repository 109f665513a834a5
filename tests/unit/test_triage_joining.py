"""One case per breach: the law of the partition, and the stories it has to tell right."""

import random
from collections import defaultdict
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.triage.decision import Decision
from shared.triage.joining import Joiner
from tests.unit.triage_desk import ACCOUNT, ANN, BATCH, NOW, call, desk, judged
from tests.unit.triage_desk import given as records

HOUR = 3600.0
WINDOW = 24 * HOUR

Seen = tuple[tuple[str, ...], float, bool]

FACTS = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3, unique=True).map(tuple),
        st.integers(0, 20).map(lambda n: n * 10 * HOUR),
        st.booleans(),
    ),
    max_size=14,
)


def partition(facts: Iterable[Seen], window: float = WINDOW) -> set[frozenset[Seen]]:
    """Which facts ended up in one case."""
    joiner, placed = Joiner(window), []
    for fact in facts:
        keys, at, acts = fact
        joiner.join(keys, at, str(fact), acts=acts)
    for fact in {*facts}:
        keys, at, _ = fact
        placed.append((joiner.join(keys, at, str(fact), acts=False), fact))
    cases: dict[str, set[Seen]] = defaultdict(set)
    for case, fact in placed:
        if case:
            cases[joiner.resolved().get(case, case)].add(fact)
    return {frozenset(members) for members in cases.values()}


def by_definition(facts: Iterable[Seen], window: float = WINDOW) -> set[frozenset[Seen]]:
    """Connected components, the slow and obvious way."""
    left, found = {*facts}, set()
    while left:
        component, edge = set(), {left.pop()}
        while edge:
            component |= edge
            edge = {
                other for other in left if any(set(one[0]) & set(other[0]) and abs(one[1] - other[1]) <= window for one in edge)
            }
            left -= edge
        if any(acts for _, _, acts in component):
            found.add(frozenset(component))
    return found


@given(FACTS)
def test_cases_are_the_connected_components(facts: list[Seen]) -> None:
    assert partition(facts) == by_definition(facts)


@given(FACTS, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_the_partition(facts: list[Seen], dice: random.Random) -> None:
    again = [*facts, *(dice.choice(facts) for _ in range(5) if facts)]
    dice.shuffle(again)
    assert partition(again) == partition(facts)


@settings(max_examples=25)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=30))
def test_a_case_merged_twice_is_called_by_the_oldest(steps: list[int]) -> None:
    joiner = Joiner(HOUR)
    names = [joiner.join((f"k{step}", f"k{step + 1}"), 0.0, str(n), acts=True) for n, step in enumerate(steps)]
    resolved = joiner.resolved()
    assert all(old not in resolved for old in resolved.values())
    assert {resolved.get(name or "", name) for name in names} <= {*names}


def thief(at: float, name: str = "DisableKey", key: str = "k") -> dict[str, object]:
    return call(name, "kms", {"keyId": key}, at=at)


def test_a_late_alert_joins() -> None:
    lines = judged(thief(NOW), thief(NOW - 20 * HOUR, "ScheduleKeyDeletion", "other"))
    assert len({line.case for line in lines}) == 1


def test_two_breaches_stay_two() -> None:
    lines = judged(thief(NOW), call("StopLogging", "cloudtrail", {"name": "t"}, BATCH, at=NOW - 60))
    assert len({line.case for line in lines}) == 2


def test_days_of_silence_part_two_cases() -> None:
    judge = desk(now=NOW)
    early, late = judge.lines([records([thief(NOW - 3600 * 30), thief(NOW)])])
    assert early.decision is Decision.WATCH
    assert early.case is None
    assert late.case


def test_what_a_thief_made_belongs_to_the_thief() -> None:
    made = call(
        "CreateUser",
        "iam",
        {"userName": "eve"},
        at=NOW - 100,
        responseElements={"user": {"userName": "eve", "userId": "AIDAEVEEXAMPLE"}},
    )
    eve = ANN | {
        "userName": "eve",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/eve",
        "principalId": "AIDAEVEEXAMPLE",
        "accessKeyId": "AKIAEVEEXAMPLE",
    }
    lines = judged(thief(NOW - 200), made, call("StopLogging", "cloudtrail", {"name": "t"}, eve, at=NOW))
    assert len({line.case for line in lines}) == 1
    assert lines[0].case


def test_a_session_belongs_to_who_opened_it_even_if_that_is_known_late() -> None:
    opened = call(
        "AssumeRole",
        "sts",
        {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/batch"},
        at=NOW - 100,
        responseElements={
            "credentials": {"accessKeyId": "ASIABATCHEXAMPLE"},
            "assumedRoleUser": {"assumedRoleId": "AROABATCHEXAMPLE:nightly"},
        },
    )
    judge = desk()
    one, two, _ = judge.lines(
        [records([thief(NOW - 200), call("StopLogging", "cloudtrail", {"name": "t"}, BATCH, at=NOW), opened])]
    )
    assert judge.merged == {two.case: one.case}


def test_the_sources_of_one_breach_are_one_case() -> None:
    finding = {
        "id": "f1",
        "type": "Exfiltration:S3/AnomalousBehavior",
        "severity": 8,
        "accountId": ACCOUNT,
        "region": "us-east-1",
        "resource": {"accessKeyDetails": {"userName": "ann", "userType": "IAMUser", "accessKeyId": "AKIAANNEXAMPLE"}},
        "service": {"eventLastSeen": NOW - 500},
    }
    assert len({line.case for line in judged(thief(NOW), finding)}) == 1


def test_memory_stays_small_whatever_comes() -> None:
    joiner = Joiner(HOUR, kept=50)
    for n in range(2000):
        joiner.join((f"a{n}", f"b{n}"), float(n * 10_000), str(n), acts=False)
    assert len(joiner._keys) <= 50
    assert len(joiner._parent) <= 4 * 50 + 1
