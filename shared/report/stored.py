"""What became of the keys that the actors could use, and of what was stored under them."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from shared.domain.case import Case
from shared.domain.plan import Status, Wave
from shared.domain.resource import Ref
from shared.domain.versions import Versions
from shared.ports import Journal, Recorded
from shared.reencryption.result import Proof

from .changes import Settled
from .facts import Blocked, KeyRow, ProofRow, StoreRow

NEVER = "not replaced"
STATES: dict[str, str] = {"disable-key": "disabled", "retire-key": "fenced: left to restores alone"}
"""What the last wave made of an old key, by its action, the furthest first."""

IN_USE = "replaced; fenced against the actors only"


def keys(case: Case, found: Iterable[Settled]) -> tuple[KeyRow, ...]:
    """Every key of the case, the replaced ones with their successor."""
    done = {
        (each.result.change.target, each.result.change.action)
        for each in found
        if each.wave is Wave.RETIRE and each.result.outcome.status is Status.APPLIED
    }
    successors = {s.old: s.new for s in case.scope.successors}
    listed = dict.fromkeys((*successors, *case.scope.keys))
    return tuple(_key(key, successors.get(case.scope.head(key)), case, done) for key in listed)


def _key(key: Ref, new: Ref | None, case: Case, done: set[tuple[Ref, str]]) -> KeyRow:
    made = next((state for action, state in STATES.items() if (key, action) in done), IN_USE)
    state = "disabled" if key in case.scope.retired else made
    why = tuple(dict.fromkeys(left.reason for left in case.people if left.target == str(key)))
    return KeyRow(key=key.id, successor=new.id if new else "", state=state if new else NEVER, why=why)


def stores(found: Iterable[Versions]) -> tuple[StoreRow, ...]:
    """The counts of each store and old key, and why what stays stays."""
    return tuple(
        StoreRow(
            store=each.store.id,
            key=each.key.id,
            total=each.total,
            updated=each.updated,
            copied=each.copied,
            multipart=each.multipart,
            blocked=tuple(Blocked(reason=reason, count=count) for reason, count in each.blocked),
            lost=each.lost,
            altered=each.altered,
            proved=each.done,
        )
        for each in found
    )


def proofs(entries: Iterable[Recorded], journal: Journal) -> tuple[ProofRow, ...]:
    """The last look at each store."""
    newest = {str(entry.body["store"]): entry for entry in entries if entry.kind == "verified"}
    return tuple(_proof(store, entry, journal) for store, entry in newest.items())


def _proof(store: str, entry: Recorded, journal: Journal) -> ProofRow:
    proof = Proof.model_validate_json(journal.blobs(str(entry.body["blob"])))
    return ProofRow(
        store=store,
        at=datetime.fromisoformat(entry.at),
        total=proof.total,
        keys=tuple(sorted(proof.keys.items())),
        eligible_left=proof.eligible_left,
        compared=proof.compared,
        differing=len(proof.mismatches),
    )


def moved(found: Iterable[StoreRow]) -> int:
    """Versions that are under a successor now because we moved them."""
    return sum(each.updated + each.copied + each.multipart for each in found)


def blocked(found: Iterable[StoreRow]) -> Iterator[tuple[StoreRow, Blocked]]:
    """Everything that stays, with the store it is in."""
    return ((store, each) for store in found for each in store.blocked)
