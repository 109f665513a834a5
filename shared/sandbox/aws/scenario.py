"""`codeblue sandbox aws`: an embedded AWS with the clinic in it, and one line that says where it is and who holds what."""

import json as encoding
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.custody_init import init
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic import Clinic, before, build, response_policy
from shared.sandbox.aws.clinic_people import Credentials
from shared.sandbox.aws.server import Sandbox
from shared.settings import CustodyPlaces

COUNTRY = {"AWS_DEFAULT_REGION": names.REGION, "AWS_EC2_METADATA_DISABLED": "true"}


def serve(*, port: int = 0, empty: bool = False, json: bool = False) -> None:
    """Serve until interrupted (SIGINT, SIGTERM). `empty`: what `codeblue init` makes, its people, and nothing else."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with before(port) as sandbox:
        clinic = build(sandbox, empty=empty)
        described = description(sandbox, clinic, custody(sandbox, clinic))
        sys.stdout.write(f"{encoding.dumps(described) if json else _in_words(described)}\n")
        sys.stdout.flush()
        stopped.wait()


def custody(sandbox: Sandbox, clinic: Clinic) -> dict[str, str]:
    """What `codeblue init` makes, made by the administrator: the places of the record, by what they are."""
    with acting(sandbox, clinic.credentials["administrator"]):
        return init(Clients(), CustodyPlaces())


def description(sandbox: Sandbox, clinic: Clinic, places: dict[str, str]) -> dict[str, Any]:
    """The first line of `codeblue sandbox aws --json`. Credentials are spelled as boto3 and the AWS CLI configuration do."""
    return {
        "endpoint_url": sandbox.endpoint_url,
        "plaintext_url": sandbox.plaintext_url,
        "region": names.REGION,
        "account": names.ACCOUNT,
        "credentials": {
            who: {name.lower(): value for name, value in held.environment.items()} for who, held in clinic.credentials.items()
        },
        "resources": dict(clinic.resources),
        "response_toml": response_policy(clinic) if clinic.resources else "",
        "custody": places,
    }


def environment(sandbox: Sandbox, holder: Credentials) -> dict[str, str]:
    """The environment in which a program acts as `holder` towards the sandbox, and towards nothing else."""
    return {**COUNTRY, **holder.environment, "AWS_ENDPOINT_URL": sandbox.endpoint_url}


@contextmanager
def acting(sandbox: Sandbox, holder: Credentials) -> Iterator[None]:
    """This process acts as `holder`, as its environment says, and is itself again afterwards."""
    before = dict(os.environ)
    os.environ.update(environment(sandbox, holder))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _in_words(described: dict[str, Any]) -> str:
    responder = described["credentials"]["responder"]
    exports = {**responder, "aws_endpoint_url": described["endpoint_url"], "aws_default_region": described["region"]}
    lines = [f"export {name.upper()}={value}" for name, value in exports.items()]
    return "\n".join(["# The embedded AWS is up. To act as its responder, in another terminal:", *lines, "# Ctrl-C ends it."])
