"""One version: looked at, decided, moved, looked at again."""

from dataclasses import dataclass
from functools import partial

from shared.domain.errors import CloudError
from shared.ports import Clock
from shared.ports.asking import Ask, Copy, CopyParts, Head, Update
from shared.ports.objects import BARRED, NULL, Bar, Encryption, Facts, Moved, Scheme, StoreFacts, Version, Versioning

from .answers import Answer, meaning
from .asking import Conversation
from .lanes import BARS, COPIES, MOVES, Decision, Lane, Reason, Situation, Unseen, decide
from .manifest import Manifest
from .plan import PARTS, Migration
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
    Answer.BARRED: (Lane.BLOCKED, Reason.IMMUTABLE),
    Answer.RETRY: (Lane.FAILED, Reason.UNUSABLE),
    Answer.FATAL: (Lane.FAILED, Reason.UNUSABLE),
}
"""What an answer to a move means for the version. What changed is left to the next sweep, which states its intent anew."""

STOPS = frozenset({Answer.RETRY, Answer.FATAL})
"""Answers after which no other version would fare better."""

HARMED = "an update in place changed more than the key"


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

    def __init__(self, plan: Migration, held: StoreFacts, clock: Clock, manifest: Manifest, *, updatable: bool) -> None:
        self._plan, self._store, self._clock, self._manifest = plan, held, clock, manifest
        self._updatable = updatable
        self._not_updatable: set[tuple[str, str]] = set()
        self._copied = {row.object: row for row in manifest.pending.by_lane(COPIES)}
        self.stopped = ""

    def look(self, version: Version) -> Conversation[Look]:
        """Look at the version and decide. Raises `CloudError` where the store gives no answer to decide by."""
        if version.delete_marker:
            return Look(version, None, Decision(Lane.NOTHING, Reason.DELETE_MARKER))
        if (reason := self._listed(version)) is not None:
            return Look(version, None, Decision(Lane.NOTHING, reason))
        facts = yield from self._facts(version.key, version.id)
        updatable = self._updatable and (version.key, version.id) not in self._not_updatable
        behind = False if updatable else (yield from self._null_behind(version))
        situation = self._situation(updatable=updatable, null_behind=behind)
        return Look(version, facts, decide(version, facts, situation))

    def _listed(self, version: Version) -> Reason | None:
        """Why nothing is done about it, where the listing says so already; nobody may be in doubt about what a dead worker did."""
        if not version.under or version.under in self._plan.old:
            return None
        if version.under != self._plan.successor:
            return Reason.OTHER_KEY
        return None if self._manifest.pending else Reason.SUCCESSOR

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
        """The outcome of a move that is not wholly on record (a dead worker's, a job's); None where this is no such version."""
        if look.decision.reason is not Reason.SUCCESSOR or not isinstance(look.facts, Facts):
            return None
        if not (self._manifest.told or self._manifest.pending):
            return None
        name = name_of(self._manifest.name, look.version.key, look.version.id)
        told = self._manifest.moved.get(name) if self._manifest.told else None
        if told and told.after is None:
            return self._looked_at(look.version, told, look.facts)
        intent = self._intent(name, look.version.key)
        after = seen(look.facts, self._manifest.name)
        if intent is None or intent.before is None or differences(intent.lane, intent.before, after):
            return None
        # an older version with the same content is not the copy
        if intent.name != name and after.modified < intent.before.modified:
            return None
        return intent.but(after=after, became=name, etag=after.etag)

    def _intent(self, name: str, key: str) -> Row | None:
        """What a worker meant to do that came to this version; None where no intent is open."""
        if not self._manifest.pending:
            return None
        return self._manifest.pending.get(name) or self._copied.get(self._manifest.name(key))

    def _looked_at(self, version: Version, told: Row, facts: Facts) -> Row | None:
        """What a job's report says was moved, with what it is like now; None where somebody has put another in its place."""
        after = seen(facts, self._manifest.name)
        harmed = bool(told.before and differences(told.lane, told.before, after))
        if harmed and version.id == NULL:
            return None
        if harmed:
            self.stopped = HARMED
        return told.but(after=after)

    def move(self, look: Look) -> Conversation[Row]:
        """Move the version, and say what came of it. Raises only what the record raises."""
        row = self.row(look)
        moved = yield self._asked(look)
        if isinstance(moved, CloudError):
            return self._not_moved(look, row, moved)
        if not isinstance(moved, Moved):
            raise TypeError("a move comes to a move")
        try:
            facts = yield from self._facts(look.version.key, moved.id)
        except CloudError as error:
            return self._not_moved(look, row, error)
        return self._after(look, row, moved, facts)

    def _asked(self, look: Look) -> Ask:
        version, facts = look.version, look.facts
        if not isinstance(facts, Facts):
            raise TypeError("only what was seen can be moved")
        encryption = Encryption(Scheme.SSE_KMS, self._plan.successor, facts.encryption.bucket_key)
        if look.decision.lane is Lane.UPDATE:
            return Update(version.key, version.id, encryption)
        if look.decision.lane is Lane.COPY:
            return Copy(version, facts, encryption)
        begun = partial(self._manifest.uploading, version.key, name_of(self._manifest.name, version.key, version.id))
        return CopyParts(version, facts, encryption, self._plan.part_of(facts.size), begun)

    def _after(self, look: Look, row: Row, moved: Moved, facts: Facts | Unseen) -> Row:
        became = name_of(self._manifest.name, look.version.key, moved.id)
        after = seen(facts, self._manifest.name) if isinstance(facts, Facts) else None
        if row.lane is Lane.UPDATE and moved.id != NULL and row.before and after and differences(row.lane, row.before, after):
            # nobody else can change a version that has an id
            self.stopped = HARMED
        etag = moved.etag or (row.before.etag if row.before else "")
        return row.but(after=after, became=became, etag=etag, lost=moved.lost, request_ids=moved.request_ids)

    def _not_moved(self, look: Look, row: Row, error: CloudError) -> Row:
        answer = meaning(error)
        lane, reason = OUTCOMES[answer]
        if answer is Answer.WRONG_LANE:
            if row.lane is not Lane.UPDATE:
                lane, reason = Lane.FAILED, Reason.REFUSED
            self._not_updatable.add((look.version.key, look.version.id))
        if answer is Answer.BARRED:
            reason = BARS[Bar(error.code.removeprefix(BARRED))]
        if answer in STOPS:
            self.stopped = f"{reason}: {error.code}"
        return row.but(lane=lane, reason=reason, code=error.code)

    def _situation(self, *, updatable: bool, null_behind: bool) -> Situation:
        limit = min(self._plan.copy_limit, self._store.copy_limit or self._plan.copy_limit)
        return Situation(
            old=self._plan.old,
            successor=self._plan.successor,
            store=self._store,
            updatable=updatable,
            now=self._clock.now(),
            copy_limit=limit,
            largest=self._store.largest or limit * PARTS,
            null_behind=null_behind,
        )

    def _null_behind(self, version: Version) -> Conversation[bool]:
        """Whether an older version has the id `null`, a delete marker too: what can not be looked at may be there."""
        if self._store.versioning is not Versioning.SUSPENDED or not version.latest or version.id == NULL:
            return False
        told = yield Head(version.key, NULL)
        return not isinstance(told, CloudError) or meaning(told) is not Answer.GONE

    def _facts(self, key: str, version: str) -> Conversation[Facts | Unseen]:
        told = yield Head(key, version)
        if isinstance(told, Facts):
            return told
        if not isinstance(told, CloudError):
            raise TypeError("a look comes to facts")
        unseen = UNSEEN.get(meaning(told))
        if unseen is None:
            raise told
        return unseen
