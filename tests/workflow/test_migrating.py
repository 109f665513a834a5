"""What is stored moves store by store, as far as it can; what does not is said, and tried again while the sweeps go on."""

from collections import Counter
from copy import replace
from datetime import timedelta

import pytest

from shared.adapters.memory.objects import MemoryObjects, MemoryStore
from shared.adapters.memory.traffic import MemoryTraffic
from shared.domain.case import Case, Mode, Verdict
from shared.domain.errors import Absent, Refused
from shared.domain.exposure import Told
from shared.domain.facet import AliasTarget, EncryptedWith, PolicyStatement, Successor
from shared.domain.plan import Wave
from shared.domain.resource import Kind, Ref
from shared.ports import KeyUse, Relation, Request
from shared.ports.objects import Encryption, Lock, Page, Scheme
from shared.reencryption.result import Progress
from shared.report.summary import summary
from shared.settings import Modes, Policy
from shared.workflow.deciding import rollback_plan
from tests.hospital import ALERT, CHARTS, CLINICIAN, EXPORT, KEY, SESSION, THIEF, Hospital, act, ref, signal
from tests.workflow.driving import YES, go_on, respond
from tests.workflow.recovering import ALIAS, OLD, Night, fallen

QUIET = Policy(modes=Modes(enforce=Mode.OBSERVE, retire=Mode.OBSERVE))
LABS = ref(Kind.BUCKET, "st-brendan-labs")
LAB_KEY = ref(Kind.KEY, "90b1c2d3")


def contained(night: Night) -> Case:
    case = respond(night.worker(), asks=YES)
    assert case.verdict is Verdict.CONTAINED
    return case


def of(case: Case, night: Night) -> dict[str, object]:
    return dict(summary(case, night.worker().journal(case.id), "memory"))


def reasons(case: Case, *, blocking: bool) -> list[str]:
    return [left.reason for left in case.people if left.blocks is blocking]


def with_labs(night: Night) -> None:
    """A second store of the alert, under a key of its own; one object of it is under the key of the charts."""
    world = night.hospital.world
    world.put(LABS, EncryptedWith(key=LAB_KEY.id))
    world.put(LAB_KEY)
    world.relate(LABS, Relation.KEYS, LAB_KEY)
    world.relate(LAB_KEY, Relation.DEPENDANTS, LABS)
    night.hospital.sources.learn(signal(THIEF, CHARTS, LABS))
    night.objects.stores[LABS] = MemoryStore()
    night.objects.write(LABS, "result 1", b"x", Encryption(Scheme.SSE_KMS, LAB_KEY.id))
    night.objects.write(LABS, "result 2", b"y", OLD)


