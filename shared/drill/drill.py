"""A drill is one record of five steps: set up, attack, respond, verify, revert. Each cloud has one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.domain.case import Case
from shared.workflow.run import Outcome

type Say = Callable[[str], None]
"""Told what happens, in a sentence, as it happens."""

type Progress = Callable[[Case, Outcome], None]
"""Told after every stage of the response."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What drill is wanted. The `seed` fixes hospital, thief and order of moves; `hard`: as the cloud is on a bad day."""

    seed: int
    hard: bool
    out: Path


@dataclass(frozen=True, slots=True)
class Shown:
    """What a drill showed: its cases, facts in lines for people, content for scripts, and how to look again at the first of them.

    `wrong`: what must not happen in a drill and did, in sentences.
    """

    cases: tuple[Case, ...]
    facts: tuple[str, ...]
    content: dict[str, object]
    wrong: tuple[str, ...]
    report: Path
    audit: str


@dataclass(frozen=True, slots=True)
class Drill[Stage, Attack, Answer]:
    """The steps. What one hands to the next is its own affair; `set_up` ends, whatever happens, with the revert of everything."""

    cloud: str
    set_up: Callable[[Wanted, Say], AbstractContextManager[Stage]]
    attack: Callable[[Stage, Say], Attack]
    respond: Callable[[Stage, Attack, Say, Progress], Answer]
    verify: Callable[[Stage, Answer, Say], Shown]


def play(drill: Drill[Any, Any, Any], wanted: Wanted, say: Say, progress: Progress) -> Shown:
    """The drill from its first step to its last. Raises what its steps raise."""
    with drill.set_up(wanted, say) as stage:
        begun = drill.attack(stage, say)
        answer = drill.respond(stage, begun, say, progress)
        return drill.verify(stage, answer, say)
