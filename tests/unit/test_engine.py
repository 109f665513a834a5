"""The engine's six rules, each in rows, on a world that refuses as the real ones do."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.adapters.memory.world import MemoryWorld
from shared.containment import engine
from shared.containment.journal import CHANGES, Applied
from shared.domain.actor import Lineage
from shared.domain.errors import NotDurable
from shared.domain.facet import (
    AccessKeyStatus,
    AnyFacet,
    DenyAll,
    Facet,
    PolicyStatement,
    PublicAccessBlock,
    SessionsRevoked,
    Versioning,
)
from shared.domain.plan import Change, Origin, Plan, Status, Wave
from shared.domain.resource import Ref
from tests.doubles import Killed, Life, ListJournal, mortal
from tests.facets import TARGETS, any_facet
from tests.hospital import CHARTS, CLINICIAN, EXPORT, KEY, THIEF, statement

OURS = statement("Codeblue0101", Effect="Deny", Principal="*", Action="s3:*", Resource="*")
OTHER = statement("Codeblue0102", Effect="Deny", Principal="*", Action="s3:*", Resource="*")
THEIRS = statement("Readers", Effect="Allow", Principal="*", Action="s3:GetObject", Resource="*")
BLOCKED = PublicAccessBlock(block_acls=True, ignore_acls=True, block_policy=True, restrict_buckets=True)
ON, OFF = Versioning(status="Enabled"), Versioning(status="Suspended")
DOCUMENT = (CHARTS, "resource-policy")
FOUGHT_OVER = {DOCUMENT: (OURS.absent,)}


def change(target: Ref, after: AnyFacet, **fields: object) -> Change:
    said: dict[str, object] = {"target": target, "after": after, "action": "a", "why": "w", "citation": "c"}
    return Change.model_validate(said | fields)


def plan(*changes: Change) -> Plan:
    return Plan(wave=Wave.FENCE, lineage=Lineage(root=THIEF), policy="p", changes=changes)


WANTED = plan(change(CHARTS, OURS), change(CHARTS, BLOCKED), change(EXPORT, DenyAll(on=True)), change(KEY, OURS))


def a_world() -> MemoryWorld:
    world = MemoryWorld()
    world.put(CHARTS, THEIRS)
    world.put(KEY, THEIRS)
    world.put(EXPORT, AccessKeyStatus(key_id="AKIA1", active=True), AccessKeyStatus(key_id="AKIA2", active=False))
    return world


def apply(world: MemoryWorld, wanted: Plan, journal: ListJournal | None = None, need: int = 1) -> tuple[Applied, ...]:
    return engine.apply(wanted, world, journal or ListJournal(world), need)


def undo(world: MemoryWorld, results: tuple[Applied, ...], journal: ListJournal | None = None) -> tuple[Applied, ...]:
    """Take back what these results say was applied."""
    made = plan(*(r.change for r in results if r.outcome.status is Status.APPLIED))
    return engine.undo(made, world, journal or ListJournal(world))


def statuses(results: tuple[Applied, ...]) -> list[Status]:
    return [r.outcome.status for r in results]


def now(world: MemoryWorld, target: Ref, facet: Facet) -> Facet | None:
    return next((f for f in world.look(target, type(facet)) if f.part == facet.part), None)


class TestIntentFirst:
    """Rule 1: nothing is written before one entry with every intended change, and what was there before, is durable."""

    def test_the_one_intent_of_a_plan_is_durable_before_its_first_write(self) -> None:
        world = a_world()
        journal = ListJournal(world)
        apply(world, WANTED, journal)
        assert [(e.kind, writes) for e, writes in zip(journal.listed, journal.writes_before, strict=True)] == [("intended", 0)]
        assert len(world.writes) == len(WANTED.changes)

    def test_an_intent_carries_every_change_with_what_was_there(self) -> None:
        world, journal = a_world(), ListJournal()
        apply(world, plan(change(EXPORT, AccessKeyStatus(key_id="AKIA1", active=False)), change(CHARTS, OURS)), journal)
        kept = CHANGES.validate_json(journal.blobs(str(journal.listed[0].body["blob"])))
        assert [c.before for c in kept] == [AccessKeyStatus(key_id="AKIA1", active=True), OURS.absent]

    def test_nothing_is_written_where_too_few_sinks_hold_the_intent(self) -> None:
        world = a_world()
        with pytest.raises(NotDurable):
            apply(world, WANTED, ListJournal(world, durable=1), need=2)
        assert world.writes == []

    def test_a_fence_is_content_with_one_sink(self) -> None:
        world = a_world()
        assert statuses(apply(world, WANTED, ListJournal(world, durable=1), need=1)) == [Status.APPLIED] * 4

    def test_an_undo_needs_both_sinks(self) -> None:
        world = a_world()
        done = apply(world, WANTED)
        before = world.state()
        with pytest.raises(NotDurable):
            undo(world, done, ListJournal(world, durable=1))
        assert world.state() == before

    def test_a_plan_that_holds_already_leaves_no_entry(self) -> None:
        world, journal = a_world(), ListJournal()
        apply(world, WANTED)
        assert statuses(apply(world, WANTED, journal)) == [Status.ALREADY] * 4
        assert journal.listed == []

    def test_an_entry_names_no_statement_of_anybodys_policy(self) -> None:
        world, journal = a_world(), ListJournal()
        apply(world, plan(change(CHARTS, statement("ward-7/jane-doe", Effect="Deny"))), journal)
        assert "jane-doe" not in str(journal.listed[0].body)


class TestOneFailureStopsNobody:
    """Rule 2: one refused, drifted or failed change never stops the others, and nothing that was written is taken back."""

    @pytest.mark.parametrize(
        ("trouble", "status", "words", "retry"),
        [
            pytest.param(lambda w: w.refused.add(DOCUMENT), Status.FAILED, "refused", False, id="it is refused"),
            pytest.param(lambda w: w.poisoned.add(DOCUMENT), Status.FAILED, "refused", False, id="its document is poisoned"),
            pytest.param(lambda w: w.room.update({DOCUMENT: 10}), Status.FAILED, "too large", False, id="it does not fit"),
            pytest.param(lambda w: w.contested.update(FOUGHT_OVER), Status.DRIFTED, "overwriting", False, id="it is fought over"),
            pytest.param(lambda w: w.remove(CHARTS), Status.LEFT, "does not exist", False, id="its target is gone"),
        ],
    )  # fmt: skip
    def test_the_others_are_made_though_one_fails_because(self, trouble: "object", status: Status, words: str, retry: bool) -> None:
        world = a_world()
        trouble(world)  # type: ignore[operator]  # a row of the table
        first, *others = apply(world, plan(change(CHARTS, OURS), change(EXPORT, DenyAll(on=True)), change(KEY, OURS)))
        assert (first.outcome.status, first.outcome.retry) == (status, retry)
        assert words in first.outcome.reason
        assert statuses(tuple(others)) == [Status.APPLIED, Status.APPLIED]

    def test_what_an_account_that_lets_us_in_no_more_holds_has_failed(self) -> None:
        world = a_world()
        world.unreachable.add(CHARTS.account)
        elsewhere = EXPORT.but(account="444455556666")
        world.put(elsewhere)
        one, other = apply(world, plan(change(CHARTS, OURS), change(elsewhere, DenyAll(on=True))))
        assert (one.outcome.status, other.outcome.status) == (Status.FAILED, Status.APPLIED)
        assert "can not be reached" in one.outcome.reason

    def test_throttling_that_begins_in_the_middle_keeps_every_write_that_was_made(self) -> None:
        world = a_world()
        world.allowance = 6  # four looks, then two writes at most
        results = apply(world, WANTED)
        world.allowance = None
        written = {target for target, _ in world.writes}
        assert written
        assert all(now(world, c.target, c.after) for c in WANTED.changes if c.target in written - {CHARTS})
        assert all(r.outcome.retry for r in results if r.outcome.status is Status.FAILED)
        assert any(r.outcome.status is Status.FAILED for r in results)


class TestOneWriteADocument:
    """Rule 3: all changes to one backing document are one write; different documents are written apart."""

    def test_two_statements_of_one_policy_are_one_write(self) -> None:
        world = a_world()
        apply(world, plan(change(CHARTS, OURS), change(CHARTS, OTHER)))
        assert world.writes == [(CHARTS, (OURS, OTHER))]

    def test_what_is_not_ours_stays_in_the_document(self) -> None:
        world = a_world()
        apply(world, plan(change(CHARTS, OURS)))
        assert set(world.look(CHARTS, PolicyStatement)) == {OURS, THEIRS}

    @pytest.mark.parametrize(
        ("wanted", "writes"),
        [
            pytest.param(plan(change(CHARTS, OURS), change(KEY, OURS)), 2, id="policies of two resources"),
            pytest.param(plan(change(CHARTS, OURS), change(CHARTS, BLOCKED)), 2, id="two documents of one resource"),
        ],
    )
    def test_apart_are_written(self, wanted: Plan, writes: int) -> None:
        world = a_world()
        apply(world, wanted)
        assert len(world.writes) == writes

    def test_only_what_does_not_hold_is_written(self) -> None:
        world = a_world()
        world.put(CHARTS, OURS)
        assert statuses(apply(world, plan(change(CHARTS, OURS), change(CHARTS, OTHER)))) == [Status.ALREADY, Status.APPLIED]
        assert world.writes == [(CHARTS, (OTHER,))]


class TestReadBack:
    """Rule 4: a change counts as applied when it has been read back."""

    @pytest.mark.parametrize(
        ("lost", "status", "writes"),
        [
            pytest.param(0, Status.APPLIED, 1, id="the first write, which took effect"),
            pytest.param(2, Status.APPLIED, 3, id="the third, for two were lost"),
            pytest.param(3, Status.DRIFTED, 3, id="no fourth: it is reported instead"),
        ],
    )
    def test_a_change_needs(self, lost: int, status: Status, writes: int) -> None:
        world = a_world()
        world.losing[DOCUMENT] = lost
        assert statuses(apply(world, plan(change(CHARTS, OURS)))) == [status]
        assert len(world.writes) == writes

    def test_a_result_holds_what_the_cloud_made_of_it(self) -> None:
        (result,) = apply(a_world(), plan(change(EXPORT, DenyAll(on=True))))
        assert result.change.after == DenyAll(on=True, via="inline")

    def test_a_result_holds_the_id_of_every_request_that_wrote(self) -> None:
        world = a_world()
        world.losing[DOCUMENT] = 1
        (result,) = apply(world, plan(change(CHARTS, OURS)))
        assert len(set(result.outcome.request_ids)) == 2

    def test_an_answer_that_only_came_back_throttled_is_asked_again_later(self) -> None:
        world = a_world()
        world.allowance = 2  # a look and a write, and no read-back
        (result,) = apply(world, plan(change(CHARTS, OURS)))
        assert (result.outcome.status, result.outcome.retry) == (Status.FAILED, True)

    def test_a_statement_under_our_name_with_other_content_is_replaced(self) -> None:
        world = a_world()
        world.put(CHARTS, OURS.but(body=THEIRS.body))
        assert statuses(apply(world, plan(change(CHARTS, OURS)))) == [Status.APPLIED]
        assert now(world, CHARTS, OURS) == OURS

    def test_a_stamp_that_somebody_set_later_than_ours_is_left(self) -> None:
        world = a_world()
        stamp = SessionsRevoked.model_validate({"before": "2026-11-21T03:00:00Z"})
        world.put(CLINICIAN, SessionsRevoked.model_validate({"before": "2026-11-21T04:00:00Z"}))
        assert statuses(apply(world, plan(change(CLINICIAN, stamp)))) == [Status.ALREADY]


class TestUndo:
    """Rule 5: undo restores `before` only where the cloud still holds what we wrote, and never what was the attacker's."""

    def test_what_we_wrote_is_taken_out_and_everything_else_stays(self) -> None:
        world = a_world()
        before = world.state()
        assert statuses(undo(world, apply(world, WANTED))) == [Status.UNDONE] * 4
        assert world.state() == before

    @pytest.mark.parametrize(
        ("wanted", "since", "status"),
        [
            pytest.param(change(CHARTS, ON), Versioning(status=""), Status.LEFT, id="what somebody changed since is left"),
            pytest.param(change(CHARTS, ON), OFF, Status.UNDONE, id="what somebody has put back is undone already"),
            pytest.param(change(CHARTS, ON, reversible=False), None, Status.ONE_WAY, id="what is one-way stays so"),
            pytest.param(change(CHARTS, ON, origin=Origin.ATTACKER), None, Status.LEFT, id="the attacker's work is not restored"),
            pytest.param(change(CHARTS, ON, origin=Origin.LEGITIMATE), None, Status.UNDONE, id="legitimate work is restored"),
            pytest.param(change(CHARTS, ON), None, Status.UNDONE, id="what is nobody's for sure is restored"),
        ],
    )
    def test_on_undo(self, wanted: Change, since: Versioning | None, status: Status) -> None:
        world = a_world()
        world.put(CHARTS, OFF)
        done = apply(world, plan(wanted))
        if since:
            world.put(CHARTS, since)
        writes = len(world.writes)
        assert statuses(undo(world, done)) == [status]
        touched = status is Status.UNDONE and since is None
        assert len(world.writes) == writes + touched
        assert now(world, CHARTS, ON) == (OFF if touched else (since if since and since.status else None if since else ON))

    def test_only_the_keys_that_were_active_are_activated_again(self) -> None:
        world = a_world()
        off = [change(EXPORT, AccessKeyStatus(key_id=i, active=False)) for i in ("AKIA1", "AKIA2")]
        undo(world, apply(world, plan(*off)))
        assert {k.key_id: k.active for k in world.look(EXPORT, AccessKeyStatus)} == {"AKIA1": True, "AKIA2": False}

    def test_an_intent_to_undo_comes_before_its_first_write(self) -> None:
        world = a_world()
        done, journal = apply(world, WANTED), ListJournal(world)
        writes = len(world.writes)
        undo(world, done, journal)
        assert [(e.kind, e.body["wave"]) for e in journal.listed] == [("intended", Wave.FENCE)]
        assert journal.writes_before == [writes]

    @pytest.mark.parametrize("n", range(1, 14))
    def test_an_undo_that_is_throttled_and_repeated_restores_everything(self, n: int) -> None:
        world = a_world()
        before = world.state()
        done = apply(world, WANTED)
        world.allowance = n
        undo(world, done)
        world.allowance = None
        assert set(statuses(undo(world, done))) == {Status.UNDONE}
        assert world.state() == before


