"""A whole breach of two tenants, from the alert to the end of the old keys: what a report has to tell, all in one case."""

from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.containment.estate import Tenant
from shared.custody.audit import Audit, Guarantee
from shared.domain.actor import Actor
from shared.domain.case import Case
from shared.domain.exposure import Blind, Told
from shared.domain.plan import Wave
from shared.domain.resource import Ref
from shared.ports import Request
from shared.report.facts import Pack
from shared.report.pack import pack
from shared.workflow.deciding import note
from shared.workflow.deps import Deps
from tests.hospital import ALERT, CHARTS, KEY, THIEF, Hospital, act, estate
from tests.workflow.after_proof import OTHER_KEY, OTHERS, Morning

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PATIENT = "Ward 7/Mary Malone.pdf"
NOTE = "Mary Malone was told by telephone"
INTACT = Audit(
    case="cb-1",
    size=4,
    head="ab" * 32,
    findings=(),
    guarantees=(Guarantee("a second sink holds the same", holds=True, why="8 files compared"),),
    signed=(2, 4),
)
TENANTS = estate(
    tenants=(
        Tenant(name="st-brendan", stores=frozenset({CHARTS}), keys=frozenset({KEY})),
        Tenant(name="st-ita", stores=frozenset({OTHERS}), keys=frozenset({OTHER_KEY})),
    )
)


@dataclass(frozen=True)
class Reported:
    """A case at its end, what worked on it, and the pack that came of it."""

    case: Case
    deps: Deps
    pack: Pack


def read(key: str, sent: int, at: datetime, store: Ref = CHARTS, actor: Actor = THIEF, *, failed: bool = False) -> Request:
    """One recorded read."""
    happened = replace(act(actor, "GetObject", store, at=at, failed=failed), request_id=f"read-{key}-{at.isoformat()}")
    return Request(happened, store, Told.DATA_EVENTS, key, "v1", sent)


def reported(hospital: Hospital) -> Reported:
    """Two tenants' data read; the fence, new keys, everything moved that can be, one old key disabled, the other kept."""
    morning, soon = Morning(hospital), timedelta(seconds=1)
    opened = hospital.clock.now()
    stolen = [read(f"{PATIENT} {n}", 48_000 * n, ALERT + n * 9 * soon) for n in range(1, 8)]
    morning.traffic.requested(*stolen, read(PATIENT, 900, ALERT, OTHERS), read(PATIENT, 0, opened + soon / 2, failed=True))
    gap = Blind(since=ALERT - timedelta(hours=2), until=ALERT - timedelta(hours=1), why="the trail was stopped")
    morning.traffic.blind[OTHERS] = (gap,)
    deps = morning.worker(estate=TENANTS)
    case = morning.until(Wave.RETIRE, deps)
    note(case, deps, NOTE, "dr-yes")
    ended = morning.to_the_end(case, deps)
    return Reported(ended, deps, packed(ended, deps))


def packed(case: Case, deps: Deps, audit: Audit = INTACT) -> Pack:
    return pack(case, deps.journal(case.id), "s3://custody", audit, NOW)
