"""The rule table asked about one record: its answer as what a case can be opened with, or as what is left for people."""

from collections.abc import Iterable

from shared.domain.case import LeftForPeople
from shared.domain.errors import BadInput
from shared.intake import signal_in
from shared.intake.fact import Fact
from shared.intake.fact_signal import signal_of
from shared.intake.relevance import beyond
from shared.intake.sources import fact_in
from shared.intake.tolerant import shown
from shared.intake.wrappings import Unreadable
from shared.ports import Memory
from shared.settings import Policy
from shared.triage.by_hand import NEXT
from shared.triage.deciding import Decided, Decider
from shared.triage.decision import Decision
from shared.triage.table import table_of

from .judging import Judged, Record, called

LONGEST = 512
"""Characters of a target's name that people are shown."""


def decider(policy: Policy, memory: Memory, *, drill: bool) -> Decider:
    """What asks the table. `drill`: samples are taken for real."""
    return Decider(table_of(policy), memory, policy, 0.0, drill=drill)


def ask(record: Record, digest: str, by: Decider) -> Judged:
    """The table's answer. How old the record is, and whether somebody has to be asked for that, is admission's question."""
    fact = record.fact or fact_in(record.document)
    if isinstance(fact, Unreadable):
        return Judged(Decision.DROP, fact.why)
    by.now = fact.at or 0.0
    decided = by.decide(fact)
    words = _sentence(fact, decided)
    about = f"{fact.source}|{fact.event}|{fact.actor.text}|{decided.rule.id if decided.rule else decided.reason}"
    if decided.decision is Decision.DROP:
        return Judged(decided.decision, words, about)
    try:
        signal = record.signal or signal_in(record.document, digest) or signal_of(fact, digest)
    except BadInput as why:
        return Judged(decided.decision, words, about, left=_left(fact, decided, str(why)))
    if why_not := beyond(signal):
        return Judged(decided.decision, words, about, left=_left(fact, decided, why_not))
    return Judged(decided.decision, words, about, signal, decided.mode)


def _sentence(fact: Fact, decided: Decided) -> str:
    rule = f"rule {decided.rule.id}: " if decided.rule else ""
    return f"{called(fact.event, fact.source, fact.actor.text)}: {rule}{decided.reason}"


def _left(fact: Fact, decided: Decided, why: str) -> LeftForPeople | None:
    """An act that is called for and that nothing of ours can do. None where it is only watched."""
    if decided.decision is not Decision.ACT or decided.rule is None:
        return None
    target = next(iter(fact.resources), "") or fact.actor.text or fact.account or fact.source
    return LeftForPeople(
        target=target[:LONGEST] if target.isprintable() else shown(target),
        reason=f"{_sentence(fact, decided)}; no playbook of ours contains it: {why}",
        next=NEXT[decided.rule.playbook],
    )


class Unfired:
    """A `Memory` that keeps to itself which counters have fired until it is told that what followed from that is done.

    It knows no duplicates: which alert is known already is admission's question, by the alert's id.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._waiting: list[tuple[str, float]] = []

    def seen(self, fact_id: str) -> bool:  # noqa: ARG002  the port's signature
        return False

    def most(self, counter: str, at: float, within: float, item: str, enough: int) -> int:
        return self._memory.most(counter, at, within, item, enough)

    def fired(self, counter: str, at: float, within: float) -> bool:
        near = any(name == counter and abs(at - each) <= within for name, each in self._waiting)
        return near or self._memory.fired(counter, at, within)

    def fire(self, counter: str, at: float) -> None:
        self._waiting.append((counter, at))

    def fire_all(self) -> None:
        """Pass on what waits."""
        for counter, at in self._waiting:
            self._memory.fire(counter, at)
        self._waiting.clear()

    def forget(self) -> None:
        """Forget what waits: the delivery that it came of was not taken in, and comes again."""
        self._waiting.clear()

    def made(self, who: str, names: Iterable[str]) -> None:
        self._memory.made(who, names)

    def made_by(self, who: str, name: str) -> bool:
        return self._memory.made_by(who, name)
