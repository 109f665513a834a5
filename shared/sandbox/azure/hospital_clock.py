"""A clock whose hours go by in steps, so that what dies meanwhile is seen dying."""

from collections.abc import Callable
from typing import Final

from shared.sandbox.aws.clock import DrillClock

STEP: Final = 30.0
"""Seconds: how exactly the end of a credential is known while time is lapsed."""


class SteppingClock(DrillClock):
    """`watch` is called after every step."""

    def __init__(self, behind: float) -> None:
        super().__init__(behind)
        self.watch: Callable[[], None] = lambda: None

    def advance(self, seconds: float) -> None:
        while seconds > 0:
            super().advance(min(STEP, seconds))
            seconds -= STEP
            self.watch()
