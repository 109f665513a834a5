"""What the thief read, counted: per store and tenant, no object named, and said where nobody can exclude more."""

from copy import replace
from datetime import datetime, timedelta

import pytest

from shared.adapters.memory.traffic import MemoryTraffic
from shared.containment.estate import Tenant
from shared.custody.audit import audit
from shared.domain.actor import Actor
from shared.domain.case import Case
from shared.domain.exposure import Blind, Told, by_tenant
from shared.domain.resource import Ref
from shared.ports import Request
from shared.report.html import render
from shared.report.pack import pack
from shared.settings import Policy
from shared.workflow import exposing
from shared.workflow.deps import Deps
from shared.workflow.opening import admit
from tests.hospital import ALERT, CHARTS, HOME, KEY, SESSION, THIEF, Hospital, act, estate, signal
from tests.workflow.after_proof import OTHERS, WARD, used
from tests.workflow.driving import FOR_EVER, NOBODY, go_on, respond

PATIENT = "Ward 7/Mary Malone.pdf"


@pytest.fixture
def traffic(hospital: Hospital) -> MemoryTraffic:
    made = MemoryTraffic(hospital.clock)
    made.watch = dict.fromkeys((CHARTS, OTHERS), (Told.DATA_EVENTS, Told.ACCESS_LOGS))
    hospital.world.put(OTHERS)
    hospital.sources.learn(ALERTED)
    return made


ALERTED = signal(THIEF, CHARTS, OTHERS)
TENANTS = estate(
    tenants=(
        Tenant(name="st-brendan", stores=frozenset({CHARTS}), keys=frozenset({KEY})),
        Tenant(name="st-ita", stores=frozenset({OTHERS})),
    )
)


def worker(hospital: Hospital, traffic: MemoryTraffic, **other: object) -> Deps:
    return hospital.worker(Policy(), **{"traffic": lambda: traffic, "estate": TENANTS, **other})


def read(
    key: str = PATIENT,
    version: str = "v1",
    sent: int = 1000,
    store: Ref = CHARTS,
    actor: Actor = THIEF,
    at: datetime = ALERT,
    told: Told = Told.DATA_EVENTS,
    **fields: object,
) -> Request:
    name, number = str(fields.get("name", "GetObject")), fields.get("number", f"{key}{version}")
    happened = act(actor, name, store, at=at, failed=bool(fields.get("failed")))
    same = replace(happened, request_id=f"r-{name}-{number}")
    return Request(same, store, told, key, version, sent, copied=bool(fields.get("copied")))


def exposure(case: Case, store: Ref = CHARTS) -> tuple[int, int, int]:
    found = next(e for e in case.exposures if e.store == store)
    return found.objects, found.versions, found.bytes


def test_objects_versions_and_bytes_are_counted_once_each(hospital: Hospital, traffic: MemoryTraffic) -> None:
    traffic.requested(read(), read(version="v2"), read("b", sent=7), read("b", sent=5, number="again"))
    case = respond(worker(hospital, traffic), ALERTED)
    assert exposure(case) == (2, 3, 2012)
    assert exposure(case, OTHERS) == (0, 0, 0)


def test_two_records_of_one_request_are_one(hospital: Hospital, traffic: MemoryTraffic) -> None:
    traffic.requested(read(), read(told=Told.ACCESS_LOGS))
    assert exposure(respond(worker(hospital, traffic), ALERTED)) == (1, 1, 1000)


NOT_READ = {
    "a rightful user's": read(actor=WARD),
    "a refused one": read(failed=True),
    "a write": read(name="PutObject"),
    "one of long before": read(at=ALERT - timedelta(days=2)),
}


@pytest.mark.parametrize("request_", NOT_READ.values(), ids=NOT_READ)
def test_what_the_thief_did_not_read_is_not_counted(hospital: Hospital, traffic: MemoryTraffic, request_: Request) -> None:
    traffic.requested(request_)
    case = respond(worker(hospital, traffic), ALERTED)
    assert exposure(case) == (0, 0, 0)
    assert case.exposures[0].excluded


