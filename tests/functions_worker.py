"""Microsoft's own worker for Python functions, in this process: what the host of Azure Functions asks of it, without the host."""

import asyncio
import base64
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime as runtime
import pytest
from azure.durable_functions.models.utils import http_utils
from azure_functions_runtime import native_invocation
from azure_functions_runtime.bindings.datumdef import Datum

from tests.doubles import Killed

APP = Path(__file__).parents[1] / "azure_functions_app"


class Protos:
    """The messages of the host's protocol; the library only makes them, and reads what it made."""

    def __getattr__(self, name: str) -> type:
        enums = {"StatusResult": {"Failure": 0, "Success": 1}, "BindingInfo": {"in": 0, "out": 1, "inout": 2, "undefined": 0}}
        return type(name, (SimpleNamespace,), enums.get(name, {}))


@dataclass(frozen=True)
class Function:
    """One function as the worker tells the host about it."""

    id: str
    bindings: tuple[dict[str, Any], ...]
    retry: Any

    @property
    def trigger(self) -> dict[str, Any]:
        return next(b for b in self.bindings if b["type"].lower().endswith("trigger"))


@dataclass(frozen=True)
class Answer:
    """What came of an invocation; `error` is empty where it went well."""

    value: Any
    error: str


class Worker:
    """One worker process: its functions, and, while it runs, the loop that they run on."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        runtime.start_threadpool_executor()
        asked = SimpleNamespace(worker_init_request=SimpleNamespace(capabilities={}, function_app_directory=str(APP)))
        request = SimpleNamespace(request=asked, properties={"host": "127.0.0.1", "protos": Protos()})
        with pytest.MonkeyPatch.context() as patch:  # the host starts the worker in the app's folder
            patch.syspath_prepend(APP)
            begun = asyncio.run(runtime.worker_init_request(request))
        assert begun.result.status == 1, begun.result.exception
        found = asyncio.run(runtime.functions_metadata_request(request)).function_metadata_results
        self.functions = {
            f.name: Function(f.function_id, tuple(json.loads(b) for b in f.raw_bindings), f.retry_options) for f in found
        }

    @contextmanager
    def running(self) -> Iterator[None]:
        """Its loop; the connections of durable clients are closed with it."""
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            yield
            runner.run(_hung_up())

    def invoke(self, name: str, inputs: Mapping[str, Datum], metadata: Mapping[str, Datum] | None = None, **retry: int) -> Answer:
        """Run one function to its end. Raises `Killed` where the process would be gone."""
        function = self.functions[name]
        call = native_invocation.invocation_request_native(
            str(uuid.uuid4()), function.id, list(inputs.items()), dict(metadata or {}), **retry
        )
        assert self._loop
        well, value, _, error, trace = self._loop.run_until_complete(call)
        if not well and Killed.__name__ in error:
            raise Killed(error)
        return Answer(value.value if value else None, "" if well else f"{error}\n{trace}")


async def _hung_up() -> None:
    await http_utils._close_session()
    await asyncio.sleep(0)  # a closed connection is gone at the loop's next round


@cache
def worker() -> Worker:
    """The worker: indexing an app twice in one process is refused."""
    return Worker()


def request(body: bytes, headers: Mapping[str, str]) -> Datum:
    """An HTTP request as the host hands it over."""
    said = {name: Datum(text, "string") for name, text in headers.items()}
    whole = {"method": Datum("POST", "string"), "url": Datum("https://codeblue.example/api", "string"), "headers": said}
    return Datum({**whole, "body": Datum(body, "bytes"), "params": {}, "query": {}}, "http")


def batch(*bodies: bytes) -> tuple[Datum, dict[str, Datum]]:
    """Events of a hub and what the host says about them."""
    system = [
        {"SequenceNumber": n, "Offset": str(n), "PartitionKey": None, "EnqueuedTimeUtc": "2026-11-21T03:00:00Z"}
        for n in range(len(bodies))
    ]
    where = {"PartitionId": "3", "ConsumerGroup": "codeblue"}
    said = {"SystemPropertiesArray": Datum(json.dumps(system), "json"), "PartitionContext": Datum(json.dumps(where), "json")}
    return Datum(SimpleNamespace(bytes=list(bodies)), "collection_bytes"), said


def principal(claims: Sequence[tuple[str, str]], kind: str = "aad") -> str:
    """The header in which App Service says who called."""
    said = {"auth_typ": kind, "claims": [{"typ": name, "val": text} for name, text in claims], "name_typ": "", "role_typ": ""}
    return base64.b64encode(json.dumps(said).encode()).decode()
