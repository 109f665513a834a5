"""The thief of the hospital: the clinic's thief, who reads of all three tenants, and begins with a script that a seed fixes."""

import random
from collections.abc import Iterator, Sequence
from itertools import chain, cycle
from typing import Final

from shared.sandbox.aws import hospital_names as hospital
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws import thief_moves as moves
from shared.sandbox.aws.clinic import Clinic
from shared.sandbox.aws.server import Sandbox
from shared.sandbox.aws.thief import Hand, Thief
from shared.sandbox.aws.thief_selves import (
    Move,
    assume,
    console,
    decoys,
    edit_trust,
    federate,
    new_key,
    new_role,
    new_user,
    run_function,
    run_instance,
    unquarantine,
)

REPERTOIRE: Final[tuple[Move, ...]] = (
    new_key,
    new_user,
    console,
    federate,
    assume,
    moves.grant,
    moves.open_bucket,
    moves.expire_log,
    moves.stop_logging,
    moves.share_snapshot,
)
"""What a thief does who wants to go on reading."""

WHOLE: Final[tuple[Move, ...]] = (
    *REPERTOIRE,
    new_role,
    run_instance,
    run_function,
    edit_trust,
    decoys,
    unquarantine,
    moves.replicate_key,
    moves.plant_sid,
    moves.remove_denies,
)
"""And one who fights for it. Who destroys hurts clinicians by himself: see `thief_moves`."""

PRELUDE: Final = 4
"""Moves that are made before anybody notices."""

ROUNDS: Final = 3
"""Times that the repertoire comes in an order of its own, before the script is played again."""

DOORS: Final[tuple[tuple[str, str], ...]] = (
    *((names.CHARTS, f"charts/{patient}.pdf") for patient in names.PATIENTS),
    *((names.LABS, f"labs/{patient}.hl7") for patient in names.PATIENTS),
    (hospital.RECORDS, "records/0.xml"),
    (hospital.RECORDS, "records/will.pdf"),
    (hospital.RESULTS, "results/0.hl7"),
    (hospital.RESULTS, "results/described.txt"),
)
"""What is worth reading."""


class HospitalThief(Thief):
    """Holds the stolen key of the export user. `script`: the moves in their order, as the seed has it."""

    beat = (0.3, 0.6)

    def __init__(self, sandbox: Sandbox, clinic: Clinic, seed: int, repertoire: Sequence[Move] = REPERTOIRE) -> None:
        super().__init__(sandbox, clinic, "thief", seed, repertoire)
        self.users = [names.EXPORT_USER]
        chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.script = tuple(move for _ in range(ROUNDS) for move in chance.sample(repertoire, len(repertoire)))

    def plan(self) -> Iterator[Move]:
        """The rest of the script, and again from its beginning."""
        return chain(self.script[PRELUDE:], cycle(self.script))

    def begin(self) -> int:
        """Read of every tenant and make the first moves, one after the other; how many objects were read."""
        (hand,) = self.hands
        read = sum(self.gets(hand, bucket, key) for bucket, key in DOORS)
        for move in self.script[:PRELUDE]:
            self.make(move, hand)
        return read

    def reads(self, hand: Hand) -> bool:
        """Whether these credentials read anything of anybody now."""
        return self.gets(hand, *self.random.choice(DOORS))
