"""Everything a stage works with. `bootstrap` makes one for the clouds, tests make one of memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shared.containment.estate import Estate
from shared.containment.guard import Protected
from shared.containment.scope import Surveyor
from shared.domain.resource import Cloud, Ref
from shared.ports import Access, Cases, Clock, Directory, Evidence, Journal, Notifier, Objects, Sources, Traffic, World
from shared.ports.capacity import Capacity
from shared.ports.jobs import Jobs
from shared.ports.map_runs import MapRuns
from shared.reencryption import Canary, Progress
from shared.reencryption.by_parts import VERSIONS
from shared.settings import Policy

from .fresh import Fresh


@dataclass(frozen=True, slots=True)
class Recovery:
    """What replacing a key and moving what is stored needs besides.

    `canaries`: where an update in place is tried first, by Region; where there is none, nothing is updated in place. `capacity`
    tells what migrations are planned from; None: nobody counts, and the `ceiling` holds. `jobs` are of the stores' own
    service, where it has any.
    """

    objects: Objects
    access: Access
    canaries: Mapping[str, Canary]
    capacity: Capacity | None = None
    ceiling: float | None = None
    """calls a second that a store takes from us where nobody measures that, all workers together"""
    proof: Objects | None = None
    """the same objects by another reader, for the proof; None: `objects` read differently for it already"""
    jobs: Jobs | None = None
    runs: MapRuns | None = None
    """a service runs workers of ours beside each other"""
    beside: bool = False
    """drivers here have workers for parts of a store"""
    workers: int = 100
    """such workers at a time at most, whatever the policy says"""
    turn: float = 120.0
    """seconds that such a worker stays with a part: where workers are shared, the next task that waits for one may be a fence"""
    part: int = VERSIONS
    """versions in one of these parts, as far as the memory of such a worker goes"""
    others: Mapping[Cloud, "Recovery"] = field(default_factory=dict)
    """of other clouds than the first"""

    @property
    def to_prove(self) -> Objects:
        """What a proof looks through."""
        return self.proof or self.objects

    def of(self, ref: Ref) -> "Recovery":
        """What the cloud has that this lies in."""
        return self.others.get(ref.cloud, self)


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
    afresh: Callable[[str], Journal] | None = None
    """opens a record each time, as other workers have left it, whatever this one has opened; None: `journal` does"""
    clouds: frozenset[Cloud] = frozenset(Cloud)
    """those that this responder answers for"""
    lent: tuple[str, ...] = ()
    """ARN patterns of exempt roles that services work under: what is done under them is not by that alone ours"""
    recovery: Callable[[], Recovery] | None = None
    """made when a key is first replaced, for a fence waits for nothing; None: this responder fences, and replaces no key"""
    traffic: Callable[[], Traffic] | None = None
    """made when it is first asked, behind the fence; None: single requests are not read here, and nothing lasting follows"""
    fresh: Fresh = field(default_factory=Fresh)
    """what was found out a moment ago"""
    beforehand: bool = False
    """the caller said before anything was asked (`--yes`) that they answer for all of it"""
    watch: Callable[[Ref, Progress], None] = lambda _store, _progress: None
    """told how far the migration of a store is"""

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
