"""Ledgers beside a case's own: the case's record has the signed head of each, and each is held against that.

A worker of one part of a migration writes a ledger of its own. It begins and ends nowhere: what it has to be is what the case's
record took in. What was written to it later is another worker's, and harms nothing.
"""

from collections.abc import Iterator

from shared.domain.errors import CodeblueError
from shared.ports import Sink
from shared.ports.record import PART, case_of

from .layout import blob_path
from .ledger import Finding, Ledger, read_ledger
from .note import ORIGIN
from .signed import read


def disagreeing(sink: Sink, ledger: Ledger, public_key: bytes) -> Iterator[Finding]:
    """What is wrong with the ledgers of parts whose heads this record has."""
    for head in ledger.parts:
        name = head.partition("\n")[0].removeprefix(ORIGIN)
        if not PART.fullmatch(name) or case_of(name) != ledger.case:
            yield Finding("entries", "a part's head is of no ledger of this case")
            continue
        try:
            signed, part = read(head.encode(), name, public_key), read_ledger(sink, name)
        except CodeblueError as error:
            yield Finding(name, str(error))
            continue
        yield from part.findings
        if part.heads.get(signed.size) != signed.head:
            yield Finding(name, f"is not what the case's record took in: other entries, or fewer than {signed.size}")
        yield from (Finding(blob_path(name, each), "is missing") for each in sorted(part.named - part.blobs))
