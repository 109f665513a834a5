"""What was found out a moment ago is not asked again at once, and not believed for long."""

from itertools import count

import pytest

from shared.adapters.memory.clock import MemoryClock
from shared.workflow.fresh import Fresh


def test_within_its_time_it_is_asked_once_and_then_again() -> None:
    clock, fresh, answers = MemoryClock(), Fresh(), count()
    ask = lambda: next(answers)  # noqa: E731  # a name for it
    first = [fresh.answer("q", ask, clock, 60) for _ in range(2)]
    clock.sleep(60)
    assert (first, fresh.answer("q", ask, clock, 60), fresh.answer("other", ask, clock, 60)) == ([0, 0], 1, 2)


def test_what_could_not_be_found_out_is_asked_again() -> None:
    clock, fresh = MemoryClock(), Fresh()
    with pytest.raises(ZeroDivisionError):
        fresh.answer("q", lambda: 1 // 0, clock, 60)
    assert fresh.answer("q", lambda: 1, clock, 60) == 1
