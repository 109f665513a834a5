"""What a drill finds when it compares the hospital's stores before the breach and after the repair."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.sandbox.aws.hospital_held import TENANTS, Held

MOVED: Final = "under the successor"
ALONE: Final = "never under a replaced key"
WHY: Final[Mapping[str, str]] = {"COMPLIANCE": "retained in compliance mode"}


@dataclass(frozen=True, slots=True)
class Inspection:
    """`counts`: versions that were there before the breach, by tenant and by what became of them. `wrong`: in sentences."""

    counts: dict[str, dict[str, int]]
    wrong: tuple[str, ...]


def inspect(before: Sequence[Held], after: Sequence[Held], old: Sequence[str], new: Sequence[str]) -> Inspection:
    """`old` and `new`: ARNs of the replaced keys and of their successors; without any, nothing was to be moved."""
    tenants = {bucket: tenant for tenant, buckets in TENANTS.items() for bucket in buckets}
    now = {(held.bucket, held.key, held.version): held for held in after}
    latest = {(held.bucket, held.key): held for held in after}
    counts: dict[str, Counter[str]] = {tenant: Counter() for tenant in TENANTS}
    wrong: list[str] = []
    for held in before:
        if held.deleted:
            continue
        found = now.get((held.bucket, held.key, held.version)) or latest.get((held.bucket, held.key))
        word = _became(found, old, new)
        counts[tenants[held.bucket]][word] += 1
        wrong += _harm(held, found)
        if new and held.eligible(old) and word != MOVED:
            wrong.append(f"a version in {held.bucket} could have been moved and is {word}")
    wrong += _disorder(before, after)
    return Inspection({tenant: dict(sorted(found.items())) for tenant, found in counts.items()}, tuple(dict.fromkeys(wrong)))


def _became(found: Held | None, old: Sequence[str], new: Sequence[str]) -> str:
    if found is None:
        return "gone"
    if found.under in new:
        return MOVED
    if found.under not in old:
        return "under its writer's own key" if found.scheme == "SSE-C" else ALONE
    return WHY.get(found.lock, "under the old key")


def _harm(held: Held, found: Held | None) -> Iterator[str]:
    if found is None:
        yield f"a version in {held.bucket} is gone"
    elif found.lasting != held.lasting:
        yield f"a version in {held.bucket} is not what it was: content, metadata, tags or checksum differ"


def _disorder(before: Sequence[Held], after: Sequence[Held]) -> Iterator[str]:
    """Versions of one key in another order than before, among those that are still there."""
    was, now = _order(before), _order(after)
    for place, versions in was.items():
        kept = [version for version in now.get(place, []) if version in versions]
        if kept != [version for version in versions if version in kept]:
            yield f"versions of one object in {place[0]} have changed their order"


def _order(stored: Sequence[Held]) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for held in sorted(stored, key=lambda each: each.place):
        found.setdefault((held.bucket, held.key), []).append(held.version)
    return found
