"""What a part of a migration came to, read back into the case's record with the signed head of the part's ledger."""

from functools import cache, partial
from itertools import batched

from shared.ports import Journal
from shared.ports.record import TAKEN_IN

from .manifest import Manifest
from .plan import Migration

ROWS = 1_000
"""Outcomes in one blob."""


class Intake:
    """Reads the outcomes of parts, and what they meant to do, each as soon as it is asked for."""

    def __init__(self, plan: Migration, journal: Journal) -> None:
        self._plan, self._journal = plan, journal
        self._whole = cache(partial(Manifest.recall, plan, journal))

    def take(self, number: int, ledger: Journal) -> None:
        """Read one part's. Raises what the record raises."""
        whole, part = self._whole(), Manifest.recall(self._plan, ledger)
        fresh = [row for row in part.moved.values() if whole.moved.get(row.name) != row]
        for rows in batched(fresh, ROWS, strict=False):
            whole.reported(rows)
        for rows in batched(part.pending.values(), ROWS, strict=False):
            whole.intend(rows)
        for upload in part.uploads:
            if upload.of not in part.moved:
                whole.uploading(upload.key, upload.of, upload.id)
        signed = ledger.checkpoint()
        head = signed.decode() if isinstance(signed, bytes) else ""
        said = {"part": number, "moved": len(part.moved), "entries": sum(1 for _ in ledger.entries()), "head": head}
        self._journal.append(TAKEN_IN, {"migration": self._plan.id, **said})
