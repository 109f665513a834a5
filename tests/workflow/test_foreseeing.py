"""What a migration will be like is told before anybody is asked: what decides is approved, what is estimated is not."""

from copy import replace
from dataclasses import dataclass, field

import pytest

from shared.adapters.memory.jobs import MemoryJobs
from shared.adapters.memory.objects import MemoryObjects
from shared.domain.case import Case, Mode, Verdict
from shared.domain.errors import Refused
from shared.domain.plan import Wave
from shared.domain.resource import Ref
from shared.ports import Clock
from shared.ports.capacity import Holding, Requests
from shared.reencryption.plan import Canary
from shared.reencryption.planner import Task, forecast
from shared.report.summary import summary
from shared.settings import MigrationRules, Modes, Policy
from shared.workflow import cancelling
from shared.workflow.deps import Deps
from shared.workflow.foreseeing import COUNTING, MOST_TOLD, Foreseen, Pair, foresee, told
from shared.workflow.recovery import Recovery
from tests.hospital import CHARTS, KEY, LOG, REPLICA, Hospital, built
from tests.workflow.driving import FOR_EVER, YES, go_on, respond
from tests.workflow.recovering import OURS, Night, fallen

ASKS = QUIET = Policy(modes=Modes(enforce=Mode.OBSERVE, retire=Mode.OBSERVE))
IDLE = Requests(limit=100_000, used=0)
BUSY = Requests(limit=5_000, used=5_000)


@dataclass
class Counts:
    """A service that counts: what it holds of every store, and what KMS has; an error stands for no answer."""

    held: Holding | Refused
    has: Requests | Refused | None = IDLE
    looked: list[Ref] = field(default_factory=list)

    def holding(self, store: Ref) -> Holding:
        self.looked.append(store)
        if isinstance(self.held, Refused):
            raise self.held
        return self.held

    def requests(self, store: Ref) -> Requests | None:
        if isinstance(self.has, Refused):
            raise self.has
        return self.has


@dataclass
class Slow(Counts):
    """One whose every store takes as long as all of them may."""

    clock: Clock = field(kw_only=True)

    def holding(self, store: Ref) -> Holding:
        self.clock.sleep(COUNTING)
        return super().holding(store)


def but_for_the_migration(case: Case) -> tuple[str, bool] | None:
    """Somebody who says yes to everything before it, and then goes home."""
    return None if case.awaiting and case.awaiting.wave is Wave.MIGRATE else ("dr-no", True)


def counted(night: Night, counts: Counts, policy: Policy = ASKS) -> Deps:
    canaries = {KEY.region: Canary(store=OURS, key=KEY.id)}
    recovery = Recovery(night.objects, night.access, canaries, capacity=counts, jobs=MemoryJobs(night.objects))
    return replace(night.worker(policy), recovery=lambda: recovery)


def asked(hospital: Hospital, counts: Counts, policy: Policy = ASKS) -> Case:
    case = respond(counted(fallen(hospital), counts, policy), asks=but_for_the_migration)
    assert case.awaiting is not None
    assert case.awaiting.wave is Wave.MIGRATE
    return case


def sentences(case: Case) -> str:
    assert case.awaiting is not None
    return "\n".join(case.awaiting.told)


def test_whoever_approves_is_told_the_engine_the_time_and_the_price(hospital: Hospital) -> None:
    said = sentences(asked(hospital, Counts(Holding(versions=500_000_000))))
    assert "batch job: 500,000,000 versions at most" in said
    assert "days to prove, estimated" in said
    assert "USD " in said


def test_what_is_told_is_in_the_summary(hospital: Hospital) -> None:
    night = fallen(hospital)
    deps = counted(night, Counts(Holding(versions=12)))
    case = respond(deps, asks=but_for_the_migration)
    question = dict(summary(case, deps.journal(case.id), "memory"))["awaiting"]
    assert isinstance(question, dict)
    assert question["told"] == list(case.awaiting.told) if case.awaiting else False
    assert [line["after"] for line in question["changes"]] == [f"0 versions left under {KEY.name} (in process)"]


def test_a_store_is_counted_once_whatever_keys_are_to_be_left(hospital: Hospital) -> None:
    counts = Counts(Holding(versions=9))
    deps = counted(fallen(hospital), counts)
    case = respond(deps, asks=but_for_the_migration)
    assert deps.recovery is not None
    counts.looked.clear()
    pairs = [Pair(store, key, foreign=False) for store in (CHARTS, LOG) for key in (KEY, REPLICA)]
    assert len(foresee(case, deps, deps.recovery(), pairs)) == len(pairs)
    assert counts.looked == [CHARTS, LOG]


def test_stores_that_take_long_to_count_keep_nobody_from_being_asked(hospital: Hospital) -> None:
    counts = Counts(Holding(versions=9))
    night = fallen(hospital)
    deps = counted(night, counts)
    case = respond(deps, asks=but_for_the_migration)
    assert deps.recovery is not None
    slow = Slow(counts.held, clock=deps.clock)
    recovery = replace(deps.recovery(), capacity=slow)
    found = foresee(case, deps, recovery, [Pair(store, KEY, foreign=False) for store in (CHARTS, LOG)])
    assert (len(found), slow.looked) == (2, [CHARTS])