class TestSafeToRepeat:
    """Rule 6: it is safe to repeat after a crash at any line: what already holds is not written again."""

    CALLS = 12  # four looks, four writes, four read-backs

    @pytest.mark.parametrize("after", [False, True], ids=["before the call had its effect", "after it"])
    @pytest.mark.parametrize("last", range(1, CALLS + 1))
    def test_a_worker_dies_at_a_call_to_the_cloud(self, last: int, after: bool) -> None:
        whole, world = a_world(), a_world()
        apply(whole, WANTED)
        with pytest.raises(Killed):
            engine.apply(WANTED, mortal(world, Life(last), after=after), ListJournal(), 1)
        made = {(target, f) for target, facets in world.writes for f in facets}
        again = len(world.writes)
        apply(world, WANTED)
        assert world.state() == whole.state()
        assert all((target, f) not in made for target, facets in world.writes[again:] for f in facets)

    def test_the_calls_above_are_all_that_there_are(self) -> None:
        life = Life()
        engine.apply(WANTED, mortal(a_world(), life), ListJournal(), 1)
        assert life.calls == self.CALLS

    @pytest.mark.parametrize("last", range(1, 3))
    def test_a_worker_dies_while_it_writes_its_intent(self, last: int) -> None:
        world = a_world()
        with pytest.raises(Killed):
            engine.apply(WANTED, world, mortal(ListJournal(), Life(last)), 1)
        assert world.writes == []
        assert statuses(apply(world, WANTED)) == [Status.APPLIED] * 4

    @pytest.mark.parametrize("last", range(1, CALLS + 1))
    def test_a_worker_dies_while_it_undoes(self, last: int) -> None:
        world = a_world()
        before = world.state()
        done = apply(world, WANTED)
        made = plan(*(r.change for r in done))
        with pytest.raises(Killed):
            engine.undo(made, mortal(world, Life(last)), ListJournal())
        assert set(statuses(undo(world, done))) == {Status.UNDONE}
        assert world.state() == before


