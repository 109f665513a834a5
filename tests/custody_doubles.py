"""Sinks and clocks that misbehave as real ones do, for the tests of custody."""

from datetime import UTC, datetime, timedelta
from threading import Event

from shared.adapters.memory.custody import MemorySink
from shared.domain.errors import NotDurable, Tampered, Unreachable


class SteppingClock:
    """Moves one second with each look, or as told."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class FailingSink(MemorySink):
    """Refuses while `down`, as a service that answers 503."""

    def __init__(self, name: str = "failing") -> None:
        super().__init__(name)
        self.down = False

    def put(self, path: str, content: bytes) -> None:
        if self.down:
            raise NotDurable("503")
        super().put(path, content)

    def get(self, path: str) -> bytes:
        if self.down:
            raise Unreachable("503")
        return super().get(path)

    def list(self, prefix: str) -> tuple[str, ...]:
        if self.down:
            raise Unreachable("503")
        return super().list(prefix)


class BlindSink(MemorySink):
    """Lists everything and gives nothing whose path ends in `lost`, as a service in the middle of an outage."""

    def __init__(self, name: str = "blind") -> None:
        super().__init__(name)
        self.lost: tuple[str, ...] = ()

    def get(self, path: str) -> bytes:
        if path.endswith(self.lost):
            raise Unreachable("503")
        return super().get(path)


class HiddenSink(MemorySink):
    """Finds at listing that something was done to it, as a bucket with a delete marker."""

    def list(self, prefix: str) -> tuple[str, ...]:
        raise Tampered(f"{self.name}: something was deleted")


class HangingSink(MemorySink):
    """Keeps every put waiting until `let_go` is set."""

    def __init__(self, name: str = "hanging") -> None:
        super().__init__(name)
        self.let_go = Event()

    def put(self, path: str, content: bytes) -> None:
        assert self.let_go.wait(20)
        super().put(path, content)


class ForgetfulSink(MemorySink):
    """Keeps what is put, but its next answer is lost."""

    def __init__(self, name: str = "forgetful") -> None:
        super().__init__(name)
        self.losing = 0

    def put(self, path: str, content: bytes) -> None:
        super().put(path, content)
        if self.losing:
            self.losing -= 1
            raise NotDurable("the answer was lost")


def plant(sink: MemorySink, path: str, content: bytes | None) -> None:
    """Do what no sink allows: replace or remove a file behind its back."""
    if content is None:
        del sink._files[path]
    else:
        sink._files[path] = content


def copy(sink: MemorySink) -> MemorySink:
    """A sink of the same name with the same files."""
    twin = MemorySink(sink.name)
    twin._files.update(sink._files)
    return twin
