"""A server over TLS whose every answer a test writes, byte by byte, with a certificate of its own."""

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer


@dataclass(frozen=True)
class Asked:
    """A request as it came in: the target as it was written, and headers by name in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    connection: int
    body: bytes = b""


type Answer = Callable[[Asked], bytes | None]
"""The bytes of an answer, or None to hang up without one. What does not end in time is cut: the connection is closed after it."""


def reply(status: int, body: bytes = b"", *, closes: bool = False, **headers: str) -> bytes:
    """An answer; `x_amz_request_id` stands for the header `x-amz-request-id`."""
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    said = {"content-length": str(len(body))} | said | ({"connection": "close"} if closes else {})
    return f"HTTP/1.1 {status} X\r\n".encode() + "".join(f"{n}: {v}\r\n" for n, v in said.items()).encode() + b"\r\n" + body


class WireServer:
    """Listens on a free port until it is left. `answer` may be changed at any time."""

    def __init__(self, pem: Path) -> None:
        self.answer: Answer = lambda _: reply(200)
        self.asked: list[Asked] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[StreamRequestHandler]:
        server = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                while asked := self._asked():
                    server.asked.append(asked)
                    said = server.answer(asked)
                    if said is None:
                        return
                    self.wfile.write(said)
                    if b"connection: close" in said:
                        return

            def _asked(self) -> Asked | None:
                first = self.rfile.readline().decode("latin-1").split(" ")
                if len(first) < 2:
                    return None
                lines = iter(lambda: self.rfile.readline().decode("latin-1").strip(), "")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = self.rfile.read(int(headers.get("content-length", 0)))
                return Asked(first[0], first[1], headers, id(self), body)

        return Handler


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, or does not trust us, is part of the play."""
