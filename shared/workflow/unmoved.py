"""What migrations leave for people: what stays where it is, and what should have been moved and was not."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.case import Case, LeftForPeople
from shared.domain.errors import CloudError
from shared.domain.versions import Versions
from shared.reencryption.by_job import CANCELLED, GOES_ON
from shared.reencryption.canary import FOREIGN, NO_CALL, PROVED
from shared.reencryption.plan import Migration
from shared.reencryption.result import MigrationResult

MAKE = "run `codeblue init` before the next case"
AGAIN = "`codeblue apply` tries again"
UPLOADS = "let the upload be sent whole (Put Blob), which clears what waits; the record names the blobs, and " + AGAIN

UNDER_WAY = frozenset({"", CANCELLED, GOES_ON})
"""Of a run that nothing is wrong with: it is over, or goes on by itself when its worker comes back."""


@dataclass(frozen=True, slots=True)
class Going:
    """Why workers beside each other are not through: what they came to is counted when they are."""

    why: str


@dataclass(frozen=True, slots=True)
class Ran:
    """One store after a run, from one old key: the result, or why there is none."""

    plan: Migration
    result: MigrationResult | Going | CloudError

    @property
    def why(self) -> str:
        """Why it is not finished, empty where it is."""
        return f"it can not be looked at: {self.result}" if isinstance(self.result, CloudError) else self.result.why


def stays(found: Versions) -> Iterable[LeftForPeople]:
    """What of one store stays as it is, or is not as it was."""
    store = str(found.store)
    for reason, count in found.blocked:
        words = f"{count} versions stay where they are: {reason}"
        yield LeftForPeople(target=store, reason=words, next="the old key stays enabled for what is under it", blocks=False)
    if found.lost:
        words = f"{found.lost} copies could not carry grants of an access control list along"
        yield LeftForPeople(target=store, reason=words, next="the record names them; grant by policy instead", blocks=False)
    if found.lane not in {PROVED, NO_CALL} and (found.copied or found.multipart or found.blocked):
        words = f"nothing could be updated in place ({found.lane}): only the newest versions were copied"
        following = "let its owner put it under a key of its own account" if found.lane == FOREIGN else MAKE
        yield LeftForPeople(target=store, reason=words, next=following, blocks=False)
    if found.altered:
        words = f"{found.altered} moved versions are not what their lane promised"
        yield LeftForPeople(target=store, reason=words, next="the record names them; compare with a backup")


def failed(ran: Ran) -> Iterable[LeftForPeople]:
    """What was not moved, and should have been."""
    counts = ran.result.failed if isinstance(ran.result, MigrationResult) else {}
    for reason, count in sorted(counts.items()):
        yield LeftForPeople(target=str(ran.plan.store), reason=f"{count} versions failed: {reason}", next=AGAIN)
    if isinstance(ran.result, MigrationResult) and ran.result.broken_off:
        words = f"a copy of {ran.result.broken_off} blobs was broken off: for up to a week the service may refuse uploads to them"
        yield LeftForPeople(target=str(ran.plan.store), reason=words, next=UPLOADS, blocks=False)
    if ran.why:
        words = f"what is stored is not all moved: {ran.why}"
        yield LeftForPeople(target=str(ran.plan.store), reason=words, next=AGAIN, blocks=ran.why not in UNDER_WAY)


def people(case: Case, found: Iterable[LeftForPeople], *about: str) -> tuple[LeftForPeople, ...]:
    """What is left for people, where this was found anew about these targets."""
    others = (entry for entry in case.unmoved if entry.target not in about)
    return tuple(dict.fromkeys((*others, *found)))
