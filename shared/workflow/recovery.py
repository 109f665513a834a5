"""What replacing a key and moving what is stored needs of a cloud, beside what a fence needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.resource import Cloud, Ref
from shared.ports import Access
from shared.ports.capacity import Capacity
from shared.ports.jobs import Jobs
from shared.ports.map_runs import MapRuns
from shared.ports.objects import Objects
from shared.reencryption.by_parts import VERSIONS
from shared.reencryption.plan import Canary


@dataclass(frozen=True, slots=True)
class Recovery:
    """The ports and the figures of one cloud.

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
