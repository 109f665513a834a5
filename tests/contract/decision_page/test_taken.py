"""The button "I have it" of the decision page: whose the page of a case is, with the same sign-in as a decision."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest

from functions import page
from shared.domain.call_list import Level, Paging
from shared.workflow.acknowledging import look
from tests.contract.decision_page.browser import ASK, Browser, Scene
from tests.hospital import built
from tests.workflow.driving import respond
from tests.workflow.test_hardship import IMPATIENT

CALLS = ASK.but(paging=Paging(call_list=(Level(to="topic"), Level(to="topic", wait=timedelta(minutes=20)))))
ANN = "Ann@st-brendan.example"


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """The same, with a second level to call."""
    scene.deps = built().worker(CALLS)
    scene.case = respond(scene.deps)
    return scene


@pytest.fixture
def busy(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker keeps the case, whenever somebody comes."""
    monkeypatch.setattr(scene.deps.cases, "take", lambda *_: None)


@pytest.fixture
def reading(scene: Scene, browser: Browser) -> Browser:
    """Ann reads what the case asks."""
    assert browser.sign_in(scene.pool, scene.address) == 200
    return browser


def entries(scene: Scene) -> list[Any]:
    return [entry.body for entry in scene.deps.journal(scene.case.id).entries() if entry.kind == "acknowledged"]


def test_it_is_theirs_on_record_with_the_claims_that_it_took(scene: Scene, reading: Browser) -> None:
    assert "nobody has it" in reading.page.text
    assert reading.take() == 200
    assert ("You have it" in reading.page.text, "Nobody else is called" in reading.page.text) == (True, True)
    (said,) = entries(scene)
    assert (said["by"], set(said["claims"])) == (
        f"{ANN} ({scene.pool.url}#1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed)",
        {"iss", "sub", "email", "auth_time", "custom:mfa", "custom:groups"},
    )
    assert reading.cookies[page.SESSION] not in json.dumps(said)


def test_nothing_is_decided_by_it_and_nobody_else_is_called(scene: Scene, reading: Browser) -> None:
    reading.take()
    scene.deps.clock.sleep(60 * 60)
    assert (look(scene.deps), scene.decided, scene.nudges.answers) == ((), [], [])


def test_the_page_then_shows_who_has_it_and_goes_on_taking_the_decision(scene: Scene, reading: Browser) -> None:
    reading.take()
    assert reading.get(scene.address) == 200
    assert (f"{ANN} " in reading.page.text, "has it since" in reading.page.text, reading.page.fetched) == (True, True, ["/decide"])
    assert reading.get("/cases") == 200
    assert ", taken" in reading.page.text
    reading.get(scene.address)
    assert (reading.press("approve"), len(scene.decided)) == (200, 1)


def test_whoever_was_first_has_it(scene: Scene, reading: Browser) -> None:
    other = Browser()
    scene.pool.says = {"sub": "another", "email": "ben@st-brendan.example"}
    other.sign_in(scene.pool, scene.address)
    assert other.take() == 200
    assert reading.take() == 200
    assert ("Somebody has it already" in reading.page.text, "ben@st-brendan.example" in reading.page.text) == (True, True)
    assert len(entries(scene)) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"csrf": ""}, 409, id="without the page's own token"),
        pytest.param({"case": "cb-another"}, 404, id="of another case than was shown"),
        pytest.param({"case": "CB 1"}, 400, id="of no case"),
    ],
)
def test_nobody_has_it_by_a_form(scene: Scene, reading: Browser, change: dict[str, str], status: int) -> None:
    assert reading.take(**change) == status
    assert (entries(scene), "Nothing was decided" in reading.page.text or status == 404) == ([], True)


def test_nobody_has_it_by_the_token_of_a_decision_or_by_another_persons_page(scene: Scene, reading: Browser) -> None:
    decision = reading.page.all("input")[-1]["value"]
    shown = reading.last
    assert reading.take(csrf=decision) == 409
    other = Browser()
    other.sign_in(scene.pool, "/cases")
    other.last = shown
    assert other.take() == 409
    nobody = Browser(last=shown)
    assert nobody.take() == 401
    assert entries(scene) == []


def test_what_was_not_shown_is_not_taken(scene: Scene, reading: Browser) -> None:
    shown = reading.last
    reading.press("refuse")
    reading.last = shown
    assert reading.take() == 409
    assert ("waits for nobody" in reading.page.text, entries(scene)) == (True, [])


@pytest.mark.parametrize(
    ("says", "status"),
    [
        pytest.param({"custom:mfa": '["pwd"]'}, 403, id="shows no second factor"),
        pytest.param({"custom:groups": "[other]"}, 403, id="is of nobody who may decide"),
        pytest.param({"aud": "another"}, 401, id="is made out to somebody else"),
    ],
)
def test_nobody_has_it_with_a_session_that(scene: Scene, reading: Browser, says: dict[str, str], status: int) -> None:
    scene.pool.says = says
    reading.cookies[page.SESSION] = scene.pool.id_token("nonce")
    assert (reading.take(), entries(scene)) == (status, [])


def test_a_fence_that_is_held_asks_nothing_and_is_taken_all_the_same(scene: Scene, browser: Browser) -> None:
    hospital = built()
    hospital.world.allowance = 60
    scene.deps = hospital.worker()
    scene.case = respond(scene.deps, patience=IMPATIENT)
    assert browser.sign_in(scene.pool, "/cases") == 200
    assert f"{scene.case.id}: A fence is incomplete, nobody has it" in browser.page.text
    assert browser.get(scene.address) == 200
    assert ("asks nothing now" in browser.page.text, browser.page.fetched) == (True, ["/acknowledge"])
    assert (browser.take(), len(entries(scene))) == (200, 1)


@pytest.mark.usefixtures("busy")
def test_a_case_that_a_worker_keeps_is_to_be_taken_again(scene: Scene, reading: Browser) -> None:
    assert (reading.take(), "Send the same again" in reading.page.text, entries(scene)) == (503, True, [])


def test_what_went_wrong_after_it_was_on_record_is_not_told_as_nothing(
    scene: Scene, reading: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(scene.deps.notifier, "settle", lambda *_: 1 / 0)
    with caplog.at_level(logging.ERROR, "codeblue"):
        assert reading.take() == 500
    assert ("may be on record already" in reading.page.text, len(entries(scene))) == (True, 1)
    assert [each.getMessage() for each in caplog.records] == ["the decision page has failed: ZeroDivisionError"]
