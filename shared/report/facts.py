"""The form of an evidence pack: plain facts, ready to be drawn, and the schema of its JSON.

No object key, no secret and no text of an alert has a place here; times are UTC, sizes are bytes. `FORM` grows when a field changes
its meaning or goes, so that who reads packs months later knows which one they hold; new fields alone do not change it.
"""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from shared.domain.case import Approval, LeftForPeople
from shared.domain.exposure import Exposure, TenantExposure
from shared.domain.plan import Wave
from shared.domain.value import Value

FORM: Literal[1] = 1


class Lane(StrEnum):
    """Where in the timeline a moment is drawn."""

    ACTORS = "actors"
    PEOPLE = "alerts and people"
    FENCE = "fence"
    SWEEP = "sweeps"
    REKEY = "new key"
    MIGRATE = "re-encryption"
    LASTING = "lasting rules"
    UNDO = "undone"
    RECORD = "record"


class Moment(Value):
    """One point of the timeline, or a span of it (`until`). `label` is short, for the drawing; `what` says all of it."""

    at: AwareDatetime
    until: AwareDatetime | None = None
    lane: Lane
    kind: str
    label: str
    what: str


class Alert(Value):
    """What woke us, in terms of its source; `confirmation` is what that source said when it was asked again."""

    source: str
    event: str
    at: AwareDatetime
    account: str
    address: str
    confirmation: str
    joined: int
    """later alerts that were put on the same case"""


class Asked(Value):
    """What a person is being asked, until when, and the command that says yes."""

    wave: Wave
    digest: str
    why: str
    expires: AwareDatetime
    command: str
    not_by: str = ""
    """who asked, and may not approve it: it can not all be undone"""


class ActorRow(Value):
    """One set of credentials: how widely it was fenced, and why so. `others` are rightful users whom a wider fence would hurt.

    `made`: it came into being while the actors were at work. `networks` are where the rightful users of the same come from.
    """

    actor: str
    credential: str
    account: str
    unique_id: str
    access_key: str
    made: bool
    reach: str
    why: str
    others: tuple[str, ...]
    networks: tuple[str, ...]
    known: bool


class AtStake(Value):
    """A resource that the case protects: of whom, and which of the actors' calls on it worked."""

    resource: str
    kind: str
    tenant: str
    deeds: tuple[str, ...]


class ChangeRow(Value):
    """One change that was made, or was not, with everything an auditor asks about it.

    `times`: it was made so often, last at `at`, from the first `before` to the last `after`. `undo` is what a rollback would do.
    """

    wave: Wave
    at: AwareDatetime
    times: int
    action: str
    title: str
    target: str
    before: str
    after: str
    origin: str
    status: str
    reason: str
    why: str
    citation: str
    reversible: bool
    undone: str
    approved: str
    requests: tuple[str, ...]


class KeyRow(Value):
    """A key that the actors could use: its successor, and what became of it (`state` in a word, `why` in sentences)."""

    key: str
    successor: str
    state: str
    why: tuple[str, ...]


class Blocked(Value):
    """Versions that stay where they are, and why."""

    reason: str
    count: int


class StoreRow(Value):
    """What became of the versions of one store that were under one old key."""

    store: str
    key: str
    total: int
    updated: int
    copied: int
    multipart: int
    blocked: tuple[Blocked, ...]
    lost: int
    altered: int
    proved: bool


class ProofRow(Value):
    """A fresh look at a store: versions by key, or by scheme where there is no key; `eligible_left` should have moved."""

    store: str
    at: AwareDatetime
    total: int
    keys: tuple[tuple[str, int], ...]
    eligible_left: int
    compared: int
    differing: int


class Undoing(Value):
    """What stands now and what can become of it; `target` and `title` name each change. Commands show a plan before they act."""

    can: tuple[tuple[str, str], ...]
    stays: tuple[tuple[str, str, str], ...]
    """title, target, and why a rollback leaves it"""
    one_way: tuple[tuple[str, str, str], ...]
    """title, target, and what that means"""
    rollback: str
    release: str


class Guaranteed(Value):
    """A property of the whole record: whether it holds, and why, or what therefore can not be seen."""

    what: str
    holds: bool
    why: str


class Custody(Value):
    """The record, as it was verified when the pack was made, and the command that verifies it again."""

    place: str
    entries: int
    head: str
    checkpoints: tuple[int, ...]
    sealed: bool
    intact: bool
    findings: tuple[str, ...]
    guarantees: tuple[Guaranteed, ...]
    verify: str


class Pack(Value):
    """Everything that the report shows."""

    form: Literal[1] = FORM
    case: str
    verdict: str
    against: str = ""
    """against whom the fence does not stand, though everything else holds: "not contained against account admin"; empty: nobody"""
    why: str
    """why people were asked before anything was done; empty where they were not"""
    asked: Asked | None
    made_at: AwareDatetime
    opened: AwareDatetime
    fenced_at: AwareDatetime | None
    seconds_to_fence: float | None
    policy: str
    """digest of the policy that the case runs under"""
    alert: Alert
    timeline: tuple[Moment, ...]
    actors: tuple[ActorRow, ...]
    at_stake: tuple[AtStake, ...]
    exposures: tuple[Exposure, ...]
    exposed_at: AwareDatetime | None
    tenants: tuple[TenantExposure, ...]
    changes: tuple[ChangeRow, ...]
    approvals: tuple[Approval, ...]
    keys: tuple[KeyRow, ...]
    stores: tuple[StoreRow, ...]
    proofs: tuple[ProofRow, ...]
    left: tuple[LeftForPeople, ...]
    undoing: Undoing
    record: Custody

    @property
    def blocking(self) -> tuple[LeftForPeople, ...]:
        """What keeps the case from being contained."""
        return tuple(left for left in self.left if left.blocks)

    @property
    def counts(self) -> dict[str, int]:
        """Changes by status."""
        statuses = [row.status for row in self.changes]
        return {status: statuses.count(status) for status in dict.fromkeys(statuses)}