def test_the_first_call_that_failed_after_the_opening_shows_the_fence(hospital: Hospital, traffic: MemoryTraffic) -> None:
    later = [hospital.clock.now() + timedelta(seconds=n) for n in (2, 1)]
    traffic.requested(read(failed=True), *(read(failed=True, at=at, number=n) for n, at in enumerate(later)))
    found = go_on(respond(worker(hospital, traffic), ALERTED), worker(hospital, traffic), NOBODY, FOR_EVER).exposures[0]
    assert (found.failed, found.failed_first, found.objects, found.last) == (2, later[1], 0, None)


def test_days_before_the_alert_count_where_the_thiefs_address_was_seen(hospital: Hospital, traffic: MemoryTraffic) -> None:
    days_ago = ALERT - timedelta(days=3)
    hospital.evidence.happened(act(THIEF, "ListBuckets", CHARTS, at=days_ago))
    traffic.requested(read(at=days_ago + timedelta(hours=1)))
    assert exposure(respond(worker(hospital, traffic), ALERTED)) == (1, 1, 1000)


JOINED = signal(SESSION, CHARTS, id="finding-2", at=ALERT + timedelta(minutes=1))


def test_it_begins_with_the_earliest_of_all_the_actors_of_a_case(hospital: Hospital, traffic: MemoryTraffic) -> None:
    days_ago = ALERT - timedelta(days=3)
    hospital.evidence.happened(act(SESSION, "ListBuckets", CHARTS, at=days_ago))
    traffic.requested(read(actor=SESSION, at=days_ago + timedelta(hours=1)))
    hospital.sources.learn(JOINED)
    deps = worker(hospital, traffic)
    first = respond(deps, ALERTED)
    joined = admit(JOINED, deps, automatic=True)
    assert isinstance(joined, Case)
    assert joined.id == first.id
    assert exposing.begun(joined, deps) == days_ago
    assert exposure(go_on(joined, deps, NOBODY, FOR_EVER)) == (1, 1, 1000)


def test_it_begins_no_later_than_the_breach(hospital: Hospital, traffic: MemoryTraffic) -> None:
    deps, before = worker(hospital, traffic), ALERT - timedelta(days=5)
    case = respond(deps, ALERTED)
    assert exposing.begun(case.but(scope=case.scope.but(begun=before)), deps) == before


def test_what_is_copied_away_is_read_and_a_listing_shows_names(hospital: Hospital, traffic: MemoryTraffic) -> None:
    traffic.requested(read(name="CopyObject", copied=True, sent=0), read("", "", 0, name="ListObjectsV2"))
    case = respond(worker(hospital, traffic), ALERTED)
    assert exposure(case) == (1, 1, 0)
    assert case.exposures[0].listings == 1


def test_no_object_is_named_anywhere_and_whoever_has_the_secret_finds_it(hospital: Hospital, traffic: MemoryTraffic) -> None:
    traffic.requested(read())
    deps = worker(hospital, traffic)
    case = respond(deps, ALERTED)
    journal = deps.journal(case.id)
    entries = [e for e in journal.entries() if e.kind == "exposure"]
    kept = exposing.Read.model_validate_json(journal.blobs(case.exposures[0].blob))
    assert kept.objects == (journal.name(PATIENT),)
    assert "Malone" not in case.model_dump_json() + str([e.body for e in entries]) + kept.model_dump_json()
    assert not any(b"Malone" in sink.get(path) for sink in hospital.sinks for path in sink.list(""))


def test_each_tenant_is_told_of_its_own(hospital: Hospital, traffic: MemoryTraffic) -> None:
    traffic.requested(read(), read("x", store=OTHERS, sent=1), read("y", store=OTHERS, sent=2))
    case = respond(worker(hospital, traffic), ALERTED)
    assert [(t.tenant, t.objects, t.bytes) for t in by_tenant(case.exposures)] == [("st-brendan", 1, 1000), ("st-ita", 2, 3)]


