"""What every facet answers."""

from functools import cached_property
from typing import Self

from shared.domain.value import Value, digest


class Facet(Value):
    """What all facets answer. `facet` is the tag under which custody keeps the value."""

    facet: str

    @property
    def part(self) -> str:
        """Which one, where a resource has several; empty where it has one."""
        return ""

    @property
    def told(self) -> tuple[str, ...]:
        """By what other parts a log may tell of it that leaves some of it out."""
        return ()

    @property
    def document(self) -> str:
        """What is replaced as a whole by a write of this facet."""
        return f"{self.facet}:{self.part}"

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its canonical form."""
        return digest(self.model_dump(mode="json"))

    def satisfied_by(self, now: "Facet | None") -> bool:
        """Whether the cloud, being `now`, already does what this facet asks."""
        return now == self

    @property
    def absent(self) -> Self | None:
        """This facet as it is on a resource that has none of it."""
        return None
