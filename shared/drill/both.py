"""The drill in both clouds: one hospital with a part in each, a thief in both, one responder, and one case.

A program of the hospital's has credentials in either cloud, as is declared beforehand (`[identities]`). Both clouds' clocks begin
as the machine's, for clients of AWS use no session that has ended by theirs; in time lapse both go ahead together.
"""

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from copy import replace
from hashlib import sha256
from typing import Any, Final
from urllib.request import Request, urlopen

from shared.adapters.local.clock import SystemClock
from shared.sandbox.aws import scenario_names as in_aws
from shared.sandbox.azure import clinic_names as in_azure
from shared.sandbox.scene import Begun, Played, Ready, Success
from shared.settings import Policy
from shared.workflow.deps import Deps
from shared.workflow.question import Decide

from . import aws, azure
from .drill import Drill, Say, Wanted
from .hospital import House, Stage, acting, attack, cleared, heard, process, respond, settled
from .lapse import LapsedClock
from .verdict import Answered, Sight, verify

IDENTITIES: Final = {
    "imaging-export": [f"arn:aws:iam::{in_aws.ACCOUNT}:user/{in_aws.EXPORT_USER}", in_azure.EXPORT_ID, in_azure.ACCOUNT],
}
"""A program that exports images: its user there; here its application, and the account whose keys it was given."""


class Lines:
    """The lines to the parts of the hospital, as one: what is said is said to each; what each answers is kept, and put together."""

    def __init__(self, sides: Sequence[Stage]) -> None:
        self._sides = sides
        self.begun: tuple[Begun, ...] = ()
        self.played: tuple[Played[Any], ...] = ()

    def send(self, obj: object, /) -> None:
        for side in self._sides:
            side.line.send(obj)

    def poll(self, timeout: float | None = 0.0, /) -> bool:
        return all(side.line.poll(timeout) for side in self._sides)

    def recv(self) -> object:
        said = tuple(side.line.recv() for side in self._sides)
        if all(isinstance(each, Begun) for each in said):
            self.begun = tuple(each for each in said if isinstance(each, Begun))
            return _begun(self.begun)
        self.played = tuple(each for each in said if isinstance(each, Played))
        return _played(self.played)


def _begun(parts: Sequence[Begun]) -> Begun:
    """Both breaches as one, by the clock of the last: what is claimed of credentials is claimed there."""
    alerts, moves = (tuple(each for part in parts for each in getattr(part, name)) for name in ("alerts", "moves"))
    return Begun(alerts, parts[-1].at, sum(part.stolen for part in parts), moves)


def _played(parts: Sequence[Played[Any]]) -> Played[Any]:
    listed = {name: tuple(each for part in parts for each in getattr(part, name)) for name in LISTS}
    summed = {name: sum(getattr(part, name) for part in parts) for name in ("calls", "attempts")}
    named = {name: {k: v for part in parts for k, v in getattr(part, name).items()} for name in ("states", "keys")}
    pace = max(part.pace for part in parts)
    return Played(**listed, **summed, **named, pace=pace)  # type: ignore[arg-type]  # tables of fields


LISTS: Final = ("stored", "failures", "successes", "survivors", "lives")


@contextmanager
def _set_up(wanted: Wanted, say: Say) -> Iterator[Stage]:
    """Both parts of the hospital at work, until the block ends. Raises `NotReady`, `BadInput` as the clouds' own drills."""
    cleared(wanted.out)
    houses = (aws.HOUSE, azure.HOUSE)
    terms = (aws.HOUSE.terms(wanted), replace(azure.HOUSE.terms(wanted), behind=0.0))
    with ExitStack() as opened:
        lines = [opened.enter_context(process(*each)) for each in zip(houses, terms, strict=True)]
        settled()
        ready = [heard(line, Ready) for line in lines]
        policy = _declared([each.policy for each in ready])
        sides = tuple(Stage(wanted, *each, policy) for each in zip(houses, terms, lines, ready, strict=True))
        for side in sides:
            say(side.house.opened(side.ready))
        opened.enter_context(acting({name: value for each in ready for name, value in each.environments["responder"].items()}))
        said = Lines(sides)
        yield Stage(wanted, _house(sides, said), terms[-1], said, _ready(ready), policy)


def _declared(texts: Sequence[str]) -> Policy:
    """What the administrators of both parts have declared, as one file: the record is kept on Azure."""
    said: Mapping[str, Any] = {}
    for text in texts:
        said = _merged(said, tomllib.loads(text))
    return Policy.model_validate(_merged(said, {"responder": {"clouds": ["aws", "azure"]}, "identities": IDENTITIES}))


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(one)
    for name, value in other.items():
        if isinstance(value, Mapping):
            found[name] = _merged(found.get(name, {}), value)
        else:
            found[name] = [*found.get(name, ()), *value] if isinstance(value, list) else value
    return found


def _ready(parts: Sequence[Ready[Any]]) -> Ready[Any]:
    first, *_, last = parts
    return replace(
        last,
        approver=first.approver,
        keys={name: key for each in parts for name, key in each.keys.items()},
        stored=tuple(held for each in parts for held in each.stored),
        shape=sha256("".join(each.shape for each in parts).encode()).hexdigest(),
        script=tuple(move for each in parts for move in each.script),
    )


def _advance(seconds: float) -> None:
    """Let as much time go by in both clouds."""
    body = json.dumps({"seconds": seconds}).encode()
    with urlopen(Request(f"{os.environ['AWS_ENDPOINT_URL']}/_sandbox/clock", body), timeout=60):  # noqa: S310 - the drill's own loopback
        pass
    azure.advance(seconds)


def _house(sides: tuple[Stage, ...], said: Lines) -> House:
    def clock(ready: Ready[Any]) -> LapsedClock:
        return LapsedClock(SystemClock(), ready.behind, _advance)

    def approve(stage: Stage, working: Deps, say: Say) -> Decide:
        return azure.HOUSE.approve(replace(sides[-1], ready=stage.ready), working, say)

    def sight(_: Stage, answered: Answered) -> Sight:
        return _seen(sides, said, answered)

    return replace(
        azure.HOUSE,
        cloud="both",
        breach=lambda _: " ".join(side.house.breach(begun) for side, begun in zip(sides, said.begun, strict=True)),
        alarm=" ".join(side.house.alarm for side in sides),
        clock=clock,
        approve=approve,
        sight=sight,
    )


def _seen(sides: Sequence[Stage], said: Lines, answered: Answered) -> Sight:
    """What each cloud shows, by its own clock and with what was seen there."""
    parts = [
        (side.house.cloud, played, side.house.sight(side, replace(answered, played=played, begun=begun)))
        for side, played, begun in zip(sides, said.played, said.begun, strict=True)
    ]
    limits = {id(success): sight.limit(success) for _, played, sight in parts for success in played.successes}

    def limit(success: Success) -> float:
        return limits[id(success)]

    return Sight(
        {tenant: counts for *_, sight in parts for tenant, counts in sight.counts.items()},
        tuple(f"{cloud}: {sentence}" for cloud, _, sight in parts for sentence in sight.wrong),
        tuple(fact for *_, sight in parts for fact in sight.facts),
        limit,
    )


DRILL: Final[Drill[Stage, Begun, Answered]] = Drill("both", _set_up, attack, respond, verify)
