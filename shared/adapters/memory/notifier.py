"""Pages that nobody's telephone rings for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """One page, as it was sent."""

    case_id: str
    subject: str
    body: str


class MemoryNotifier:
    """Keeps every page, oldest first."""

    def __init__(self) -> None:
        self.pages: list[Page] = []

    def page(self, case_id: str, subject: str, body: str) -> None:
        self.pages.append(Page(case_id, subject, body))
