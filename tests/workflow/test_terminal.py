"""Who is asked at a terminal, and who is not."""

import sys
from io import StringIO

import pytest
import typer
from rich.console import Console

from shared.cli import acting, output, showing
from shared.domain.case import Case, Mode
from shared.domain.plan import Status
from shared.settings import Modes, OneWay, Policy
from shared.workflow.deps import Deps
from tests.hospital import Hospital
from tests.workflow.driving import respond
from tests.workflow.recovering import Night

FENCE_ASKED = Policy(modes=Modes(fence=Mode.ASK))


class Stream:
    """A terminal, or none."""

    def __init__(self, *, terminal: bool) -> None:
        self.isatty = lambda: terminal


@pytest.mark.parametrize(
    ("reading", "writing"),
    [
        pytest.param(False, True, id="nobody types"),
        pytest.param(True, False, id="nobody sees the plan"),
    ],
)
def test_without_a_terminal_nobody_is_asked(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, reading: bool, writing: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", Stream(terminal=reading))
    monkeypatch.setattr(sys, "stdout", Stream(terminal=writing))
    deps = hospital.worker(FENCE_ASKED)
    assert acting._asks(deps, json=False, yes=False)(respond(deps)) is None


def at_terminal(case: Case, deps: Deps, monkeypatch: pytest.MonkeyPatch, typed: str) -> tuple[str, bool] | None:
    """What comes of typing this; the prompt says what may be typed."""
    monkeypatch.setattr(typer, "prompt", lambda _said, default: typed or default)
    return acting._prompt(case, deps)


def test_who_asked_for_what_can_not_be_undone_may_refuse_it_and_not_say_yes(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    deps = night.worker(Policy(one_way=OneWay(second_person="always")))
    case = respond(deps)
    assert case.awaiting
    assert at_terminal(case, deps, monkeypatch, case.awaiting.digest[:8]) is None
    assert at_terminal(case, deps, monkeypatch, "refuse") == (deps.caller, False)
    assert acting._asks(deps, json=False, yes=True)(case) is None


def test_one_person_is_enough_where_the_policy_says_so(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    deps = night.worker(Policy(one_way=OneWay(second_person="never")))
    case = respond(deps)
    assert case.awaiting
    assert at_terminal(case, deps, monkeypatch, case.awaiting.digest[:8]) == (deps.caller, True)
    assert at_terminal(case, deps, monkeypatch, "") is None
    assert acting._asks(deps, json=False, yes=True)(case) == (deps.caller, True)


def test_what_was_planned_and_then_done_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    def row(target: str, status: Status) -> dict[str, str]:
        return {"action": "deny-all", "target": target, "status": status.value, "reason": ""}

    waves = [
        {"name": "fence", "changes": [row("user/a", Status.PLANNED), row("user/b", Status.PLANNED)]},
        {"name": "fence", "changes": [row("user/a", Status.APPLIED)]},
    ]
    output._changes({"waves": waves})
    assert capsys.readouterr().out.splitlines() == [
        "fence: 1 planned",
        "  Refuse everything to the user or role: user/b",
        "fence: 1 applied",
        "  Refuse everything to the user or role: user/a",
    ]


def test_a_stores_key_is_named_and_is_not_taken_for_its_other_one(capsys: pytest.CaptureFixture[str]) -> None:
    def row(key: str, status: Status) -> dict[str, str]:
        return {"action": "regenerate-store-key", "target": "store", "part": key, "status": status.value, "reason": ""}

    planned, made = row("key2", Status.PLANNED), row("key1", Status.APPLIED)
    output._changes({"waves": [{"name": "fence", "changes": [planned]}, {"name": "sweep", "changes": [made]}]})
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")] == [
        "  Make the exposed key of a store anew: store, key2",
        "  Make the exposed key of a store anew: store, key1",
    ]


def test_the_id_of_a_case_is_whole_on_a_narrow_terminal() -> None:
    case = {"case": "cb-de4fef3169f0", "opened": "2026-11-22T23:57:48+00:00", "status": "awaiting_approval", "stage": "sweep"}
    said = StringIO()
    Console(width=80, file=said).print(
        showing._listed([{**case, "event": "Storage.Blob_GeoAnomaly", "actor": f"service-principal {'5e4f1ce0-' * 4}"}])
    )
    assert "cb-de4fef3169f0" in said.getvalue()
    assert "…" not in said.getvalue()
