"""After the proof, denies that stay: of what nobody was seen doing, and of nothing else."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from shared.adapters.memory.traffic import MemoryTraffic
from shared.domain.case import Stage
from shared.domain.exposure import Blind, Told
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Wave
from shared.domain.resource import Ref
from shared.ports import Request
from shared.settings import FenceRules, Policy
from shared.workflow import observing
from tests.hospital import ALERT, CHARTS, CLINICIAN, READERS, THIEF, Hospital, act, bodies, statement
from tests.workflow.after_proof import LAST_WEEK, OTHERS, WARD, Morning, said, up_to, wrote
from tests.workflow.driving import YES, go_on

BARE, WEAKER, OTHER_KEY, IN_CLEAR, OLD_TLS = range(5)
ALL = {BARE, WEAKER, OTHER_KEY, IN_CLEAR, OLD_TLS}


@pytest.fixture
def morning(hospital: Hospital) -> Morning:
    return Morning(hospital)


def lasting(morning: Morning, store: Ref = CHARTS) -> set[int]:
    """Numbers of the lasting denies on the store."""
    return {int(sid[-2:]) for sid in bodies(morning.hospital, store) if sid[-4:-2] == "10"}


def enforced(morning: Morning, policy: Policy | None = None) -> None:
    deps = morning.worker(policy)
    go_on(morning.until(Wave.ENFORCE, deps), deps, asks=up_to(Wave.RETIRE))


def test_nothing_is_denied_before_a_person_agrees_to_the_very_digest(morning: Morning) -> None:
    case = morning.until(Wave.ENFORCE, morning.worker())
    assert case.awaiting
    assert (case.stage, case.awaiting.wave, lasting(morning)) == (Stage.SWEEP, Wave.ENFORCE, set())
    assert case.awaiting.digest == next(p.digest for p in case.plans if p.wave is Wave.ENFORCE)


def test_where_every_writer_does_as_it_should_all_of_it_is_denied(morning: Morning) -> None:
    enforced(morning)
    assert (lasting(morning), lasting(morning, OTHERS)) == (ALL, ALL)


def test_each_store_is_held_to_its_own_successor(morning: Morning) -> None:
    enforced(morning)
    texts = [str(bodies(morning.hospital, store)) for store in (CHARTS, OTHERS)]
    assert all("-of-cb-" in text for text in texts)
    assert "0b6f22e1-of" not in texts[0]


ROWS = {
    "a writer without a header": (wrote(CHARTS), {BARE}),
    "a part of an upload, which never has one": (wrote(CHARTS, name="UploadPart"), {BARE}),
    "a writer that asks for S3's own key": (wrote(CHARTS, scheme="AES256"), {WEAKER}),
    "a writer that names the old key": (wrote(CHARTS, scheme="aws:kms", key="arn:aws:kms:old"), {OTHER_KEY}),
    "a writer that names a key by its alias": (wrote(CHARTS, scheme="aws:kms", key="alias/charts"), {OTHER_KEY}),
    "a client in clear": (wrote(CHARTS, scheme="aws:kms", tls="plaintext"), {IN_CLEAR, OLD_TLS}),
    "a client with TLS 1.1": (wrote(CHARTS, scheme="aws:kms", tls="TLSv1.1"), {OLD_TLS}),
    "a client whose TLS nobody wrote down": (wrote(CHARTS, scheme="aws:kms", tls=""), {IN_CLEAR, OLD_TLS}),
    "a writer that does as it should": (wrote(CHARTS, scheme="aws:kms"), set()),
}


@pytest.mark.parametrize(("seen", "spared"), ROWS.values(), ids=ROWS)
def test_whoever_was_seen_is_not_refused_and_it_is_said(morning: Morning, seen: Request, spared: set[int]) -> None:
    morning.traffic.requested(seen)
    enforced(morning)
    case = morning.hospital.cases.all()[0]
    assert lasting(morning) == ALL - spared
    assert lasting(morning, OTHERS) == ALL
    told = [left for left in said(case, CHARTS) if "are not refused" in left.reason]
    assert len(told) == len(spared)
    assert all(CLINICIAN.id in left.reason and not left.blocks for left in told)


def test_the_thiefs_own_way_of_writing_spares_nobody(morning: Morning) -> None:
    morning.traffic.requested(wrote(CHARTS, THIEF, scheme="AES256"), wrote(CHARTS, WARD.but(unique_id="AROARESPONDER")))
    enforced(morning)
    assert lasting(morning) == ALL


def test_our_own_and_break_glass_are_exempt_and_the_services_too(morning: Morning) -> None:
    enforced(morning)
    conditions = [b["Condition"] for sid, b in bodies(morning.hospital, CHARTS).items() if sid[-4:-2] == "10"]
    assert all("AROARESPONDER" in str(c) and "aws:PrincipalIsAWSService" in str(c) for c in conditions)


def test_a_store_whose_writers_nobody_recorded_gets_no_lasting_deny(morning: Morning) -> None:
    del morning.traffic.watch[CHARTS]
    enforced(morning)
    case = morning.hospital.cases.all()[0]
    assert (lasting(morning), lasting(morning, OTHERS)) == (set(), ALL)
    assert any(left.next == observing.BLIND and not left.blocks for left in said(case, CHARTS))


@pytest.mark.parametrize(("days", "denied"), [(1, ALL), (7, set())])
def test_a_night_that_nobody_recorded_hides_no_writer_but_a_week_does(morning: Morning, days: int, denied: set[int]) -> None:
    gap = Blind(since=LAST_WEEK, until=LAST_WEEK + (ALERT - LAST_WEEK) / 7 * days, why="the trail was stopped")
    morning.traffic.watch[CHARTS] = (Told.DATA_EVENTS,)
    morning.traffic.blind[CHARTS] = (gap,)
    enforced(morning)
    assert lasting(morning) == denied


def test_the_policy_says_how_old_tls_may_be(morning: Morning) -> None:
    morning.traffic.requested(wrote(CHARTS, scheme="aws:kms", tls="TLSv1.2"))
    enforced(morning, Policy(fence=FenceRules(tls_floor="1.3")))
    assert lasting(morning) == ALL - {OLD_TLS}
    assert '"s3:TlsVersion": "1.3"' in str(bodies(morning.hospital, OTHERS)).replace("'", '"')


def test_without_a_floor_tls_is_left_alone(morning: Morning) -> None:
    enforced(morning, Policy(fence=FenceRules(tls_floor="off")))
    assert lasting(morning) == {BARE, WEAKER, OTHER_KEY}


EVERYBODY = statement("Audit", Effect="Allow", Principal="*", Action="s3:GetObject", Resource="*")
PARTNER = statement("Registry", Effect="Allow", Principal={"AWS": "arn:aws:iam::999988887777:root"}, Action="s3:*", Resource="*")


@pytest.mark.parametrize(
    ("left", "wrote", "denied"),
    [
        pytest.param(EVERYBODY, True, ALL, id="what the thief left in a policy is taken out, and does not keep them out"),
        pytest.param(EVERYBODY, False, set[int](), id="what the thief was not seen writing stays, and people are told"),
        pytest.param(PARTNER, True, set[int](), id="a partner's statement makes no room for them, whoever else wrote the policy"),
    ],
)
def test_where_a_policy_takes_no_more(morning: Morning, left: PolicyStatement, *, wrote: bool, denied: set[int]) -> None:
    if wrote:
        morning.hospital.evidence.happened(act(THIEF, "PutBucketPolicy", CHARTS, at=ALERT))
    deps, world, document = morning.worker(), morning.hospital.world, (CHARTS, READERS.document)
    case = morning.until(Wave.ENFORCE, deps)
    world.put(CHARTS, left)
    world.shut.add(document)
    if left is PARTNER:
        world.room[document] = sum(len(f.model_dump_json()) for f in world.look(CHARTS, PolicyStatement))
    after = go_on(case, deps, asks=up_to(Wave.RETIRE))
    assert (lasting(morning), left.sid in bodies(morning.hospital, CHARTS)) == (denied, not denied)
    assert any(each.next == "do it by hand" for each in said(after, CHARTS)) is not bool(denied)


def test_a_writer_that_comes_after_the_approval_is_not_refused(morning: Morning) -> None:
    deps = morning.worker()
    case = morning.until(Wave.ENFORCE, deps)
    answers = iter([("dr-no", True), None])

    def late(_: object) -> tuple[str, bool] | None:
        morning.traffic.requested(wrote(CHARTS))
        morning.hospital.clock.sleep(observing.FRESH_SECONDS)  # nobody reads a plan in less, and a log is not faster
        return next(answers)

    again = go_on(case, deps, asks=late)
    assert lasting(morning) == ALL - {BARE}
    assert again.awaiting is None or again.awaiting.wave is Wave.RETIRE


def test_a_plan_that_is_approved_at_once_reads_the_month_of_requests_once(morning: Morning) -> None:
    asked: list[object] = []

    class Counting(MemoryTraffic):
        def requests(self, stores: Sequence[Ref], since: datetime, until: datetime) -> Iterator[Request]:
            asked.append(until - since)
            return super().requests(stores, since, until)

    counting = Counting(morning.hospital.clock)
    counting.watch = morning.traffic.watch
    deps = morning.worker(traffic=lambda: counting)
    case = morning.until(Wave.ENFORCE, deps)
    go_on(case, deps, asks=YES)
    days = timedelta(days=deps.policy.limits.evidence_days)
    assert (asked.count(days), lasting(morning)) == (1, ALL)


def test_refused_nothing_is_denied_and_the_old_keys_are_thought_of_next(morning: Morning) -> None:
    deps = morning.worker()
    answers = iter([("dr-no", False), None])
    case = go_on(morning.until(Wave.ENFORCE, deps), deps, asks=lambda _: next(answers))
    assert case.declined == (Wave.ENFORCE,)
    assert lasting(morning) == set()
    assert case.awaiting
    assert case.awaiting.wave is Wave.RETIRE
