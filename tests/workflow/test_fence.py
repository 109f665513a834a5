"""From an alert to a fence that holds."""

from shared.domain.case import Mode, Stage, Verdict
from shared.domain.facet import AccessKeyStatus, DenyAll, LifecycleRule, PolicyStatement, PublicAccessBlock, TrailLogging
from shared.domain.plan import Status, Wave
from shared.settings import Modes, OneWay, Policy
from shared.workflow import history
from tests.hospital import CHARTS, CLINICIANS, EXPORT, KEY, LOG, READERS, REPLICA, TRAIL, VAULT, Hospital, built, signal
from tests.workflow.driving import FOR_EVER, YES, go_on, respond


def test_the_thief_is_out_and_the_case_contained(hospital: Hospital) -> None:
    case = respond(hospital.worker())
    assert case.verdict is Verdict.CONTAINED
    assert case.left == ()
    assert hospital.world.look(EXPORT, DenyAll) == (DenyAll(on=True, via="inline"),)
    assert [k.active for k in hospital.world.look(EXPORT, AccessKeyStatus)] == [False, False]


def test_the_data_is_fenced_on_the_store_its_key_and_every_replica(hospital: Hospital) -> None:
    respond(hospital.worker())
    for target in (CHARTS, KEY, REPLICA):
        assert any(s.sid.startswith("Codeblue") for s in hospital.world.look(target, PolicyStatement))
    assert PublicAccessBlock(block_acls=True, ignore_acls=True, block_policy=True, restrict_buckets=True) in hospital.world.look(
        CHARTS, PublicAccessBlock
    )
    assert [r.enabled for r in hospital.world.look(CHARTS, LifecycleRule)] == [False]


def test_what_the_clinicians_have_stays_in_every_policy(hospital: Hospital) -> None:
    respond(hospital.worker())
    assert READERS in hospital.world.look(CHARTS, PolicyStatement)
    assert CLINICIANS in hospital.world.look(KEY, PolicyStatement)


def test_a_trail_that_was_stopped_runs_again_and_its_bucket_and_the_backups_are_out_of_reach(hospital: Hospital) -> None:
    hospital.world.put(TRAIL, TrailLogging(on=False))
    respond(hospital.worker())
    assert hospital.world.look(TRAIL, TrailLogging) == (TrailLogging(on=True),)
    for target in (LOG, VAULT):
        assert any(s.sid.startswith("Codeblue") for s in hospital.world.look(target, PolicyStatement)), target


def test_a_case_that_nothing_disturbs_is_closed_and_sealed(hospital: Hospital) -> None:
    deps = hospital.worker()
    case = respond(deps, patience=FOR_EVER)
    assert (case.stage, case.verdict) == (Stage.CLOSE, Verdict.CONTAINED)
    assert [e.kind for e in deps.journal(case.id).entries()][-1] == "closed"


def test_one_intent_comes_before_the_first_write_and_one_outcome_after(hospital: Hospital) -> None:
    deps = hospital.worker()
    case = respond(deps)
    kinds = [e.kind for e in deps.journal(case.id).entries()]
    assert kinds[:3] == ["opened", "intended", "outcome"]


def test_the_calls_of_a_fence_are_known_again_when_the_audit_log_brings_them(hospital: Hospital) -> None:
    deps = hospital.worker()
    case = respond(deps)
    ids = [i for o in history.outcomes(case, deps.journal(case.id)) for i in o.request_ids]
    assert ids
    assert deps.cases.remembered(ids) == frozenset(ids)


