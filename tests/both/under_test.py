"""What a clinic under test is, whichever cloud it is in: who is there, what an alert says, what the cloud shows afterwards.

A row is written once, against this, and runs in every cloud: none of them asks which cloud it is in.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.drills.programs import Running

type Json = dict[str, Any]
type Tables = Mapping[str, Mapping[str, object]]

OUTPUT_LIMIT = 4000

ASKING: Tables = {"modes": {"fence": "ask", "preserve": "ask", "sweep": "ask", "rekey": "observe"}}
FENCING: Tables = {"modes": {"rekey": "observe"}}
"""Policies of most rows: a key is not replaced where the fence alone is looked at."""

PAGED = "An act by a responder identity that we did not make"


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of `codeblue`: its exit code and all it wrote."""

    code: int
    out: str
    err: str

    @property
    def results(self) -> list[Json]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def result(self) -> Json:
        (only,) = self.results
        return dict(only)

    @property
    def status(self) -> tuple[int, str]:
        return self.code, str(self.result["status"])

    @property
    def changes(self) -> list[Json]:
        """Every change of every wave."""
        return [change for wave in self.result["waves"] for change in wave["changes"]]

    def __repr__(self) -> str:
        return f"exit {self.code}\n{self.out[:OUTPUT_LIMIT]}\n{self.err[:OUTPUT_LIMIT]}"


@dataclass(frozen=True, slots=True)
class Forged:
    """Alerts of whoever can send us any. `known`: under the id of a true one; else under one that nobody has heard of."""

    user: Json
    """names somebody who uses charts by right"""
    known_user: Json
    ourselves: Json
    last_resort: Json
    """names the break-glass identity, as its own cloud does"""
    last_resort_by_name: Json
    """names it as anybody can who knows what it is called, and not its id"""
    known_custody: Json
    """names the store of the record"""


@dataclass(frozen=True, slots=True)
class Namesake:
    """`known`: the id of the responder that had the name before. `name`: who has it now, as a change names its target.

    `record`: what this one did, as the cloud's log has it. `enters`: the error code that it gets now; empty where it is let in.
    """

    known: str
    name: str
    record: Json
    enters: Callable[[], str]


class Clinic(Protocol):
    """A clinic in an embedded cloud, robbed by a thief whose alert the cloud bears out, and `codeblue` run as its responder."""

    theft: Json
    """the alert about the thief, which its source bears out"""
    thief: str
    people: tuple[str, ...]
    """who uses charts by right"""
    break_glass: str
    """the identity of the last resort, as a policy names it"""

    bystander: str
    """somebody or something whom the fence of that theft hurts too, as a plan names its target"""
    once: tuple[tuple[str, ...], int]
    """words in the names of what is written once and never again while a thief is fenced, and how much of that there is"""
    one_way: frozenset[str]
    """actions of the fence of that robbery which nobody can undo"""
    declared: Tables
    """what the clinic's administrators have declared beforehand"""
    recovery: int
    """calls of a run from the plan of new keys to the proof, and some"""
    ways: frozenset[str]
    """actions of a recovery that nobody takes back, for what was moved would be lost"""
    public_key: str
    """custody's key, as its owner has it from the beginning (PEM)"""

    def policy(self, folder: Path, tables: Tables) -> Path:
        """A `response.toml` with these tables beside the clinic's own."""

    def codeblue(self, *words: object, given: str = "") -> Ran:
        """`codeblue` with these words, in this process; `given` is its standard input."""

    def start(self, *words: object) -> Running:
        """The same in a process of its own, begun and not waited for."""

    def kill(self, pid: int, nth: int) -> None:
        """SIGKILL to this process as the n-th call from now on comes in; the call itself is answered, to nobody."""

    def reads(self, who: str) -> str:
        """The error code that this caller gets for a patient's chart; empty where the chart is given out."""

    def calls(self) -> int:
        """How many calls the cloud has answered so far."""

    def writes(self, since: int) -> list[str]:
        """What the responder changed, or tried to, outside its custody, from this number of calls on."""

    def pages(self) -> list[str]:
        """Subjects of what people were paged since this was last asked."""

    def forged(self) -> Forged:
        """Alerts that are lies."""

    def out_of_reach(self) -> tuple[Json, Tables, tuple[str, ...]]:
        """A true alert about what is out of reach, the policy that says so beside the program itself, and those targets."""

    def ours(self) -> list[Json]:
        """What the responder changed, as the cloud's log has it."""

    def with_our_credentials(self) -> Json:
        """Something is changed with the responder's credentials and not by the program: as the cloud's log has it."""

    def name_patients(self) -> tuple[str, ...]:
        """Set things up as people do, who write patients' names everywhere; names that must be seen nowhere from now on."""

    def rob(self) -> Json:
        """The thief does more than it is known for before anybody notices. The alert, which tells objects by name."""

    def kept(self) -> Iterator[bytes]:
        """Every byte that custody holds."""

    def state(self) -> Json:
        """Everything that a fence may touch, by what it is, and the same for two runs that end alike."""

    def legitimate(self, state: Json) -> Json:
        """What of it its owners had set up: without what names the thief alone."""

    def around_bystander(self, state: Json) -> object:
        """What of it is the bystander's."""

    def standing(self) -> list[str]:
        """What still stands of what the thief made."""

    def furnish(self) -> None:
        """What a recovery meets besides plain charts."""

    def stored(self) -> Mapping[Any, object]:
        """Every stored version as anybody who may read it sees it, without its key."""

    def astray(self) -> list[str]:
        """What is not under the one successor of its key, or would not be when it is next written."""

    def not_put_back(self) -> list[str]:
        """What a rollback of a recovery leaves otherwise than it was, though it could."""

    def unclaimed(self) -> list[str]:
        """Keys that were made for a case, and that nothing uses or names."""

    def throttle(self) -> None:
        """From the fence's first write on, which still works, the services refuse whatever changes or shows how things are set up.

        A thief can use up the rate of such calls, which all callers share.
        """

    def lose_record(self) -> None:
        """No place of the record takes any more of it."""

    def relent(self) -> None:
        """All is well again."""

    def fences(self) -> frozenset[str]:
        """What stands of the fence."""

    def namesake(self) -> Namesake:
        """Somebody under the name of a responder who is no more, and what it did with what it can reach."""


def respond(clinic: Clinic, alert: Json, *options: object) -> Ran:
    """`codeblue respond --render --json` on this alert."""
    return clinic.codeblue("respond", "-", "--render", "--json", *options, given=json.dumps(alert))


def untouched(clinic: Clinic, alert: Json, *options: object) -> Ran:
    """The same; fails where anything but custody was written."""
    before = clinic.calls()
    ran = respond(clinic, alert, *options)
    assert clinic.writes(before) == []
    return ran
