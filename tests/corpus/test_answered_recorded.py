"""Recorded events handed to a response: what triage wants acted on opens a case or is left for people, and nothing is silent."""

from collections import Counter
from pathlib import Path

from shared.adapters.memory.windows import BoundedMemory
from shared.domain.errors import BadInput
from shared.settings import Policy
from shared.triage.decision import Decision
from shared.workflow.judging import Judge, Judged, arrived

from .test_triage_recorded import CORPUS, pytestmark, rows

__all__ = ["pytestmark"]


def judged(path: Path, judge: Judge) -> list[Judged]:
    try:
        return list(judge.judge(arrived(path.read_bytes())))
    except BadInput:
        return []


def test_what_is_to_be_acted_on_opens_a_case_or_is_for_people() -> None:
    ends: Counter[str] = Counter()
    judge = Judge(Policy(), frozenset(), BoundedMemory, automatic=False)
    for row in rows():
        for each in judged(CORPUS / row["path"], judge):
            assert each.words
            if each.decision is Decision.ACT:
                assert (each.signal is None) != (each.left is None), (row["path"], each.words)
                ends["case" if each.signal else "people"] += 1
                assert each.left is None or (each.left.target and each.left.reason and each.left.next)
    assert ends["case"] > ends["people"] > 0, ends