class TestWhoDecides:
    """Observe plans, ask waits for a person, auto goes ahead; what can not be undone has a mode of its own."""

    def test_to_observe_changes_nothing_and_says_what_would_be_done(self, hospital: Hospital) -> None:
        before = hospital.world.state()
        deps = hospital.worker(Policy(modes=Modes(fence=Mode.OBSERVE)))
        case = respond(deps, asks=YES)
        assert (case.verdict, hospital.world.state()) == (Verdict.OBSERVED, before)
        assert {o.status for o in history.outcomes(case, deps.journal(case.id))} == {Status.PLANNED}

    def test_to_ask_changes_nothing_until_somebody_answers(self, hospital: Hospital) -> None:
        before = hospital.world.state()
        case = respond(hospital.worker(Policy(modes=Modes(fence=Mode.ASK))))
        assert (case.verdict, hospital.world.state()) == (Verdict.AWAITING_APPROVAL, before)
        assert case.awaiting
        assert case.awaiting.why == "the policy asks first"
        assert [p.subject for p in hospital.notifier.pages] == ["A decision is needed"]

    def test_one_approval_covers_the_fence_what_preserves_and_the_sweeps(self, hospital: Hospital) -> None:
        modes = Modes(fence=Mode.ASK, preserve=Mode.ASK, sweep=Mode.ASK)
        case = respond(hospital.worker(Policy(modes=modes)), asks=YES)
        assert case.verdict is Verdict.CONTAINED
        assert [(a.by, a.granted) for a in case.approvals] == [("dr-no", True)]
        assert any(s.sid.startswith("Codeblue") for s in hospital.world.look(VAULT, PolicyStatement))

    def test_a_sweep_does_not_do_by_itself_what_the_policy_asks_first(self, hospital: Hospital) -> None:
        case = respond(hospital.worker(Policy(modes=Modes(preserve=Mode.ASK))))
        assert case.verdict is Verdict.AWAITING_APPROVAL
        assert hospital.world.look(VAULT, PolicyStatement) == ()

    def test_a_sweep_does_not_do_what_the_policy_only_observes_and_asks_nobody_about_it(self, hospital: Hospital) -> None:
        case = respond(hospital.worker(Policy(modes=Modes(preserve=Mode.OBSERVE))))
        assert case.verdict is Verdict.CONTAINED
        assert hospital.world.look(VAULT, PolicyStatement) == ()

    def test_an_alert_that_could_not_be_confirmed_asks(self, hospital: Hospital) -> None:
        hospital.sources.reachable = False
        case = respond(hospital.worker())
        assert (case.mode, case.verdict) == (Mode.ASK, Verdict.AWAITING_APPROVAL)

    def test_an_alert_that_its_source_does_not_know_asks(self, hospital: Hospital) -> None:
        before = hospital.world.state()
        case = respond(hospital.worker(), signal(id="finding-2"))
        assert (case.mode, hospital.world.state()) == (Mode.ASK, before)

    def test_what_can_not_be_undone_is_only_done_where_the_policy_says_so(self, hospital: Hospital) -> None:
        careful = respond(hospital.worker(Policy(one_way=OneWay(mode=Mode.ASK))))
        assert careful.verdict is Verdict.CONTAINED


def test_waves_are_put_on_the_case_in_order_and_with_their_counts(hospital: Hospital) -> None:
    case = respond(hospital.worker())
    assert [w.wave for w in case.waves] == [Wave.FENCE, Wave.PRESERVE, Wave.SWEEP]
    assert case.waves[0].counts[Status.APPLIED] > 0
    assert Status.FAILED not in case.waves[0].counts


def test_going_on_with_a_case_that_holds_changes_nothing(hospital: Hospital) -> None:
    deps = hospital.worker()
    case = respond(deps)
    writes = len(hospital.world.writes)
    again = go_on(case, deps)
    assert (again.verdict, len(hospital.world.writes)) == (Verdict.CONTAINED, writes)


def test_what_is_so_already_is_not_asked_about() -> None:
    open_one, blocked = built(), built()
    blocked.world.put(CHARTS, PublicAccessBlock(block_acls=True, ignore_acls=True, block_policy=True, restrict_buckets=True))
    asking = Policy(modes=Modes(fence=Mode.ASK))
    counts = [respond(hospital.worker(asking)).waves[-1].counts[Status.PLANNED] for hospital in (open_one, blocked)]
    assert counts[1] == counts[0] - 1
