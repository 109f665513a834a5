"""The response workflow, as one table. Every driver reads it; none repeats it."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib import import_module

import msgspec

from shared.domain.case import Case, Stage

from .deps import Deps
from .step import Next


class Power(StrEnum):
    """What a stage may do to the cloud; each power is one role and one function."""

    OBSERVE = "observe"
    PRESERVE = "preserve"
    FENCE = "fence"
    REKEY = "rekey"
    MIGRATE = "migrate"
    ENFORCE = "enforce"
    RETIRE = "retire"
    RECORD = "record"


class Step(msgspec.Struct, frozen=True):
    """One stage: what runs, where it may lead (itself included, where it waits), with which power, and where failure leads.

    `entry` is an entry point, `module:function`: its module is imported when the stage is first run, for a fence does not wait
    until what migrates is there.
    """

    entry: str
    then: frozenset[Stage]
    power: Power
    fails_to: Stage | None = None
    """Where to go when the worker dies or the driver's retries are used up; None: a person is called."""
    waits: bool = False
    """It may wait for a person."""

    def load(self) -> Callable[[Case, Deps], Next]:
        """What runs, imported."""
        module, _, name = self.entry.partition(":")
        found: Callable[[Case, Deps], Next] = getattr(import_module(module, __package__), name)
        return found


FIRST = Stage.OPEN

STEPS: Mapping[Stage, Step] = {
    Stage.OPEN: Step(".fencing:open_", frozenset({Stage.OPEN, Stage.SCOPE}), Power.RECORD, Stage.HOLD),
    Stage.SCOPE: Step(".fencing:scope", frozenset({Stage.FENCE}), Power.OBSERVE, Stage.HOLD),
    Stage.FENCE: Step(".fencing:fence", frozenset({Stage.FENCE, Stage.PRESERVE}), Power.FENCE, Stage.HOLD, waits=True),
    Stage.PRESERVE: Step(".fencing:preserve", frozenset({Stage.PRESERVE, Stage.HOLD, Stage.SWEEP}), Power.PRESERVE, Stage.HOLD),
    Stage.SWEEP: Step(
        ".sweeping:sweep",
        frozenset({Stage.SWEEP, Stage.HOLD, Stage.EXPOSE, Stage.REKEY, Stage.MIGRATE, Stage.ENFORCE, Stage.RETIRE, Stage.CLOSE}),
        Power.FENCE,
        Stage.HOLD,
        waits=True,
    ),
    Stage.HOLD: Step(".sweeping:hold", frozenset({Stage.OPEN, Stage.SCOPE, Stage.HOLD, Stage.SWEEP}), Power.FENCE, Stage.HOLD),
    Stage.EXPOSE: Step(".exposing:expose", frozenset({Stage.EXPOSE, Stage.SWEEP}), Power.OBSERVE, Stage.EXPOSE),
    Stage.REKEY: Step(
        ".rekeying:rekey", frozenset({Stage.REKEY, Stage.MIGRATE, Stage.SWEEP}), Power.REKEY, Stage.REKEY, waits=True
    ),
    Stage.MIGRATE: Step(
        ".migrating:move", frozenset({Stage.MIGRATE, Stage.VERIFY, Stage.SWEEP}), Power.MIGRATE, Stage.MIGRATE, waits=True
    ),
    Stage.VERIFY: Step(".migrating:prove", frozenset({Stage.VERIFY, Stage.MIGRATE, Stage.SWEEP}), Power.OBSERVE, Stage.VERIFY),
    Stage.ENFORCE: Step(
        ".enforcing:enforce", frozenset({Stage.ENFORCE, Stage.RETIRE, Stage.SWEEP}), Power.ENFORCE, Stage.ENFORCE, waits=True
    ),
    Stage.RETIRE: Step(".retiring:retire", frozenset({Stage.RETIRE, Stage.SWEEP}), Power.RETIRE, Stage.RETIRE, waits=True),
    Stage.CLOSE: Step(".concluding:seal", frozenset({Stage.CLOSE}), Power.RECORD),
}
