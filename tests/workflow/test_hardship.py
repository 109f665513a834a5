"""A fence in hard times: throttled clouds, lost records, dead workers, many at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from shared.custody.audit import audit
from shared.custody.leases import LEASE
from shared.domain.case import Case, Verdict
from shared.domain.facet import DenyAll, Facet
from shared.domain.resource import Kind, Ref
from shared.workflow.local import Patience
from tests.doubles import HastyClock, Killed, Life, TiringSink, mortal
from tests.hospital import CHARTS, EXPORT, THIEF, Hospital, built, ref, signal
from tests.workflow.driving import go_on, respond

IMPATIENT = Patience(hold_seconds=10)

CALLS = 550
"""A few more than a worker makes in a whole response."""

OPENED, INTENDED = 1, 2
"""Files that a sink takes for the alert, and for the intent of a fence with its evidence."""


def outcome(case: Case, hospital: Hospital) -> tuple[Verdict, bool, dict[Ref, frozenset[Facet]]]:
    """What a case comes to: its verdict, whether it was fenced, and the state of the world but for stamps of time."""
    state = hospital.world.state().items()
    timeless = {target: frozenset(f for f in facets if f.facet != "sessions-revoked") for target, facets in state}
    return case.verdict, case.fenced_at is not None, timeless


def undisturbed() -> tuple[Verdict, bool, dict[Ref, frozenset[Facet]]]:
    """What it comes to where nothing goes wrong."""
    hospital = built()
    return outcome(respond(hospital.worker()), hospital)


UNDISTURBED = undisturbed()


class TestThrottled:
    """A thief who throttles our calls does not get the door back."""

    @pytest.mark.parametrize("calls", [40, 45, 50, 55, 60, 70, 80])
    def test_throttling_that_begins_in_the_middle_holds_the_case_and_ends_contained(self, hospital: Hospital, calls: int) -> None:
        deps = hospital.worker()
        hospital.world.allowance = calls
        held = respond(deps, patience=IMPATIENT)
        assert held.verdict is Verdict.HELD
        assert held.left
        hospital.world.allowance = None
        written = set(hospital.world.writes)
        case = go_on(held, deps)
        assert (case.verdict, case.left) == (Verdict.CONTAINED, ())
        assert {d.on for d in hospital.world.look(EXPORT, DenyAll)} == {True}
        assert written <= set(hospital.world.writes)
        assert [p.subject for p in hospital.notifier.pages] == ["A fence is incomplete"]

    def test_writes_that_were_made_before_it_stay(self, hospital: Hospital) -> None:
        hospital.world.allowance = 60
        respond(hospital.worker(), patience=IMPATIENT)
        hospital.world.allowance = None
        made = dict.fromkeys((target, f) for target, facets in hospital.world.writes for f in facets)
        assert made
        for target, facet in made:
            assert any(facet.satisfied_by(now) for now in hospital.world.look(target, type(facet)))

    def test_a_held_case_still_finds_what_the_thief_makes(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        hospital.world.refused.clear()
        hospital.world.allowance = 60
        held = respond(deps, patience=IMPATIENT)
        made = ref(Kind.USER, "backdoor")
        hospital.world.put(made)
        hospital.directory.enter(made, "AIDABACKDOOR", hospital.clock.now())
        hospital.world.allowance = None
        go_on(held, deps)
        assert {d.on for d in hospital.world.look(made, DenyAll)} == {True}

    def test_hours_of_it_do_not_outgrow_the_case(self, hospital: Hospital) -> None:
        hospital.world.allowance = 60
        case = respond(hospital.worker(), patience=Patience(hold_seconds=150))
        again = go_on(case, hospital.worker(), patience=Patience(hold_seconds=150))
        assert again.verdict is Verdict.HELD
        assert len(again.model_dump_json()) == pytest.approx(len(case.model_dump_json()), abs=100)


class TestUnreachable:
    """What can not be reached is said, and the rest is contained."""

    def test_a_store_in_an_account_without_a_role_of_ours_makes_the_case_partial(self, hospital: Hospital) -> None:
        elsewhere = ref(Kind.BUCKET, "partner-charts", account="444455556666")
        hospital.world.unreachable.add("444455556666")
        alert = signal(THIEF, CHARTS, elsewhere)
        hospital.sources.learn(alert)
        case = respond(hospital.worker(), alert)
        assert case.verdict is Verdict.PARTIAL
        assert {left.target for left in case.left} >= {str(elsewhere)}
        assert {d.on for d in hospital.world.look(EXPORT, DenyAll)} == {True}
        assert [p.subject for p in hospital.notifier.pages] == ["A fence has gaps"]

    def test_a_gap_that_closes_makes_it_contained(self, hospital: Hospital) -> None:
        hospital.world.refused.add((CHARTS, "resource-policy"))
        deps = hospital.worker()
        case = respond(deps)
        assert case.verdict is Verdict.PARTIAL
        hospital.world.refused.clear()
        again = go_on(case, deps, patience=Patience(sweep_seconds=20))
        assert (again.verdict, again.left) == (Verdict.CONTAINED, ())

    def test_a_user_that_is_gone_needs_no_fence_and_leaves_no_gap(self, hospital: Hospital) -> None:
        hospital.world.remove(EXPORT)
        case = respond(hospital.worker())
        assert case.verdict is Verdict.CONTAINED

    def test_a_store_that_is_gone_is_missed(self, hospital: Hospital) -> None:
        hospital.world.remove(CHARTS)
        case = respond(hospital.worker())
        assert case.verdict is Verdict.PARTIAL


class TestTheRecord:
    """Custody first, and never the reason the thief goes on."""

    @pytest.mark.parametrize("down", [0, 1], ids=["the first", "the second"])
    def test_a_fence_goes_on_without_one_sink(self, hospital: Hospital, down: int) -> None:
        hospital.sinks[down].down = True
        case = respond(hospital.worker())
        assert case.verdict is Verdict.CONTAINED
        assert {d.on for d in hospital.world.look(EXPORT, DenyAll)} == {True}

    def test_without_any_sink_nothing_is_changed_and_people_are_paged_once(self, hospital: Hospital) -> None:
        before = hospital.world.state()
        deps = hospital.worker()
        for sink in hospital.sinks:
            sink.down = True
        case = respond(deps, patience=IMPATIENT)
        assert (case.verdict, hospital.world.state()) == (Verdict.HELD, before)
        assert [p.subject for p in hospital.notifier.pages] == ["The custody record can not be written"]

    @pytest.mark.parametrize("files", [2, 3, 4, 5, 6, 8])
    def test_sinks_that_fail_in_the_middle_take_back_nothing_and_it_goes_on_when_they_are_restored(self, files: int) -> None:
        hospital = built()
        tiring = (TiringSink("first", files), TiringSink("second", files))
        hospital.sinks = tiring
        deps = hospital.worker()
        held = respond(deps, patience=IMPATIENT)
        assert held.verdict is Verdict.HELD
        assert bool(hospital.world.writes) == (files >= OPENED + INTENDED)
        for sink in tiring:
            sink.down, sink.strength = False, 1000
        assert go_on(held, deps).verdict is Verdict.CONTAINED
        assert {d.on for d in hospital.world.look(EXPORT, DenyAll)} == {True}


class TestDeadWorkers:
    """Whoever dies, at whichever call: another takes over, and it comes to the same."""

    @staticmethod
    def respond_and_die(hospital: Hospital, last: int) -> int:
        """One worker until its last call; how many calls it made."""
        life = Life(last)
        ports = {name: mortal(getattr(hospital, name), life) for name in ("world", "directory", "evidence", "sources", "cases")}
        sinks = hospital.sinks
        hospital.sinks = tuple(mortal(sink, life) for sink in sinks)
        deps = hospital.worker(**ports)
        hospital.sinks = sinks
        with suppress(Killed):
            respond(deps)
        return life.calls

    @pytest.mark.parametrize("last", range(1, CALLS, 19))
    def test_a_worker_dies_at_a_call(self, last: int) -> None:
        self.dies_and_another_takes_over(last)

    @pytest.mark.soak
    @pytest.mark.parametrize("last", range(1, CALLS))
    def test_a_worker_dies_at_every_call(self, last: int) -> None:
        self.dies_and_another_takes_over(last)

    def dies_and_another_takes_over(self, last: int) -> None:
        hospital = built()
        self.respond_and_die(hospital, last)
        hospital.clock.sleep(LEASE.total_seconds())
        case = respond(hospital.worker())
        assert len(hospital.cases.all()) == 1
        assert outcome(case, hospital) == UNDISTURBED
        found = audit(hospital.sinks[0], case.id, hospital.signer.public_key(), open_case=True)
        assert found.findings == ()

    def test_a_worker_that_nothing_kills_makes_fewer_calls_than_are_tried_above(self) -> None:
        hospital = built()
        assert self.respond_and_die(hospital, 0) < CALLS
        assert outcome(hospital.cases.all()[0], hospital) == UNDISTURBED


class TestManyAtOnce:
    """The same alert ten times in parallel is one case and one set of changes."""

    def test_ten_deliveries_are_one_case_and_everybody_sees_the_same_end(self) -> None:
        hospital = built(HastyClock(speed=4))
        with ThreadPoolExecutor(max_workers=10) as pool:
            ends = [f.result() for f in [pool.submit(lambda: respond(hospital.worker())) for _ in range(10)]]
        assert len(hospital.cases.all()) == 1
        assert {(c.id, c.verdict, tuple(w.digest for w in c.waves)) for c in ends} == {
            (ends[0].id, Verdict.CONTAINED, tuple(w.digest for w in ends[0].waves))
        }
        writes = [(target, f.facet, f.part) for target, facets in hospital.world.writes for f in facets]
        assert len(writes) == len(set(writes))
