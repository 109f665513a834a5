"""What became of the keys that the actors could use, and of what was stored under them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from shared.domain.case import Case
from shared.domain.plan import Change
from shared.domain.resource import Ref
from shared.domain.versions import Versions
from shared.ports import Journal, Recorded
from shared.reencryption.result import Proof

from .facts import Blocked, KeyRow, ProofRow, StoreRow

NEVER = "not replaced"
ROTATED = "sound; its material was rotated"
STATES: dict[str, str] = {"disable-key": "disabled", "retire-key": "fenced: left to restores alone"}
"""What the last wave made of an old key, by its action, the furthest first."""

IN_USE = "replaced; fenced against the actors only"


def keys(case: Case, standing: Iterable[Change]) -> tuple[KeyRow, ...]:
    """Every key of the case, the replaced ones with their successor. `standing` is what was made and not taken back."""
    made = {(change.target, change.action) for change in standing}
    successors = {s.old: s.new for s in case.scope.successors}
    listed = dict.fromkeys((*successors, *case.scope.keys))
    return tuple(_key(key, successors.get(case.scope.head(key)), case, made) for key in listed)


def _key(key: Ref, new: Ref | None, case: Case, made: set[tuple[Ref, str]]) -> KeyRow:
    state = next((state for action, state in STATES.items() if (key, action) in made), IN_USE)
    why = tuple(dict.fromkeys(left.reason for left in case.people if left.target == str(key)))
    kept = ROTATED if case.scope.head(key) in case.scope.rotated else NEVER
    return KeyRow(key=key.id, successor=new.id if new else "", state=state if new else kept, why=why)


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
    """The last look at each store; each look compares what was moved from one old key, so of those the last ones are added up."""
    looks: dict[str, dict[str, Recorded]] = {}
    for entry in entries:
        if entry.kind == "verified":
            of_store = looks.setdefault(str(entry.body["store"]), {})
            of_store.pop(key := str(entry.body.get("key", "")), None)
            of_store[key] = entry
    return tuple(_proof(store, tuple(each.values()), journal) for store, each in looks.items())


def _proof(store: str, looks: Sequence[Recorded], journal: Journal) -> ProofRow:
    found = [Proof.model_validate_json(journal.blobs(str(entry.body["blob"]))) for entry in looks]
    proof = found[-1]
    return ProofRow(
        store=store,
        at=datetime.fromisoformat(looks[-1].at),
        total=proof.total,
        keys=tuple(sorted(proof.keys.items())),
        eligible_left=sum(each.eligible_left for each in found),
        compared=sum(each.compared for each in found),
        differing=sum(len(each.mismatches) for each in found),
    )


def moved(found: Iterable[StoreRow]) -> int:
    """Versions that are under a successor now because we moved them."""
    return sum(each.updated + each.copied + each.multipart for each in found)


def blocked(found: Iterable[StoreRow]) -> Iterator[tuple[StoreRow, Blocked]]:
    """Everything that stays, with the store it is in."""
    return ((store, each) for store in found for each in store.blocked)
