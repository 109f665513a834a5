"""What a case says of itself: to scripts, and to people in a browser, on paper, or listening."""

import json
import re
from datetime import UTC, datetime

import pytest

from shared.custody.audit import Audit, Guarantee
from shared.custody.ledger import Finding
from shared.domain.case import Case, LeftForPeople
from shared.domain.plan import Wave
from shared.report.changes import by_wave, rows, settled
from shared.report.facts import FORM, Lane, Pack
from shared.report.html import render
from shared.report.pack import pack
from shared.report.summary import summary, turned
from shared.settings import Policy
from shared.workflow.deciding import rollback_plan, undo
from shared.workflow.deps import Deps
from tests.hospital import CHARTS, EXPORT, KEY, Hospital, built
from tests.page import ADDRESS, Page
from tests.workflow.after_proof import OTHER_KEY, OTHERS
from tests.workflow.driving import respond
from tests.workflow.reported import INTACT, NOTE, NOW, PATIENT, Reported, packed, reported

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def told() -> Reported:
    return reported(built())


@pytest.fixture(scope="module")
def whole(told: Reported) -> Pack:
    return told.pack


@pytest.fixture(scope="module")
def text(whole: Pack) -> str:
    return render(whole)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


@pytest.fixture
def deps(hospital: Hospital) -> Deps:
    return hospital.worker()


@pytest.fixture
def case(deps: Deps) -> Case:
    return respond(deps)


class TestThePage:
    def test_is_well_formed_and_fetches_nothing(self, text: str, page: Page) -> None:
        assert (page.open, page.fetched) == ([], [])
        assert not ADDRESS.search(text)
        assert not page.all("script")

    def test_names_its_language_and_has_its_landmarks_once(self, page: Page) -> None:
        assert page.all("html")[0]["lang"] == "en"
        assert [len(page.all(tag)) for tag in ("header", "nav", "main", "footer", "h1")] == [1] * 5

    def test_skips_no_level_of_heading_and_names_every_section(self, page: Page) -> None:
        assert page.headings[0] == 1
        assert all(below <= above + 1 for above, below in zip(page.headings, page.headings[1:], strict=False))
        assert all(section["aria-labelledby"] in page.ids for section in page.all("section"))
        assert len(page.ids) == len(set(page.ids))

    def test_every_table_has_a_caption_and_every_heading_of_it_a_scope(self, page: Page) -> None:
        assert len(page.all("caption")) == len(page.all("table")) > 8
        assert {attributes.get("scope") for attributes in page.all("th")} == {"col", "row"}

    def test_every_drawing_is_named_and_described(self, page: Page) -> None:
        for drawing in page.all("svg"):
            assert drawing["role"] == "img"
            assert all(name in page.ids for name in drawing["aria-labelledby"].split())
        assert len(page.all("desc")) == len(page.all("svg")) == 2

    def test_a_short_case_is_one_drawing(self, case: Case, deps: Deps) -> None:
        assert len(Page(render(packed(case, deps))).all("svg")) == 1 + (case.signal.at < case.opened)

    def test_says_in_words_what_it_says_in_colours(self, page: Page) -> None:
        for words in ("Contained", "applied", "holds", "intact"):
            assert words in page.text

    def test_judges_nothing(self, page: Page) -> None:
        finding = re.compile(r"\bbreach|violat|complian[ct]\b|non-complian|unlawful|illegal|guilty|negligen", re.IGNORECASE)
        assert not finding.search(page.text)

    def test_what_strangers_wrote_is_escaped(self, whole: Pack) -> None:
        left = LeftForPeople(target=HOSTILE, reason=HOSTILE, next=HOSTILE)
        hostile = whole.but(left=(left,), case=HOSTILE, record=whole.record.but(place=HOSTILE, verify=HOSTILE))
        assert "<script>" not in render(hostile)

    def test_of_a_case_with_nothing_in_it_says_so(self, whole: Pack) -> None:
        nothing = dict.fromkeys(
            ("actors", "at_stake", "exposures", "changes", "keys", "stores", "proofs", "left", "approvals", "timeline"), ()
        )
        empty = Page(render(whole.but(**nothing, fenced_at=None, seconds_to_fence=None)))
        assert empty.open == []
        for words in (
            "not yet",
            "not counted",
            "not seen",
            "names no actor",
            "Nothing was changed",
            "No key is known",
            "cannot be excluded",
        ):
            assert words in empty.text


