"""The proof, by another way than the migration went: a fresh listing, and every moved version asked for its attributes.

Rules
1. What is under an old key without a reason on record, for the version as it stands now, is left over: then it is not done.
2. A moved version is compared, field by field, with what it was before: twice, as HeadObject and as GetObjectAttributes tell it.
3. A version with the id `null` can be replaced by anybody at any time: where its ETag is not the one we left, it is theirs.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Self

from pydantic import Field

from shared.domain.errors import CloudError
from shared.domain.value import Value
from shared.ports import Clock, Journal
from shared.ports.objects import NULL, Attributes, Facts, Objects, Page, Version

from .answers import Answer, meaning, persistently
from .asking import never
from .lanes import Lane, Unseen
from .manifest import Manifest
from .moving import UNSEEN
from .pacing import Paces
from .plan import Migration
from .result import Mismatch, Proof
from .rows import Row, Seen, differences, name_of, seen, sum_of

UNKNOWN = {Unseen.CUSTOMER_KEY: "sse-c", Unseen.DENIED: "unknown"}


@dataclass(frozen=True, slots=True)
class _Checked:
    """What was found of one version. `key` is empty for what holds no content or is gone."""

    key: str = ""
    left: bool = False
    blocked: str = ""
    moved: str = ""
    rewritten: bool = False
    mismatch: Mismatch | None = None


class Standing(Value):
    """How far a proof is: up to where of the listing (`after`), and what it found so far; `present` counts moved versions."""

    after: tuple[str, str] | None = None
    total: int = 0
    keys: dict[str, int] = Field(default_factory=dict)
    left: int = 0
    blocked: dict[str, int] = Field(default_factory=dict)
    present: int = 0
    rewritten: int = 0
    mismatches: tuple[Mismatch, ...] = ()

    def and_of(self, page: Page, checked: list[_Checked]) -> Self:
        """With what was found on one more page."""
        return self.but(
            after=page.after,
            total=self.total + len(checked),
            keys=dict(Counter(self.keys) + Counter(each.key for each in checked if each.key)),
            left=self.left + sum(each.left for each in checked),
            blocked=dict(Counter(self.blocked) + Counter(each.blocked for each in checked if each.blocked)),
            present=self.present + sum(bool(each.moved) for each in checked),
            rewritten=self.rewritten + sum(each.rewritten for each in checked),
            mismatches=(*self.mismatches, *(each.mismatch for each in checked if each.mismatch)),
        )


BEGINNING = Standing().model_dump_json().encode()


def verify(
    plan: Migration, objects: Objects, journal: Journal, clock: Clock, cancelled: Callable[[], bool] = never
) -> Proof | None:
    """Look at every version afresh and hold it against the record.

    None where it was `cancelled`, which is asked before every page. Call it again: it goes on there, if nothing was moved since.
    Raises `CloudError` where the store can not be listed or looked at, and what reading the record raises.
    """
    manifest = Manifest.recall(plan, journal)
    check = _Check(plan, objects, clock, manifest)
    standing = Standing.model_validate_json(manifest.proving) if manifest.proving else Standing()
    with ThreadPoolExecutor(plan.width) as pool:
        while True:
            if cancelled():
                if (reached := standing.model_dump_json().encode()) != manifest.proving:
                    manifest.stopped(reached)
                return None
            page = persistently(clock, partial(objects.list, plan.store, standing.after))
            standing = standing.and_of(page, list(pool.map(check.version, page.versions)))
            if page.after is None:
                if manifest.proving:
                    manifest.stopped(BEGINNING)
                return _proof(standing, manifest)


class _Check:
    """Versions of one store, held against the record of one migration."""

    def __init__(self, plan: Migration, objects: Objects, clock: Clock, manifest: Manifest) -> None:
        self._plan, self._objects, self._clock, self._manifest = plan, objects, clock, manifest
        self._paces = Paces(clock, ceiling=plan.ceiling)

    def version(self, version: Version) -> _Checked:
        if version.delete_marker:
            return _Checked()
        facts = self._facts(version)
        if facts is Unseen.GONE:
            return _Checked()
        name = name_of(self._manifest.name, version.key, version.id)
        reason = self._reason(name, version)
        if isinstance(facts, Unseen) and version.under and version.under not in self._plan.old:
            return _Checked(version.under)  # the listing tells, and it is none of ours
        if isinstance(facts, Unseen):
            return _Checked(UNKNOWN[facts], left=not reason, blocked=reason)
        now = seen(facts, self._manifest.name)
        if now.key in self._plan.old:
            return _Checked(now.key, left=not reason, blocked=reason)
        row = self._manifest.moved.of_end(name)
        return self._compared(version, row, now) if row else _Checked(now.key)

    def _reason(self, name: str, version: Version) -> str:
        """Why it stays, as the record has it for the version as it is: one that became the latest since is another question."""
        row = self._manifest.kept.get(name)
        return row.reason.value if row and row.lane is Lane.BLOCKED and row.latest == version.latest else ""

    def _compared(self, version: Version, row: Row, now: Seen) -> _Checked:
        if version.id == NULL and now.etag != row.etag:
            return _Checked(now.key, moved=row.became, rewritten=True)
        attributes = self._attributes(version)
        if row.before is None or attributes is None:
            return _Checked(now.key)
        # what a listing did not tell is compared with the first look after the move
        was = (row.before, row.after) if row.before.listed and row.after else (row.before,)
        pairs = ((before, after) for before in was for after in (now, _as_told(now, attributes)))
        differs = tuple(dict.fromkeys(field for before, after in pairs for field in differences(row.lane, before, after)))
        mismatch = Mismatch(name=row.became, lane=row.lane, differs=differs) if differs else None
        return _Checked(now.key, moved=row.became, mismatch=mismatch)

    def _facts(self, version: Version) -> Facts | Unseen:
        try:
            return self._asked(partial(self._objects.head, self._plan.store, version.key, version.id))
        except CloudError as error:
            unseen = UNSEEN.get(meaning(error))
            if unseen is None:
                raise
            return unseen

    def _attributes(self, version: Version) -> Attributes | None:
        """None for what was deleted a moment ago; whoever may look at a version and not ask for this is told so."""
        try:
            return self._asked(partial(self._objects.attributes, self._plan.store, version.key, version.id))
        except CloudError as error:
            if meaning(error) is not Answer.GONE:
                raise
            return None

    def _asked[T](self, call: Callable[[], T]) -> T:
        self._paces.wait()
        return persistently(self._clock, call)


def _as_told(now: Seen, attributes: Attributes) -> Seen:
    """The same version as GetObjectAttributes tells it; what that does not tell is as HeadObject has it."""
    return now.but(
        size=attributes.size,
        etag=attributes.etag,
        modified=attributes.modified,
        storage_class=attributes.storage_class,
        checksum=sum_of(attributes.checksum),
    )


def _proof(found: Standing, manifest: Manifest) -> Proof:
    return Proof(
        total=found.total,
        keys=found.keys,
        eligible_left=found.left,
        blocked=found.blocked,
        compared=found.present - found.rewritten,
        mismatches=found.mismatches,
        rewritten=found.rewritten,
        gone=manifest.moved.ends() - found.present,
        lost=manifest.moved.lost(),
    )
