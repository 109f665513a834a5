"""Guardrails: with them the fence seals whom it refuses, and without them the report says against whom it does not stand."""

from shared.domain.case import Case, Verdict
from shared.domain.facet import Sealed
from shared.report.html import render
from shared.report.summary import summary
from shared.settings import Policy, Responder
from shared.workflow.deps import Deps
from tests.hospital import EXPORT, Hospital
from tests.page import Page
from tests.workflow.driving import respond
from tests.workflow.reported import packed

WORDS = "not contained against account admin"
GUARDED = Policy(responder=Responder(guardrails=True))


def told(case: Case, deps: Deps) -> str:
    """Everything that scripts and people are told."""
    return f"{summary(case, deps.journal(case.id), 'memory')['left_for_people']} {Page(render(packed(case, deps))).text}".lower()


def test_without_guardrails_nobody_is_sealed_and_it_is_said_in_these_words(hospital: Hospital) -> None:
    deps = hospital.worker()
    case = respond(deps)
    assert case.verdict is Verdict.CONTAINED
    assert deps.world.look(EXPORT, Sealed) == ()
    assert told(case, deps).count(WORDS) >= 2


def test_with_guardrails_the_thief_is_sealed_and_nothing_is_left_to_be_said(hospital: Hospital) -> None:
    deps = hospital.worker(GUARDED)
    case = respond(deps)
    assert case.verdict is Verdict.CONTAINED
    assert deps.world.look(EXPORT, Sealed) == (Sealed(on=True),)
    assert WORDS not in told(case, deps)
