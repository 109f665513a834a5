"""`codeblue sandbox azure`: an embedded Azure with the clinic in it, and one line that says where it is and who holds what."""

import json as encoding
import signal
import sys
import threading
from typing import Any

from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.clinic import Clinic, build
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.server import Server


def serve(*, port: int = 0, empty: bool = False, json: bool = False) -> None:
    """Serve until interrupted (SIGINT, SIGTERM)."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    cloud = Cloud()
    clinic = build(cloud, empty=empty)
    with Server(cloud, port) as server:
        described = description(server, clinic)
        sys.stdout.write(f"{encoding.dumps(described) if json else _in_words(described)}\n")
        sys.stdout.flush()
        stopped.wait()


def description(server: Server, clinic: Clinic) -> dict[str, Any]:
    """The first line of `codeblue sandbox azure --json`. Credentials are spelled as in azure-identity's environment."""
    return {
        "endpoint_url": server.endpoint_url,
        "region": names.REGION,
        "account": names.SUBSCRIPTION,
        "tenant": server.cloud.entra.directory.tenant,
        "credentials": clinic.credentials,
        "resources": clinic.resources,
    }


def _in_words(described: dict[str, Any]) -> str:
    exports = {**described["credentials"]["responder"], "codeblue_azure_endpoint": described["endpoint_url"]}
    lines = [f"export {name.upper()}={value}" for name, value in exports.items()]
    return "\n".join(["# The embedded Azure is up. Its responder's environment:", *lines, "# Ctrl-C ends it."])
