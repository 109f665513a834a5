"""The door to the workflow."""

from typing import Protocol


class Starter(Protocol):
    """Starts the workflow of a case."""

    def start(self, case_id: str) -> None:
        """Begin it; where it was begun before, nothing. Raises `CloudError`."""
        ...