def test_the_report_shows_counts_and_what_cannot_be_excluded_and_no_name(hospital: Hospital, traffic: MemoryTraffic) -> None:
    traffic.requested(read(at=ALERT - timedelta(seconds=9)))
    traffic.blind[CHARTS] = (BLIND,)
    deps = worker(hospital, traffic)
    case = respond(deps, ALERTED)
    checked = audit(hospital.sinks[0], case.id, hospital.signer.public_key(), None, open_case=True)
    text = render(pack(case, deps.journal(case.id), "memory", checked, deps.clock.now()))
    assert "What they read" in text
    assert "1000 bytes" in text
    assert "cannot be excluded" in text
    assert "the trail was stopped" in text
    assert "Malone" not in text


BLIND = Blind(since=ALERT, until=ALERT + timedelta(seconds=30), why="the trail was stopped")


def test_what_nobody_recorded_cannot_be_excluded_and_it_is_said(hospital: Hospital, traffic: MemoryTraffic) -> None:
    traffic.blind[CHARTS] = (BLIND,)
    del traffic.watch[OTHERS]
    case = respond(worker(hospital, traffic), ALERTED)
    found = {e.store: e for e in case.exposures}
    assert found[CHARTS].blind == (BLIND,)
    assert not any(e.excluded for e in found.values())
    told = [left for left in case.people if "cannot be excluded" in left.reason]
    assert [left.target for left in told] == [str(CHARTS), str(OTHERS)]
    assert not any(left.blocks for left in told)


def test_a_log_that_does_not_answer_excludes_nothing(hospital: Hospital, traffic: MemoryTraffic) -> None:
    traffic.reachable = False
    case = respond(worker(hospital, traffic), ALERTED)
    assert not any(e.excluded for e in case.exposures)
    assert case.fenced_at


def test_it_is_worked_out_after_the_fence_and_again_when_the_log_is_whole(hospital: Hospital, traffic: MemoryTraffic) -> None:
    deps = worker(hospital, traffic)
    case = respond(deps, ALERTED)
    assert case.exposed_at
    assert case.fenced_at
    assert case.exposed_at > case.fenced_at
    traffic.requested(read())
    ended = go_on(case, deps, NOBODY, FOR_EVER)
    assert exposure(ended) == (1, 1, 1000)
    kinds = [e.kind for e in deps.journal(case.id).entries()]
    assert kinds.count("exposure") == 2 * len(case.exposures)


def test_a_responder_without_a_record_of_requests_says_nothing_of_them(hospital: Hospital) -> None:
    assert respond(hospital.worker()).exposures == ()


def test_names_beyond_what_can_be_kept_make_the_counts_the_least(
    hospital: Hospital, traffic: MemoryTraffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exposing, "MOST_NAMES", 3)
    traffic.requested(*(read(f"chart {n}") for n in range(9)))
    case = respond(worker(hospital, traffic), ALERTED)
    assert case.exposures[0].cut
    assert exposure(case)[1:] == (3, 9000)


def test_the_keys_of_what_was_read_are_there_for_the_migration(hospital: Hospital, traffic: MemoryTraffic) -> None:
    traffic.requested(read(), read("other", actor=SESSION), read("", "", 0, name="ListObjects"))
    deps = worker(hospital, traffic)
    case = respond(deps, ALERTED)
    assert exposing.first(case, deps, CHARTS) == {PATIENT}
    traffic.reachable = False
    assert exposing.first(case, deps, CHARTS) == frozenset()


def test_who_decrypts_by_alias_is_known_before_an_alias_moves(hospital: Hospital, traffic: MemoryTraffic) -> None:
    by_alias = used(KEY)
    traffic.used(type(by_alias)(by_alias.act, KEY, "", by_alias=True))
    case = respond(worker(hospital, traffic), signal(THIEF, CHARTS))
    assert (case.scope.by_alias, case.scope.uses_known) == ((f"arn:aws:iam::{HOME}:role/clinician-app",), True)
    assert case.scope.aliased == (KEY,)
