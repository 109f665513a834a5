"""A case to keep, for the tests of what keeps cases."""

from datetime import UTC, datetime

from shared.domain.case import Case
from shared.domain.signal import Signal, Source

OPENED = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def case(name: str, opened: datetime = OPENED) -> Case:
    """A case that has just been opened."""
    signal = Signal(
        id="finding-1",
        source=Source.GUARDDUTY,
        event="Exfiltration:S3/AnomalousBehavior",
        at=opened,
        account="111122223333",
        region="us-east-1",
        actor=None,
        raw_digest="ab" * 32,
    )
    return Case(id=name, opened=opened, signal=signal, policy="cd" * 32)
