"""Every source is answered: an alert opens a case, joins one, or ends with the sentence that says why it does neither."""

import json
import re
from collections.abc import Sequence

import pytest

from shared.adapters.memory.windows import BoundedMemory
from shared.domain.case import Case, Mode, Verdict
from shared.domain.errors import BadInput
from shared.domain.resource import Cloud
from shared.domain.signal import Signal
from shared.intake import signal_in
from shared.intake.azure_calls import known_as
from shared.intake.render import render
from shared.intake.tolerant import folded
from shared.workflow.deps import Deps
from shared.workflow.judging import Judge, arrived
from shared.workflow.opening import Turned
from shared.workflow.taking_in import take_in
from tests.hospital import Hospital, built
from tests.unit.test_triage_events import EVENTS, ROWS
from tests.unit.triage_desk import BATCH, ROOT, call
from tests.workflow.driving import go_on


def raw(*records: object) -> bytes:
    return b"\n".join(json.dumps(record).encode() for record in records)


def judge(deps: Deps, *, automatic: bool = False) -> Judge:
    return Judge(deps.policy, deps.exempt, BoundedMemory, automatic=automatic)


def answers(content: bytes, deps: Deps, *, automatic: bool = False) -> list[Case | Turned]:
    return list(take_in(arrived(content), judge(deps, automatic=automatic), deps, automatic=automatic))


def turned(found: Sequence[Case | Turned]) -> Turned:
    (only,) = found
    assert isinstance(only, Turned)
    return only


def opened(found: Sequence[Case | Turned]) -> Case:
    (only,) = found
    assert isinstance(only, Case)
    return only


def example(name: str, hospital: Hospital) -> bytes:
    return render((EVENTS / f"{name}.json").read_bytes(), hospital.clock.now())


def known(hospital: Hospital, record: dict[str, object]) -> Signal:
    """The record's signal, which its source knows from now on."""
    found = signal_in(folded(record), "0" * 64)
    assert found
    hospital.sources.learn(found)
    return found


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_an_example_ends_as_triage_says(row: re.Match[str], hospital: Hospital) -> None:
    found = answers(example(row["file"].removesuffix(".json"), hospital), hospital.worker(), automatic=True)[-1]
    match row["decision"]:
        case "act" if isinstance(found, Case):
            assert found.mode is Mode.ASK, "nobody bears it out"
        case "act":
            assert found.verdict is Verdict.PARTIAL
            assert found.left[0].next
            assert [page.subject for page in hospital.notifier.pages]
        case decision:
            assert isinstance(found, Turned)
            assert (found.verdict, hospital.cases.all()) == (ENDS[decision], ())
            assert found.reason.startswith({"watch": "watched: ", "drop": "dropped: "}[decision])
            assert row["rule"] is None or f"rule {row['rule']}: " in found.reason


ENDS = {"watch": Verdict.OBSERVED, "drop": Verdict.DROPPED}


def test_examples_of_seven_sources_open_a_case(hospital: Hospital) -> None:
    opening = set()
    for row in ROWS:
        deps = hospital.worker()
        if isinstance(answers(example(row["file"].removesuffix(".json"), hospital), deps)[-1], Case):
            opening.add(row["source"])
        hospital = built()
    assert opening >= {"cloudtrail", "guardduty", "securityhub", "ocsf", "macie", "access-analyzer", "config", "health"}


