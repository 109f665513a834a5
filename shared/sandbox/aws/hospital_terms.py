"""The terms on which the hospital is played: known to whoever answers the breach too, who loads no emulator for that."""

from dataclasses import dataclass
from typing import Final

QUICK: Final = 0.03
"""Seconds that a call takes where the cloud is not busy. Where it is, the thief's script is slower too, like everybody's work."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How hard the cloud makes it. Times in seconds; `rate`: IAM calls a second that all callers together have, 0 for no limit.

    `deliveries`: how often the same alert arrives; `fights`: whether the thief does all that such people do.
    """

    seed: int = 0
    propagation: float = 0.0
    trail_lag: float = 0.0
    rate: float = 0.0
    deliveries: int = 1
    fights: bool = False


def terms(seed: int, *, hard: bool) -> Terms:
    """The terms of a drill."""
    return Terms(seed, propagation=4.0, trail_lag=3.0, rate=100.0, deliveries=3, fights=True) if hard else Terms(seed)