@st.composite
def worlds_and_plans(draw: st.DrawFn) -> tuple[dict[Ref, list[AnyFacet]], Plan]:
    """A world, and a plan that changes no slot twice."""
    there = {target: draw(st.lists(any_facet, max_size=6)) for target in TARGETS}
    wanted = draw(st.lists(st.tuples(st.sampled_from(TARGETS), any_facet), max_size=8))
    by_slot = {c.slot: c for c in (change(target, after) for target, after in wanted)}
    return there, plan(*by_slot.values())


def _made(there: dict[Ref, list[AnyFacet]]) -> MemoryWorld:
    world = MemoryWorld()
    for target, facets in there.items():
        world.put(target, *facets)
    return world


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(worlds_and_plans())
def test_what_was_undone_is_as_if_it_had_never_been(pair: tuple[dict[Ref, list[AnyFacet]], Plan]) -> None:
    there, wanted = pair
    world = _made(there)
    before = world.state()
    back = undo(world, apply(world, wanted))
    refused = {(r.change.target, r.change.after.facet) for r in back if r.outcome.status is not Status.UNDONE}
    for target, facets in world.state().items():
        kept = {f for f in facets if (target, f.facet) not in refused}
        assert kept == {f for f in before[target] if (target, f.facet) not in refused}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(worlds_and_plans())
def test_applying_twice_is_applying_once(pair: tuple[dict[Ref, list[AnyFacet]], Plan]) -> None:
    there, wanted = pair
    world = _made(there)
    first = apply(world, wanted)
    after, writes = world.state(), len(world.writes)
    second = apply(world, plan(*(r.change for r in first if r.outcome.status in {Status.APPLIED, Status.ALREADY})))
    assert set(statuses(second)) <= {Status.ALREADY}
    assert (world.state(), len(world.writes)) == (after, writes)


def test_results_come_in_the_order_of_the_plan() -> None:
    results = apply(a_world(), WANTED)
    assert [r.change.slot for r in results] == [c.slot for c in WANTED.changes]
