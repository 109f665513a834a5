"""Everything a stage works with. `bootstrap` makes one for the clouds, tests make one of memory."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from shared.containment.estate import Estate
from shared.containment.guard import Protected
from shared.containment.scope import Surveyor
from shared.domain.resource import Cloud, Ref
from shared.ports import Cases, Clock, Directory, Evidence, Journal, Lease, Notifier, Sources, Traffic, World
from shared.settings import Policy

from .fresh import Fresh

if TYPE_CHECKING:  # a fence moves nothing, and does not wait for what does
    from shared.reencryption.result import Progress

    from .recovery import Recovery
    from .young import Young


class Deps(msgspec.Struct, frozen=True):
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
    turn: Callable[[Lease], None] = lambda _lease: None
    """told of every lease that is taken: by it `journal` knows that another worker has gone on with a record"""
    clouds: frozenset[Cloud] = frozenset(Cloud)
    """those that this responder answers for"""
    lent: tuple[str, ...] = ()
    """ARN patterns of exempt roles that services work under: what is done under them is not by that alone ours"""
    recovery: "Callable[[], Recovery] | None" = None
    """made when a key is first replaced, for a fence waits for nothing; None: this responder fences, and replaces no key"""
    traffic: Callable[[], Traffic] | None = None
    """made when it is first asked, behind the fence; None: single requests are not read here, and nothing lasting follows"""
    fresh: Fresh = msgspec.field(default_factory=Fresh)
    """what was found out a moment ago"""
    young: "Young | None" = None
    """the youngest refusals, which somebody upholds beside the work that has these; None: nobody does"""
    beforehand: bool = False
    """the caller said before anything was asked (`--yes`) that they answer for all of it"""
    watch: "Callable[[Ref, Progress], None]" = lambda _store, _progress: None
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
