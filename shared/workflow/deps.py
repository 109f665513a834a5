"""Everything a stage works with. `bootstrap` makes one for the clouds, tests make one of memory."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.containment.estate import Estate
from shared.containment.guard import Protected
from shared.containment.scope import Surveyor
from shared.ports import Access, Cases, Clock, Directory, Evidence, Journal, Notifier, Objects, Sources, World
from shared.reencryption import Canary
from shared.settings import Policy


@dataclass(frozen=True, slots=True)
class Recovery:
    """What replacing a key and moving what is stored needs besides. `canary`: where an update in place is tried first."""

    objects: Objects
    access: Access
    canary: Canary


@dataclass(frozen=True, slots=True)
class Deps:
    """The ports, the policy, and who we are.

    `journal` opens the custody record of a case (once for each worker). `exempt` are unique ids of responder and break-glass
    identities. `caller` is who runs this, as the cloud knows them (STS ARN, Entra object id); `place` is where the record is kept.
    """

    world: World
    directory: Directory
    evidence: Evidence
    sources: Sources
    cases: Cases
    journal: Callable[[str], Journal]
    notifier: Notifier
    clock: Clock
    policy: Policy
    estate: Estate
    protected: Protected
    exempt: frozenset[str]
    caller: str
    place: str
    recovery: Recovery | None = None
    """None: this responder fences, and replaces no key"""

    @property
    def surveyor(self) -> Surveyor:
        """What scopes are made with."""
        return Surveyor(
            world=self.world,
            directory=self.directory,
            evidence=self.evidence,
            estate=self.estate,
            quarantine=self.policy.fence.quarantine,
            days=self.policy.limits.evidence_days,
            exempt=self.exempt,
        )
