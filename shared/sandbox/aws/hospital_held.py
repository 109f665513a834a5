"""A stored version of the hospital's as a drill compares it, and whose stores they are."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from shared.sandbox.aws import hospital_names as hospital
from shared.sandbox.aws import scenario_names as names

TENANTS: Final[Mapping[str, tuple[str, ...]]] = {
    "st-brendan": (names.CHARTS, names.LABS, hospital.REPLICA),
    "marys-hospice": (hospital.RECORDS,),
    "county-lab": (hospital.RESULTS,),
}
"""The stores of health data, by tenant."""


@dataclass(frozen=True, slots=True)
class Held:
    """One stored version. `place`: its place among the versions of its key, the oldest 0; `content`: SHA-256.

    `scheme`: `aws:kms`, `AES256`, or `SSE-C`; `under`: key ARN. `lock`: the mode of its retention, empty where there is none.
    """

    bucket: str
    key: str
    version: str
    place: int
    deleted: bool
    content: str = ""
    size: int = 0
    etag: str = ""
    modified: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    checksum: str = ""
    scheme: str = ""
    under: str = ""
    lock: str = ""

    @property
    def lasting(self) -> tuple[object, ...]:
        """What every lane of a migration keeps."""
        return (self.content, self.size, self.metadata, self.tags, self.checksum)

    @property
    def shape(self) -> dict[str, object]:
        """What one hospital of a seed has in common with another: no ids, no times."""
        varying = {"version", "etag", "modified", "checksum"}
        return {name: value for name, value in asdict(self).items() if name not in varying}

    def eligible(self, old: Sequence[str]) -> bool:
        """Whether it is to be moved from one of these keys, and nothing that the service imposes forbids it."""
        return not self.deleted and self.scheme == "aws:kms" and self.under in old and not self.lock
