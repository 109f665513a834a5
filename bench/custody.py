"""Writing and checking a record, beside auditchain (a signed hash chain in Python): entries per second of CPU, and of waiting.

auditchain signs every record with Ed25519; ours signs a checkpoint every 256 entries with ECDSA P-256. Both keep records in memory
here, so that the work is compared and not the disk. Without the package its rows are left out: `pip install auditchain==0.3.0`.
"""

import asyncio
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from shared.adapters.local.clock import SystemClock
from shared.adapters.local.sinks import DirectorySink
from shared.adapters.memory.custody import MemoryKeyring, MemorySigner, MemorySink
from shared.custody.audit import audit
from shared.custody.record import Record
from shared.ports import Sink

CHECKPOINT_EVERY = 256
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds for `entries` entries, the best of some rounds."""

    what: str
    entries: int
    cpu: float
    wall: float

    def __str__(self) -> str:
        return f"{self.what:58s}{self.entries / self.cpu:12,.0f} /CPU-s{self.entries / self.wall:12,.0f} /s"


def measure(what: str, entries: int, work: Callable[[], object], rounds: int = ROUNDS) -> Measured:
    """The best round, for the machine is shared."""
    cpus, walls = [], []
    for _ in range(rounds):
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        cpus.append(time.process_time() - cpu)
        walls.append(time.perf_counter() - wall)
    return Measured(what, entries, min(cpus), min(walls))


def bodies(count: int) -> list[dict[str, object]]:
    """Entries as a fence writes them."""
    return [
        {
            "actor": "arn:aws:sts::111122223333:assumed-role/responder/x",
            "action": "iam:PutRolePolicy",
            "resource": f"arn:aws:iam::111122223333:role/app-{n % 97}",
            "request": hashlib.sha256(str(n).encode()).hexdigest(),
            "code": 200,
            "before": {"policy": None},
            "after": {"policy": "Quarantine", "deny": True},
            "why": f"revoked sessions issued before {datetime(2026, 11, 21, tzinfo=UTC).isoformat()}",
        }
        for n in range(count)
    ]


def write(facts: Iterable[dict[str, object]], signer: MemorySigner, *sinks: Sink) -> None:
    """A whole ledger."""
    record = Record("case-1", sinks, signer, MemoryKeyring(), SystemClock())
    for n, body in enumerate(facts, start=1):
        record.append("outcome", body)
        if n % CHECKPOINT_EVERY == 0:
            record.checkpoint()
    record.close({})


def ours(count: int) -> list[Measured]:
    """Memory first, which is what is compared; then what a folder and a second sink cost."""
    facts, signer, kept = bodies(count), MemorySigner(), MemorySink()
    write(facts, signer, kept)
    few = facts[: count // 20]
    with tempfile.TemporaryDirectory() as folder:
        on_disk = [Path(folder) / str(n) for n in range(ROUNDS)]
        paths = iter(on_disk)
        return [
            measure("codeblue, write", count, lambda: write(facts, signer, MemorySink())),
            measure("codeblue, verify", count, lambda: passed(kept, signer)),
            measure("codeblue, write, two sinks", len(few), lambda: write(few, signer, MemorySink("a"), MemorySink("b"))),
            measure("codeblue, write, a folder with fsync", len(few), lambda: write(few, signer, DirectorySink(next(paths)))),
            measure("codeblue, verify, a folder", len(few), lambda: passed(DirectorySink(on_disk[0]), signer)),
        ]


def passed(sink: Sink, signer: MemorySigner) -> None:
    """Check a ledger that must be whole."""
    result = audit(sink, "case-1", signer.public_key())
    assert result.ok, result.findings


def theirs(count: int) -> list[Measured]:
    """The same facts as auditchain keeps them, signed, in memory."""
    import auditchain  # type: ignore[import-not-found]  # noqa: PLC0415

    facts = bodies(count)
    private, _ = auditchain.generate_keypair()

    async def filled() -> auditchain.AuditLog:
        log = auditchain.AuditLog(auditchain.MemoryBackend(), signing_key=private)
        await log.init()
        for body in facts:
            await log.append(body["actor"], body["action"], body["resource"], metadata=body)
        return log

    log = asyncio.run(filled())

    def verified() -> None:
        report = asyncio.run(log.verify(signers={"s0": log.public_key}))
        assert report.ok, report

    return [
        measure("auditchain, write, memory, Ed25519", count, lambda: asyncio.run(filled())),
        measure("auditchain, verify", count, verified),
    ]


def main() -> None:
    """Print the table."""
    mine = ours(20_000)
    print(*mine, sep="\n")
    size = sum(len(str(body)) for body in bodies(1000)) / 1000
    print(f"{'':58s}{mine[0].entries / mine[0].cpu * size / 1000:12,.0f} kB/CPU-s written")
    if not find_spec("auditchain"):
        print("auditchain is not installed: nothing to compare with")
        return
    peer = theirs(3_000)
    print(*peer, sep="\n")
    for name, own, other in (("write", mine[0], peer[0]), ("verify", mine[1], peer[1])):
        print(f"{name}: {own.entries / own.cpu / (other.entries / other.cpu):.1f} times auditchain")


if __name__ == "__main__":
    main()
