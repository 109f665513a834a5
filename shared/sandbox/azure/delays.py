"""How long things take in this Azure before they are true everywhere, and how long a token lives."""

from dataclasses import dataclass


@dataclass(slots=True)
class Delays:
    """In seconds. By default propagation is off; `documented()` is what the services state.

    `rbac` is how long the making or removal of a role assignment is not yet seen, `delegation_key` how long a revoked key still
    opens, `directory` how late a sign-in hears that somebody is disabled, `log` how late a row can be queried,
    `disk_rewrap` how long a disk encryption set takes to wrap its disks under another key.
    """

    rbac: float = 0.0
    delegation_key: float = 0.0
    directory: float = 0.0
    log: float = 0.0
    disk_rewrap: float = 0.0
    token: float = 3600.0
    managed_identity_token: float = 86400.0

    @classmethod
    def documented(cls) -> "Delays":
        """Role changes take up to 10 minutes, revoked delegation keys are cached for minutes, logs come minutes late."""
        return cls(rbac=600.0, delegation_key=300.0, directory=5.0, log=300.0)
