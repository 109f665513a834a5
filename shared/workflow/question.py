"""A question put to a person beside the work: nobody types as fast as a thief makes users.

Rules
1. While a person thinks nobody holds the case: another one can acknowledge, decide, release or pause from elsewhere.
2. An answer counts for what was shown, and for nothing else. Where the case has moved on meanwhile, whoever was asked is told.
"""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

from shared.domain.case import Case

type Decide = Callable[[Case], tuple[str, bool] | None]
"""Shows a person what is asked; answers who decided and whether it was granted, or None: nobody is there to ask."""

type Told = Callable[[str], None]
"""Tells whoever is asked a sentence."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided about this digest; `decided` None: nobody is there, or they decide later."""

    digest: str
    decided: tuple[str, bool] | None


class Question:
    """One at a time: nobody reads two plans at one prompt."""

    def __init__(self, asks: Decide, told: Told) -> None:
        self._asks, self._told = asks, told
        self._digest = ""
        self._answer: Future[tuple[str, bool] | None] | None = None
        self._said = False

    def put(self, case: Case) -> None:
        """Ask, where nothing is being asked already. Whoever typed an answer to something else hears that."""
        self.answered(case)
        if self._answer is None and case.awaiting is not None:
            self._digest, self._said = case.awaiting.digest, False
            self._answer = _beside(lambda: self._asks(case))

    def wait(self, seconds: float) -> None:
        """Until it is answered, but no longer than this."""
        if self._answer is not None:
            with suppress(TimeoutError):
                self._answer.exception(timeout=seconds)

    def open(self, case: Case) -> bool:
        """Whether somebody is being asked what the case asks now."""
        return self._answer is not None and case.awaiting is not None and case.awaiting.digest == self._digest

    def answered(self, case: Case) -> Answer | None:
        """What was answered, where the case asks it still. Whoever is asked hears where it does not. Raises what asking raises."""
        if self._answer is None:
            return None
        if self.open(case):
            return Answer(self._digest, self._answer.result()) if self._answer.done() else None
        if not self._said and not self._forgone():
            self._said = True
            self._told(_moved_on(case, self._digest, typed=self._answer.done()))
        if self._answer.done():
            self.end()
        return None

    def end(self) -> None:
        """It is answered, and what was answered is kept."""
        self._answer = None

    def _forgone(self) -> bool:
        """Whether it was answered that nobody decides now: then nothing is lost by what became of it."""
        return self._answer is not None and self._answer.done() and self._answer.result() is None


def _moved_on(case: Case, digest: str, *, typed: bool) -> str:
    decided = next((each for each in reversed(case.approvals) if each.digest == digest), None)
    if decided:
        what = (
            f"{decided.by} {'approved' if decided.granted else 'refused'} this at {decided.at:%H:%M:%S} UTC, while you were asked"
        )
    else:
        what = f"it does not ask this any more; it is {case.verdict.value.replace('_', ' ')} now"
    yours = "what you answered is not on record and did nothing" if typed else "what you type here decides nothing; press Enter"
    return f"{case.id}: {what}: {yours}. `codeblue status {case.id}` shows where it is."


def _beside[T](ask: Callable[[], T]) -> Future[T]:
    """The answer, from a thread that no end of the program waits for: it may be at a terminal."""
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:  # noqa: BLE001  # whoever waits for the answer gets it
            answer.set_exception(error)

    Thread(target=run, daemon=True).start()
    return answer
