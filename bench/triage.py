"""Triage beside its peers: CloudTrail records per second of CPU, from gunzip to decision, and memory over a long stream.

The records are ordinary days of a hospital (tests/ordinary.py) with a thief's now and then. In the same run, where they are
installed and their rules are given by path, for no registry carries those: `--sigma DIR` (pySigma's SQLite backend: flatten,
insert, one query a rule) and `--panther DIR` (Panther's runner: one function a rule, over its enriched event). What is absent
is said.

Usage: triage.py [--records N] [--stream N] [--sigma DIR] [--panther DIR]
"""

import argparse
import gzip
import importlib.util
import io
import json
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import batched, islice
from itertools import count as count_from
from pathlib import Path
from typing import Any

import msgspec

from shared.adapters.memory.windows import BoundedMemory
from shared.intake.reading import facts
from shared.intake.record import Record
from shared.intake.tolerant import folded
from shared.intake.trail import LOG_FILE
from shared.settings import Policy
from shared.triage.rules import RULES
from shared.triage.running import Input, Triage
from shared.triage.table import Table
from tests.ordinary import ACCOUNT, MONDAY, week

A_FILE = 5_000
"""Records of one log file: CloudTrail closes a file at about as many."""

ROUNDS = 3
TENTHS = 10
WEEK = 7 * 86_400.0
THEFTS = 500
NOW = MONDAY + 60 * 86_400.0


def records(apart: float = 0.0) -> Iterator[dict[str, Any]]:
    """Week after week, every id its own; one in some hundred is a thief's. `apart`: seconds from one week to the next."""
    for seed in count_from(1):
        for number, record in enumerate(week(seed)):
            moved = record | {"eventTime": record["eventTime"] + (seed - 1) * apart}
            yield moved | {"eventID": f"{seed}-{number}", "eventTime": _iso(moved["eventTime"])}
            if number % THEFTS == 0:
                yield _theft(moved, f"{seed}-{number}-t")


def _iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def _theft(record: dict[str, Any], name: str) -> dict[str, Any]:
    who = {"type": "IAMUser", "userName": "thief", "arn": f"arn:aws:iam::{ACCOUNT}:user/thief", "accountId": ACCOUNT}
    stop = {"eventName": "StopLogging", "eventSource": "cloudtrail.amazonaws.com", "requestParameters": {"name": "audit"}}
    return record | stop | {"eventID": name, "eventTime": _iso(record["eventTime"]), "userIdentity": who, "errorCode": None}


def files(count: int) -> list[bytes]:
    """Log files as CloudTrail delivers them: one JSON object, gzip'd."""
    return [
        gzip.compress(json.dumps({"Records": list(some)}).encode(), 6)
        for some in batched(islice(records(), count), A_FILE, strict=False)
    ]


def measure(what: str, count: int, work: Callable[[], object]) -> None:
    """The best of some rounds, for the machine is shared."""
    best = min(_seconds(work) for _ in range(ROUNDS))
    print(f"{what:62s}{count / best:12,.0f} records/CPU-s")


def _seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def judge_all(given: list[bytes]) -> int:
    """Gunzip, parse, decide."""
    judge = Triage(Policy(), BoundedMemory(), NOW, table=Table())
    decide = judge.decide
    return sum(1 for raw in given for each in facts(io.BytesIO(raw)) if decide(each).rule)


def lines_all(given: list[bytes]) -> int:
    """The same, joined into cases, and every line as JSON."""
    judge = Triage(Policy(), BoundedMemory(), NOW, table=Table())
    encode = msgspec.json.Encoder().encode
    return sum(len(encode(line)) for line in judge.lines([Input("x", partial(io.BytesIO, raw)) for raw in given]))


def sigma(given: list[bytes], directory: Path) -> None:
    """The method of pySigma with SQLite: flatten every record, insert, ask one query a rule."""
    queries = _queries(directory)

    def work() -> None:
        for raw in given:
            _ask([_flat(record) for record in json.loads(gzip.decompress(raw))["Records"]], queries)

    measure(f"pySigma and SQLite, {len(queries)} rules", len(given) * A_FILE, work)


def _queries(directory: Path) -> list[str]:
    from sigma.backends.sqlite import sqliteBackend  # type: ignore[import-not-found]  # noqa: PLC0415  absent in our environment
    from sigma.collection import SigmaCollection  # type: ignore[import-not-found]  # noqa: PLC0415  the same

    return [str(query) for query in sqliteBackend().convert(SigmaCollection.load_ruleset([str(directory)]))]


