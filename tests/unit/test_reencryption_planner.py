"""How a migration is planned: rows for the choice of the engine, and the laws of its numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.versions import Engine
from shared.ports.capacity import Holding, Requests
from shared.ports.objects import Versioning
from shared.reencryption import prices
from shared.reencryption.lanes import Lane
from shared.reencryption.planner import KMS_A_CALL, MOST_SHARE, UNTOLD, Forecast, Task, _job_requests, forecast

ALL = frozenset(Engine)
MANY = 200_000_000
IDLE = Requests(limit=100_000, used=1_000)
BUSY = Requests(limit=10_000, used=6_000)

ENGINES = [
    ("a small store is moved by one worker", {"versions": 1_000_000}, {}, Engine.IN_PROCESS),
    ("a larger one by many workers, where they are set up", {"versions": 1_000_001}, {}, Engine.MAP),
    ("by a job, where they are not", {"versions": 1_000_001}, {"engines": ALL - {Engine.MAP}}, Engine.BATCH),
    ("a whole estate by a job", {"versions": MANY}, {}, Engine.BATCH),
    ("by workers, where a job would take too much of KMS", {"versions": MANY}, {"requests": BUSY}, Engine.MAP),
    ("by a job all the same, under a Bucket Key", {"versions": MANY, "bucket_key": True}, {"requests": BUSY}, Engine.BATCH),
    ("by workers, where nothing can be updated in place", {"versions": MANY}, {"updatable": False}, Engine.MAP),
    ("by one worker, where nothing else is set up", {"versions": MANY}, {"engines": frozenset()}, Engine.IN_PROCESS),
    ("by one worker, where nobody has counted", {"versions": None}, {}, Engine.IN_PROCESS),
    ("by what the policy names", {"versions": MANY}, {"wanted": Engine.IN_PROCESS}, Engine.IN_PROCESS),
    ("by a job, where the policy names it", {"versions": 5}, {"wanted": Engine.BATCH}, Engine.BATCH),
    ("but never over the quota", {"versions": 5}, {"wanted": Engine.BATCH, "requests": BUSY}, Engine.IN_PROCESS),
]


def planned(holding: dict[str, object], task: dict[str, object]) -> Forecast:
    return forecast(Task.model_validate({"holding": holding, "requests": IDLE, "engines": ALL, **task}))


@pytest.mark.parametrize(("holding", "task", "engine"), [row[1:] for row in ENGINES], ids=[row[0] for row in ENGINES])
def test_the_engine(holding: dict[str, object], task: dict[str, object], engine: Engine) -> None:
    made = planned(holding, task)
    assert made.engine is engine
    assert any(reason.startswith(f"{engine}: ") for reason in made.reasons)


SCANS: dict[str, object] = {"container": "scans", "tier": "Cool", "versions": 9, "snapshots": 2, "bytes": 3 * 1024**3}
BLOBS: dict[str, object] = {
    "kms": False,
    "requests": None,
    "updatable": False,
    "calls": 4_000.0,
    "beside": 6,
    "engines": {Engine.IN_PROCESS, Engine.MAP},
}
COPIED = {"updatable": False, "versioning": "Enabled"}
SAID = [
    ("what was read", {"versions": 9}, {"exposed": 3}, "3 objects that were read go first"),
    ("a quota that nobody tells", {"versions": 9}, {"requests": None}, "the quota of KMS is not told"),
    ("KMS in full use", {"versions": 9}, {"requests": Requests(limit=10, used=11)}, "nothing is moved until it has"),
    (
        "KMS with next to nothing to spare",
        {"versions": 9},
        {"requests": Requests(limit=190, used=0)},
        "nothing is moved until it has",
    ),
    ("more than a function holds", {"versions": 5_000_000}, {}, "some 0.6 GiB of disk: more than a function has"),
    ("locks", {"versions": 9, "locks": True}, {}, "Object Lock is on"),
    ("copies", {"versions": 9}, {"updatable": False}, "only the newest versions are copied"),
    ("who is notified", {"versions": 9}, {"updatable": False, "notified": True}, "to whoever is notified"),
    (
        "what copies keep",
        {"versions": 9, "classes": [("STANDARD", 7)]},
        {"updatable": False, "versioning": "Enabled"},
        "7 bytes more",
    ),
    ("why no job", {"versions": MANY}, {"requests": BUSY}, "7,000 requests a second of KMS, and 800 may be taken"),
    ("the price, with its source and date", {"versions": MANY}, {}, f"{prices.SOURCE} ({prices.AS_OF})"),
    ("what was counted", {"versions": 9, "held": [SCANS]}, {}, "scans: 9 versions, 2 of them snapshots, 3.0 GiB in Cool"),
    ("that there are parts", {"versions": 9, "held": [SCANS] * 7}, {}, "2 more: 18 versions, 6.0 GiB"),
    ("what is deleted", {"versions": 9, "deleted": 4}, {}, "4 of all are deleted and kept for a while"),
    ("that not all was counted", {"versions": 9, "at_least": True}, {}, "there are more than 9: counting ended there"),
    ("blobs by their own price", {"versions": MANY}, BLOBS, "the pricing page of Azure Blob Storage"),
    ("the time", {"versions": 600}, {}, "2 seconds to prove, estimated"),
]


@pytest.mark.parametrize(("holding", "task", "words"), [row[1:] for row in SAID], ids=[row[0] for row in SAID])
def test_whoever_approves_is_told(holding: dict[str, object], task: dict[str, object], words: str) -> None:
    assert any(words in reason for reason in planned(holding, task).reasons)


def test_blobs_are_moved_as_fast_as_their_workers_are_and_no_faster_than_a_fifth_of_the_account() -> None:
    six, many = (planned({"versions": 100_000_000}, {**BLOBS, "beside": beside}) for beside in (6, 1_000))
    assert (six.engine, six.workers, six.ceiling) == (Engine.MAP, 6, 4_000.0)
    assert six.seconds == pytest.approx(100_000_000 / 300)
    assert many.seconds == pytest.approx(100_000_000 / 1_000)
    assert not any("KMS" in reason for reason in six.reasons)


def test_blobs_cost_their_requests_and_what_a_copy_reads_of_a_cooler_tier() -> None:
    hot = planned({"versions": 1_000_000, "classes": [("Hot", 10**12)]}, BLOBS)
    cool = planned({"versions": 1_000_000, "classes": [("Cool", 10**12)]}, BLOBS)
    assert hot.usd == pytest.approx(2 * 5.0 + 4 * 0.4)
    assert cool.usd == pytest.approx(2 * 10.0 + 4 * 1.0 + 1_000 * 0.01)


def test_a_store_of_dear_classes_costs_what_its_bytes_are_in() -> None:
    cheap, dear, mixed = (
        planned({"versions": MANY, "classes": classes}, {"wanted": Engine.IN_PROCESS}).usd
        for classes in ([("STANDARD", 2)], [("DEEP_ARCHIVE", 2)], [("STANDARD", 1), ("DEEP_ARCHIVE", 1)])
    )
    assert cheap is not None
    assert dear is not None
    assert mixed == pytest.approx((cheap + dear) / 2, abs=0.01)
    assert prices.of_class(prices.WRITE, "A_CLASS_TO_COME") == prices.WRITE["DEEP_ARCHIVE"]


HOLDINGS = st.builds(
    Holding,
    versions=st.none() | st.integers(0, 10**10),
    classes=st.lists(st.tuples(st.sampled_from([*prices.WRITE, "OTHER"]), st.integers(0, 10**15)), max_size=3).map(tuple),
    prefixes=st.integers(1, 1000),
    bucket_key=st.booleans(),
    locks=st.booleans(),
)
QUOTAS = st.builds(Requests, limit=st.floats(0, 200_000), used=st.floats(0, 200_000))
TASKS = st.builds(
    Task,
    holding=HOLDINGS,
    requests=st.none() | QUOTAS,
    versioning=st.sampled_from(Versioning),
    updatable=st.booleans(),
    notified=st.booleans(),
    exposed=st.integers(0, 10**6),
    engines=st.frozensets(st.sampled_from(Engine)),
    wanted=st.none() | st.sampled_from(Engine),
    share=st.integers(0, 100),
)


@given(TASKS)
def test_no_engine_takes_more_than_a_fifth_of_what_nobody_uses(task: Task) -> None:
    made, quota = forecast(task), task.requests or UNTOLD
    fifth = max(0.0, quota.limit - quota.used) * MOST_SHARE / 100
    assert made.ceiling * KMS_A_CALL <= fifth * (1 + 1e-9)
    assert made.engine is not Engine.BATCH or _job_requests(task) <= fifth * (1 + 1e-9)
    assert made.engine is not Engine.BATCH or task.updatable
    assert made.engine is Engine.IN_PROCESS or made.engine in task.engines


@given(TASKS, st.integers(0, 10**9))
def test_more_versions_take_no_less_time_and_money_by_the_same_engine(task: Task, more: int) -> None:
    few = forecast(task)
    fuller = task.holding.but(versions=(task.holding.versions or 0) + more)
    many = forecast(task.but(holding=fuller, wanted=few.engine))
    assert many.engine is few.engine
    for less, greater in ((few.seconds, many.seconds), (few.proof_seconds, many.proof_seconds), (few.usd, many.usd)):
        assert less is None or greater is None or less <= greater
    assert sum(count for _, count in few.lanes) <= sum(count for _, count in many.lanes)


@given(TASKS, st.integers(0, 10**9))
def test_a_store_that_grows_does_not_come_back_to_one_worker(task: Task, more: int) -> None:
    few, fuller = forecast(task), task.holding.but(versions=(task.holding.versions or 0) + more)
    assert few.engine is Engine.IN_PROCESS or forecast(task.but(holding=fuller)).engine is not Engine.IN_PROCESS


@given(TASKS, st.floats(0, 100_000))
def test_a_larger_quota_makes_nothing_slower_by_the_same_engine(task: Task, more: float) -> None:
    tight, quota = forecast(task), task.requests or UNTOLD
    wide = forecast(task.but(requests=quota.but(limit=quota.limit + more), wanted=tight.engine))
    assert tight.seconds is None or (wide.seconds is not None and wide.seconds <= tight.seconds)


@given(TASKS)
def test_what_was_read_goes_first_by_every_engine(task: Task) -> None:
    assert forecast(task).first == task.exposed


@given(TASKS)
def test_every_version_has_a_lane_and_nobody_moves_what_can_only_be_copied_past_its_consumers(task: Task) -> None:
    lanes = dict(forecast(task).lanes)
    assert sum(lanes.values()) == (task.holding.versions or 0)
    assert set(lanes) == {Lane.UPDATE} if task.updatable else set(lanes) <= {Lane.COPY, Lane.BLOCKED}
    assert task.updatable or not task.notified or set(lanes) == {Lane.BLOCKED}
