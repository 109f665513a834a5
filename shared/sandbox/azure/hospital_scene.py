"""One breach of the hospital on Azure, played in a process of its own: the cloud, everybody at work in it, and the thief.

The cloud's clock is behind this machine's by some hours, so that the hours after the breach can go by in a moment and nobody's
clock is ever ahead of the machine's.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from json import dumps
from multiprocessing.connection import Connection
from typing import Final

from shared.sandbox.azure import clinic_alerts
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure import hospital_clients as clients
from shared.sandbox.azure.clinic import Clinic
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.delays import Delays
from shared.sandbox.azure.faults import Fault
from shared.sandbox.azure.hospital import build, custody, response_policy
from shared.sandbox.azure.hospital_clock import SteppingClock
from shared.sandbox.azure.hospital_inventory import Held, inventory, states, wrapped
from shared.sandbox.azure.hospital_lives import Lives
from shared.sandbox.azure.hospital_survivors import survivors
from shared.sandbox.azure.security import store_alert
from shared.sandbox.azure.server import Server
from shared.sandbox.azure.thief import Thief, at_large
from shared.sandbox.scene import FENCED, OVER, Begun, Played, Ready, Success

BEHIND: Final = 12 * 3600.0
"""Seconds by which the cloud's clock is behind when everything begins at the alert."""

PAST: Final = 86400.0
"""Seconds of ordinary work before the breach: who works there was seen."""

NOTICED: Final = 900.0
"""Seconds from the theft to the alert: Defender takes minutes, and so does the log that a case is made from."""

AFTER: Final = 5400.0
"""Seconds after the response in which the thief tries on: longer than any token lives."""

HAND_OVER: Final = "hand over"
"""Told when a person is about to have the key made anew on which programs live: they get the other one first."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How hard the cloud makes it. `deliveries`: how often the same alerts arrive; `throttled`: how many calls of ARM are.

    `behind`: seconds by which the cloud's clock is behind the machine's when everything begins.
    """

    seed: int = 0
    deliveries: int = 1
    throttled: int = 0
    behind: float = BEHIND


def terms(seed: int, *, hard: bool) -> Terms:
    """The terms of a drill."""
    return Terms(seed, deliveries=3, throttled=6) if hard else Terms(seed)


def play(line: Connection, wanted: Terms) -> None:
    """Sends Ready; after BEGIN, Begun; hands keys over as asked; after OVER, Played; then serves until the line is closed."""
    clock = SteppingClock(wanted.behind + PAST + NOTICED)
    cloud = Cloud(clock, wanted.seed)
    clinic = build(cloud)
    custody(cloud, clinic)
    for each in clients.shift(cloud, clinic).workers:
        each.once()
    clock.advance(PAST)
    everybody, thief = clients.shift(cloud, clinic), Thief(cloud, clinic, wanted.seed)
    with suppress(EOFError, KeyboardInterrupt), Server(cloud) as server:
        line.send(replace(_ready(cloud, clinic, thief, server.endpoint_url), behind=wanted.behind))
        line.recv()
        line.send(_fought(line, cloud, wanted, everybody, thief))
        line.recv()


def _fought(line: Connection, cloud: Cloud, wanted: Terms, everybody: clients.Shift, thief: Thief) -> Played[Held]:
    """From the theft to the end."""
    before = wrapped(cloud)
    for each in everybody.workers:
        each.once()
    stolen = thief.begin()
    cloud.clock.advance(NOTICED)
    cloud.delays = Delays.documented()
    lives = Lives(cloud, thief)
    if wanted.throttled:
        cloud.faults.add(Fault("throttle", plane="arm", fraction=0.2, seconds=1, times=wanted.throttled))
    with clients.at_work(everybody):
        alert = cloud.clock.now()
        line.send(Begun(alerts(cloud), alert, stolen, tuple((deed.move, deed.refused) for deed in thief.deeds)))
        begun = len(thief.deeds)
        _watched(cloud, thief, lives)
        with at_large(thief):
            while line.recv() != OVER:
                everybody.hand_over()
                line.send(HAND_OVER)
            cloud.clock.advance(AFTER)
        for each in everybody.workers:
            each.once()  # and everything is read and written once more when all has been done to it
    cloud.faults.clear()
    return Played(
        stored=inventory(cloud),
        calls=everybody.calls,
        pace=everybody.pace(alert, alert + FENCED),
        failures=everybody.failures,
        successes=_successes(thief, alert),
        survivors=tuple(dict.fromkeys(survivors(cloud, thief))),
        attempts=len(thief.deeds) - begun,
        states=states(cloud, before),
        lives=lives.since(alert),
        keys=wrapped(cloud),
    )


def _watched(cloud: Cloud, thief: Thief, lives: Lives) -> None:
    """Whenever the clock is moved, the thief tries what it has, and it is noted what that opens."""
    if not isinstance(cloud.clock, SteppingClock):
        raise TypeError("the hospital has a clock that goes in steps")

    def watch() -> None:
        thief.lapse()
        lives.look()

    lives.look()
    cloud.clock.watch = watch


def _ready(cloud: Cloud, clinic: Clinic, thief: Thief, url: str) -> Ready[Held]:
    stored = inventory(cloud)
    policy = response_policy()
    shape = {"stored": [held.shape for held in stored], "policy": policy, "people": sorted(clinic.credentials)}
    return Ready(
        environments={who: environment(clinic.credentials[who], url) for who in ("responder", "administrator")},
        policy=policy,
        approver=clinic.resources["lead"],
        keys=wrapped(cloud),
        stored=stored,
        shape=sha256(dumps(shape, sort_keys=True).encode()).hexdigest(),
        script=tuple(move.__name__ for move in thief.script),
    )


def environment(held: dict[str, str], url: str) -> dict[str, str]:
    """The environment in which a program acts as somebody towards this cloud, and towards no other."""
    return {**{name.upper(): value for name, value in held.items()}, "CODEBLUE_AZURE_ENDPOINT": url}


def alerts(cloud: Cloud) -> tuple[bytes, ...]:
    """Defender tells of each kind of credential that it saw in a place where nobody works."""
    found = []
    for name in clinic_alerts.BY:
        told = clinic_alerts.alert(name, cloud.clock.now())
        store_alert(cloud, names.ACCOUNT_ID, told)
        found.append(dumps(_exported(told)).encode())
    return tuple(found)


def _exported(told: dict[str, object]) -> dict[str, object]:
    """As continuous export writes it: names in capitals (Defender for Cloud, "Continuous export", SecurityAlert)."""
    renamed = {f"{name[0].upper()}{name[1:]}": value for name, value in told.items()}
    return {"TimeGenerated": renamed.pop("TimeGeneratedUtc"), **renamed}


def _successes(thief: Thief, alert: float) -> tuple[Success, ...]:
    """Everything that worked for the thief after the alert. `credential` is its name among the thief's."""
    born: dict[str, float] = {}
    found = []
    for done in thief.done:
        first = born.setdefault(done.hand, done.at - alert)
        if done.at >= alert:
            found.append(Success(done.at - alert, done.kind, done.call, done.hand, done.hand, first))
    return tuple(found)
