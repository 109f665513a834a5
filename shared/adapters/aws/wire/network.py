"""Requests over libcurl's multi interface: hundreds under way from one thread, on connections that are kept.

TLS is libcurl's and always verified, against the same certificates as the SDK's. Redirects are never followed here: whoever signs
decides about them. No error of libcurl's is told in its own words, for those repeat URLs, which hold keys.
"""

import math
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from select import EPOLLIN, EPOLLOUT, epoll

import pycurl

from shared.adapters.aws.wire.exchange import Exchange, Reply, Request
from shared.adapters.aws.wire.peer import Peer
from shared.domain.errors import CloudError, Unreachable
from shared.ports.asking import Ask, Told, Turns
from shared.ports.objects import Facts, Moved

WIDTH = 160
"""Calls under way at a time: with 40 ms for each they come to 4,000 a second, more than a prefix takes of writes (ADR 54)."""

AT_FIRST = 8
"""Calls under way before any has ended; each that ends lets one more begin: 160 handshakes at once take 2 MB that stay taken."""

CONNECT_SECONDS = 5
SILENT_SECONDS = 60
"""Without a byte for so long, an answer is given up; a long copy sends white space meanwhile."""

LONGEST_WAIT = 1.0
SHORTEST_WAIT = 0.001
"""Seconds that are waited for answers at least: a pace may be due sooner, and is then served in one go with the next ones."""

NEVER = math.inf
WATCHED = {pycurl.POLL_IN: EPOLLIN, pycurl.POLL_OUT: EPOLLOUT, pycurl.POLL_INOUT: EPOLLIN | EPOLLOUT}
EVENTS = {EPOLLIN: pycurl.CSELECT_IN, EPOLLOUT: pycurl.CSELECT_OUT}
EITHER = pycurl.CSELECT_IN | pycurl.CSELECT_OUT
"""What libcurl and the operating system call the same things; of an error either learns by reading or writing."""

_UNSAID = ["Expect:", "Accept:", "Content-Type:"]
"""Headers that libcurl would add."""


@dataclass(slots=True)
class _Flight:
    """A request under way."""

    number: int
    exchange: Exchange[Facts | Moved]
    request: Request
    knew: int


class _Handle:
    """One of libcurl's handles, made ready once for requests of one method; what it receives is held until it is taken."""

    def __init__(self, method: str, trust: str) -> None:
        self.curl, self._lines, self._parts, self._body = pycurl.Curl(), list[bytes](), list[bytes](), b""
        for option, value in OPTIONS.items():
            self.curl.setopt(option, value)
        self.curl.setopt(pycurl.CAINFO, trust)
        self.curl.setopt(pycurl.HEADERFUNCTION, self._lines.append)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._parts.append)
        if method == "HEAD":
            self.curl.setopt(pycurl.NOBODY, 1)
        elif method == "PUT":
            self.curl.setopt(pycurl.CUSTOMREQUEST, "PUT")
            self.curl.setopt(pycurl.POSTFIELDS, b"")

    def arm(self, url: str, lines: list[str], body: bytes) -> None:
        """Make it ready to be sent."""
        self.curl.setopt(pycurl.URL, url)
        self.curl.setopt(pycurl.HTTPHEADER, _UNSAID + lines)
        if body is not self._body:
            self._body = body
            self.curl.setopt(pycurl.POSTFIELDS, body)

    def received(self) -> Reply:
        return Reply(self.curl.getinfo(pycurl.RESPONSE_CODE), tuple(self._lines), b"".join(self._parts))

    def rest(self) -> None:
        """Forget what was received."""
        self._lines.clear()
        self._parts.clear()


