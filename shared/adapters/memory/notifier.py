"""Pages that nobody's telephone rings for."""

from dataclasses import dataclass

from shared.ports import Settled


@dataclass(frozen=True, slots=True)
class Page:
    """One page, as it was sent."""

    case_id: str
    subject: str
    body: str
    level: int = 0


class MemoryNotifier:
    """Keeps every page, oldest first."""

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.settled: list[tuple[str, Settled]] = []
        self.notices: list[tuple[str, str]] = []

    def page(self, case_id: str, subject: str, body: str, level: int = 0) -> None:
        self.pages.append(Page(case_id, subject, body, level))

    def notice(self, subject: str, body: str) -> None:
        self.notices.append((subject, body))

    def settle(self, case_id: str, how: Settled, body: str) -> None:  # noqa: ARG002  # what is said beside it is not kept
        self.settled.append((case_id, how))
