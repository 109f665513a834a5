"""The doors to the workflow, as the functions see them."""

from typing import Protocol

from shared.domain.case import Stage


class Starter(Protocol):
    """Starts the workflow of a case."""

    def start(self, case_id: str) -> None:
        """Begin it; where it was begun before, nothing. Raises `CloudError`."""
        ...


class Workflows(Starter, Protocol):
    """The workflows of all cases. Every method raises `CloudError`."""

    def again(self, case_id: str) -> None:
        """Begin it once more, where it does not run any longer."""
        ...

    def running(self) -> frozenset[str]:
        """The cases whose workflow runs or waits."""
        ...

    def answer(self, token: str, case_id: str, stage: Stage) -> None:
        """Let the workflow that waits with this token go on with this stage; where none does, nothing."""
        ...


class Links(Protocol):
    """Links that open the page of a case. Every method raises `CloudError`, and `Absent` for a link that opens nothing any more."""

    def opens(self, token: str) -> str:
        """The case that it would open; it stays as it is."""
        ...

    def use(self, token: str, sign_in: str) -> str:
        """The case that it opens now, and for this sign-in alone."""
        ...


class Tokens(Protocol):
    """With what workflows wait for people. Every method raises `CloudError`."""

    def keep(self, case_id: str, token: str) -> None:
        """The workflow of this case waits with this token from now on."""
        ...

    def token(self, case_id: str) -> str:
        """The newest token of the case, perhaps used already; empty where it never waited."""
        ...
