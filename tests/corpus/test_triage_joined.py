"""Real sequences, shuffled and repeated: the breaches stay the same."""

import random

import pytest

from shared.intake.fact import Fact
from shared.triage.decision import Decision
from shared.triage.joining import Joiner, keys_of
from shared.triage.running import inputs, read

from .test_triage_recorded import CORPUS, pytestmark, triaged

__all__ = ["pytestmark"]

DAY = 86_400.0


def sequence() -> list[tuple[Fact, bool]]:
    """The lab's facts that are acted on or watched, or that hand out an identity."""
    given = list(inputs([CORPUS / "invictus-ir+aws_dataset", CORPUS / "Yamato-Security+suzaku-sample-data"]))
    _, lines = triaged(given)
    facts = [fact for each in given for fact in read(each)]
    found = []
    for fact, line in zip(facts, lines, strict=True):
        if isinstance(fact, Fact) and (line.decision in {Decision.ACT, Decision.WATCH} or fact.opens):
            found.append((fact, line.decision is Decision.ACT))
    return found


def partition(facts: list[tuple[Fact, bool]]) -> set[frozenset[str]]:
    joiner = Joiner(DAY)
    for fact, acts in facts:
        joiner.join(keys_of(fact, acts=acts), fact.at or 0.0, fact.id, acts=acts)
    placed = {fact.id: joiner.join(keys_of(fact, acts=acts), fact.at or 0.0, fact.id, acts=False) for fact, acts in facts}
    cases = {joiner.resolved().get(case, case) for case in placed.values() if case}
    return {frozenset(one for one, case in placed.items() if case and joiner.resolved().get(case, case) == name) for name in cases}


@pytest.mark.parametrize("seed", range(5))
def test_shuffles_and_repeats_change_nothing(seed: int) -> None:
    facts, dice = sequence(), random.Random(seed)  # noqa: S311  shuffles, no secrets
    again = [*facts, *dice.choices(facts, k=200)]
    dice.shuffle(again)
    assert partition(again) == partition(facts)
