"""What a directory keeps for Privileged Identity Management of its own roles: who may activate one, and which one ends when."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import uuid4

from shared.sandbox.azure.directory import Directory


@dataclass(slots=True)
class Latent:
    """A role that somebody may activate. Times are seconds since 1970."""

    principal_id: str
    role: str
    added: float
    until: float | None = None
    id: str = field(default_factory=lambda: str(uuid4()))


@dataclass(slots=True)
class Ending:
    """That an active role is one for a time. `activated`: by its holder."""

    added: float
    until: float | None
    activated: bool


class DirectoryPim:
    """Schedules of one directory's roles."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._eligible: list[Latent] = []
        self.active: dict[tuple[str, str], Ending] = {}
        """by principal and role"""

    def settle(self, now: float) -> None:
        """What has ended is gone."""
        over = {key for key, ending in self.active.items() if ending.until is not None and ending.until <= now}
        for held in self._directory.subjects() if over else ():
            held.directory_roles -= {role for who, role in over if who == held.id}
        self.active = {key: ending for key, ending in self.active.items() if key not in over}
        self._eligible = [each for each in self._eligible if each.until is None or now < each.until]

    def eligible(self, principal_id: str = "") -> Iterator[Latent]:
        """Everybody's, or one principal's."""
        return (each for each in self._eligible if not principal_id or each.principal_id == principal_id)

    def may(self, principal_id: str, role: str) -> Latent | None:
        """By what somebody may activate a role, in person or by a group."""
        holders = self._directory.memberships(principal_id)
        return next((each for each in self._eligible if each.principal_id in holders and each.role == role), None)

    def allow(self, latent: Latent) -> None:
        """Let somebody activate a role."""
        self._eligible.append(latent)

    def forbid(self, latent: Latent) -> None:
        """Let them do so no more."""
        self._eligible.remove(latent)
