"""One fight: the clinic at work, a thief at large, an alert, and whatever answers it. What happened is read from the call log."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from shared.sandbox.at_work import Failure
from shared.sandbox.aws import clinic_people as people
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.calls import Answered
from shared.sandbox.aws.clinic import Clinic, build
from shared.sandbox.aws.context import SOURCE_IP
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.people import at_work
from shared.sandbox.aws.scenario import custody
from shared.sandbox.aws.scenario_survivors import survivors
from shared.sandbox.aws.server import Sandbox
from shared.sandbox.aws.thief import Deed, Thief, at_large
from shared.sandbox.aws.thief_moves import MOVES
from shared.sandbox.aws.thief_selves import Move
from shared.sandbox.scene import FENCED, Success

type Respond = Callable[[Sandbox, Clinic], Mapping[str, Any]]
"""Answers the alert, as any responder would: from outside, with the responder's credentials. Gives what it has to say."""

HARMLESS: Final = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})
"""What no policy can refuse to anybody."""

DATA: Final = frozenset({"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "kms:Decrypt", "kms:GenerateDataKey"})


@dataclass(frozen=True, slots=True)
class Terms:
    """How hard the fight is. Times in seconds; `rate`: IAM calls a second that all callers together have; `moves`: the thief's."""

    propagation: float = 4.0
    trail_lag: float = 3.0
    prelude: float = 2.0
    rate: float = 100.0
    moves: tuple[Move, ...] = MOVES


@dataclass(frozen=True, slots=True)
class FightReport:
    """What came of it. Times are seconds after the alert.

    `heard`: the responder's first call, `answered`: its last word, `over`: the end of the fight. `survivors`: what of the thief's
    work still has effect. `failures` are of clinicians, `losses` those of the pipeline; `pace`: seconds a call took, on average,
    while the fence went up.
    """

    seed: int
    terms: Terms
    answer: Mapping[str, Any]
    heard: float
    answered: float
    over: float
    pace: float
    successes: tuple[Success, ...]
    survivors: tuple[str, ...]
    failures: tuple[Failure, ...]
    losses: tuple[Failure, ...]
    deeds: tuple[Deed, ...]

    @property
    def last_data(self) -> Success | None:
        """The last health data the thief got hold of after the alert."""
        return max((each for each in self.successes if each.kind == "data"), key=lambda each: each.after, default=None)

    @property
    def last_control(self) -> Mapping[str, Success]:
        """The last other thing that worked after the alert, by whom."""
        controlled = (each for each in sorted(self.successes, key=lambda each: each.after) if each.kind == "control")
        return {each.credential: each for each in controlled}


def fight(seed: int, sandbox: Sandbox, respond: Respond, part: str = "thief", terms: Terms | None = None) -> FightReport:
    """Set the scene in a blank sandbox (`clinic.before`) and play it. `part` names the stolen credentials among the clinic's."""
    terms = terms or Terms()
    clinic = build(sandbox)
    custody(sandbox, clinic)
    thief = Thief(sandbox, clinic, part, seed, terms.moves)
    sandbox.cloud.history.set_delay(terms.propagation)
    sandbox.cloud.trail_lag = terms.trail_lag
    sandbox.cloud.faults.add(Fault("throttle", service="iam", rate=terms.rate))
    with at_work(sandbox, clinic) as staff, at_large(thief):
        time.sleep(terms.prelude)
        alert = sandbox.cloud.clock.now()
        answer = respond(sandbox, clinic)
        answered = sandbox.cloud.clock.now()
        time.sleep(terms.propagation + 1)
    over = sandbox.cloud.clock.now()
    sandbox.cloud.faults.clear()
    return FightReport(
        seed=seed,
        terms=terms,
        answer=answer,
        heard=_heard(sandbox, alert) - alert,
        answered=answered - alert,
        over=over - alert,
        pace=staff.pace(alert, alert + FENCED),
        successes=tuple(successes(sandbox, thief.address, alert)),
        survivors=tuple(survivors(sandbox, thief)),
        failures=tuple(replace(each, at=each.at - alert) for each in staff.failures),
        losses=tuple(replace(each, at=each.at - alert) for each in staff.pipeline.lost),
        deeds=tuple(thief.deeds),
    )


def _heard(sandbox: Sandbox, alert: float) -> float:
    """When the responder made its first call; never, if it made none."""
    issuer = people.role_arn(names.RESPONDER)
    return next((call.at for call in sandbox.cloud.calls if call.at >= alert and call.principal.issuer == issuer), math.inf)


def successes(sandbox: Sandbox, address: str, alert: float) -> list[Success]:
    """Everything that worked in the clinic's account for calls from this address after the alert."""
    born: dict[str, float] = {}
    found = []
    for call in sandbox.cloud.calls:
        if not _counts(call, address):
            continue
        first = born.setdefault(call.access_key_id, call.at - alert)
        if call.at >= alert:
            kind: Literal["data", "control"] = "data" if call.action in DATA else "control"
            found.append(Success(call.at - alert, kind, call.name, call.principal.arn, call.access_key_id, first))
    return found


def _counts(call: Answered, address: str) -> bool:
    """Whether a call is a success of the thief's. To enter a role from abroad is none: what counts is what the session may do."""
    ours = call.account == names.ACCOUNT and call.http.headers.get(SOURCE_IP) == address
    entered = call.name == "sts:AssumeRole" and call.principal.account == names.THIEF_ACCOUNT
    return ours and call.ok and call.name not in HARMLESS and not entered
