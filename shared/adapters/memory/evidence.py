"""An audit log in a list: late, as the real ones are."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from shared.domain.actor import Actor
from shared.domain.errors import Unreachable
from shared.domain.resource import Ref
from shared.ports import Act, Clock, Edit


class MemoryEvidence:
    """Acts become visible `lag` after they happened. While `reachable` is False nobody answers."""

    def __init__(self, clock: Clock, lag: timedelta = timedelta()) -> None:
        self.lag = lag
        self.reachable = True
        self.watched: set[Ref] = set()
        """stores whose reads and writes are recorded"""
        self._clock = clock
        self._acts: list[Act] = []
        self._edits: list[Edit] = []

    def happened(self, *acts: Act) -> None:
        """Put acts on record."""
        self._acts.extend(acts)

    def edited(self, *edits: Edit) -> None:
        """Put edits of policies on record."""
        self._edits.extend(edits)

    def by(self, actor: Actor, since: datetime) -> tuple[Act, ...]:
        return self._visible(since, lambda act: _one_principal(act.actor, actor))

    def on(self, target: Ref, since: datetime) -> tuple[Act, ...]:
        return self._visible(since, lambda act: target in act.resources)

    def edits(self, targets: Sequence[Ref], since: datetime) -> tuple[Edit, ...]:
        until = self._until()
        found = (e for e in self._edits if e.target in targets and since <= e.act.at <= until and not e.act.failed)
        return tuple(sorted(found, key=lambda e: e.act.at))

    def recorded(self, target: Ref) -> bool:
        return target in self.watched

    def _visible(self, since: datetime, wanted: Callable[[Act], bool]) -> tuple[Act, ...]:
        until = self._until()
        return tuple(sorted((a for a in self._acts if since <= a.at <= until and wanted(a)), key=lambda a: (a.at, a.id)))

    def _until(self) -> datetime:
        """Up to when the log is written."""
        if not self.reachable:
            raise Unreachable("the audit log does not answer")
        return self._clock.now() - self.lag


def _one_principal(one: Actor, other: Actor) -> bool:
    """A re-created namesake has another unique id; not every record carries one."""
    if one.unique_id and other.unique_id:
        return one.unique_id == other.unique_id
    if one.principal or other.principal:
        return one.principal == other.principal
    return bool(one.access_key) and one.access_key == other.access_key