def _flat(record: dict[str, Any], start: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{start}{key}.")
        else:
            found[start + key] = json.dumps(value) if isinstance(value, list) else value
    return found


def _ask(rows: list[dict[str, Any]], queries: list[str]) -> None:
    columns = sorted({key for row in rows for key in row})
    with sqlite3.connect(":memory:") as database:
        database.execute(f"CREATE TABLE logs ({', '.join(f'`{name}`' for name in columns)})")
        marks = ", ".join("?" * len(columns))
        database.executemany(f"INSERT INTO logs VALUES ({marks})", ([row.get(name) for name in columns] for row in rows))  # noqa: S608  question marks
        for query in queries:
            try:
                database.execute(query).fetchall()
            except sqlite3.OperationalError:  # a rule about a field that no record has
                continue


def panther(given: list[bytes], directory: Path) -> None:
    """Panther's method: every rule's function is asked about every event, in Panther's own wrapper."""
    from panther_core.enriched_event import PantherEvent  # type: ignore[import-not-found]  # noqa: PLC0415  absent in our environment

    sys.path[:0] = [str(path) for path in (directory, directory / "global_helpers", directory.parent / "global_helpers")]
    rules = [rule for path in sorted(directory.rglob("*.py")) if (rule := _rule(path))]

    def work() -> None:
        for raw in given:
            for record in json.loads(gzip.decompress(raw))["Records"]:
                event = PantherEvent(record, None)
                for rule in rules:
                    _answer(rule, event)

    measure(f"Panther's runner, {len(rules)} rules", len(given) * A_FILE, work)


def _answer(rule: Callable[[object], object], event: object) -> object:
    try:
        return rule(event)
    except Exception:  # noqa: BLE001  a rule of somebody's that stumbles costs time all the same
        return None


def _rule(path: Path) -> Callable[[object], object] | None:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception:  # noqa: BLE001  a rule that needs what is not here is left out
        return None
    found: Callable[[object], object] | None = getattr(module, "rule", None)
    return found


def stream(count: int) -> None:
    """Memory over a long stream: what the process holds after each tenth."""
    judge = Triage(Policy(), BoundedMemory(), None, table=Table())
    seen = 0
    held: list[int] = []
    for some in batched(islice(records(apart=WEEK), count), A_FILE, strict=False):
        for each in facts(io.BytesIO(gzip.compress(json.dumps({"Records": list(some)}).encode(), 1))):
            judge.line("x", seen, each)
            seen += 1
        if seen * TENTHS // count > len(held):
            held.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    print(f"memory over {seen:,} records, each its own, in MB after each tenth: {', '.join(map(str, held))}")


def peer(name: str, package: str, directory: Path | None, run: Callable[[list[bytes], Path], None], given: list[bytes]) -> None:
    """Measure a peer, or say why not."""
    if importlib.util.find_spec(package) is None:
        print(f"{name}: not measured, {package} is not installed")
    elif directory is None:
        print(f"{name}: not measured, no rules were given (--{name})")
    else:
        run(given, directory)


def main() -> None:
    """Measure, side by side."""
    options = argparse.ArgumentParser()
    options.add_argument("--records", type=int, default=60_000)
    options.add_argument("--stream", type=int, default=400_000)
    options.add_argument("--sigma", type=Path)
    options.add_argument("--panther", type=Path)
    asked = options.parse_args()
    given = files(asked.records)
    count, plain = asked.records, [gzip.decompress(raw) for raw in given]
    some = json.loads(plain[0])["Records"]
    print(f"{count:,} records, {sum(map(len, plain)) // count} bytes each, {len(RULES)} rules")
    measure("gunzip, parse, decide, the whole table", count, partial(judge_all, given))
    measure("the same, joined into cases and written as JSON lines", count, partial(lines_all, given))
    measure("gunzip and parse into facts alone", count, lambda: sum(1 for raw in given for _ in facts(io.BytesIO(raw))))
    measure("parse alone: msgspec structs", count, lambda: [LOG_FILE.decode(raw) for raw in plain])
    measure("parse alone: json", count, lambda: [json.loads(raw) for raw in plain])
    measure(
        "parse alone: pydantic, of values that json has parsed",
        len(some),
        lambda: [Record.model_validate(folded(each)) for each in some],
    )
    peer("sigma", "sigma", asked.sigma, sigma, given)
    peer("panther", "panther_core", asked.panther, panther, given)
    stream(asked.stream)


if __name__ == "__main__":
    main()