class TestCloudTrail:
    """Calls, judged by the table before anything is opened."""

    def test_a_sharp_rule_acts_by_itself_where_the_source_bears_it_out(self, hospital: Hospital) -> None:
        record = call("StopLogging", "cloudtrail", {"name": "audit"}, at=hospital.clock.now().timestamp())
        known(hospital, record)
        case = opened(answers(raw(record), hospital.worker(), automatic=True))
        assert (case.mode, case.why_ask) == (Mode.AUTO, "")

    def test_a_rule_that_wants_a_person_asks_one(self, hospital: Hospital) -> None:
        record = call("DeleteFlowLogs", "ec2", {"flowLogIds": ["fl-1"]}, at=hospital.clock.now().timestamp())
        known(hospital, record)
        case = opened(answers(raw(record), hospital.worker()))
        assert case.mode is Mode.ASK
        assert "rule " in case.why_ask

    def test_an_ordinary_call_ends_in_a_sentence(self, hospital: Hospital) -> None:
        found = turned(answers(raw(call("PutObject", "s3", {"bucketName": "charts"})), hospital.worker()))
        assert found.verdict is Verdict.DROPPED
        assert "PutObject (cloudtrail) by arn:aws:iam::111122223333:user/ann" in found.reason

    def test_a_burst_is_one_case_and_what_came_before_it_is_dropped(self, hospital: Hospital) -> None:
        at = hospital.clock.now().timestamp()
        records = [
            call("GetSecretValue", "secretsmanager", {"secretId": f"s-{n}"}, BATCH, at + n, eventID=f"e-{n}") for n in range(15)
        ]
        known(hospital, records[-1])
        *before, last = answers(raw(*records), hospital.worker())
        assert {found.verdict for found in before if isinstance(found, Turned)} == {Verdict.DROPPED}
        assert isinstance(last, Case)

    def test_a_burst_whose_delivery_was_not_taken_in_tells_the_same_again(self, hospital: Hospital) -> None:
        at = hospital.clock.now().timestamp()
        records = [
            call("GetSecretValue", "secretsmanager", {"secretId": f"s-{n}"}, BATCH, at + n, eventID=f"e-{n}") for n in range(15)
        ]
        asked = judge(hospital.worker())
        first = [judged.decision for judged in asked.judge(arrived(raw(*records)))]
        again = [judged.decision for judged in asked.judge(arrived(raw(records[-1])))]
        asked.done()
        known_now = [judged.decision for judged in asked.judge(arrived(raw(records[-1])))]
        assert (first[-1], again, known_now) == ("act", ["act"], ["watch"])

    def test_what_has_no_time_is_for_people(self, hospital: Hospital) -> None:
        record = call("StopLogging", "cloudtrail", {"name": "audit"}) | {"eventTime": None}
        found = turned(answers(raw(record), hospital.worker()))
        assert (found.verdict, "no eventTime" in found.reason) == (Verdict.PARTIAL, True)

    def test_what_our_own_identity_did_goes_to_admission_whatever_it_is(self, hospital: Hospital) -> None:
        ours = BATCH | {"principalId": "AROARESPONDER:night", "sessionContext": {"sessionIssuer": {"principalId": "AROARESPONDER"}}}
        found = turned(answers(raw(call("ListBuckets", "s3", None, ours)), hospital.worker(), automatic=True))
        assert found.verdict is Verdict.REFUSED
        assert [page.subject for page in hospital.notifier.pages] == ["An act by a responder identity that we did not make"]


class TestWatched:
    """What is only watched opens nothing; where its actor has a case, it is put on record there."""

    def test_it_joins_the_case_of_its_actor(self, hospital: Hospital) -> None:
        deps, at = hospital.worker(), hospital.clock.now().timestamp()
        stopped, watched = (
            call(name, service, asked, at=at, eventID=name)
            for name, service, asked in (
                ("StopLogging", "cloudtrail", {"name": "audit"}),
                ("DeleteBucketPublicAccessBlock", "s3", {"bucketName": "charts"}),
            )
        )
        known(hospital, stopped)
        case = go_on(opened(answers(raw(stopped), deps)), deps)
        found = opened(answers(raw(watched), hospital.worker()))
        assert (found.id, found.joined) == (case.id, ("DeleteBucketPublicAccessBlock",))

    def test_it_opens_none(self, hospital: Hospital) -> None:
        found = turned(answers(raw(call("DeleteBucketPublicAccessBlock", "s3", {"bucketName": "charts"})), hospital.worker()))
        assert (found.verdict, hospital.cases.all()) == (Verdict.OBSERVED, ())


def kept(case: Case, deps: Deps) -> list[bytes]:
    """What the record of a case holds of its alert."""
    journal = deps.journal(case.id)
    go_on(case, deps)
    opened = next(entry.body for entry in journal.entries() if entry.kind == "opened")
    return [journal.blobs(blob["cipher"]) for blob in opened["blobs"]]  # type: ignore[attr-defined]  # a list of them


def test_of_many_records_one_that_nobody_bears_out_is_kept_alone_and_a_true_one_with_all_of_them(hospital: Hospital) -> None:
    at = hospital.clock.now().timestamp()
    users = [BATCH | {"principalId": f"AIDA{n}", "arn": f"{BATCH['arn']}-{n}", "userName": f"u-{n}"} for n in range(3)]
    records = [call("StopLogging", "cloudtrail", {"name": "audit"}, user, at, eventID=f"e-{n}") for n, user in enumerate(users)]
    known(hospital, records[0])
    deps, whole = hospital.worker(), raw(*records)
    true, *others = [found for found in answers(whole, deps) if isinstance(found, Case)]
    assert kept(true, deps) == [whole]
    assert [[json.loads(blob) for blob in kept(case, deps)] for case in others] == [[records[1]], [records[2]]]


