"""What people decide: approve, refuse, wait too long, pause, release, roll back."""

from collections.abc import Callable

import pytest

from shared.domain.case import Case, Mode, Stage, Verdict
from shared.domain.errors import BadInput, NotApproved
from shared.domain.facet import (
    AccessKeyStatus,
    DenyAll,
    LifecycleRule,
    ObjectOwnership,
    PolicyStatement,
    PublicAccessBlock,
    Versioning,
)
from shared.domain.plan import Status, Wave
from shared.domain.resource import Kind, Ref
from shared.settings import Modes, Policy
from shared.workflow.deciding import decide, note, release_plan, rollback_plan, undo
from shared.workflow.deps import Deps
from shared.workflow.local import Patience
from shared.workflow.run import hold
from tests.doubles import TiringSink
from tests.hospital import CHARTS, CLINICIANS, EXPORT, KEY, READERS, THIEF, VAULT, Hospital, act, ref, signal
from tests.workflow.driving import REFUSE, YES, go_on, respond

ASK = Policy(modes=Modes(fence=Mode.ASK))

OPENED, INTENDED = 1, 2
"""Files that a sink takes for the alert, and for the intent of a fence with its evidence."""


def under_lease(case: Case, deps: Deps, change: Callable[[Case], Case]) -> Case:
    """Make a decision as the command line does."""
    with hold(case.id, deps, "a person") as held:
        assert held
        return held.save(change(held.load()))


def approve(case: Case, deps: Deps) -> Case:
    assert case.awaiting
    digest = case.awaiting.digest
    return under_lease(case, deps, lambda c: decide(c, deps, digest, "dr-yes", granted=True))


def rolled_back(case: Case, deps: Deps) -> Case:
    wanted = rollback_plan(case, deps)
    return under_lease(case, deps, lambda c: undo(c, deps, wanted, wanted.digest, "dr-no", whole=True))


def released(case: Case, deps: Deps, target: str) -> Case:
    wanted = release_plan(case, deps, target)
    return under_lease(case, deps, lambda c: undo(c, deps, wanted, wanted.digest, "dr-no", whole=False))


def kinds(case: Case, deps: Deps) -> list[str]:
    return [e.kind for e in deps.journal(case.id).entries()]


def ours(hospital: Hospital, target: Ref) -> list[str]:
    return [s.sid for s in hospital.world.look(target, PolicyStatement) if s.sid.startswith("Codeblue")]


