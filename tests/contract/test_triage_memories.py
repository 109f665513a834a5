"""Every memory of triage keeps the same rules: in a process, in DynamoDB."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.adapters.aws import windows
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.custody_init import make_memory
from shared.adapters.aws.custody_places import table_of
from shared.adapters.aws.windows import KEPT, DynamoMemory
from shared.adapters.memory.windows import BoundedMemory
from shared.domain.errors import CloudError
from shared.ports import Memory
from shared.sandbox.aws.server import Sandbox
from tests.custody_doubles import SteppingClock

from .aws_responder import responder

TABLE = table_of("codeblue-cases")
AT = 1_795_262_400.25

type Memories = Callable[[], Memory]
"""Another worker's view of the same memory."""


@pytest.fixture(params=["process", "dynamodb"])
def memories(request: pytest.FixtureRequest) -> Iterator[Memories]:
    if request.param == "process":
        memory = BoundedMemory()
        yield lambda: memory
    else:
        clients = _clients(request.getfixturevalue("sandbox"), request.getfixturevalue("monkeypatch"))
        yield lambda: DynamoMemory(clients, TABLE, SteppingClock())


def _clients(sandbox: Sandbox, patch: pytest.MonkeyPatch, *actions: str) -> Clients:
    make_memory(sandbox.root().client("dynamodb"), TABLE)
    return responder(sandbox, patch, *(actions or windows.ACTIONS))


def test_a_fact_is_seen_from_its_second_time_on(memories: Memories) -> None:
    assert [memories().seen("a"), memories().seen("a"), memories().seen("b")] == [False, True, False]


def test_of_ten_workers_with_one_fact_one_is_the_first(memories: Memories) -> None:
    with ThreadPoolExecutor(max_workers=10) as pool:
        assert sorted(pool.map(lambda _: memories().seen("a"), range(10))) == [False, *[True] * 9]


def test_a_repeated_item_counts_once(memories: Memories) -> None:
    assert [memories().most("c", AT, 60.0, "same", 2) for _ in range(3)] == [1, 1, 1]


def test_a_window_is_counted_over_workers_and_in_any_order(memories: Memories) -> None:
    counts = [memories().most("c", AT + at, 10.0, str(at), 3) for at in (20, 0, 8, 4)]
    assert counts[0] == 1
    assert counts[-1] == 3


def test_counters_do_not_mix(memories: Memories) -> None:
    memories().most("one", AT, 10.0, "a", 2)
    assert memories().most("two", AT, 10.0, "b", 2) == 1


def test_a_counter_has_fired_around_the_time_at_which_it_did(memories: Memories) -> None:
    memories().fire("c", AT)
    assert [memories().fired("c", AT + at, 10.0) for at in (-11, -10, 0, 10, 11)] == [False, True, True, True, False]
    assert not memories().fired("d", AT, 10.0)


def test_what_somebody_made_is_theirs(memories: Memories) -> None:
    memories().made("ann", [f"snapshot-{n}" for n in range(30)])
    assert memories().made_by("ann", "snapshot-29")
    assert not memories().made_by("bob", "snapshot-29")
    assert not memories().made_by("ann", "snapshot-30")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.integers(2, 4), st.integers(1, 30), st.uuids())
def test_both_find_the_fullest_window(memories: Memories, times: list[int], enough: int, within: int, name: object) -> None:
    most = max(memories().most(f"{name}", float(at), float(within), str(n), enough) for n, at in enumerate(times))
    truth = max(sum(start <= at <= start + within for at in times) for start in times)
    assert (most >= enough) == (truth >= enough)


class TestInDynamo:
    """What only the table does."""

    def test_what_has_expired_counts_as_gone_before_dynamodb_removes_it(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = SteppingClock()
        memory = DynamoMemory(_clients(sandbox, monkeypatch), TABLE, clock)
        memory.seen("a")
        memory.made("ann", ["x"])
        memory.most("c", AT, 10.0, "a", 2)
        memory.fire("c", AT)
        clock.time += KEPT + timedelta(minutes=5)
        assert not memory.made_by("ann", "x")
        assert not memory.fired("c", AT, 10.0)
        assert memory.most("c", AT, 10.0, "b", 2) == 1
        assert not memory.seen("a")

    def test_no_name_stands_in_the_table(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        memory = DynamoMemory(_clients(sandbox, monkeypatch), TABLE, SteppingClock())
        memory.most("rule|user:1:jane.doe", AT, 10.0, "arn:aws:s3:::jane", 2)
        memory.made("jane", ["jane"])
        assert "jane" not in str(sandbox.root().client("dynamodb").scan(TableName=TABLE)["Items"])

    @pytest.mark.parametrize("action", sorted(windows.ACTIONS))
    def test_every_permission_is_needed(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, action: str) -> None:
        clients = _clients(sandbox, monkeypatch, *(windows.ACTIONS - {action}))
        memory = DynamoMemory(clients, TABLE, SteppingClock())
        with pytest.raises(CloudError):  # noqa: PT012  any of them
            memory.seen("a")
            memory.made("ann", ["x"])
            memory.made_by("ann", "x")
            memory.most("c", AT, 10.0, "a", 2)

    def test_the_table_forgets_by_itself(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        dynamodb = sandbox.root().client("dynamodb")
        for _ in range(2):
            make_memory(dynamodb, TABLE)
        described = dynamodb.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
        assert (described["TimeToLiveStatus"], described["AttributeName"]) == ("ENABLED", "expires")
