"""What is shown on the decision page, and what is decided there."""

import json
import logging

import pytest

from functions import page
from functions.answers import HEADERS
from shared.domain.case import Case, Mode
from shared.domain.plan import Wave
from shared.report.question import told
from shared.workflow.opening import Wanted, admit
from tests.contract.decision_page.browser import ASK, TWO, Browser, Scene
from tests.contract.decision_page.pool import Pool
from tests.hospital import built, signal
from tests.workflow.driving import NOBODY, go_on
from tests.workflow.recovering import fallen


class TestDecision:
    """What is decided goes on record under the person's own name."""

    def test_they_read_exactly_what_is_asked(self, scene: Scene, browser: Browser) -> None:
        assert scene.case.awaiting
        assert browser.sign_in(scene.pool, scene.address) == 200
        read = browser.page
        assert not read.open
        assert read.fetched == ["/acknowledge", "/decide"]
        for words in (scene.case.id, scene.case.awaiting.digest, "Ann@st-brendan.example", f"codeblue approve {scene.case.id}"):
            assert words in read.text
        assert scene.decided == []

    def test_the_list_has_every_case_that_asks(self, scene: Scene, browser: Browser) -> None:
        assert browser.sign_in(scene.pool, "/cases") == 200
        assert browser.page.all("a")[0]["href"] == scene.address

    @pytest.mark.parametrize(("button", "granted"), [("approve", True), ("refuse", False)])
    def test_it_is_in_the_case_and_wakes_the_workflow(self, scene: Scene, browser: Browser, button: str, granted: bool) -> None:
        scene.nudges.keep(scene.case.id, "t-1")
        browser.sign_in(scene.pool, scene.address)
        assert browser.press(button) == 200
        assert scene.decided == [(f"Ann@st-brendan.example ({scene.pool.url}#1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed)", granted)]
        assert [each[0] for each in scene.nudges.answers] == ["t-1"]

    def test_the_record_has_the_claims_that_it_took_and_no_token(self, scene: Scene, browser: Browser) -> None:
        browser.sign_in(scene.pool, scene.address)
        browser.press("approve")
        (said,) = scene.entries
        assert set(said["claims"]) == {"iss", "sub", "email", "auth_time", "custom:mfa", "custom:groups"}
        assert said["claims"]["custom:mfa"] == "mfa"
        assert browser.cookies[page.SESSION] not in json.dumps(said)

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            pytest.param({"csrf": ""}, 409, id="without the page's own token"),
            pytest.param({"digest": "0" * 64}, 409, id="of another digest than was shown"),
            pytest.param({"case": "cb-another"}, 409, id="of another case than was shown"),
            pytest.param({"answer": "perhaps"}, 400, id="that is neither yes nor no"),
            pytest.param({"answer": ""}, 400, id="without an answer"),
            pytest.param({"case": "CB 1"}, 400, id="of no case"),
        ],
    )
    def test_nothing_is_decided_by_a_form(self, scene: Scene, browser: Browser, change: dict[str, str], status: int) -> None:
        browser.sign_in(scene.pool, scene.address)
        fields = {each["name"]: each["value"] for each in browser.page.all("input")}
        assert browser.post(**{**fields, "answer": "approve", **change}) == status
        assert (scene.decided, "Nothing was decided" in browser.page.text) == ([], True)

    def test_what_is_no_form_pages_nobody(self, pool: Pool, browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
        assert [browser.sends(body) for body in (b"\xff\xfe", b"a=1&" * 20, b"")] == [400, 400, 401]
        assert not caplog.records

    def test_nobody_decides_with_another_persons_page(self, scene: Scene, browser: Browser) -> None:
        browser.sign_in(scene.pool, scene.address)
        fields = {each["name"]: each["value"] for each in browser.page.all("input")}
        other = Browser()
        other.sign_in(scene.pool, "/cases")
        assert other.post(**fields, answer="approve") == 409
        assert Browser().post(**fields, answer="approve") == 401
        assert scene.decided == []

    def test_the_second_press_says_that_nothing_is_asked_any_more(self, scene: Scene, browser: Browser) -> None:
        browser.sign_in(scene.pool, scene.address)
        shown = browser.last
        browser.press("approve")
        browser.last = shown
        assert browser.press("approve") == 409
        assert len(scene.decided) == 1
        assert browser.get(f"/case?id={scene.case.id}") == 200
        assert "asks nothing now" in browser.page.text

    def test_a_question_that_expired_while_it_was_read_is_not_decided(self, scene: Scene, browser: Browser) -> None:
        browser.sign_in(scene.pool, scene.address)
        scene.deps.clock.sleep(ASK.approval.expires.total_seconds())
        assert browser.press("approve") == 409
        assert "expired" in browser.page.text

    def test_what_went_wrong_after_it_was_on_record_is_not_told_as_nothing(
        self, scene: Scene, browser: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        browser.sign_in(scene.pool, scene.address)
        monkeypatch.setattr(scene.nudges, "token", lambda _case: 1 / 0)
        with caplog.at_level(logging.ERROR, "codeblue"):
            assert browser.press("approve") == 500
        assert "may be on record already" in browser.page.text
        assert [each.getMessage() for each in caplog.records] == ["the decision page has failed: ZeroDivisionError"]


class TestTwoPeople:
    """Who asked for what can not be undone does not approve it (`tests/workflow/test_two_people.py`), and is told so."""

    def test_they_may_refuse_it(self, scene: Scene, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        deps = fallen(built()).worker(TWO)
        by = "arn:aws:sts::111122223333:assumed-role/lead/ann@st-brendan.example"
        opened = admit(signal(), deps, automatic=False, wanted=Wanted(Mode.ASK, by=by))
        assert isinstance(opened, Case)
        case = go_on(opened, deps, lambda c: ("dr-yes", True) if c.awaiting and c.awaiting.envelope else NOBODY(c))
        scene.case, scene.deps = case, deps
        browser.sign_in(scene.pool, scene.address)
        assert "You asked for it" in browser.page.text
        fields = {each["name"]: each["value"] for each in browser.page.all("input")}
        assert browser.post(**fields, answer="approve") == 403
        browser.get(scene.address)
        assert browser.press("refuse") == 200
        assert Wave.REKEY in scene.deps.cases.load(case.id).declined


def test_what_would_turn_around_or_hide_a_name_is_shown_by_its_number() -> None:
    shown = told("Title", "role/\u202enimda\u200b<b>", "safe", ["next"], {})
    assert "role/\\u202enimda\\u200b&lt;b&gt;" in shown


def test_every_page_forbids_whatever_could_run_frame_or_keep_it() -> None:
    policy = HEADERS["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert (HEADERS["cache-control"], HEADERS["referrer-policy"]) == ("no-store", "no-referrer")
