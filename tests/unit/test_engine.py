"""The engine's rules, one by one: intent first, one failure stops nobody, one write a document, read back."""

import pytest

from shared.containment.journal import CHANGES
from shared.domain.errors import NotDurable
from shared.domain.facet import (
    AccessKeyStatus,
    DenyAll,
    PolicyStatement,
    SessionsRevoked,
)
from shared.domain.plan import Plan, Status
from tests.doubles import ListJournal
from tests.hospital import CHARTS, CLINICIAN, EXPORT, KEY, statement
from tests.unit.engine_plans import (
    BLOCKED,
    DOCUMENT,
    FOUGHT_OVER,
    OTHER,
    OURS,
    THEIRS,
    WANTED,
    a_world,
    apply,
    change,
    now,
    plan,
    statuses,
    undo,
)


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


def test_results_come_in_the_order_of_the_plan() -> None:
    results = apply(a_world(), WANTED)
    assert [r.change.slot for r in results] == [c.slot for c in WANTED.changes]