def test_the_digest_stands_while_counts_move_and_changes_with_the_engine() -> None:
    few, more, many = (asked(built(), Counts(Holding(versions=n))) for n in (10, 11, 500_000_000))
    digests = [case.awaiting.digest for case in (few, more, many) if case.awaiting]
    assert digests[0] == digests[1] != digests[2]
    assert sentences(few) != sentences(more)


UNKNOWN = Refused("no", "AccessDenied")


@pytest.mark.parametrize("counts", [Counts(UNKNOWN, UNKNOWN), Counts(Holding(), None)])
def test_what_nobody_counts_is_said_and_moved_all_the_same(hospital: Hospital, counts: Counts) -> None:
    said = sentences(asked(hospital, counts))
    assert "in process: nobody has counted" in said
    assert "the quota of KMS is not told" in said


def test_a_forecast_is_on_record_with_its_numbers(hospital: Hospital) -> None:
    night = fallen(hospital)
    deps = counted(night, Counts(Holding(versions=12)))
    case = respond(deps, asks=but_for_the_migration)
    (entry,) = [e for e in deps.journal(case.id).entries() if e.kind == "foreseen"]
    assert b'"engine":"in process"' in deps.journal(case.id).blobs(str(entry.body["blob"]))


def test_nothing_moves_while_kms_has_nothing_to_spare(hospital: Hospital) -> None:
    night = fallen(hospital)
    case = respond(counted(night, Counts(Holding(versions=12), BUSY)), asks=YES)
    assert night.schemes() == {KEY.id}
    assert case.verdict is not Verdict.CONTAINED
    assert any("no request to spare" in left.reason for left in case.people)


def test_the_policy_names_the_engine(hospital: Hospital) -> None:
    wanted = ASKS.but(migration=MigrationRules(engine="in process"))
    assert "in process: the policy says so" in sentences(asked(hospital, Counts(Holding(versions=10**9)), wanted))


def test_a_long_forecast_is_cut_and_says_so() -> None:
    forecasts = (forecast(Task(holding=Holding(versions=n), requests=IDLE)) for n in range(MOST_TOLD * 2))
    said = told([Foreseen(store=OURS, old=KEY.id, forecast=each) for each in forecasts])
    assert len(said) == MOST_TOLD + 1
    assert said[-1].endswith("more: see the record")


def test_what_was_approved_is_done_by_a_job_and_proved(hospital: Hospital) -> None:
    night = fallen(hospital)
    deps = counted(night, Counts(Holding(versions=500_000_000)), QUIET)
    case = respond(deps, asks=YES, patience=FOR_EVER)
    assert (case.verdict, night.schemes()) == (Verdict.CONTAINED, {night.successor()})
    assert [(v.total, v.updated, v.done) for v in case.versions] == [(12, 12, True)]
    kinds = [e.kind for e in deps.journal(case.id).entries()]
    assert kinds.index("migration-job") < kinds.index("migration-intended") < kinds.index("migration-reported")


def test_a_job_that_takes_long_is_left_to_itself_and_found_again(hospital: Hospital) -> None:
    night = fallen(hospital)
    deps = counted(night, Counts(Holding(versions=500_000_000)), QUIET)
    jobs = deps.recovery().jobs if deps.recovery else None
    assert isinstance(jobs, MemoryJobs)
    jobs.pace = 0
    case = respond(deps, asks=YES)
    assert (case.verdict is Verdict.CONTAINED, night.schemes()) == (False, {KEY.id})
    assert [left.blocks for left in case.people if "job goes on" in left.reason] == [False]
    jobs.pace = 5
    assert go_on(case, deps, YES, FOR_EVER).verdict is Verdict.CONTAINED
    assert len(jobs.held) == 2


def test_a_job_that_others_cancelled_is_no_success(hospital: Hospital) -> None:
    night = fallen(hospital)
    deps = counted(night, Counts(Holding(versions=500_000_000)), QUIET)
    jobs = deps.recovery().jobs if deps.recovery else None
    assert isinstance(jobs, MemoryJobs)

    def cancels(call: str) -> None:
        for ident, held in jobs.held.items() if call == "look" else ():
            jobs.cancel(held.order.store, ident)

    night.objects.beside = cancels
    case = respond(deps, asks=YES)
    assert case.verdict is not Verdict.CONTAINED
    assert any("own job was cancelled" in left.reason for left in case.people)
    assert night.schemes() == {KEY.id}


def test_a_worker_whose_time_is_up_leaves_the_proof_to_the_next(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancelling, "LONGEST_SECONDS", 0.5)
    pages = MemoryObjects(page=1)
    pages.stores = night.objects.stores
    pages.beside = lambda call: night.hospital.clock.sleep(0.2) if call == "list" else None
    case = respond(replace(night, objects=pages).worker(QUIET), asks=YES, patience=FOR_EVER)
    assert case.verdict is Verdict.CONTAINED
    assert [e.kind for e in night.worker().journal(case.id).entries()].count("proof-reached") > 1
