"""Windows over event time: in any order, in bounded memory."""

import io
import json
import random
import time
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory.windows import BoundedMemory
from shared.triage.decision import Decision
from shared.triage.running import Input
from tests.unit.triage_desk import call, desk, judged

TIMES = st.lists(st.integers(0, 400), min_size=1, max_size=40)


@given(TIMES, st.integers(2, 6), st.integers(1, 60))
def test_the_fullest_window_is_found_in_any_order(times: list[int], enough: int, within: int) -> None:
    memory = BoundedMemory()
    most = max(memory.most("c", float(at), float(within), str(n), enough) for n, at in enumerate(times))
    truth = max(sum(start <= at <= start + within for at in times) for start in times)
    assert (most >= enough) == (truth >= enough)


@given(TIMES, st.randoms(use_true_random=False))
def test_the_last_of_a_burst_tells_whatever_the_order(times: list[int], dice: random.Random) -> None:
    memory, burst = BoundedMemory(), [1000.0 + n for n in range(5)]
    arrivals = [*(float(at) for at in times if at < 300), *burst]
    dice.shuffle(arrivals)
    counts = [memory.most("c", at, 10.0, str(at), 5) for at in arrivals if at >= 1000]
    assert max(counts) >= 5


def test_a_repeated_item_counts_once() -> None:
    memory = BoundedMemory()
    assert [memory.most("c", 5.0, 10.0, "same", 2) for _ in range(4)][-1] == 1


def test_what_comes_late_and_again_costs_no_more_the_more_of_it_there_is() -> None:
    memory, began = BoundedMemory(), time.process_time()
    for n in range(1500):
        assert memory.most("c", float(-n), 10_000.0, "same", 2) <= 2
    assert time.process_time() - began < 6, "hundreds of seconds, where each looks at all windows anew"


def test_the_oldest_is_forgotten_first() -> None:
    memory = BoundedMemory(kept=10)
    assert [memory.seen(str(n)) for n in range(11)] == [False] * 11
    assert [memory.seen("10"), memory.seen("0")] == [True, False]
    for n in range(100):
        memory.most(f"c{n}", 0.0, 1.0, "x", 1)
        memory.fire(f"c{n}", 0.0)
        memory.made("me", [str(n)])
    assert (len(memory._counters), len(memory._fired), len(memory._made)) == (10, 10, 10)
    assert memory.made_by("me", "99")
    assert not memory.made_by("me", "1")


def test_a_counter_does_not_grow_without_end() -> None:
    memory = BoundedMemory()
    for n in range(5000):
        memory.most("c", float(n), 10.0, str(n), 100)
    assert len(memory._counters["c"]) <= 2 * 1024


def test_another_record_under_the_same_id_is_no_duplicate() -> None:
    one, other = (call("DisableKey", "kms", {"keyId": key}, eventID="the-same") for key in ("k", "l"))
    assert [line.decision for line in judged(one, other, one)] == [Decision.ACT, Decision.ACT, Decision.DROP]


def test_a_record_that_is_spelled_otherwise_is_a_duplicate_all_the_same() -> None:
    record = call("DisableKey", "kms", {"keyId": "k"})
    given = [Input("x", partial(io.BytesIO, json.dumps(record, indent=indent).encode())) for indent in (None, 2)]
    assert [line.decision for line in desk().lines(given)] == [Decision.ACT, Decision.DROP]
