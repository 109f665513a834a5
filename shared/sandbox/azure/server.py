"""The embedded Azure on a loopback port, so that its state outlives a client that was killed."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from shared.adapters.azure.forwarding import TARGET
from shared.sandbox.azure import control
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.wire import Answer, Request

_RESET_ON_CLOSE = b"\x01\x00\x00\x00\x00\x00\x00\x00"


class Server:
    """Serves one cloud to any number of forwarding transports until stopped. Port 0 takes a free one."""

    def __init__(self, cloud: Cloud, port: int = 0) -> None:
        self.cloud = cloud
        self._server = _Listener(("127.0.0.1", port), _handler(cloud))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop listening; requests under way get their answers."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    block_on_close = False


def _handler(cloud: Cloud) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            try:
                answer = self._answer(body)
            except ConnectionError:
                _cut(self)
                return
            self.send_response(200)
            self.send_header(TARGET, json.dumps({"status": answer.status, "headers": dict(answer.headers)}))
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def _answer(self, body: bytes) -> Answer:
            if self.path.startswith(control.CONTROL):
                return control.answer(cloud, self.path, body)
            return cloud.answer(Request(**json.loads(self.headers[TARGET]), body=body))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Keep quiet: URLs carry signatures and names of blobs."""

    return Handler


def _cut(handler: BaseHTTPRequestHandler) -> None:
    """Reset the connection, so that the client cannot take it for an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    handler.connection.close()
    handler.close_connection = True
