"""When it was proved that nothing stored is under an old key any more: a store looked through, or what wraps by it shown anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from shared.domain.case import Case, Succession

from .deps import Deps

WRAPPED = TypeAdapter(list[str])


@dataclass(frozen=True, slots=True)
class Proofs:
    """`stores`: their ids, and the end of the migration that the proof came after: what followed it is not in it.

    `wrapped`: by an old key's id, the ids of what wraps its data keys under the successor, and when that was seen.
    """

    stores: Mapping[str, datetime]
    wrapped: Mapping[str, Mapping[str, datetime]]

    def of(self, old: Succession) -> datetime | None:
        """Since when nothing should need this key; None where that was never proved."""
        seen = self.wrapped.get(old.old.id, {}) if old.rewraps else self.stores
        return max(seen.values(), default=None)


def proofs(case: Case, deps: Deps) -> Proofs:
    """What the record has of them; of several about one thing the last counts."""
    ended: datetime | None = None
    stores: dict[str, datetime] = {}
    wrapped: dict[str, dict[str, datetime]] = {}
    for entry in deps.journal(case.id).entries():
        at = datetime.fromisoformat(entry.at)
        if entry.kind == "outcome" and entry.body.get("wave") == "migrate":
            ended = at
        elif entry.kind == "verified":
            stores[str(entry.body["store"])] = ended or at
        elif entry.kind == "rewrapped":
            wrapped[str(entry.body["key"])] = dict.fromkeys(WRAPPED.validate_python(entry.body["wrapped"]), at)
    return Proofs(stores, wrapped)
