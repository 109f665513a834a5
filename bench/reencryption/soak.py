"""A whole store moved by a worker that is killed again and again, with people at work in it: none missed, and none moved twice.

`python soak.py --versions 1000000 --kills 20`. The store is `estate.py`, a process of its own that keeps every version; the worker
is the product's: its engine, its calls over verified TLS, and a ledger in a folder. It is killed (SIGKILL) when the store has had
so many requests, drawn at random over the whole run; the next one goes on. Afterwards what the store says is held against the rows
of the record, and the ledger is audited. Ends with 1 where anything is amiss. `--prove` adds the product's own proof, two calls by
the SDK for each version.
"""

import argparse
import json
import os
import random
import resource
import signal
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from estate import MOVED_PAGE, NEW, OLD

from shared.adapters.local.clock import SystemClock
from shared.adapters.local.keyring import FileKeyring
from shared.adapters.local.signer import PemSigner
from shared.adapters.local.sinks import DirectorySink
from shared.custody.audit import audit
from shared.custody.record import Record
from shared.domain.resource import Cloud, Kind, Ref
from shared.reencryption.manifest import Manifest
from shared.reencryption.plan import Canary, Migration

CASE, ACCOUNT = "soak", "111122223333"
CHARTS, OURS = (
    Ref(cloud=Cloud.AWS, kind=Kind.BUCKET, account=ACCOUNT, region="us-east-1", id=f"arn:aws:s3:::{name}")
    for name in ("charts", "responder")
)
PLAN = Migration(store=CHARTS, old=frozenset({OLD}), successor=NEW, canary=Canary(store=OURS, key=NEW))
SHARE = 2.6
"""Requests for each version before which all kills come: three for each that is moved, and one more in the last sweep."""

MOST_RSS = 200
"""Megabytes that a worker takes at most, whatever the store holds; 76 of them before it has seen a version."""

LOOKS_A_SECOND = 20


def record(folder: Path) -> Record:
    """The ledger of the case, as the next writer opens it."""
    signer, keyring = PemSigner.open(folder / "signer.pem"), FileKeyring(folder / "keys")
    return Record.resume(CASE, [DirectorySink(folder / "ledger")], signer, keyring, SystemClock())


def work(folder: Path, *, proof: bool) -> None:
    """What the worker does; where it comes to an end, it prints what it came to."""
    from shared.adapters.aws.clients import Clients  # noqa: PLC0415
    from shared.adapters.aws.wire.objects import FastObjects  # noqa: PLC0415
    from shared.reencryption.migrate import migrate  # noqa: PLC0415
    from shared.reencryption.verify import verify  # noqa: PLC0415

    objects, journal, clock = FastObjects(Clients()), record(folder), SystemClock()
    if proof:
        proved = verify(PLAN, objects, journal, clock)
        said: dict[str, Any] = {"done": bool(proved and proved.done), "compared": proved.compared if proved else 0}
    else:
        result = migrate(PLAN, objects, journal, clock)
        said = result.model_dump(mode="json", include={"finished", "why", "sweeps", "total", "moved", "blocked", "failed"})
    journal.checkpoint()
    print(json.dumps(said))


@dataclass(slots=True)
class Told:
    """What was seen of the workers: how many were killed, seconds and CPU of all, the most memory of any (MB)."""

    kills: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    rss: float = 0.0
    said: dict[str, Any] = field(default_factory=dict)