class TestWhatItTells:
    def test_every_change_with_why_outcome_and_who_approved_it(self, whole: Pack, page: Page) -> None:
        assert {row.wave for row in whole.changes} >= {Wave.FENCE, Wave.REKEY, Wave.MIGRATE, Wave.ENFORCE, Wave.RETIRE}
        assert all(row.citation and row.why and row.citation in page.text and row.target in page.text for row in whole.changes)
        approved = {row.wave: row.approved for row in whole.changes}
        assert (approved[Wave.FENCE], approved[Wave.REKEY], approved[Wave.RETIRE]) == ("the policy", "dr-yes", "dr-no")

    def test_who_decided_what(self, whole: Pack) -> None:
        assert [(a.wave, a.by, a.granted) for a in whole.approvals if a.wave is Wave.RETIRE] == [(Wave.RETIRE, "dr-no", True)]

    def test_every_change_that_stands_is_in_one_of_the_three_lists(self, whole: Pack, page: Page) -> None:
        undoing = whole.undoing
        listed = [each[:2] for each in (*undoing.can, *undoing.stays, *undoing.one_way)]
        assert {(row.title, row.target) for row in whole.changes if row.status == "applied"} == set(listed)
        assert all(what in page.text and on in page.text for what, on in listed)

    def test_how_often_the_same_was_done_again(self, told: Reported) -> None:
        journal = told.deps.journal(told.case.id)
        once = tuple(settled(journal.entries(), journal))
        assert {row.times for row in rows((*once, *once))} == {2}
        assert [row.target for row in rows((*once, *once))] == [row.target for row in rows(once)]

    def test_what_several_have_in_common_once(self, whole: Pack, page: Page) -> None:
        alike = [each for listed in by_wave(whole.changes).values() for each in listed]
        assert sorted(t for each in alike for t in each.targets) == sorted(row.target for row in whole.changes)
        assert len(alike) < len(whole.changes)

    def test_the_last_read_before_the_first_refusal(self, whole: Pack) -> None:
        at = {m.kind: m.at for m in whole.timeline}
        assert at["alert"] < at["last-success"] < at["opened"] <= at["fence"] < at["first-refusal"] < at["verified"]
        assert {m.lane for m in whole.timeline} >= set(Lane) - {Lane.UNDO}

    def test_what_was_read_of_each_tenant_and_what_can_not_be_excluded(self, whole: Pack, page: Page) -> None:
        assert [(t.tenant, t.objects, t.bytes, t.excluded) for t in whole.tenants] == [
            ("st-brendan", 7, 1_344_000, True),
            ("st-ita", 1, 900, False),
        ]
        assert "the trail was stopped" in page.text

    def test_what_became_of_each_key_and_why(self, whole: Pack) -> None:
        keys = {key.key: key for key in whole.keys}
        assert keys[KEY.id].state == "disabled"
        assert keys[OTHER_KEY.id].state.startswith("fenced")
        assert "retained in compliance mode" in keys[OTHER_KEY.id].why[0]
        assert all(key.successor for key in whole.keys)

    def test_every_version_that_stays_with_its_reason_and_the_proof(self, whole: Pack) -> None:
        blocked = {(store.store, each.count) for store in whole.stores for each in store.blocked}
        assert blocked == {(OTHERS.id, 1)}
        assert {(proof.store, proof.total, proof.compared, proof.differing) for proof in whole.proofs} == {
            (CHARTS.id, 6, 6, 0),
            (OTHERS.id, 6, 5, 0),
        }
        assert dict(whole.proofs[1].keys)[OTHER_KEY.id] == 1

    def test_what_a_rollback_takes_back_what_it_leaves_and_what_is_one_way(self, whole: Pack) -> None:
        undoing = whole.undoing
        assert ("Disable the old key", KEY.id) in undoing.can
        assert any(on == EXPORT.id and "release" in why for _, on, why in undoing.stays)
        assert {"Create a successor of the key", "Re-encrypt every stored version under the successor"} <= {
            what for what, _, _ in undoing.one_way
        }
        assert undoing.rollback in render(whole)

    def test_nothing_that_names_a_patient(self, whole: Pack, text: str) -> None:
        for secret in (PATIENT, "Malone", NOTE):
            assert secret not in text + whole.model_dump_json()


