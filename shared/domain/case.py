"""A case: everything that decides what happens next in one breach. Small, for it travels to every worker.

Plans, befores and outcomes are custody blobs, known here by digest; the document stays within 128 KiB, for a breach in
two clouds has twice of everything.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime

from .actor import Lineage
from .envelope import Envelope
from .exposure import Exposure
from .page import OpenPage
from .plan import Status, Wave
from .resource import Cloud, Ref
from .scope import Declared, Judged, Reach, Rightful, Scope, Standing, Succession
from .signal import Confirmation, Signal
from .value import Value
from .versions import Versions

__all__ = ["Declared", "Judged", "Reach", "Rightful", "Scope", "Standing", "Succession"]
"""Part of a case, from beside it."""

MAX_BYTES = 128 * 1024
"""DynamoDB items end at 400 KB; a case that needs more than this carries what belongs into a blob."""


class Stage(StrEnum):
    """The steps of a response, as the workflow table orders them."""

    OPEN = "open"
    PRESERVE = "preserve"
    SCOPE = "scope"
    FENCE = "fence"
    SWEEP = "sweep"
    REKEY = "rekey"
    MIGRATE = "migrate"
    VERIFY = "verify"
    EXPOSE = "expose"
    ENFORCE = "enforce"
    RETIRE = "retire"
    HOLD = "hold"
    CLOSE = "close"
    ROLLBACK = "rollback"


class Mode(StrEnum):
    """Who decides that a wave runs."""

    OBSERVE = "observe"
    ASK = "ask"
    AUTO = "auto"


class Verdict(StrEnum):
    """The state of a case, in the words of the command line."""

    OPEN = "open"
    CONTAINED = "contained"
    PARTIAL = "partial"
    HELD = "held"
    OBSERVED = "observed"
    AWAITING_APPROVAL = "awaiting_approval"
    ROLLED_BACK = "rolled_back"
    REFUSED = "refused"
    DROPPED = "dropped"


class Approval(Value):
    """A decision by a person, or by the policy (`by` = `policy`), about one digest."""

    wave: Wave
    digest: str
    by: str
    at: AwareDatetime
    granted: bool


class Awaiting(Value):
    """What a person is being asked: the digest of a plan, or of an envelope."""

    wave: Wave
    digest: str
    envelope: Envelope | None
    why: str
    expires: AwareDatetime
    by: str = ""
    """who ran what asks, as the cloud knows them"""
    another: bool = False
    """it has what can not be undone in it: only somebody else may approve it"""
    told: tuple[str, ...] = ()
    """what whoever decides should know besides: estimates, and no part of the digest"""


class Outcome(Value):
    """What became of one change, in words for a tired person (`reason`)."""

    target: Ref
    facet: str
    part: str
    action: str
    status: Status
    reason: str = ""
    retry: bool = False
    """the cloud may answer otherwise later; the case is held until it does"""
    error: str = ""
    """the kind of error, as `shared.domain.errors` names it"""
    request_ids: tuple[str, ...] = ()
    until: AwareDatetime | None = None
    """when what it takes away is dead at the latest; None where the cloud does not say"""


class WaveRecord(Value):
    """One wave as it went: `blob` is the custody digest of its changes with their outcomes, `counts` outcomes by status.

    `news`: something was not as it should be, and was changed. A later stamp on sessions is upkeep and no news.
    """

    wave: Wave
    digest: str
    at: AwareDatetime
    seconds: float
    counts: dict[Status, int]
    news: bool = False
    blob: str = ""


class Planned(Value):
    """A plan that is approved by its exact digest; `blob` is the custody digest of its changes. What is approved is what runs."""

    wave: Wave
    digest: str
    blob: str


class LeftForPeople(Value):
    """What the program could not or must not do, and what a person can do about it."""

    target: str
    reason: str
    next: str
    blocks: bool = True
    """while it is so, the case is `partial` and not `contained`"""
    passing: bool = False
    """every wave looks again, and takes it off the list when it has become right"""


class Case(Value):
    """One breach. `version` counts saves; a save of an older version is refused."""

    id: str
    opened: AwareDatetime
    signal: Signal
    joined: tuple[str, ...] = ()
    fronts: tuple[Signal, ...] = ()
    """other alerts that it was widened by: about the same actor under another name, or in another cloud"""
    widened: tuple[AwareDatetime, ...] = ()
    """when each of these was taken in"""
    confirmation: Confirmation = Confirmation.UNREACHABLE
    stage: Stage = Stage.OPEN
    verdict: Verdict = Verdict.OPEN
    mode: Mode = Mode.AUTO
    why_ask: str = ""
    asked_by: str = ""
    """who had it opened by somebody else's hands (a deployed responder's): whatever it asks, they asked for it"""
    policy: str
    lineage: Lineage | None = None
    scope: Scope = Scope()
    awaiting: Awaiting | None = None
    page: OpenPage | None = None
    """what needs a person now, and who was told of it; None where nothing does"""
    envelope: Envelope | None = None
    approvals: tuple[Approval, ...] = ()
    declined: tuple[Wave, ...] = ()
    """waves, or the wider part of them, that a person refused: not asked about again"""
    waves: tuple[WaveRecord, ...] = ()
    plans: tuple[Planned, ...] = ()
    left: tuple[LeftForPeople, ...] = ()
    unmoved: tuple[LeftForPeople, ...] = ()
    """the same, of keys and what is stored under them, as the last attempt to replace them found it"""
    versions: tuple[Versions, ...] = ()
    fenced_at: AwareDatetime | None = None
    unsettled: tuple[Ref, ...] = ()
    """principals to whom something was refused so lately that whoever may edit IAM could take it off again"""
    unsettled_at: AwareDatetime | None = None
    """when the last of these refusals was written"""
    met: tuple[str, ...] = ()
    """unique ids of actors that are fenced and not carried, the newest last: they are no newcomers"""
    quiet_sweeps: int = 0
    quiet_at: AwareDatetime | None = None
    """when the last of them was counted: looks in quick succession are one"""
    living: AwareDatetime | None = None
    """until when something of what was taken away may go on, as the clouds document it: tokens that are out"""
    looks: int = 0
    """sweeps so far: whose deeds are looked up goes round by them"""
    exposures: tuple[Exposure, ...] = ()
    """what the actors read, by store; worked out when the fence stands"""
    exposed_at: AwareDatetime | None = None
    """when that was worked out last"""
    regions_at: AwareDatetime | None = None
    """when compute was last looked for in every Region"""
    failing: str = ""
    """digest of what failed in the last look, empty where nothing did: the same failure again is not put on record again"""
    retrying: bool = False
    """some of them may go when tried again: the case is held until they do"""
    released: tuple[Ref, ...] = ()
    version: int = 0

    @property
    def begun(self) -> datetime:
        """When the breach began, as far as the record tells; else when the alert's event happened."""
        return self.scope.begun or self.signal.at

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Every alert that its scope was made from, the one that opened it first."""
        return (self.signal, *self.fronts)

    @property
    def since(self) -> datetime:
        """When the first of them happened."""
        return min(signal.at for signal in self.signals)

    @property
    def taken_in(self) -> tuple[datetime, ...]:
        """When each of `signals` was taken in."""
        return (self.opened, *self.widened)

    def told_in(self, cloud: Cloud | None) -> Signal:
        """The first alert about this cloud; the one that opened the case where there is none."""
        return next((signal for signal in self.signals if signal.cloud is cloud), self.signal)

    @property
    def people(self) -> tuple[LeftForPeople, ...]:
        """Everything that is left for people now."""
        return tuple(dict.fromkeys((*self.left, *self.unmoved)))
