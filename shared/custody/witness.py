"""A witness that keeps checkpoints in a sink: a locked bucket of another account, another cloud, a folder on another machine."""

from shared.domain.errors import AlreadyRecorded, NotDurable, Tampered
from shared.ports import Sink

from .note import size_of


class SinkWitness:
    """Remembers one checkpoint for each size. It refuses a second head for the same size: that is how a rewritten record shows.

    It is worth as much as the sink is out of the writer's control: the writer's account may add to it and nothing else.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def remember(self, case: str, note: bytes) -> None:
        """Keep it. Raises `NotDurable` where it could not be kept or another head of this size is known."""
        try:
            self._sink.put(f"{case}/{size_of(note):012d}.note", note)
        except (AlreadyRecorded, Tampered) as error:
            raise NotDurable(f"the witness refuses: {error}") from None

    def remembered(self, case: str) -> tuple[bytes, ...]:
        """Every checkpoint, smallest first. Raises what the sink raises."""
        return tuple(self._sink.get(path) for path in self._sink.list(f"{case}/"))
