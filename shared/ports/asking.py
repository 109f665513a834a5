"""The calls of a migration as values: whoever makes them decides how, one after another or hundreds at a time.

An object's key is in no `repr`, here as in `objects`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from shared.domain.errors import CloudError

from .objects import Encryption, Facts, Moved, Page, Version

if TYPE_CHECKING:
    from shared.domain.resource import Ref


@dataclass(frozen=True, slots=True)
class Head:
    """`Objects.head`."""

    key: str = field(repr=False)
    version: str


@dataclass(frozen=True, slots=True)
class Update:
    """`Objects.update`."""

    key: str = field(repr=False)
    version: str
    encryption: Encryption


@dataclass(frozen=True, slots=True)
class Copy:
    """`Objects.copy`."""

    version: Version
    facts: Facts
    encryption: Encryption

    @property
    def key(self) -> str:
        return self.version.key


@dataclass(frozen=True, slots=True)
class CopyParts:
    """`Objects.copy_parts`: not one call but many, and never among those made together."""

    version: Version
    facts: Facts
    encryption: Encryption
    part: int
    begun: Callable[[str], None] = field(repr=False)

    @property
    def key(self) -> str:
        return self.version.key


type Ask = Head | Update | Copy | CopyParts
type Told = Facts | Moved | CloudError
"""What became of a call: `Facts` of a `Head`, `Moved` of the others, or why there is neither."""


class Turns(Protocol):
    """Which call is next. It decides what is tried again and how fast calls go out, and never waits itself."""

    def take(self, room: int) -> Sequence[tuple[int, Ask]]:
        """Calls whose turn has come, at most `room` of them, each with a number to answer to."""
        ...

    def told(self, number: int, told: Told) -> None:
        """What became of a call that was taken. Raises where going on makes no sense."""
        ...

    def wait(self) -> float | None:
        """Seconds until something can be taken; None where nothing is left to take before an answer comes in."""
        ...


@runtime_checkable
class Together(Protocol):
    """Objects that can be asked for many things at a time, from one thread."""

    def together(self, store: "Ref", turns: Turns) -> None:
        """Make every call that `turns` gives, until none is left or under way. Raises what `Turns.told` raises."""
        ...

    def listed(self, store: "Ref", after: tuple[str, str] | None) -> Page:
        """As `Objects.list`, by another reader."""
        ...
