"""The end of an old key: disabled where nothing needs it and a person agrees, else left to restores, with the reason."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.domain.case import Case, Mode, Stage, Verdict
from shared.domain.facet import AliasTarget, EncryptedWith, Grant, KeyState, Successor
from shared.domain.plan import Status, Wave
from shared.domain.resource import Kind, Ref
from shared.ports import Relation
from shared.settings import Modes, OneWay, Policy, Responder
from shared.workflow import history
from shared.workflow.deciding import rollback_plan, undo
from tests.hospital import ALERT, CHARTS, CLINICIAN, DELEGATION, HOME, KEY, SESSION, THIEF, Hospital, act, bodies, ref
from tests.workflow.after_proof import LAST_WEEK, OTHER_KEY, RESTORER, WARD, Morning, said, used, wrote
from tests.workflow.driving import REFUSE, go_on, respond

DISK = ref(Kind.SNAPSHOT, "snap-1")
ALIAS = Ref(cloud=KEY.cloud, kind=Kind.ALIAS, account=HOME, region="us-east-1", id=f"arn:aws:kms:us-east-1:{HOME}:alias/charts")
TOPIC = Ref(cloud=KEY.cloud, kind=Kind.TOPIC, account=HOME, region="us-east-1", id=f"arn:aws:sns:us-east-1:{HOME}:results")
STRANGER = THIEF.but(principal=ref(Kind.USER, "contractor"), unique_id="AIDACONTRACT", access_key="AKIACONTRACT")


@pytest.fixture
def morning(hospital: Hospital) -> Morning:
    return Morning(hospital)


def fence_of(morning: Morning, key: Ref) -> dict[str, object] | None:
    """The deny that leaves the key to restores alone."""
    return next((body for sid, body in bodies(morning.hospital, key).items() if sid[-4:] == "1100"), None)


def test_one_tenants_key_is_disabled_and_the_others_fenced_with_the_reason(morning: Morning) -> None:
    deps = morning.worker()
    case = morning.to_the_end(morning.until(Wave.RETIRE, deps), deps)
    assert (morning.enabled(KEY), morning.enabled(OTHER_KEY)) == (False, True)
    assert fence_of(morning, KEY)
    assert fence_of(morning, OTHER_KEY)
    assert any("retained in compliance mode" in left.reason and not left.blocks for left in said(case, OTHER_KEY))
    assert (case.verdict, case.scope.retired) == (Verdict.CONTAINED, (KEY,))


def test_nothing_is_disabled_before_a_person_agrees_to_the_very_digest(morning: Morning) -> None:
    case = morning.until(Wave.RETIRE, morning.worker())
    assert case.awaiting
    assert case.awaiting.digest == next(p.digest for p in case.plans if p.wave is Wave.RETIRE)
    assert (case.stage, morning.enabled(KEY), fence_of(morning, KEY)) == (Stage.SWEEP, True, None)


def test_a_question_that_nobody_answered_in_time_is_asked_anew(morning: Morning) -> None:
    deps = morning.worker()
    case = morning.until(Wave.RETIRE, deps)
    assert case.awaiting
    morning.hospital.clock.sleep(deps.policy.approval.expires.total_seconds() + 1)
    again = go_on(case, deps)
    assert again.awaiting
    assert again.awaiting.expires > morning.hospital.clock.now()
    assert morning.to_the_end(again, deps).scope.retired == (KEY,)


def test_no_policy_disables_a_key_by_itself(morning: Morning) -> None:
    auto = Mode.AUTO
    policy = Policy(modes=Modes(rekey=auto, migrate=auto, enforce=auto, retire=auto), one_way=OneWay(mode=auto))
    case = morning.until(Wave.RETIRE, morning.worker(policy))
    assert case.awaiting
    assert (case.awaiting.wave, morning.enabled(KEY)) == (Wave.RETIRE, True)


def test_one_unexplained_decrypt_in_the_window_keeps_the_key_enabled(morning: Morning) -> None:
    morning.traffic.used(used(KEY))
    deps = morning.worker()
    case = morning.to_the_end(morning.until(Wave.RETIRE, deps), deps)
    assert morning.enabled(KEY)
    (why,) = said(case, KEY)
    assert f"{CLINICIAN.id} used it 1 times" in why.reason


def test_a_rightful_user_that_still_needs_the_key_is_not_refused(morning: Morning) -> None:
    morning.traffic.used(used(KEY))
    deps = morning.worker()
    morning.to_the_end(morning.until(Wave.RETIRE, deps), deps)
    assert CLINICIAN.id in str((fence_of(morning, KEY) or {})["Condition"])
    assert CLINICIAN.id not in str((fence_of(morning, OTHER_KEY) or {})["Condition"])


def test_the_role_that_restores_is_let_in_and_one_that_does_not_exist_is_named(morning: Morning) -> None:
    gone = ref(Kind.ROLE, "restore-of-old")
    deps = morning.worker(Policy(responder=Responder(restore=(RESTORER.id, gone.id))))
    case = morning.to_the_end(morning.until(Wave.RETIRE, deps), deps)
    body = fence_of(morning, OTHER_KEY) or {}
    assert RESTORER.id in str(body["Condition"])
    assert gone.id not in str(bodies(morning.hospital, OTHER_KEY))
    assert any(left.target == gone.id for left in case.people)


def _elsewhere(morning: Morning) -> None:
    billing = ref(Kind.BUCKET, "billing")
    morning.hospital.world.put(billing, EncryptedWith(key=KEY.id))
    morning.hospital.world.relate(KEY, Relation.DEPENDANTS, CHARTS, billing)


BEFORE: dict[str, Callable[[Morning], object]] = {
    "a disk that only people can move": lambda m: m.hospital.world.relate(KEY, Relation.LISTED, DISK),
    "a service that holds a grant": lambda m: m.hospital.world.put(
        KEY, Grant(spec='{"GranteePrincipal":"rds.amazonaws.com","Operations":["Decrypt"]}', present=True)
    ),
    "uses that can not all be read": lambda m: setattr(m.traffic, "whole", False),
    "somebody who names it when it writes": lambda m: m.traffic.requested(wrote(CHARTS, scheme="aws:kms", key=KEY.id)),
    "a decrypt within a store that nobody has moved": lambda m: m.traffic.used(used(KEY, within="arn:aws:s3:::elsewhere")),
    "a bucket that is none of the case and used it": _elsewhere,
    "a decrypt that only says it was for a chart": lambda m: m.traffic.used(used(KEY, within=CHARTS.id, by_service=False)),
    "a stranger's decrypt": lambda m: m.traffic.used(used(KEY, STRANGER)),
    "a log that still encrypts with it": lambda m: m.traffic.used(used(KEY, within="arn:aws:logs:log-group")),
}


def test_what_was_done_under_the_role_of_jobs_is_not_by_that_ours(morning: Morning) -> None:
    role = ref(Kind.ROLE, "codeblue-batch")
    morning.traffic.used(used(KEY, WARD.but(principal=role, unique_id="AROAJOBS"), within="arn:aws:s3:::elsewhere"))
    deps = morning.worker(exempt=frozenset({"AROAJOBS"}), lent=("*codeblue-batch",))
    case = morning.to_the_end(morning.until(Wave.RETIRE, deps), deps)
    assert morning.enabled(KEY)
    assert any("used it 1 times" in left.reason for left in said(case, KEY))


@pytest.mark.parametrize("there", BEFORE.values(), ids=BEFORE)
def test_what_needs_the_key_keeps_it_enabled(morning: Morning, there: Callable[[Morning], object]) -> None:
    there(morning)
    deps = morning.worker()
    case = morning.to_the_end(morning.until(Wave.RETIRE, deps), deps)
    assert morning.enabled(KEY)
    assert fence_of(morning, KEY)
    assert any(left.reason.startswith("the old key is fenced and not disabled") for left in said(case, KEY))


def test_an_alias_that_was_not_moved_keeps_the_key_enabled(morning: Morning) -> None:
    world = morning.hospital.world
    deps = morning.worker()
    case = morning.until(Wave.RETIRE, deps)
    world.put(ALIAS, AliasTarget(key=KEY.id))
    world.relate(KEY, Relation.ALIASES, ALIAS)
    morning.to_the_end(case, deps)
    assert morning.enabled(KEY)


def _topic(morning: Morning) -> None:
    morning.hospital.world.put(TOPIC, EncryptedWith(key=KEY.id))
    morning.hospital.world.relate(KEY, Relation.DEPENDANTS, CHARTS, TOPIC)
    morning.traffic.used(used(KEY, within=TOPIC.id, name="GenerateDataKey"))


def test_where_nothing_was_moved_no_key_is_disabled(morning: Morning) -> None:
    deps = morning.worker()

    def refuses_the_migration(case: Case) -> tuple[str, bool] | None:
        return ("dr-no", not (case.awaiting and case.awaiting.wave is Wave.MIGRATE))

    case = respond(deps, morning.alert, asks=refuses_the_migration)
    assert case.declined == (Wave.MIGRATE,)
    assert (morning.enabled(KEY), morning.enabled(OTHER_KEY)) == (True, True)
    assert any("has not been moved and proved" in left.reason for left in said(case, KEY))


def test_a_log_that_is_late_is_waited_for_and_the_sweeps_go_on(morning: Morning) -> None:
    morning.traffic.through = LAST_WEEK
    deps = morning.worker()
    case = morning.until(Wave.RETIRE, deps)
    assert (case.stage, case.awaiting, fence_of(morning, KEY)) == (Stage.SWEEP, None, None)
    assert case.verdict is Verdict.CONTAINED
    morning.traffic.through = None
    morning.to_the_end(morning.to_the_end(case, deps), deps)
    assert not morning.enabled(KEY)


def test_a_log_that_never_comes_keeps_the_key_enabled_and_fenced(morning: Morning) -> None:
    morning.traffic.through = LAST_WEEK
    deps = morning.worker()
    case = morning.until(Wave.RETIRE, deps)
    morning.hospital.clock.sleep(3601)
    case = morning.to_the_end(case, deps)
    assert morning.enabled(KEY)
    assert fence_of(morning, KEY)
    assert any("does not reach beyond" in left.reason for left in said(case, KEY))


EXPLAINED: dict[str, Callable[[Morning], object]] = {
    "the actor's own": lambda m: m.traffic.used(used(KEY, THIEF, at=ALERT)),
    "the responder's own": lambda m: m.traffic.used(used(KEY, WARD.but(unique_id="AROARESPONDER"))),
    "of a chart before it moved": lambda m: m.traffic.used(used(KEY, within=CHARTS.id)),
    "refused": lambda m: m.traffic.used(used(KEY, failed=True)),
    "of a topic that uses the successor": _topic,
}


@pytest.mark.parametrize("use", EXPLAINED.values(), ids=EXPLAINED)
def test_what_is_explained_keeps_no_key_enabled(morning: Morning, use: Callable[[Morning], object]) -> None:
    use(morning)
    deps = morning.worker()
    case = morning.to_the_end(morning.until(Wave.RETIRE, deps), deps)
    assert not morning.enabled(KEY), said(case, KEY)


def test_a_chart_read_under_the_old_key_after_everything_had_moved_is_not_explained(morning: Morning) -> None:
    deps = morning.worker()
    case = morning.until(Wave.RETIRE, deps)
    morning.hospital.clock.sleep(60)
    morning.traffic.used(used(KEY, within=CHARTS.id, at=morning.hospital.clock.now()))
    case = morning.to_the_end(case, deps)
    assert morning.enabled(KEY)
    assert any(CHARTS.id in left.reason for left in said(case, KEY))


def test_a_use_that_comes_after_the_approval_stops_the_disabling_and_is_asked_about_anew(morning: Morning) -> None:
    deps = morning.worker()
    case = morning.until(Wave.RETIRE, deps)
    answers = iter([("dr-no", True), None])

    def late(_: object) -> tuple[str, bool] | None:
        morning.traffic.used(used(KEY))
        return next(answers)

    again = go_on(case, deps, asks=late)
    assert morning.enabled(KEY)
    assert again.awaiting
    assert again.awaiting.digest != (case.awaiting and case.awaiting.digest)


def test_where_nobody_can_say_who_uses_a_key_it_stays_as_the_fence_left_it(morning: Morning) -> None:
    deps = morning.worker(traffic=None)
    case = morning.to_the_end(morning.until(Wave.RETIRE, deps), deps)
    assert (morning.enabled(KEY), fence_of(morning, KEY)) == (True, None)
    assert any("nobody can say who needs it" in left.reason for left in said(case, KEY))
    assert case.verdict is Verdict.CONTAINED


def test_a_rollback_enables_the_key_again_and_takes_its_fence_back(morning: Morning) -> None:
    deps = morning.worker()
    case = morning.to_the_end(morning.until(Wave.RETIRE, deps), deps)
    wanted = rollback_plan(case, deps)
    back = undo(case, deps, wanted, wanted.digest, "dr-no", whole=True)
    assert morning.enabled(KEY)
    assert fence_of(morning, KEY) is None
    assert back.verdict is Verdict.ROLLED_BACK


def test_sweeps_do_not_enable_a_key_that_the_thief_had_disabled_before_we_retired_it(morning: Morning) -> None:
    morning.hospital.evidence.happened(act(THIEF, "DisableKey", KEY))
    deps = morning.worker()
    case = morning.to_the_end(morning.until(Wave.RETIRE, deps), deps)
    assert not morning.enabled(KEY)
    morning.hospital.clock.sleep(400)
    morning.to_the_end(case, deps)
    assert not morning.enabled(KEY)


def test_a_replica_is_a_key_of_its_own_and_ends_like_one(morning: Morning) -> None:
    world, replica = morning.hospital.world, KEY.but(region="eu-west-1", id=KEY.id.replace("us-east-1", "eu-west-1"))
    world.relate(KEY, Relation.REPLICAS, replica)
    world.put(replica, DELEGATION, KeyState(enabled=True, deletion_pending=False))
    deps = morning.worker()
    case = respond(deps, morning.alert)
    new = replica.but(id=f"{replica.id}-of-{case.id}")
    world.put(new, KeyState(enabled=True, deletion_pending=False))
    world.put(replica, Successor(case=case.id, key=new.id))
    morning.traffic.used(used(replica))
    morning.to_the_end(case, deps)
    assert fence_of(morning, replica)
    assert (morning.enabled(KEY), morning.enabled(replica)) == (False, True)


def test_refused_the_keys_stay_as_they_are(morning: Morning) -> None:
    deps = morning.worker()
    case = go_on(morning.until(Wave.RETIRE, deps), deps, asks=REFUSE)
    assert case.declined == (Wave.RETIRE,)
    assert (morning.enabled(KEY), fence_of(morning, KEY)) == (True, None)


def test_what_became_of_it_is_on_record(morning: Morning) -> None:
    deps = morning.worker()
    case = morning.to_the_end(morning.until(Wave.RETIRE, deps), deps)
    outcomes = history.results(case, deps.journal(case.id), Wave.RETIRE)
    assert {r.outcome.status for r in outcomes} == {Status.APPLIED}
    assert {r.change.target for r in outcomes} == {KEY, OTHER_KEY}


def test_a_thief_is_explained_only_as_far_as_it_is_the_thief(morning: Morning) -> None:
    morning.traffic.used(used(KEY, SESSION, at=ALERT + timedelta(seconds=1)))
    deps = morning.worker()
    morning.to_the_end(morning.until(Wave.RETIRE, deps), deps)
    assert morning.enabled(KEY)
