"""What a cloud asks of a migration, in numbers: calls for each version, what one worker sends, and what requests cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from . import prices


@dataclass(frozen=True, slots=True)
class Terms:
    """Calls for each version: `looks` of a worker (reads), one move (a write), `proofs`. Calls a second of a worker and the proof.

    Prices are US dollars for a million requests, by storage class: `write`, `read`, and `listed`, reads of the proof that are
    priced as listings. `fetched`: dollars for each gigabyte that a copy reads. `plain`: the class where nobody counted.
    """

    looks: int
    proofs: int
    listed: int
    worker: float
    prover: float
    write: Mapping[str, float]
    read: Mapping[str, float]
    plain: str
    source: str
    as_of: str
    fetched: Mapping[str, float] = field(default_factory=dict)


AWS = Terms(
    looks=3,
    proofs=2,
    listed=0,
    worker=4_000.0,
    prover=600.0,
    write=prices.WRITE,
    read=prices.READ,
    plain="STANDARD",
    source=prices.SOURCE,
    as_of=prices.AS_OF,
)
"""Looks: before, after, and in the last sweep. Workers go over libcurl, the proof by the SDK: assumed, not measured on AWS."""

AZURE = Terms(
    looks=3,
    proofs=2,
    listed=1,
    worker=200.0,
    prover=600.0,
    write=prices.BLOB_WRITE,
    read=prices.BLOB_READ,
    plain="Hot",
    source="the pricing page of Azure Blob Storage",
    as_of="locally redundant block blobs in East US; not looked up anew: an order of magnitude",
    fetched=prices.BLOB_FETCHED,
)
"""Looks: before, at the blocks that wait there, and after; the last sweep is a listing. What a worker sends was not measured."""
