"""What is done at once is done once, whole, in order, and by no more hands than allowed."""

import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.containment.parallel import HANDS, in_parallel
from tests.conftest import ROOT


class Counting:
    """Work that waits, and how many hands were at it at the same moment."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._lock = seconds, threading.Lock()
        self.now = self.most = 0

    def __call__(self, item: int) -> int:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self._seconds)
        with self._lock:
            self.now -= 1
        return item * 2


@given(st.lists(st.integers(), max_size=40), st.integers(1, 40))
def test_results_are_in_the_order_of_the_items(items: list[int], width: int) -> None:
    assert in_parallel(lambda item: item * 2, items, width) == [item * 2 for item in items]


@pytest.mark.parametrize(("items", "width", "hands"), [(12, 32, 12), (12, 4, 4), (12, 1, 1), (1, 32, 1)])
def test_work_that_waits_has_as_many_hands_as_there_is_work_and_no_more_than_allowed(items: int, width: int, hands: int) -> None:
    work = Counting(0.05)
    in_parallel(work, range(items), width)
    assert work.most == hands


def test_the_first_failure_is_raised_when_all_have_ended() -> None:
    ended: list[int] = []

    def work(item: int) -> None:
        if item in {1, 3}:
            raise ValueError(item)
        time.sleep(0.05)
        ended.append(item)

    with pytest.raises(ValueError, match="1"):
        in_parallel(work, range(6))
    assert sorted(ended) == [0, 2, 4, 5]


def test_what_is_interrupted_takes_up_nothing_more() -> None:
    done: list[int] = []

    def work(item: int) -> None:
        if item == 1:
            raise KeyboardInterrupt
        done.append(item)

    with pytest.raises(KeyboardInterrupt):
        in_parallel(work, range(100), 1)
    assert done == [0]


INTERRUPTED = """
import _thread, signal, threading, time
from shared.containment.parallel import in_parallel

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever began us may ignore it, and we with them
begun = threading.Event()

def work(item):
    if threading.current_thread() is threading.main_thread():
        begun.wait(20)
        return
    begun.set()
    time.sleep(0.1)
    _thread.interrupt_main()
    time.sleep(0.2)
    print("ended")

try:
    in_parallel(work, range(2))
except KeyboardInterrupt:
    print("interrupted")
"""


def test_who_is_interrupted_while_others_work_waits_until_they_have_ended() -> None:
    """In a process of its own: whoever runs the tests may do it in another thread than the main one, which alone is interrupted."""
    ran = subprocess.run([sys.executable, "-c", INTERRUPTED], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.split() == ["ended", "interrupted"]


def test_where_no_hand_is_free_whoever_asks_does_it_alone_however_deep() -> None:
    free = threading.Event()
    busy = [HANDS.submit(free.wait, 20) for _ in range(HANDS._max_workers)]
    try:
        assert in_parallel(lambda n: sum(in_parallel(lambda m: n * m, range(3))), range(3)) == [0, 3, 6]
    finally:
        free.set()
    assert all(each.result() for each in busy)
