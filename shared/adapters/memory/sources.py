"""The services that alerts come from, as a table of the facts they know."""

from shared.domain.signal import Confirmation, Signal


class MemorySources:
    """Knows the signals it was told, by id. While `reachable` is False nobody answers."""

    def __init__(self, *known: Signal) -> None:
        self.reachable = True
        self._known = {signal.id: signal for signal in known}

    def learn(self, signal: Signal) -> None:
        """Let this be a fact from now on."""
        self._known[signal.id] = signal

    def confirm(self, signal: Signal) -> Confirmation:
        """Agrees where the same call by the same actor is known, on these resources at least."""
        if not self.reachable:
            return Confirmation.UNREACHABLE
        known = self._known.get(signal.id)
        if known is None:
            return Confirmation.NOT_FOUND
        same = (known.source, known.event, known.account, known.actor) == (
            signal.source,
            signal.event,
            signal.account,
            signal.actor,
        )
        return Confirmation.AGREES if same and set(signal.resources) <= set(known.resources) else Confirmation.DISAGREES
