"""Going on with a ledger that another worker left, perhaps in the middle of a write.

Rules
1. The longest chain that can be followed on any sink is the ledger; of two that differ at equal length, the first sink's.
2. A sink that holds the beginning of it is brought up to date before anything new is put there.
3. A sink that can not be read now is owed everything: putting the same bytes again does no harm.
4. A sink that holds anything else among the entries is left as it is, for the auditor.
5. Evidence that no entry names yet (the worker died between the two) is named by the next entry.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec

from shared.domain.errors import CloudError, CustodyError, NotDurable, Tampered
from shared.ports import Sink

from .entry import digest, evidence
from .lane import Lane
from .layout import CHECKPOINT, checkpoint_path, entry_path
from .reading import THREADS, Holding, survey
from .seal import plain_digest

type Places = Mapping[str, Sink]
"""Path -> a sink that has it."""

type Files = dict[str, Callable[[], bytes]]
"""Path -> how to get its bytes, in the order in which they have to be put."""


class Recovered(msgspec.Struct, frozen=True):
    """Where to go on. `notes` are checkpoints by size; `unnamed` is evidence that an entry must still name.

    `unnamed`: SHA-256 of a blob -> SHA-256 of its content in clear.
    """

    chain: tuple[bytes, ...]
    notes: Mapping[int, bytes]
    unnamed: Mapping[str, str]


def recover(case: str, lanes: Sequence[Lane]) -> Recovered:
    """Survey every sink and note in each lane what it owes. Raises `NotDurable` where no sink can be read."""
    with ThreadPoolExecutor(len(lanes), thread_name_prefix="custody-survey") as pool:
        held = dict(zip(lanes, pool.map(partial(_survey, case), lanes), strict=True))
    chain = max((found.chain for found in held.values() if found), key=len, default=None)
    if chain is None:
        raise NotDurable("no sink of the record can be read")
    places = {path: lane.sink for lane, found in held.items() if found for path in sorted(found.paths)}
    named = set[str]().union(*map(evidence, chain))
    rest = _read({path: sink for path, sink in places.items() if "/entries/" not in path and _name(path) not in named})
    unnamed = {_name(path): plain_digest(sealed) for path, sealed in rest.items() if _name(path) == digest(sealed)}
    notes = {int(size[1]): note for path, note in rest.items() if (size := CHECKPOINT.fullmatch(path.removeprefix(f"{case}/")))}
    blobs = {path: sink for path, sink in places.items() if _name(path) in named | unnamed.keys()}
    files = _files(case, blobs, chain, notes)
    for lane, found in held.items():
        _note(lane, found, chain, files)
    return Recovered(chain, notes, unnamed)


def _files(case: str, blobs: Places, chain: Sequence[bytes], notes: Mapping[int, bytes]) -> Files:
    """The whole ledger: evidence before the entries that name it, checkpoints last."""
    files: Files = {path: partial(_intact, path, sink) for path, sink in blobs.items()}
    files |= {entry_path(case, seq): partial(bytes, content) for seq, content in enumerate(chain)}
    return files | {checkpoint_path(case, size): partial(bytes, note) for size, note in notes.items()}


def _survey(case: str, lane: Lane) -> Holding | None:
    """What the lane's sink holds; None where it can not be read now. A sink that was tampered with is never written again."""
    try:
        return survey(lane.sink, case)
    except Tampered as error:
        lane.taken = str(error)
    except (CloudError, CustodyError):
        pass
    return None


def _note(lane: Lane, found: Holding | None, chain: Sequence[bytes], files: Files) -> None:
    """What the lane owes: everything that its sink lacks, as far as is known."""
    if found and not found.follows(chain):
        lane.taken = f"{lane.sink.name} holds other entries than the ledger"
    for path, load in files.items():
        if found is None or path not in found.paths:
            lane.owe(path, load)


def _intact(path: str, sink: Sink) -> bytes:
    """The blob. Raises `Tampered` where it is not what its name says."""
    content = sink.get(path)
    if digest(content) != _name(path):
        raise Tampered(f"{sink.name}: the content of {path} was changed")
    return content


def _read(places: Places) -> dict[str, bytes]:
    """Those of the files that can be had now, read beside one another."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="custody-read") as pool:
        found = pool.map(_had, places.items())
        return {path: content for path, content in zip(places, found, strict=True) if content is not None}


def _had(place: tuple[str, Sink]) -> bytes | None:
    path, sink = place
    try:
        return sink.get(path)
    except (CloudError, CustodyError):
        return None


def _name(path: str) -> str:
    return path.rpartition("/")[2]
