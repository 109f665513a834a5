"""Coverage-guided fuzzing of intake and triage with atheris (libFuzzer), from example events and any others given by path.

Whatever the bytes are, every record gets a line with a reason that is JSON, and what `respond` reads is judged or is a `BadInput`.
Anything else is a find: each is printed once, its input is kept, and the search goes on. atheris is no dependency of ours: it is
run from an environment that has it beside ours; where it is absent, tests/corpus/test_triage_mutated.py tries fewer inputs.

Usage: fuzz.py [--seconds N] [--finds DIR] [PATH…]
"""

import argparse
import contextlib
import gzip
import importlib
import importlib.util
import io
import json
import random
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

DEEPER, DROPPED, WRAPPED, BYTES = 0.85, 0.1, 0.2, 0.3
"""How often a mutation goes further down, takes a key away, puts a wrapping around, or is libFuzzer's own."""

LARGEST = 64 * 1024
"""Bytes of a seed: larger files are the same records more often."""

EVENTS = Path(__file__).parents[1] / "events"

type Door = Callable[[bytes], object]

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1e308, 10**20, "", "null", "*", [], {}, [[]], [None], {"a": {}}, "\ud800", "x" * 5000),
    *("arn:aws:iam::1", "arn:aws:s3:::b/k", "2026-99-99T00:00:00Z", '{"Statement":[1,{"Principal":[]}]}', [{"AWS": {}}]),
    *({"Statement": {"Effect": {}, "Principal": {"AWS": 5}}}, {"items": [None]}, [["a"], {"b": [0]}]),
)
"""What clouds do not send, and somebody could."""


def seeds(paths: Sequence[Path], into: Path) -> int:
    """Put every small file of these folders into one, unpacked; answer how many."""
    files = [each for path in paths for each in (sorted(path.rglob("*")) if path.is_dir() else [path]) if each.is_file()]
    count = 0
    for number, file in enumerate(files):
        raw = file.read_bytes()
        with contextlib.suppress(OSError, EOFError):
            raw = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
        if len(raw) <= LARGEST:
            (into / f"{number:05d}").write_bytes(raw)
            count += 1
    return count


def mutated(thing: Any, dice: random.Random, depth: int = 12) -> Any:  # noqa: ANN401  whatever JSON holds
    """The value with something odd somewhere in it."""
    if depth and isinstance(thing, dict) and thing and dice.random() < DEEPER:
        key = dice.choice(list(thing))
        rest = {name: value for name, value in thing.items() if name != key}
        if dice.random() < DROPPED:
            return rest | dice.choice(({}, {str(key).upper(): thing[key]}))
        return thing | {key: mutated(thing[key], dice, depth - 1)}
    if depth and isinstance(thing, list) and thing and dice.random() < DEEPER:
        at = dice.randrange(len(thing))
        return [*thing[:at], mutated(thing[at], dice, depth - 1), *thing[at + 1 :]]
    return (
        {dice.choice(("detail", "records", "message", "body", "Statement")): thing} if dice.random() < WRAPPED else dice.choice(ODD)
    )


def one(raw: bytes, doors: Sequence[Door], finds: Path) -> None:
    """Both doors: `triage` takes anything; `respond` takes it or says why not."""
    from shared.domain.errors import BadInput  # noqa: PLC0415  after instrumentation

    for door in doors:
        try:
            door(raw)
        except BadInput:
            continue
        except Exception as error:  # noqa: BLE001  whatever it is, it is what we look for
            _keep(raw, error, finds)


_kept: set[str] = set()


def _keep(raw: bytes, error: Exception, finds: Path) -> None:
    """Print what broke and keep its input, once for each place."""
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames[-4:]))
    if place not in _kept:
        _kept.add(place)
        file = finds / f"find-{len(_kept)}"
        file.write_bytes(raw)
        print(f"FOUND {type(error).__name__} at {place}: {file}", flush=True)


def judging() -> Door:
    """One long-lived triage, as a stream has it."""
    from shared.adapters.memory.windows import BoundedMemory  # noqa: PLC0415  the same
    from shared.settings import Policy  # noqa: PLC0415  the same
    from shared.triage.running import Input, Triage  # noqa: PLC0415  the same
    from shared.triage.table import Table  # noqa: PLC0415  the same

    desk = Triage(Policy(), BoundedMemory(), None, table=Table())

    def judge(raw: bytes) -> None:
        for line in desk.lines([Input("fuzz", partial(io.BytesIO, raw))]):
            if not line.reason:
                raise AssertionError("a line without a reason")
            json.dumps(line.shown).encode()

    return judge


def answering() -> Door:
    """What `respond` does before it asks a cloud."""
    from shared.adapters.memory.windows import BoundedMemory  # noqa: PLC0415  the same
    from shared.intake import sift  # noqa: PLC0415  the same
    from shared.settings import Policy  # noqa: PLC0415  the same
    from shared.workflow.judging import Judge, arrived  # noqa: PLC0415  the same

    judge = Judge(Policy(), frozenset({"AROARESPONDEREXAMPLE"}), BoundedMemory, automatic=True)

    def answer(raw: bytes) -> object:
        for judged in judge.judge(arrived(raw)):
            if not judged.words:
                raise AssertionError("a judgement without a word")
        return sift(raw)

    return answer


def fuzz(corpus: Path, seconds: int, finds: Path) -> None:
    """Until the time is over."""
    atheris: Any = importlib.import_module("atheris")  # absent in our environment

    def step(raw: bytes, size: int, seed: int) -> bytes:
        dice = random.Random(seed)  # noqa: S311  luck, not secrecy
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            return bytes(atheris.Mutate(raw, size))
        if dice.random() < BYTES:
            return bytes(atheris.Mutate(raw, size))
        for _ in range(dice.randrange(1, 4)):
            value = mutated(value, dice)
        return json.dumps(value).encode()[:size]

    with atheris.instrument_imports(include=["shared"]):
        doors = (judging(), answering())
        for file in sorted(corpus.iterdir()):  # parsers are imported when they are first needed
            one(file.read_bytes(), doors, finds)
    options = [f"-max_total_time={seconds}", f"-max_len={LARGEST}", "-timeout=60", f"-artifact_prefix={finds}/"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], partial(one, doors=doors, finds=finds), custom_mutator=step)
    atheris.Fuzz()


def main() -> None:
    """Fuzz, or say why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--finds", type=Path, default=Path(tempfile.gettempdir()))
    given = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed here: not fuzzed")
        return
    given.finds.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        print(f"{seeds([EVENTS, *given.paths], Path(folder))} seeds")
        fuzz(Path(folder), given.seconds, given.finds)


if __name__ == "__main__":
    main()
