"""What ends a long stage early: a person's pause, and the time that a worker has."""

from shared.domain.errors import CloudError
from shared.ports import Cases, Clock

LONGEST_SECONDS = 600.0
"""A worker in the cloud ends after 15 minutes (AWS Lambda quotas): it stops by itself before, and the next one goes on."""

LOOK_SECONDS = 5.0
"""How often the pause is looked for: that is a read of the case store."""

TIME_IS_UP = "this worker's time is up"
PAUSED = "a person has stopped everything"


class Cancelling:
    """Called before every move: whether to stop. `why` says what stopped it, empty while nothing has. Safe for several threads."""

    def __init__(self, cases: Cases, clock: Clock, longest: float | None = None) -> None:
        self._cases, self._clock, self._longest = cases, clock, longest or LONGEST_SECONDS
        self._began = self._looked = clock.monotonic()
        self.why = ""

    def __call__(self) -> bool:
        now = self._clock.monotonic()
        if now - self._began >= self._longest:
            self.why = self.why or TIME_IS_UP
        elif now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._look()
        return bool(self.why)

    def _look(self) -> None:
        """A store of cases that does not answer stops nothing: the pause is looked for again."""
        try:
            paused = self._cases.paused()
        except CloudError:
            return
        if paused:
            self.why = PAUSED