BLOCKING = LeftForPeople(target="bucket a", reason="gone", next="look")
CALM = LeftForPeople(target="bucket b", reason="slow", next="wait", blocks=False)


def test_after_a_rollback_an_old_key_is_not_called_disabled_and_nothing_of_it_is_offered_again() -> None:
    told = reported(built())
    wanted = rollback_plan(told.case, told.deps)
    made = packed(undo(told.case, told.deps, wanted, wanted.digest, "dr-no", whole=True), told.deps)
    assert {key.state for key in made.keys} == {"replaced; fenced against the actors only"}
    assert made.undoing.can == ()
    assert [(a.wave, a.by) for a in made.approvals][-1] == (Wave.ROLLBACK, "dr-no")
    assert Lane.UNDO in {m.lane for m in made.timeline}
    assert {row.approved for row in made.changes if row.wave is Wave.ROLLBACK} == {"dr-no"}
    assert Page(render(made)).open == []


def test_what_blocks_is_listed_first(told: Reported) -> None:
    made = packed(told.case.but(left=(CALM, BLOCKING), unmoved=()), told.deps)
    assert made.left == (BLOCKING, CALM)
    text = Page(render(made)).text
    assert text.index("bucket a") < text.index("bucket b")


def test_what_is_asked_stands_with_its_command(hospital: Hospital) -> None:
    deps = hospital.worker(Policy.model_validate({"modes": {"fence": "ask"}}))
    made = packed(respond(deps), deps)
    assert made.asked
    assert f"codeblue approve {made.case} --digest {made.asked.digest}" in Page(render(made)).text
    assert {row.approved for row in made.changes if row.status == "planned"} <= {"nobody yet"}


NOBODY = Guarantee("a witness outside the writer's control has the head", holds=False, why="no witness is named")


def test_a_guarantee_that_does_not_hold_is_not_called_one(told: Reported) -> None:
    broken = Audit(INTACT.case, INTACT.size, INTACT.head, (), (NOBODY,))
    assert "does not hold" not in Page(render(told.pack)).text
    assert "does not hold" in Page(render(packed(told.case, told.deps, broken))).text


def test_a_record_that_was_altered_is_said_at_the_top(told: Reported) -> None:
    altered = Audit(INTACT.case, INTACT.size, INTACT.head, (Finding("entries/7", "does not follow"),), ())
    text = Page(render(packed(told.case, told.deps, altered))).text
    assert text.index("NOT intact") < text.index("Case opened")
    assert "entries/7: does not follow" in text


def test_an_open_record_is_verified_as_open_and_a_copy_by_its_own_command(told: Reported, case: Case, deps: Deps) -> None:
    assert "--open" in packed(case, deps).record.verify
    ours = pack(told.case, told.deps.journal(told.case.id), "x", INTACT, NOW, verify="codeblue audit here")
    assert ours.record.verify == "codeblue audit here"


def test_a_pack_is_read_back_as_it_was_written(whole: Pack) -> None:
    written = json.dumps(whole.model_dump(mode="json"))
    assert Pack.model_validate_json(written) == whole
    assert json.loads(written)["form"] == FORM


def test_two_packs_of_one_record_are_the_same(told: Reported) -> None:
    assert packed(told.case, told.deps) == told.pack


def test_times_are_told_in_utc_wherever_they_were_taken(whole: Pack) -> None:
    elsewhere = datetime.fromisoformat("2026-11-21T13:00:00+01:00")
    assert elsewhere.astimezone(UTC) == NOW
    assert "2026-11-21 12:00:00 UTC" in Page(render(whole.but(made_at=elsewhere))).text


def test_scripts_get_the_documented_keys_and_no_others(case: Case, deps: Deps) -> None:
    keys = {"case", "status", "waves", "versions", "ledger", "report", "seconds_to_fence", "left_for_people"}
    content = summary(case, deps.journal(case.id), "s3://custody")
    assert set(content) - {"awaiting"} == keys == set(turned(case.verdict, "why"))
    assert re.fullmatch(r"cb-[0-9a-f]{12}", str(content["case"]))
    json.dumps(content)