class TestApproval:
    """A person approves the digest that is asked, within the time that there is."""

    def test_what_was_approved_is_applied_by_the_next_worker(self, hospital: Hospital) -> None:
        deps = hospital.worker(ASK)
        case = approve(respond(deps), deps)
        assert go_on(case, hospital.worker(ASK)).verdict is Verdict.CONTAINED
        assert kinds(case, deps)[:3] == ["opened", "outcome", "approved"]

    def test_another_digest_than_the_one_asked_is_not_approved(self, hospital: Hospital) -> None:
        deps = hospital.worker(ASK)
        case = respond(deps)
        with pytest.raises(NotApproved, match="read the plan again"):
            decide(case, deps, "0" * 64, "dr-yes", granted=True)

    def test_a_case_that_asks_nothing_can_not_be_approved(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        case = respond(deps)
        with pytest.raises(NotApproved, match="asks nothing"):
            decide(case, deps, "0" * 64, "dr-yes", granted=True)

    def test_an_approval_that_comes_too_late_counts_for_nothing_and_it_is_asked_anew(self, hospital: Hospital) -> None:
        deps = hospital.worker(ASK)
        case = respond(deps)
        assert case.awaiting
        hospital.clock.sleep(ASK.approval.expires.total_seconds())
        before = hospital.world.state()
        with pytest.raises(NotApproved, match="expired"):
            approve(case, deps)
        again = go_on(case, deps)
        assert (again.verdict, hospital.world.state()) == (Verdict.AWAITING_APPROVAL, before)
        assert again.awaiting
        assert again.awaiting.expires > case.awaiting.expires
        assert len(hospital.notifier.pages) == 2
        assert go_on(approve(again, deps), deps).verdict is Verdict.CONTAINED

    def test_a_question_keeps_its_digest_while_nothing_changes(self, hospital: Hospital) -> None:
        deps = hospital.worker(ASK)
        case = respond(deps)
        hospital.clock.sleep(60)
        again = go_on(case, deps)
        assert case.awaiting
        assert again.awaiting
        assert case.awaiting.digest == again.awaiting.digest

    def test_what_the_thief_makes_later_is_covered_by_the_approval_of_the_envelope(self, hospital: Hospital) -> None:
        deps = hospital.worker(ASK)
        case = go_on(approve(respond(deps), deps), deps)
        backdoor = ref(Kind.USER, "backdoor")
        hospital.world.put(backdoor, AccessKeyStatus(key_id="AKIABACK", active=True))
        hospital.directory.enter(backdoor, "AIDABACK", hospital.clock.now())
        again = go_on(case, deps)
        assert again.verdict is Verdict.CONTAINED
        assert hospital.world.look(backdoor, DenyAll) == (DenyAll(on=True, via="inline"),)


class TestRefusal:
    """No means no."""

    def test_a_refused_fence_changes_nothing_now_or_later(self, hospital: Hospital) -> None:
        before = hospital.world.state()
        deps = hospital.worker(ASK)
        case = respond(deps, asks=REFUSE)
        again = go_on(case, deps)
        assert (case.verdict, again.verdict, hospital.world.state()) == (Verdict.REFUSED, Verdict.REFUSED, before)
        assert kinds(case, deps)[-1] == "declined"

    def test_a_fence_that_stands_is_swept_on_when_its_wider_part_is_refused(self, hospital: Hospital) -> None:
        hospital.evidence.reachable = False
        deps = hospital.worker()
        case = respond(deps, asks=REFUSE)
        assert (case.verdict, case.declined) == (Verdict.PARTIAL, (Wave.SWEEP,))
        assert hospital.world.look(EXPORT, DenyAll) == ()
        assert ours(hospital, CHARTS)
        assert any("refused" in left.reason for left in case.left)
        hospital.world.put(CHARTS, PolicyStatement(sid=ours(hospital, CHARTS)[0], body=None))
        again = go_on(case, deps)
        assert (again.verdict, again.awaiting) == (Verdict.PARTIAL, None)
        assert ours(hospital, CHARTS)


class TestPause:
    """The stop button."""

    def test_a_pause_before_the_fence_stops_it(self, hospital: Hospital) -> None:
        before = hospital.world.state()
        deps = hospital.worker()
        deps.cases.pause("dr-no")
        case = respond(deps)
        assert (case.stage, hospital.world.state()) == (Stage.FENCE, before)
        deps.cases.resume("dr-no")
        assert go_on(case, deps).verdict is Verdict.CONTAINED

    @pytest.mark.parametrize("stage", [Stage.PRESERVE, Stage.SWEEP, Stage.HOLD])
    def test_a_pause_stops_this_stage_too(self, hospital: Hospital, stage: Stage) -> None:
        deps = hospital.worker()
        case = respond(deps)
        moved = under_lease(case, deps, lambda c: c.but(stage=stage, quiet_sweeps=0))
        hospital.world.put(EXPORT, DenyAll(on=False))
        writes = len(hospital.world.writes)
        deps.cases.pause("dr-no")
        go_on(moved, deps)
        assert len(hospital.world.writes) == writes
        deps.cases.resume("dr-no")
        go_on(moved, deps)
        assert hospital.world.look(EXPORT, DenyAll) == (DenyAll(on=True, via="inline"),)


class TestRelease:
    """One target is given back at once, and left alone from then on."""

    def test_a_released_store_is_as_it_was_and_stays_so(self, hospital: Hospital) -> None:
        before = hospital.world.state()[CHARTS]
        deps = hospital.worker()
        case = released(respond(deps), deps, CHARTS.name)
        assert hospital.world.state()[CHARTS] == before
        go_on(case, deps)
        assert hospital.world.state()[CHARTS] == before
        assert ours(hospital, KEY)

    def test_a_released_user_works_again_and_stays_so(self, hospital: Hospital) -> None:
        before = hospital.world.state()[EXPORT]
        deps = hospital.worker()
        case = released(respond(deps), deps, EXPORT.id)
        go_on(case, deps)
        assert hospital.world.state()[EXPORT] == before

    def test_the_last_actor_that_is_released_is_named_nowhere_any_more(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        case = go_on(released(respond(deps), deps, EXPORT.id), deps)
        assert case.scope.standings == ()
        assert all("AIDAEXPORT" not in (s.body or "") for t in (CHARTS, KEY) for s in hospital.world.look(t, PolicyStatement))

    def test_what_is_no_target_is_answered_by_those_that_are(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        with pytest.raises(BadInput, match="imaging-export"):
            release_plan(respond(deps), deps, "nobody")

    def test_a_release_approves_exactly_what_was_shown(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        case = respond(deps)
        with pytest.raises(NotApproved, match="look again"):
            undo(case, deps, release_plan(case, deps, CHARTS.name), "0" * 64, "dr-no", whole=False)


class TestRollback:
    """What was legitimate is restored, the attacker's work stays undone, and the thief is still refused."""

    def test_what_hurts_others_is_undone_and_what_names_the_actor_stays(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        case = rolled_back(respond(deps), deps)
        assert case.verdict is Verdict.ROLLED_BACK
        assert hospital.world.look(EXPORT, DenyAll) == (DenyAll(on=True, via="inline"),)
        assert ours(hospital, CHARTS)
        assert hospital.world.look(CHARTS, PublicAccessBlock) == ()
        assert hospital.world.look(CHARTS, ObjectOwnership) == ()
        assert [r.enabled for r in hospital.world.look(CHARTS, LifecycleRule)] == [True]
        assert ours(hospital, VAULT) == []

    def test_everybody_elses_statements_are_where_they_were(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        rolled_back(respond(deps), deps)
        assert READERS in hospital.world.look(CHARTS, PolicyStatement)
        assert CLINICIANS in hospital.world.look(KEY, PolicyStatement)

    def test_what_the_thief_had_done_is_not_restored(self, hospital: Hospital) -> None:
        hospital.world.put(CHARTS, Versioning(status="Suspended"))
        alert = signal(THIEF, CHARTS, event="PutBucketVersioning")
        hospital.sources.learn(alert)
        deps = hospital.worker()
        rolled_back(respond(deps, alert), deps)
        assert hospital.world.look(CHARTS, Versioning) == (Versioning(status="Enabled"),)

    def test_what_somebody_changed_since_is_left(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        case = respond(deps)
        theirs = ObjectOwnership(rule="BucketOwnerPreferred")
        hospital.world.put(CHARTS, theirs)
        done = rolled_back(case, deps)
        assert hospital.world.look(CHARTS, ObjectOwnership) == (theirs,)
        assert done.waves[-1].counts[Status.LEFT] == 1

    def test_nothing_runs_by_itself_after_it(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        case = rolled_back(respond(deps), deps)
        state = hospital.world.state()
        assert go_on(case, deps).verdict is Verdict.ROLLED_BACK
        assert hospital.world.state() == state

    def test_a_fence_whose_writer_could_not_say_so_is_undone_as_well(self, hospital: Hospital) -> None:
        before = hospital.world.state()
        sinks = (TiringSink("first", OPENED + INTENDED), TiringSink("second", OPENED + INTENDED))
        hospital.sinks = sinks
        respond(hospital.worker(), patience=Patience(hold_seconds=1))
        assert hospital.world.state() != before
        for sink in sinks:
            sink.strength, sink.down = 1000, False
        deps = hospital.worker()
        case = respond(deps)
        for target in (EXPORT, CHARTS):
            case = released(case, deps, target.id)
            assert hospital.world.state()[target] == before[target]

    def test_a_rollback_is_sealed_by_a_checkpoint(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        case = rolled_back(respond(deps), deps)
        assert [k for k in kinds(case, deps) if k in {"approved", "intended", "outcome"}][-3:] == [
            "approved",
            "intended",
            "outcome",
        ]


def test_a_note_is_on_record_and_not_in_clear(hospital: Hospital) -> None:
    deps = hospital.worker()
    case = respond(deps)
    note(case, deps, "Jane Doe's chart was open on ward 7", "dr-no")
    (entry,) = [e for e in deps.journal(case.id).entries() if e.kind == "note"]
    assert "Jane" not in str(entry.body)
    assert deps.journal(case.id).blobs(str(entry.body["blob"])) == b"Jane Doe's chart was open on ward 7"


def test_a_person_is_asked_where_a_wider_fence_would_hurt_others(hospital: Hospital) -> None:
    colleague = THIEF.but(access_key="AKIACOLLEAGUE")
    hospital.evidence.happened(act(colleague, "GetObject", CHARTS, address=""))
    case = respond(hospital.worker())
    assert case.verdict is Verdict.AWAITING_APPROVAL
    assert hospital.world.look(EXPORT, DenyAll) == ()
    assert ours(hospital, CHARTS)
    assert case.awaiting
    assert "AKIACOLLEAGUE" in case.awaiting.why or "does not show" in case.awaiting.why
    deps = hospital.worker()
    assert go_on(case, deps, asks=YES).verdict is Verdict.CONTAINED
    assert hospital.world.look(EXPORT, DenyAll) == (DenyAll(on=True, via="inline"),)
