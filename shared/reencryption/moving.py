"""One version: looked at, decided, moved, looked at again."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from shared.domain.errors import CloudError
from shared.ports import Clock, Objects
from shared.ports.objects import NULL, Encryption, Facts, Moved, Scheme, StoreFacts, Version, Versioning

from .answers import Answer, meaning, persistently
from .lanes import COPIES, MOVES, Decision, Lane, Reason, Situation, Unseen, decide
from .manifest import Manifest
from .pacing import Paces
from .plan import Migration
from .rows import Row, differences, name_of, seen

UNSEEN: dict[Answer, Unseen] = {
    Answer.GONE: Unseen.GONE,
    Answer.CUSTOMER_KEY: Unseen.CUSTOMER_KEY,
    Answer.DENIED: Unseen.DENIED,
}

OUTCOMES: dict[Answer, tuple[Lane, Reason]] = {
    Answer.GONE: (Lane.AGAIN, Reason.GONE),
    Answer.CHANGED: (Lane.AGAIN, Reason.CHANGED),
    Answer.WRONG_LANE: (Lane.AGAIN, Reason.NOT_UPDATABLE),
    Answer.DENIED: (Lane.FAILED, Reason.DENIED),
    Answer.REFUSED: (Lane.FAILED, Reason.REFUSED),
    Answer.CUSTOMER_KEY: (Lane.FAILED, Reason.REFUSED),
    Answer.RETRY: (Lane.FAILED, Reason.UNUSABLE),
    Answer.FATAL: (Lane.FAILED, Reason.UNUSABLE),
}
"""What an answer to a move means for the version. What changed is left to the next sweep, which states its intent anew."""

STOPS = frozenset({Answer.RETRY, Answer.FATAL})
"""Answers after which no other version would fare better."""


@dataclass(frozen=True, slots=True)
class Look:
    """A version as it was found, and what is to be done with it. `facts` is None where an earlier look still counts."""

    version: Version
    facts: Facts | Unseen | None
    decision: Decision

    @property
    def moves(self) -> bool:
        return self.decision.lane in MOVES


class Mover:
    """Moves versions of one store. `stopped` says what makes going on useless; empty while it is not. Safe for several threads."""

    def __init__(self, plan: Migration, objects: Objects, clock: Clock, manifest: Manifest, *, updatable: bool) -> None:
        self._plan, self._objects, self._clock, self._manifest = plan, objects, clock, manifest
        self._updatable = updatable
        self._not_updatable: set[tuple[str, str]] = set()
        self._paces = Paces(clock)
        self._copied = {row.object: row for row in manifest.pending.values() if row.lane in COPIES}
        self._store: StoreFacts = self._ask(partial(objects.store, plan.store))
        self.stopped = ""

    def look(self, version: Version) -> Look:
        """Raises `CloudError` where the store gives no answer to decide by."""
        if version.delete_marker:
            return Look(version, None, Decision(Lane.NOTHING, Reason.DELETE_MARKER))
        facts = self._facts(version.key, version.id)
        return Look(version, facts, decide(version, facts, self._situation(version)))

    def row(self, look: Look) -> Row:
        """What the record says of this version before anything is done with it."""
        return Row(
            name=name_of(self._manifest.name, look.version.key, look.version.id),
            object=self._manifest.name(look.version.key),
            lane=look.decision.lane,
            latest=look.version.latest,
            reason=look.decision.reason,
            before=seen(look.facts, self._manifest.name) if isinstance(look.facts, Facts) else None,
        )

    def recovered(self, look: Look) -> Row | None:
        """The outcome of a move that a worker made and did not live to record; None where this version is no such thing."""
        if look.decision.reason is not Reason.SUCCESSOR or not isinstance(look.facts, Facts) or not self._manifest.pending:
            return None
        name = name_of(self._manifest.name, look.version.key, look.version.id)
        intent = self._manifest.pending.get(name) or self._copied.get(self._manifest.name(look.version.key))
        after = seen(look.facts, self._manifest.name)
        if intent is None or intent.before is None or differences(intent.lane, intent.before, after):
            return None
        # an older version with the same content is not the copy
        if intent.name != name and after.modified < intent.before.modified:
            return None
        return intent.but(after=after, became=name, etag=after.etag)

    def move(self, look: Look) -> Row:
        """Move the version, and say what came of it. Raises only what the record raises."""
        row = self.row(look)
        pace = self._paces.of(look.version.key)

        def attempt() -> Moved:
            pace.wait()
            return self._attempt(look)

        try:
            moved = persistently(self._clock, attempt, pace.throttled)
            return self._after(look, row, moved)
        except CloudError as error:
            return self._not_moved(look, row, error)

    def _attempt(self, look: Look) -> Moved:
        version, facts, store = look.version, look.facts, self._plan.store
        if not isinstance(facts, Facts):
            raise TypeError("only what was seen can be moved")
        encryption = Encryption(Scheme.SSE_KMS, self._plan.successor, facts.encryption.bucket_key)
        if look.decision.lane is Lane.UPDATE:
            return self._objects.update(store, version.key, version.id, encryption)
        if look.decision.lane is Lane.COPY:
            return self._objects.copy(store, version, facts, encryption)
        begun = partial(self._manifest.uploading, version.key)
        return self._objects.copy_parts(store, version, facts, encryption, self._plan.part_of(facts.size), begun)

    def _after(self, look: Look, row: Row, moved: Moved) -> Row:
        facts = self._facts(look.version.key, moved.id)
        became = name_of(self._manifest.name, look.version.key, moved.id)
        after = seen(facts, self._manifest.name) if isinstance(facts, Facts) else None
        if row.lane is Lane.UPDATE and moved.id != NULL and row.before and after and differences(row.lane, row.before, after):
            # nobody else can change a version that has an id
            self.stopped = "an update in place changed more than the key"
        etag = moved.etag or (row.before.etag if row.before else "")
        return row.but(after=after, became=became, etag=etag, lost=moved.lost, request_ids=moved.request_ids)

    def _not_moved(self, look: Look, row: Row, error: CloudError) -> Row:
        answer = meaning(error)
        lane, reason = OUTCOMES[answer]
        if answer is Answer.WRONG_LANE:
            if row.lane is not Lane.UPDATE:
                lane, reason = Lane.FAILED, Reason.REFUSED
            self._not_updatable.add((look.version.key, look.version.id))
        if answer in STOPS:
            self.stopped = f"{reason}: {error.code}"
        return row.but(lane=lane, reason=reason, code=error.code)

    def _situation(self, version: Version) -> Situation:
        updatable = self._updatable and (version.key, version.id) not in self._not_updatable
        return Situation(
            old=self._plan.old,
            successor=self._plan.successor,
            store=self._store,
            updatable=updatable,
            now=self._clock.now(),
            copy_limit=self._plan.copy_limit,
            null_behind=not updatable and self._null_behind(version),
        )

    def _null_behind(self, version: Version) -> bool:
        """Whether an older version has the id `null`, a delete marker too: what can not be looked at may be there."""
        if self._store.versioning is not Versioning.SUSPENDED or not version.latest or version.id == NULL:
            return False
        try:
            self._ask(partial(self._objects.head, self._plan.store, version.key, NULL))
        except CloudError as error:
            return meaning(error) is not Answer.GONE
        return True

    def _facts(self, key: str, version: str) -> Facts | Unseen:
        try:
            return self._ask(partial(self._objects.head, self._plan.store, key, version))
        except CloudError as error:
            unseen = UNSEEN.get(meaning(error))
            if unseen is None:
                raise
            return unseen

    def _ask[T](self, call: Callable[[], T]) -> T:
        return persistently(self._clock, call)
