"""Where the files of a ledger lie, relative to its sink.

<case>/entries/000000000000.json        one entry, numbered from 0
<case>/blobs/<sha256 of its content>     evidence, encrypted
<case>/checkpoints/000000000012.note     signed head of the first 12 entries
"""

import re

from shared.domain.errors import BadInput

CASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"""What a case may be called: it becomes a folder, an object key and a part of a signature's name."""

ENTRY = re.compile(r"entries/(\d{12})\.json")
CHECKPOINT = re.compile(r"checkpoints/(\d{12})\.note")
BLOB = re.compile(r"blobs/([0-9a-f]{64})")


def checked(case: str) -> str:
    """The case's name, if it can be one. Raises `BadInput`."""
    if not CASE.fullmatch(case):
        raise BadInput("a case is named by letters, digits, '.', '_' and '-', at most 128")
    return case


def entry_path(case: str, seq: int) -> str:
    """Where the entry with this number lies."""
    return f"{case}/entries/{seq:012d}.json"


def checkpoint_path(case: str, size: int) -> str:
    """Where the signed head of the first `size` entries lies."""
    return f"{case}/checkpoints/{size:012d}.note"


def blob_path(case: str, digest: str) -> str:
    """Where the evidence with this SHA-256 of its encrypted form lies."""
    return f"{case}/blobs/{digest}"
