"""The thief of the hospital: the clinic's thief, who reads of all three tenants, and begins with a script that a seed fixes."""

import random
from collections.abc import Iterator
from itertools import chain, cycle
from typing import Final

from shared.sandbox.aws import hospital_names as hospital
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws import thief_moves as moves
from shared.sandbox.aws.clinic import Clinic
from shared.sandbox.aws.server import Sandbox
from shared.sandbox.aws.thief import Hand, Thief
from shared.sandbox.aws.thief_selves import Move, decoys, edit_trust, unquarantine

REPERTOIRE: Final[tuple[Move, ...]] = (
    *moves.QUIET,
    edit_trust,
    decoys,
    unquarantine,
    moves.grant,
    moves.replicate_key,
    moves.open_bucket,
    moves.plant_sid,
    moves.remove_denies,
    moves.expire_log,
    moves.stop_logging,
    moves.share_snapshot,
)
"""All that a thief does who wants to go on reading. One who destroys hurts clinicians by himself: see `thief_moves`."""

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

    def __init__(self, sandbox: Sandbox, clinic: Clinic, seed: int) -> None:
        super().__init__(sandbox, clinic, "thief", seed, REPERTOIRE)
        self.users = [names.EXPORT_USER]
        chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.script = tuple(move for _ in range(ROUNDS) for move in chance.sample(REPERTOIRE, len(REPERTOIRE)))

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
        return any(self.gets(hand, *door) for door in self.random.sample(DOORS, 3))