class Network:
    """Connections to whatever peers. For one thread. `trust`: file of the certificates to trust."""

    def __init__(self, width: int, trust: str) -> None:
        self._width, self._trust = width, trust
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, width)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._call)
        self._sockets, self._call_at = epoll(), NEVER
        self._watched: set[int] = set()
        self._idle: dict[str, list[_Handle]] = defaultdict(list)
        self._flights: dict[pycurl.Curl, tuple[_Handle, _Flight]] = {}
        self._ended = 0

    def run(self, turns: Turns, peer: Peer, open_: Callable[[Ask], Exchange[Facts | Moved]]) -> None:
        """Make every call that `turns` gives, until none is left or under way. Raises what `turns` raises."""
        try:
            while True:
                for number, ask in turns.take(self._room):
                    exchange = open_(ask)
                    self._send(peer, number, exchange, next(exchange))
                wait = turns.wait() if self._room else None
                if wait is None and not self._flights:
                    return
                self._perform(LONGEST_WAIT if wait is None else wait)
                for flight, told in self._arrived():
                    self._hear(turns, peer, flight, told)
        finally:
            self._abandon()

    def reply(self, peer: Peer, request: Request) -> Reply:
        """The answer to one request. Raises `Unreachable`, also where something was learned and it should be asked again."""
        answers: list[Reply | CloudError] = []

        def only() -> Exchange[Facts | Moved]:
            answers.append((yield request))
            return Moved("", "", ())

        exchange, knew = only(), peer.lessons
        self._send(peer, 0, exchange, next(exchange))
        while self._flights:
            self._perform(LONGEST_WAIT)
            answers += [told for _, told in self._arrived()]
        (answer,) = answers
        if isinstance(answer, CloudError):
            raise answer
        if learned := peer.learn(answer, knew):
            raise _again(request, answer, learned)
        return answer

    @property
    def _room(self) -> int:
        """Calls that may begin now."""
        return min(self._width, AT_FIRST + self._ended) - len(self._flights)

    def _perform(self, wait: float) -> None:
        """Let libcurl do what there is to do: for sockets that have something to say, and when it asked to be called."""
        wait = min(LONGEST_WAIT, max(SHORTEST_WAIT, wait))
        for descriptor, events in self._sockets.poll(max(0.0, min(wait, self._call_at - time.monotonic()))):
            self._multi.socket_action(descriptor, EVENTS.get(events, EITHER))
        if self._call_at <= time.monotonic():
            self._call_at = NEVER
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def _watch(self, what: int, descriptor: int, *_: object) -> None:
        """libcurl says what it waits for on a socket (CURLMOPT_SOCKETFUNCTION)."""
        if what == pycurl.POLL_REMOVE:
            if descriptor in self._watched:
                self._watched.discard(descriptor)
                self._sockets.unregister(descriptor)
        elif descriptor in self._watched:
            self._sockets.modify(descriptor, WATCHED[what])
        else:
            self._watched.add(descriptor)
            self._sockets.register(descriptor, WATCHED[what])

    def _call(self, milliseconds: int) -> None:
        """libcurl says when it wants to be called at the latest (CURLMOPT_TIMERFUNCTION)."""
        self._call_at = NEVER if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def _arrived(self) -> list[tuple[_Flight, Reply | CloudError]]:
        found: list[tuple[_Flight, Reply | CloudError]] = []
        more = 1
        while more:
            more, done, failed = self._multi.info_read()
            for curl in done:
                handle, flight = self._flights[curl]
                found.append((flight, handle.received()))
                self._land(curl)
            for curl, number, _ in failed:
                flight = self._flights[curl][1]
                found.append((flight, Unreachable(f"{flight.request.operation}: no answer ({number})", f"Curl{number}")))
                self._land(curl)
        return found

    def _hear(self, turns: Turns, peer: Peer, flight: _Flight, told: Reply | CloudError) -> None:
        """Go on with the exchange, or tell what it came to."""
        try:
            if isinstance(told, CloudError):
                raise told
            if learned := peer.learn(told, flight.knew):
                raise _again(flight.request, told, learned)
            request = flight.exchange.send(told)
        except StopIteration as end:
            come_to: Told = end.value
            turns.told(flight.number, come_to)
        except CloudError as error:
            flight.exchange.close()
            turns.told(flight.number, error)
        else:
            self._send(peer, flight.number, flight.exchange, request)

    def _send(self, peer: Peer, number: int, exchange: Exchange[Facts | Moved], request: Request) -> None:
        form = request.form
        idle = self._idle[form.method]
        handle = idle.pop() if idle else _Handle(form.method, self._trust)
        handle.arm(*peer.signed(request), form.body)
        self._flights[handle.curl] = handle, _Flight(number, exchange, request, peer.lessons)
        self._multi.add_handle(handle.curl)

    def _land(self, curl: pycurl.Curl) -> None:
        self._multi.remove_handle(curl)
        self._ended += 1
        handle, flight = self._flights.pop(curl)
        handle.rest()
        self._idle[flight.request.form.method].append(handle)

    def _abandon(self) -> None:
        for curl in list(self._flights):
            with suppress(pycurl.error):
                self._multi.remove_handle(curl)
            curl.close()
        self._flights.clear()


OPTIONS: dict[int, int | str] = {
    pycurl.SSL_VERIFYPEER: 1,
    pycurl.SSL_VERIFYHOST: 2,
    pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
    pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
    pycurl.FOLLOWLOCATION: 0,
    pycurl.PATH_AS_IS: 1,
    pycurl.NOSIGNAL: 1,
    pycurl.TCP_NODELAY: 1,
    pycurl.TCP_KEEPALIVE: 1,
    pycurl.CONNECTTIMEOUT: CONNECT_SECONDS,
    pycurl.LOW_SPEED_LIMIT: 1,
    pycurl.LOW_SPEED_TIME: SILENT_SECONDS,
    pycurl.USERAGENT: "codeblue",
}
"""What every connection is like."""


def _again(request: Request, reply: Reply, learned: str) -> Unreachable:
    return Unreachable(f"{request.operation}: {learned} put right", reply.code, reply.request_id)
