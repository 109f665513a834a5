"""The sandbox's HTTP/1.1 listener: keep-alive connections, one thread each, and connections that may be cut without an answer."""

import socket
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shared.sandbox.aws.faults import Dropped
from shared.sandbox.aws.http import Incoming, Reply

type Serve = Callable[[Incoming], Reply]

_RESET_ON_CLOSE = b"\x01\x00\x00\x00\x00\x00\x00\x00"


class Listener:
    """Serves one application on a loopback port until stopped. Port 0 takes a free one."""

    def __init__(self, serve: Serve, port: int = 0, *, secure: bool = True) -> None:
        self._server = _Server(("127.0.0.1", port), _handler(serve, secure=secure))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; calls under way get their answers."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no event; anything else is a defect of the sandbox and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # socketserver's private request type


def _handler(serve: Serve, *, secure: bool) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            incoming = _incoming(self, secure=secure)
            try:
                _send(self, incoming, serve(incoming))
            except Dropped:
                _cut(self)
            except ConnectionError:
                self.close_connection = True

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = _answer  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Keep quiet: request lines carry object keys."""

    return Handler


def _incoming(handler: BaseHTTPRequestHandler, *, secure: bool) -> Incoming:
    headers: dict[str, str] = {}
    for name, value in handler.headers.items():
        lower = name.lower()
        headers[lower] = f"{headers[lower]},{value}" if lower in headers else value
    path, _, query = handler.path.partition("?")
    body = _body(handler, headers)
    return Incoming(handler.command, headers.get("host", ""), path, query, headers, body, secure, handler.client_address[0])


def _body(handler: BaseHTTPRequestHandler, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return handler.rfile.read(int(headers.get("content-length") or 0))
    chunks = []
    while size := int(handler.rfile.readline().partition(b";")[0], 16):
        chunks.append(handler.rfile.read(size))
        handler.rfile.readline()
    while handler.rfile.readline().strip():
        pass
    return b"".join(chunks)


def _send(handler: BaseHTTPRequestHandler, incoming: Incoming, reply: Reply) -> None:
    """Head and body in one write. An answer to HEAD keeps the length of what a GET would send."""
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in reply.headers if name.lower() not in ("content-length", "transfer-encoding")]
    length = reply.header("content-length") if incoming.method == "HEAD" else ""
    if reply.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        lines.append(f"content-length: {length or len(reply.body)}")
    head = "\r\n".join([*lines, "", ""]).encode("utf-8")
    handler.wfile.write(head if incoming.method == "HEAD" else head + reply.body)


def _cut(handler: BaseHTTPRequestHandler) -> None:
    """Reset the connection, so that the client cannot take it for an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    handler.connection.close()
    handler.close_connection = True
