"""A case: everything that decides what happens next in one breach. Small, for it travels to every worker.

Plans, befores and outcomes are custody blobs, known here by digest; the document stays within 64 KiB.
"""

from enum import StrEnum

from pydantic import AwareDatetime

from .actor import Actor, Lineage
from .envelope import Envelope
from .exposure import Exposure
from .plan import Status, Wave
from .resource import Ref
from .signal import Confirmation, Signal
from .value import Value
from .versions import Versions

MAX_BYTES = 64 * 1024
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

    def own(self, who: str) -> bool:
        """Whether this person would approve what they asked for themselves, and may not."""
        return self.another and who == self.by


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


class Reach(StrEnum):
    """How wide a fence around an actor is drawn, narrowest first."""

    SESSION = "session"
    """this session of the role and no other"""
    NETWORK = "network"
    """these credentials, except from the networks where their rightful user was seen"""
    PRINCIPAL = "principal"
    """everything of this user or role"""
    UNDECIDED = "undecided"
    """the evidence does not say who else would be hurt: a person decides"""


class Standing(Value):
    """One actor of the lineage, and how it is to be fenced.

    `others` are rightful users of the same principal that a wider fence would hurt, as evidence shows them; `networks` are the
    VPCs, endpoints and addresses that they come from. `made` is True for what the attacker brought into being.
    """

    actor: Actor
    reach: Reach
    others: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    known: bool = True
    made: bool = False
    why: str = ""


class Rightful(Value):
    """A role or user that works with the stores and keys by right; `sessions` are names of its sessions seen before the breach.

    `entered`: a role of somebody's that the actors took sessions of, or whose trust policy they changed.
    """

    actor: Actor
    sessions: tuple[str, ...] = ()
    entered: bool = False


class Succession(Value):
    """A key and the one that takes its place."""

    old: Ref
    new: Ref


class Scope(Value):
    """What a case is about: who is to be stopped, and what is to be protected from them.

    `allow` are ARN patterns of the rightful users of the stores and keys: declared, named by policies, or seen; never the actors.
    `declared`: whether the customer's policy file names any of them; `rightful` are those that are users and roles of ours.
    `logs` are the stores that hold the audit log; `dependants` and `aliases` use a key of `keys` by configuration.
    `deeds` are (resource id, call) of the lineage's calls that worked: whose work a state is, is judged by them.
    `unread`: part of what hangs on the resources could not be read; sweeps ask again.
    """

    standings: tuple[Standing, ...] = ()
    stores: tuple[Ref, ...] = ()
    keys: tuple[Ref, ...] = ()
    access_points: tuple[Ref, ...] = ()
    trails: tuple[Ref, ...] = ()
    logs: tuple[Ref, ...] = ()
    successors: tuple[Succession, ...] = ()
    dependants: tuple[Ref, ...] = ()
    aliases: tuple[Ref, ...] = ()
    shared: tuple[Ref, ...] = ()
    vaults: tuple[Ref, ...] = ()
    allow: tuple[str, ...] = ()
    declared: bool = False
    rightful: tuple[Rightful, ...] = ()
    by_alias: tuple[str, ...] = ()
    """who was seen decrypting with an alias in place of a key"""
    aliased: tuple[Ref, ...] = ()
    """keys of `keys` of which that was seen"""
    uses_known: bool = False
    """whether the record of the keys' uses could be read"""
    deeds: tuple[tuple[str, str], ...] = ()
    retired: tuple[Ref, ...] = ()
    """old keys that were disabled with a person's approval: no look finds fault with that"""
    unread: bool = False
    listed: bool = True
    """whether `allow` and `rightful` are whole: before that nobody is refused for not being on them"""

    @property
    def resources(self) -> tuple[Ref, ...]:
        new = tuple(s.new for s in self.successors)
        return (*self.stores, *self.keys, *new, *self.access_points, *self.trails, *self.logs, *self.shared, *self.vaults)

    @property
    def users(self) -> tuple[Rightful, ...]:
        """Who works with the keys by right and has to follow them: not whom the actors are or have entered."""
        fenced = {s.actor.principal for s in self.standings if s.reach is Reach.PRINCIPAL}
        return tuple(r for r in self.rightful if not r.entered and r.actor.principal not in fenced)

    @property
    def principals(self) -> tuple[Ref, ...]:
        return tuple(dict.fromkeys(s.actor.principal for s in self.standings if s.actor.principal))

    def head(self, key: Ref) -> Ref:
        """The first key of this key's family: replicas share their id and differ in Region."""
        return next((k for k in self.keys if k.name == key.name), key)

    def standing(self, principal: Ref) -> tuple[Standing, ...]:
        return tuple(s for s in self.standings if s.actor.principal == principal)


class Case(Value):
    """One breach. `version` counts saves; a save of an older version is refused."""

    id: str
    opened: AwareDatetime
    signal: Signal
    joined: tuple[str, ...] = ()
    confirmation: Confirmation = Confirmation.UNREACHABLE
    stage: Stage = Stage.OPEN
    verdict: Verdict = Verdict.OPEN
    mode: Mode = Mode.AUTO
    why_ask: str = ""
    policy: str
    lineage: Lineage | None = None
    scope: Scope = Scope()
    awaiting: Awaiting | None = None
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
    met: tuple[str, ...] = ()
    """unique ids of actors that are fenced and not carried, the newest last: they are no newcomers"""
    quiet_sweeps: int = 0
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
    def people(self) -> tuple[LeftForPeople, ...]:
        """Everything that is left for people now."""
        return tuple(dict.fromkeys((*self.left, *self.unmoved)))
