"""A shift's hand-over: what the next person on call is told of cases, pages and fences."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.cli.handing_over import show
from shared.report.handover import handover
from shared.workflow.acknowledging import acknowledge
from shared.workflow.deps import Deps
from tests.hospital import CHARTS, Hospital
from tests.workflow.driving import respond
from tests.workflow.test_paging import ANN, CALLS, later

SHIFT = timedelta(hours=12)


def handed(deps: Deps, since: timedelta = SHIFT) -> Any:  # noqa: ANN401  # JSON
    now = deps.clock.now()
    found = handover(deps.cases, deps.journal, deps.policy.paging, now - since, now)
    assert json.loads(json.dumps(found)) == found
    return found


def test_a_question_and_its_page_say_who_is_called_next_and_what_to_type(hospital: Hospital) -> None:
    deps = hospital.worker(CALLS)
    case = respond(deps)
    later(hospital, 3)
    found = handed(deps)
    assert case.awaiting
    assert case.page
    (waiting,), (page,) = found["waiting"], found["pages"]
    assert waiting["next"] == f"codeblue approve {case.id} --digest {case.awaiting.digest}"
    assert (page["next_level"], page["acknowledged_by"], page["next"]) == (2, "", f"codeblue acknowledge {case.id}")
    assert page["next_at"] == (case.page.since + timedelta(minutes=10)).isoformat(timespec="seconds")
    assert [line["to"] for line in found["call_list"]] == ["topic", "webhook tool", "topic"]


def test_whoever_has_a_page_is_named_and_nobody_else_is_called(hospital: Hospital) -> None:
    deps = hospital.worker(CALLS)
    case = respond(deps)
    acknowledge(case.id, deps, ANN)
    (page,) = handed(deps)["pages"]
    assert (page["acknowledged_by"], page["next_at"]) == (ANN, None)
    assert any(ANN in line["what"] for line in handed(deps)["done"])


def test_what_stands_and_may_hurt_others_comes_with_the_way_back(hospital: Hospital) -> None:
    hospital.world.refused.add((CHARTS, "resource-policy"))
    deps = hospital.worker()
    case = respond(deps)
    found = handed(deps)
    assert [line["case"] for line in found["open"]] == [case.id]
    assert found["fences"]
    assert all(line["next"] == f"codeblue release {case.id} {line['target']}" and line["hurts"] for line in found["fences"])
    assert found["call_list"] == [{"level": 1, "to": "topic", "wait_seconds": None}]


def test_what_was_done_before_the_shift_is_not_told(hospital: Hospital) -> None:
    deps = hospital.worker(CALLS)
    respond(deps)
    assert handed(deps)["done"]
    later(hospital, 60)
    assert handed(deps, timedelta(minutes=30))["done"] == []


def test_a_quiet_night_says_so_in_every_line(hospital: Hospital, capsys: Any) -> None:  # noqa: ANN401
    show(handed(hospital.worker()))
    said = capsys.readouterr().out
    assert all(words in said for words in ("open cases: none", "pages: none is open", "waiting for people: nothing", "1. topic"))


def test_a_pause_and_a_page_that_nobody_has_are_not_overlooked(hospital: Hospital, capsys: Any) -> None:  # noqa: ANN401
    deps = hospital.worker(CALLS)
    case = respond(deps)
    deps.cases.pause(ANN)
    show(handed(deps))
    said = capsys.readouterr().out
    assert "PAUSED" in said
    assert "NOBODY HAS IT; level 2 is told at" in said
    assert f"codeblue acknowledge {case.id}" in said


def test_what_is_not_shown_is_counted(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    hospital.world.refused.add((CHARTS, "resource-policy"))
    deps = hospital.worker()
    case = respond(deps)
    every = handed(deps)
    monkeypatch.setattr("shared.report.handover.MOST", 0)
    said = handed(deps)
    assert [line["what"] for line in said["waiting"]] == [f"{len(every['waiting'])} more"]
    assert [line["target"] for line in said["fences"]] == [f"{len(every['fences'])} more"]
    assert [line["what"] for line in said["done"]] == [f"and {len(every['done'])} more since then: codeblue report {case.id}"]
