"""A recorder with two sinks that fail when told to, for the tests of the record."""

from threading import Barrier

from shared.adapters.memory.custody import MemoryKeyring, MemorySigner, MemorySink
from shared.custody.audit import audit
from shared.custody.record import Record
from shared.ports import Sink, Witness
from tests.custody_doubles import SteppingClock

CASE = "case-1"


class Desk:
    """What the workers of one case share."""

    def __init__(self, *sinks: Sink, witnesses: tuple[Witness, ...] = ()) -> None:
        self.sinks = sinks
        self.witnesses = witnesses
        self.signer, self.keyring, self.clock = MemorySigner(), MemoryKeyring(), SteppingClock()

    def fresh(self) -> Record:
        return Record(CASE, self.sinks, self.signer, self.keyring, self.clock, self.witnesses)

    def resumed(self) -> Record:
        return Record.resume(CASE, self.sinks, self.signer, self.keyring, self.clock, self.witnesses)

    def findings(self, sink: Sink | None = None, *, open_case: bool = False) -> list[str]:
        result = audit(sink or self.sinks[0], CASE, self.signer.public_key(), open_case=open_case)
        return [str(finding) for finding in result.findings]


def names(sink: Sink) -> list[str]:
    return [path.removeprefix(f"{CASE}/") for path in sink.list(f"{CASE}/")]


def entries(sink: Sink) -> int:
    return sum(name.startswith("entries/") for name in names(sink))


class MeetingSink(MemorySink):
    """Keeps something only while another sink is keeping it too."""

    def __init__(self, name: str, meeting: Barrier) -> None:
        super().__init__(name)
        self._meeting = meeting

    def put(self, path: str, content: bytes) -> None:
        self._meeting.wait(20)
        super().put(path, content)