class Store:
    """The stand-in, as long as it runs."""

    def __init__(self, folder: Path, versions: int) -> None:
        self._pem = folder / "stub.pem"
        command = [sys.executable, str(Path(__file__).parent / "estate.py"), "--pem", str(self._pem)]
        command += ["--versions", str(versions), "--olds", str(versions // 200)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = f"https://127.0.0.1:{self._process.stdout.readline().strip()}"
        self._context = ssl.create_default_context(cafile=self._pem)

    def tell(self, what: str) -> Any:  # noqa: ANN401  # JSON
        with urllib.request.urlopen(f"{self.url}/{what}", context=self._context) as answer:  # noqa: S310
            return json.load(answer)

    def moved(self) -> Iterator[tuple[str, str]]:
        """Key and id of each version whose key was changed."""
        at = 0
        while some := self.tell(f"moved?{at}"):
            yield from (tuple(each) for each in some)
            at += MOVED_PAGE

    def environment(self) -> dict[str, str]:
        """What a worker needs to find it."""
        return {
            **os.environ,
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",  # pragma: allowlist secret
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_CA_BUNDLE": str(self._pem),
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        }

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


def worked(store: Store, folder: Path, points: list[int], *options: str) -> Told:
    """Workers one after another, killed at these numbers of requests, until one comes to its end."""
    told, points, began = Told(), sorted(points), perf_counter()
    while not told.said:
        command = [sys.executable, str(Path(__file__)), "--work", str(folder), *options]
        process = subprocess.Popen(command, env=store.environment(), stdout=subprocess.PIPE, text=True)
        while (rss := _memory(process.pid)) is not None:
            told.rss = max(told.rss, rss)
            if points and store.tell("counts").get("requests", 0) >= points[0]:
                points.pop(0)
                process.send_signal(signal.SIGKILL)
                told.kills += 1
                break
            sleep(1 / LOOKS_A_SECOND)
        said, _ = process.communicate()
        if process.returncode != -signal.SIGKILL:
            told.said = json.loads(said.splitlines()[-1]) if not process.returncode else {"why": "the worker failed"}
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told.wall, told.cpu = perf_counter() - began, used.ru_utime + used.ru_stime
    return told


def _memory(process: int) -> float | None:
    """The most memory that it ever held (MB); None where it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    found = next((line for line in lines if line.startswith("VmHWM")), None)
    return int(found.split()[1]) / 1024 if found else None


def held_against(store: Store, folder: Path) -> dict[str, int]:
    """What the store says was moved, held against the rows of the record."""
    journal = record(folder)
    manifest = Manifest.recall(PLAN, journal)
    found = {"rows": len(manifest.moved), "moved without a row": 0, "gone before its outcome": 0}
    for some in batched(store.moved(), MOVED_PAGE, strict=False):
        for key, ident in some:
            name = journal.name(f"{key}\0{ident}")
            if name not in manifest.moved:
                found["gone before its outcome" if name in manifest.pending else "moved without a row"] += 1
    return found


def amiss(told: Told, store: dict[str, int], rows: dict[str, int], kills: int) -> list[str]:
    """What is not as it has to be, in words."""
    checks = (
        (told.said.get("finished"), f"not finished: {told.said.get('why')}"),
        (told.kills == kills, f"killed {told.kills} times of {kills}"),
        (not store["left"], f"{store['left']} versions are still under the old key"),
        (not store.get("twice"), "a key was changed twice"),
        (not store.get("not from the old key"), "a version was moved that was not under the old key"),
        (not store.get("written over"), "something was written over"),
        (not rows["moved without a row"], f"{rows['moved without a row']} were moved and are not on record"),
        (rows["rows"] + rows["gone before its outcome"] == store["moved"], "the record has another number of moves than the store"),
        (told.rss <= MOST_RSS, f"{told.rss:.0f} MB of memory, more than {MOST_RSS}"),
    )
    return [words for fine, words in checks if not fine]


def soak(folder: Path, versions: int, kills: int, *, prove: bool) -> list[str]:
    """The whole of it; what is amiss."""
    order = random.Random(versions + kills)  # noqa: S311  # the same points in every run
    PemSigner.open(folder / "signer.pem")
    store = Store(folder, versions)
    try:
        told = worked(store, folder, [order.randrange(int(versions * SHARE)) for _ in range(kills)])
        rows, at_end = held_against(store, folder), {**store.tell("counts"), **store.tell("left")}
        print(f"{versions:,} versions: {told.wall:.0f} s, {told.cpu:.0f} s of CPU, {told.rss:.0f} MB, {told.said}", flush=True)
        print(f"store: {at_end}\nrecord: {rows}", flush=True)
        found = amiss(told, at_end, rows, kills)
        if prove:
            proved = worked(store, folder, [], "--prove")
            print(f"proof: {proved.said}, {proved.wall:.0f} s, {proved.rss:.0f} MB")
            found += [] if proved.said.get("done") else ["the proof finds something amiss"]
    finally:
        store.stop()
    key = PemSigner.open(folder / "signer.pem").public_key()
    audited = audit(DirectorySink(folder / "ledger"), CASE, key, open_case=True)
    print(f"ledger: {audited.size:,} entries, {'whole' if audited.ok else 'not whole'}")
    return [*found, *map(str, audited.findings[:5])]


def main() -> None:
    """Run it, or be the worker of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--versions", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--prove", action="store_true")
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    if options.work:
        work(options.work, proof=options.prove)
        return
    with tempfile.TemporaryDirectory() as folder:
        found = soak(Path(folder), options.versions, options.kills, prove=options.prove)
    print("\n".join(found) or "nothing missed, nothing done twice")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