class Counted(MemoryObjects):
    """Objects that count how often each store is listed."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: Counter[Ref] = Counter()

    def list(self, store: Ref, after: tuple[str, str] | None) -> Page:
        self.listed[store] += 1
        return super().list(store, after)


def test_a_store_is_gone_through_for_the_keys_that_it_holds_something_under(night: Night) -> None:
    with_labs(night)
    counted = Counted()
    counted.stores = night.objects.stores
    case = respond(replace(night, objects=counted).worker(), signal(THIEF, CHARTS, LABS), asks=YES)
    found = {(v.store, v.key): (v.total, v.updated, v.done) for v in case.versions}
    assert found == {
        (CHARTS, KEY): (12, 12, True),
        (CHARTS, LAB_KEY): (12, 0, True),
        (LABS, KEY): (2, 1, True),
        (LABS, LAB_KEY): (2, 1, True),
    }
    # once to move and once more to see that nothing is left, for each key that is there, and once for the proof of each
    assert counted.listed[CHARTS] <= counted.listed[LABS] - 2


class TestSaid:
    def test_the_counts_of_every_lane_and_reason_are_in_the_summary(self, night: Night) -> None:
        night.objects.write(CHARTS, "kept", b"x", OLD, lock=Lock("COMPLIANCE"))
        case = contained(night)
        assert of(case, night)["versions"] == {
            "total": 13,
            "updated": 12,
            "copied": 0,
            "multipart": 0,
            "blocked": [{"reason": "retained in compliance mode: nobody can change it before the date", "count": 1}],
        }
        assert any("1 versions stay" in reason for reason in reasons(case, blocking=False))

    def test_a_migration_is_a_wave_with_a_line_for_each_store(self, night: Night) -> None:
        (wave,) = [w for w in contained(night).waves if w.wave is Wave.MIGRATE]
        assert wave.counts == {"applied": 1}

    def test_people_are_told_how_far_it_is(self, night: Night) -> None:
        seen: list[tuple[Ref, Progress]] = []
        respond(night.worker(watch=lambda store, progress: seen.append((store, progress))), asks=YES)
        assert {store for store, _ in seen} == {CHARTS}
        assert seen[-1][1].done == seen[-1][1].total == 12

    def test_what_is_asked_is_shown_line_by_line(self, night: Night) -> None:
        asked = of(respond(night.worker()), night)["awaiting"]
        assert isinstance(asked, dict)
        assert {line["action"] for line in asked["changes"]} >= {"replace-key", "repoint", "move-alias", "admit-to-successor"}
        assert all(line["why"] for line in asked["changes"])


OBSERVED = {
    "rekey": ("the policy only observes the replacing of keys", 0),
    "migrate": ("the policy only observes migrations", 1),
}
"""Wave that the policy only observes: what is said then, and how many successors there are."""


@pytest.mark.parametrize("wave", OBSERVED)
def test_a_wave_that_is_only_observed_is_said_and_blocks_nothing(night: Night, wave: str) -> None:
    worker = night.worker(Policy(modes=Modes.model_validate({wave: Mode.OBSERVE})))
    case, (words, successors) = respond(worker, asks=YES), OBSERVED[wave]
    assert case.verdict is Verdict.CONTAINED
    assert any(words in reason for reason in reasons(case, blocking=False))
    assert len(night.hospital.world.look(KEY, Successor)) == successors
    assert night.schemes() == {KEY.id}
    assert go_on(case, worker, YES).verdict is Verdict.CONTAINED


class TestStores:
    def test_each_key_of_a_store_has_its_own_successor(self, night: Night) -> None:
        with_labs(night)
        case = respond(night.worker(), signal(THIEF, CHARTS, LABS), asks=YES)
        assert case.verdict is Verdict.CONTAINED
        new = {s.old: s.new.id for s in case.scope.successors}
        held = {name: kept[0].facts.encryption.key for name, kept in night.objects.stores[LABS].versions.items()}
        assert held == {"result 1": new[LAB_KEY], "result 2": new[KEY]}
        assert of(case, night)["versions"] == {"total": 14, "updated": 14, "copied": 0, "multipart": 0, "blocked": []}

    def test_one_that_does_not_let_us_look_stops_no_other_and_is_tried_again(self, night: Night) -> None:
        with_labs(night)
        labs = night.objects.stores.pop(LABS)
        worker = night.worker()
        case = respond(worker, signal(THIEF, CHARTS, LABS), asks=YES)
        assert case.verdict is Verdict.PARTIAL
        assert any("can not be looked at" in reason for reason in reasons(case, blocking=True))
        assert night.schemes() == {night.successor()}
        night.objects.stores[LABS] = labs
        again = go_on(case, worker, YES)
        assert again.verdict is Verdict.CONTAINED
        assert [len(v.blocked) for v in again.versions if v.done] == [0, 0, 0, 0]

    def test_who_goes_on_writing_under_the_old_key_is_a_matter_for_people(self, night: Night) -> None:
        def beside(call: str) -> None:
            if call == "list":
                night.objects.write(CHARTS, "ward", b"new", OLD)

        night.objects.beside = beside
        case = respond(night.worker(), asks=YES)
        assert case.verdict is Verdict.PARTIAL
        assert any("objects keep arriving under an old key" in reason for reason in reasons(case, blocking=True))
        night.objects.beside = lambda _: None
        assert go_on(case, night.worker(), YES).verdict is Verdict.CONTAINED
        assert night.schemes() == {night.successor()}


class TestStopped:
    def test_a_pause_stops_a_migration_between_two_moves(self, night: Night) -> None:
        worker = night.worker()

        def beside(call: str) -> None:
            if call == "update":
                night.hospital.cases.pause("dr-no")
                night.hospital.clock.sleep(6)

        night.objects.beside = beside
        case = respond(worker, asks=YES)
        assert case.stage.value == "migrate"
        assert KEY.id in night.schemes()
        night.objects.beside = lambda _: None
        night.hospital.cases.resume("dr-no")
        assert go_on(case, worker, YES).verdict is Verdict.CONTAINED
        assert night.schemes() == {night.successor()}

    def test_a_worker_whose_time_is_up_goes_on_in_the_next_turn(self, night: Night) -> None:
        night.objects.beside = lambda call: night.hospital.clock.sleep(200) if call == "update" else None
        assert respond(night.worker(), asks=YES).verdict is Verdict.CONTAINED
        assert night.schemes() == {night.successor()}


class TestProved:
    def test_whoever_can_not_be_judged_beforehand_and_is_not_seen_yet_is_named(self, night: Night) -> None:
        night.access.unclear.add(CLINICIAN)
        case = contained(night)
        assert any("not seen using it yet" in reason for reason in reasons(case, blocking=False))

    @pytest.mark.parametrize(("failed", "verdict"), [(False, Verdict.CONTAINED), (True, Verdict.PARTIAL)])
    def test_the_next_real_call_of_a_rightful_user_proves_it(self, night: Night, failed: bool, verdict: Verdict) -> None:
        night.access.unclear.add(CLINICIAN)

        def beside(call: str) -> None:
            if call == "attributes":
                new = KEY.but(id=night.successor())
                done = act(
                    SESSION.but(session="ward"), "Decrypt", new, at=night.hospital.clock.now(), failed=failed, network="vpc-1"
                )
                night.hospital.evidence.happened(done)

        night.objects.beside = beside
        case = respond(night.worker(), asks=YES)
        assert case.verdict is verdict
        assert any("refused when it used it" in reason for reason in reasons(case, blocking=True)) is failed

    def test_an_actor_who_may_use_the_successor_is_no_containment(self, night: Night) -> None:
        night.access.fenced.discard(EXPORT)
        case = respond(night.worker(), asks=YES)
        assert case.verdict is Verdict.PARTIAL
        assert any("the actor may still use" in reason for reason in reasons(case, blocking=True))

    def test_an_actor_who_still_did_something_is_no_containment(self, night: Night) -> None:
        def beside(call: str) -> None:
            if call == "attributes":
                night.hospital.clock.sleep(20)
                night.hospital.evidence.happened(act(THIEF, "PutBucketPolicy", CHARTS, at=night.hospital.clock.now()))

        night.objects.beside = beside
        case = respond(night.worker(), asks=YES)
        assert any("calls of the actor on fenced resources worked" in reason for reason in reasons(case, blocking=True))


class TestFromTheLog:
    """What the record of single requests changes."""

    @pytest.fixture
    def traffic(self, night: Night) -> MemoryTraffic:
        traffic = MemoryTraffic(night.hospital.clock)
        traffic.watch[CHARTS] = (Told.DATA_EVENTS,)
        return traffic

    def test_what_the_thief_read_is_moved_before_everything_else(self, night: Night, traffic: MemoryTraffic) -> None:
        traffic.requested(Request(act(THIEF, "GetObject", CHARTS), CHARTS, Told.DATA_EVENTS, "chart 3", sent=9))
        order: list[set[str]] = []
        night.objects.beside = lambda call: order.append(moved(night)) if call == "update" else None
        case = respond(night.worker(QUIET, traffic=lambda: traffic), asks=YES)
        assert case.verdict is Verdict.CONTAINED
        assert order[2:5] == [{"chart 3"}] * 3

    def test_an_alias_that_somebody_decrypts_by_stays_and_is_named(self, night: Night, traffic: MemoryTraffic) -> None:
        by = act(
            SESSION.but(session="envelopes"), "Decrypt", KEY, at=ALERT - timedelta(days=2), network="vpc-1", address="10.0.0.9"
        )
        traffic.used(KeyUse(by, KEY, by_alias=True))
        case = respond(night.worker(QUIET, traffic=lambda: traffic), asks=YES)
        assert case.verdict is Verdict.CONTAINED
        assert [t.key for t in night.hospital.world.look(ALIAS, AliasTarget)] == [KEY.id]
        assert any("decrypting by alias" in reason for reason in reasons(case, blocking=False))


def moved(night: Night) -> set[str]:
    """Objects of which some version is under the successor."""
    held = night.objects.stores[CHARTS].versions
    return {name for name, kept in held.items() if any(each.facts.encryption.key != KEY.id for each in kept)}


def test_a_rollback_leaves_what_the_users_of_moved_data_need(night: Night) -> None:
    case, deps = contained(night), night.worker()
    wanted = rollback_plan(case, deps)
    stays = {(change.action, why) for change, why in wanted.left}
    assert ("admit-to-successor", "what was moved is under the successor, and its rightful users need it") in stays
    assert not any(isinstance(c.after, PolicyStatement) and c.action == "admit-to-successor" for c in wanted.plan.changes)


REFUSALS: dict[str, Exception] = {"it is gone": Absent("HeadObject: NoSuchBucket", "NoSuchBucket"), "it is not ours": Refused("no")}


@pytest.mark.parametrize("what", REFUSALS)
def test_without_a_canary_nothing_is_updated_in_place_and_nothing_else_fails(hospital: Hospital, what: str) -> None:
    night = fallen(hospital)
    error = REFUSALS[what]

    def beside(call: str) -> None:
        if call == "put":
            raise error

    night.objects.beside = beside
    case = respond(night.worker(), asks=YES)
    found = of(case, night)["versions"]
    assert isinstance(found, dict)
    assert (case.verdict, found["updated"], found["copied"]) == (Verdict.CONTAINED, 0, 4)
    assert found["blocked"] == [{"reason": "not the latest version, and it can not be updated in place", "count": 12}]