def test_samples_are_taken_for_real_only_from_a_persons_hand(hospital: Hospital) -> None:
    content = example("aws/guardduty-sample", hospital)
    assert isinstance(answers(content, hospital.worker(), automatic=False)[0], Case)
    assert turned(answers(content, built().worker(), automatic=True)).verdict is Verdict.DROPPED


@pytest.mark.parametrize("form", ["csv", "utf-16", "one after another"])
def test_other_forms_of_files_are_read_too(form: str, hospital: Hospital) -> None:
    record = call("StopLogging", "cloudtrail", {"name": "audit"}, ROOT)
    content = {
        "csv": b"eventName,eventSource,eventTime\nListUsers,iam.amazonaws.com,2026-11-21T12:00:00Z\n",
        "utf-16": json.dumps(record).encode("utf-16"),
        "one after another": json.dumps(record).encode() * 2,
    }[form]
    assert answers(content, hospital.worker())


def test_bytes_without_any_record_are_bad_input() -> None:
    with pytest.raises(BadInput, match="no event at all"):
        arrived(b'{"Records": []}')


def test_neighbours_that_can_not_be_read_are_counted() -> None:
    found = arrived(raw({"what": "ever"}, call("ListUsers", "iam")))
    assert (len(found.records), len(found.unreadable)) == (1, 1)


def test_a_breach_in_a_cloud_that_this_responder_does_not_answer_for_is_left_for_people() -> None:
    hospital = Hospital()
    content = render((EVENTS / "azure" / "defender-store-key-read.json").read_bytes(), hospital.clock.now())
    left = turned(answers(content, hospital.worker(clouds=frozenset({Cloud.AWS})), automatic=True))
    assert left.verdict is Verdict.PARTIAL
    assert "does not answer for azure" in left.left[0].reason
    assert hospital.notifier.pages
    assert hospital.cases.all() == ()


OPS = "0b1ec701-0000-4000-8000-000000000001"
"""Who did what the examples of Azure's logs tell of."""

STORES = "Microsoft.Storage/storageAccounts"
CHOSEN = "c0ffee00-0000-4000-8000-000000000001"
OPENED = (
    "/subscriptions/0c0de5af-0000-4000-8000-000000000001/resourceGroups/charts"
    "/providers/Microsoft.Storage/storageAccounts/stbrendancharts"
)


@pytest.mark.parametrize(
    ("name", "correlation"),
    [
        pytest.param(
            "azure/activity-storage-opened", known_as(CHOSEN, "Microsoft.Storage/storageAccounts/write", OPENED), id="a resource"
        ),
        pytest.param("azure/entra-application-credential", "c0ffee00-0000-4000-8000-000000000004", id="the directory"),
    ],
)
def test_a_change_on_azure_under_our_own_identity_is_ours_by_the_id_that_was_answered(
    hospital: Hospital, name: str, correlation: str
) -> None:
    worker = hospital.worker(exempt=frozenset({OPS}))
    assert turned(answers(example(name, hospital), worker, automatic=True)).verdict is Verdict.REFUSED
    assert [page.subject for page in hospital.notifier.pages] == ["An act by a responder identity that we did not make"]
    hospital.cases.remember([correlation])
    assert turned(answers(example(name, hospital), worker, automatic=True)).verdict is Verdict.DROPPED


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(CHOSEN, id="alone"),
        pytest.param(known_as(CHOSEN, f"{STORES}/write", f"{OPENED}2"), id="and another resource"),
        pytest.param(known_as(CHOSEN, f"{STORES}/delete", OPENED), id="and another act"),
    ],
)
def test_our_credentials_and_our_id_page_where_the_record_has_the_id(hospital: Hospital, known: str) -> None:
    hospital.cases.remember([known])
    opened = answers(example("azure/activity-storage-opened", hospital), hospital.worker(exempt=frozenset({OPS})), automatic=True)
    assert turned(opened).verdict is Verdict.REFUSED
    assert hospital.notifier.pages
