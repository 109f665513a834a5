"""What two drills of one seed have in common: hospital, thief, order of moves, what was done and what came of it.

Not in it: times, ids, signatures, and whatever a live thief made while it ran against the fence, for that is a matter of moments.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from shared.containment.journal import APPLIED
from shared.domain.case import Case
from shared.domain.plan import Change, Wave
from shared.domain.resource import PRINCIPALS, Kind
from shared.domain.value import digest
from shared.ports import Journal
from shared.sandbox.scene import Begun, Ready

STEADY: Final = frozenset({Wave.REKEY, Wave.MIGRATE, Wave.ENFORCE, Wave.RETIRE})
"""Waves whose changes do not depend on what the thief does at that moment."""

ALWAYS: Final = frozenset({"fence-key", "fence-store", "restrict-key", "restrict-store"})
"""And actions of the fence of which that is true as well."""

NEVER: Final = frozenset({"unpoison-policy"})
"""And what hangs on whether a statement of the thief's came a moment before ours."""

SHIFTING: Final = PRINCIPALS | {Kind.ACCESS_POINT}
"""Kinds of which the thief makes new ones."""


def fingerprint(
    ready: Ready[Any], begun: Begun, told: Iterable[tuple[Case, Journal]], counts: Mapping[str, Mapping[str, int]], page: Path
) -> str:
    """SHA-256, as hexadecimal digits, of what is written to this page: two pages show where two drills differ.

    `told`: each case with its journal; `counts`: what became of what was stored, by tenant.
    """
    cases = list(told)
    content = {
        "hospital": ready.shape,
        "script": list(ready.script),
        "moves": [list(move) for move in begun.moves],
        "stolen": begun.stolen,
        "changes": sorted({change for case, journal in cases for change in _changes(case, journal)}),
        "versions": {tenant: dict(found) for tenant, found in counts.items()},
        "verdict": ", ".join(case.verdict.value for case, _ in cases),
    }
    page.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return digest(content)


def _changes(case: Case, journal: Journal) -> set[tuple[str, str, str, str]]:
    """Wave, action, target and status of every change that the hospital and the seed decide."""
    names = {s.new.id: f"successor of {_name(s.old.id)}" for s in case.scope.successors}
    return {
        (
            wave.wave.value,
            result.change.action,
            names.get(result.change.target.id, _name(result.change.target.id)),
            result.outcome.status.value,
        )
        for wave in case.waves
        if wave.wave in STEADY or wave.wave is Wave.FENCE
        for result in APPLIED.validate_json(journal.blobs(wave.blob))
        if _steady(result.change) and (wave.wave in STEADY or result.change.action in ALWAYS)
    }


def _name(target: str) -> str:
    """A key's address without its version, which nobody chooses; any other id as it is."""
    return "/".join(target.split("/")[:5]) if target.startswith("https://") else target


def _steady(change: Change) -> bool:
    return change.target.kind not in SHIFTING and change.action not in NEVER
