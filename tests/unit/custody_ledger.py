"""A ledger as an honest recorder leaves it, and as forgers would have it, for the tests of the audit."""

from collections.abc import Callable

from shared.adapters.memory.custody import MemoryKeyring, MemorySigner, MemorySink
from shared.custody.audit import Audit, audit
from shared.custody.entry import decode, digest, encode
from shared.custody.note import Checkpoint, sign
from shared.custody.record import Record
from shared.custody.witness import SinkWitness
from tests.custody_doubles import SteppingClock, copy, plant

CASE = "case-1"
SIGNER = MemorySigner()
KEY = SIGNER.public_key()


def written(*sinks: MemorySink, end: bool = True, signer: MemorySigner = SIGNER, lie: str = "") -> SinkWitness:
    """Keep a small ledger in these sinks and return its witness."""
    witness = SinkWitness(MemorySink("elsewhere"))
    record = Record(CASE, sinks, signer, MemoryKeyring(), SteppingClock(), [witness])
    record.blob(b"alert")
    record.append("opened", {"why": f"alert {lie}"})
    record.append("intended", {"changes": ["deny", "revoke"]})
    record.checkpoint()
    record.blob(b"outcomes")
    record.append("outcome", {"applied": 2})
    if end:
        record.close({"verdict": "contained"})
    record.settle()
    return witness


LEDGER = MemorySink("first")
WITNESS = written(LEDGER)
PATHS = LEDGER.list("")
ENTRIES = [path for path in PATHS if "/entries/" in path]


def judged(
    sink: MemorySink, witness: SinkWitness | None = None, *, open_case: bool = False, second: MemorySink | None = None
) -> Audit:
    return audit(sink, CASE, KEY, witness, open_case=open_case, second=second)


def complaints(result: Audit) -> str:
    return "\n".join(map(str, result.findings))


def forged(sink: MemorySink, start: int, signer: MemorySigner, lie: str) -> None:
    """Change an entry's body and everything that follows from it, and sign all again."""
    heads = {0: "0" * 64}
    for seq, path in enumerate(ENTRIES):
        entry = decode(sink.get(path))
        body = {**entry.body, "why": lie} if seq == start else entry.body
        fields = {name: getattr(entry, name) for name in ("seq", "at", "case", "kind")}
        content = encode(type(entry)(**fields, prev=heads[seq], body=body))
        heads[seq + 1] = digest(content)
        plant(sink, path, content)
    for path in [path for path in PATHS if "/checkpoints/" in path]:
        size = int(path[-17:-5])
        plant(sink, path, sign(Checkpoint(CASE, size, heads[size]), signer))


def truncated(twin: MemorySink) -> None:
    """Go back to the first checkpoint and close the case there."""
    for path in PATHS:
        if ("/entries/" in path and path >= f"{CASE}/entries/000000000002") or path.endswith("000000000004.note"):
            plant(twin, path, None)
    named = decode(LEDGER.get(f"{CASE}/entries/000000000000.json")).body["blobs"]
    for path in [path for path in PATHS if "/blobs/" in path and path[-64:] not in str(named)]:
        plant(twin, path, None)
    Record.resume(CASE, [twin], SIGNER, MemoryKeyring(), SteppingClock()).close({"verdict": "observed"})


def exact(change: Callable[[MemorySink], None]) -> list[str]:
    twin = copy(LEDGER)
    change(twin)
    return [str(finding) for finding in judged(twin).findings]
