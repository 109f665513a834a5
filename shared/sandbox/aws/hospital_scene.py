"""One breach of the hospital, played in a process of its own: the cloud, everybody at work in it, and the thief.

Whoever answers the breach is elsewhere, and reaches the cloud over HTTP as anybody does. What is said over the pipe to this process
is when the breach begins and when it is over; what comes back is what was seen.
"""

from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from json import dumps
from multiprocessing.connection import Connection
from typing import Final

from shared.sandbox.aws import hospital_findings as findings
from shared.sandbox.aws import hospital_names as hospital
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic import Clinic, before
from shared.sandbox.aws.clinic_people import role_arn
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.hospital import build, response_policy
from shared.sandbox.aws.hospital_clients import Shift, at_work
from shared.sandbox.aws.hospital_held import Held
from shared.sandbox.aws.hospital_inventory import inventory
from shared.sandbox.aws.hospital_terms import Terms
from shared.sandbox.aws.hospital_thief import PRELUDE, REPERTOIRE, WHOLE, HospitalThief
from shared.sandbox.aws.keys import find
from shared.sandbox.aws.scenario import custody, environment
from shared.sandbox.aws.scenario_fight import successes
from shared.sandbox.aws.scenario_survivors import survivors
from shared.sandbox.aws.server import Sandbox
from shared.sandbox.aws.thief import at_large
from shared.sandbox.scene import FENCED, Begun, Played, Ready

LOG_SECONDS: Final = 10.0
"""Between two files of a log."""

RETIRED: Final = "the key is Disabled"
"""What in a clinic would be the thief's work, and is the end of a good response here."""


def play(line: Connection, wanted: Terms) -> None:
    """Sends Ready; after BEGIN, Begun; after OVER, Played; then serves until the line is closed."""
    with suppress(EOFError, KeyboardInterrupt), before(seed=wanted.seed) as sandbox:
        clinic = build(sandbox)
        custody(sandbox, clinic)
        thief = HospitalThief(sandbox, clinic, wanted.seed, WHOLE if wanted.fights else REPERTOIRE)
        line.send(_ready(sandbox, clinic, thief))
        line.recv()
        _harden(sandbox, wanted)
        with at_work(sandbox, clinic) as shift:
            seen = datetime.now(UTC).replace(microsecond=0)  # GuardDuty and CloudTrail tell whole seconds
            stolen = thief.begin()
            line.send(_begun(sandbox, clinic, thief, seen, stolen))
            alert = sandbox.cloud.clock.now()
            with at_large(thief):
                line.recv()
        sandbox.cloud.faults.clear()
        line.send(_played(sandbox, clinic, thief, shift, alert))
        line.recv()


def _harden(sandbox: Sandbox, wanted: Terms) -> None:
    sandbox.cloud.history.set_delay(wanted.propagation)
    sandbox.cloud.trail_lag = wanted.trail_lag
    sandbox.cloud.trails.every = LOG_SECONDS
    if wanted.rate:
        sandbox.cloud.faults.add(Fault("throttle", service="iam", rate=wanted.rate))


def _ready(sandbox: Sandbox, clinic: Clinic, thief: HospitalThief) -> Ready[Held]:
    stored = inventory(sandbox.cloud)
    holders = ("responder", "administrator")
    policy = response_policy(clinic)
    shape = {"stored": [held.shape for held in stored], "policy": policy, "people": sorted(clinic.credentials)}
    return Ready(
        environments={who: environment(sandbox, clinic.credentials[who]) for who in holders},
        policy=policy,
        approver=role_arn(hospital.LEAD),
        keys={tenant: clinic.resources[key] for tenant, key in KEYS.items()},
        stored=stored,
        shape=sha256(dumps(shape, sort_keys=True).encode()).hexdigest(),
        script=tuple(move.__name__ for move in thief.script),
    )


KEYS: Final = {"st-brendan": "key", "marys-hospice": "hospice_key", "county-lab": "lab_key"}
"""The key of each tenant, among the hospital's resources."""


def _begun(sandbox: Sandbox, clinic: Clinic, thief: HospitalThief, seen: datetime, stolen: int) -> Begun:
    """The alert is about what was seen first: whatever the thief has made since came after it."""
    found = findings.finding(clinic.resources, seen)
    sandbox.cloud.findings.store(found)
    moves = tuple((deed.move, deed.refused) for deed in thief.deeds)
    return Begun((findings.alert(found),), sandbox.cloud.clock.now(), stolen, moves)


def _played(sandbox: Sandbox, clinic: Clinic, thief: HospitalThief, shift: Shift, alert: float) -> Played[Held]:
    old = [clinic.resources[key] for key in KEYS.values()]
    replica = old[0].replace(names.REGION, names.SECOND_REGION)
    return Played(
        stored=inventory(sandbox.cloud),
        calls=shift.calls,
        pace=shift.pace(alert, alert + FENCED),
        failures=shift.failures,
        successes=tuple(successes(sandbox, thief.address, alert)),
        survivors=tuple(each for each in survivors(sandbox, thief) if each != RETIRED),
        attempts=len(thief.deeds) - PRELUDE,
        states={arn: str(key.key_state) for arn in (*old, replica) if (key := find("", "", arn))},
    )
