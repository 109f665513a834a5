"""What importing costs each deployed function, beside bare boto3 with the clients that the function uses, all in one run.

Each row is a fresh interpreter, the best of some, in turns with its peer, less what the bare interpreter takes. Both sides make the
clients, for that is where the SDK reads its descriptions of services. *Warm* has bytecode of everything; *cold* compiles every
module from its source, SDK included, as a package without bytecode does. A function's own side is its module, the stage that its
power is for, and the adapters that it answers with.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from tempfile import TemporaryDirectory

ROUNDS = 7
COLD_ROUNDS = 2

CUSTODY = ("cases", "clients", "custody_places", "keyring", "signer", "sinks")
RESPONDER = (*CUSTODY, "directory", "identities", "notifier", "world")
ALERTS = (*RESPONDER, "evidence", "executions", "questions", "sources", "windows")
STORE = ("sts", "dynamodb", "kms", "s3")
FENCE = (*STORE, "iam", "s3control", "guardduty", "cloudtrail")
"""What a worker makes when it starts, as `shared.bootstrap` says."""
WAKING = (*FENCE, "stepfunctions")


@dataclass(frozen=True, slots=True)
class Row:
    """A deployed function: its module, what it loads besides, its adapters on AWS, and the services that it asks."""

    name: str
    module: str
    adapters: tuple[str, ...]
    services: tuple[str, ...]
    stage: str = ""

    @property
    def ours(self) -> str:
        loads = f"from shared.workflow.stages import STEPS; STEPS[{self.stage!r}].load(); " if self.stage else ""
        modules = (f"functions.{self.module}", *(f"shared.adapters.aws.{name}" for name in self.adapters))
        clients = f"made = session(); [made.client(name) for name in {self.services}]"
        return f"import {', '.join(modules)}; {loads}from shared.adapters.aws.sessions import session; {clients}"

    @property
    def peer(self) -> str:
        return f"import boto3; session = boto3.Session(); [session.client(name) for name in {self.services}]"


ROWS = (
    Row("fence", "stage", RESPONDER, FENCE, "fence"),
    Row("observe", "stage", (*RESPONDER, "evidence"), FENCE, "scope"),
    Row("record", "stage", RESPONDER, FENCE, "open"),
    Row("rekey", "stage", (*RESPONDER, "evidence"), FENCE, "rekey"),
    Row("migrate", "stage", (*RESPONDER, "wire.objects", "canaries", "capacity", "jobs", "map_runs"), FENCE, "migrate"),
    Row("move", "move", (*RESPONDER, "wire.objects", "canaries", "capacity", "jobs", "map_runs"), FENCE),
    Row("ingest", "ingest", ALERTS, WAKING),
    Row("desk", "desk", ALERTS, WAKING),
    Row("decide", "decide", (*RESPONDER, "executions", "questions"), WAKING),
    Row("ask", "ask", (*RESPONDER, "executions", "questions"), WAKING),
    Row("sweep", "sweep", (*RESPONDER, "executions"), WAKING),
    Row("notify", "notify", ("notifier",), ("sns",)),
    Row("doctor", "doctor", (*RESPONDER, "doctor"), FENCE),
)
LAYERS = {
    "boto3": "import boto3",
    "pydantic": "from pydantic import BaseModel",
    "both": "import boto3; from pydantic import BaseModel",
}
"""What both libraries take without a line of ours: some of the standard library is theirs in common."""

ENVIRONMENT = {
    **os.environ,
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",  # pragma: allowlist secret
    "AWS_DEFAULT_REGION": "us-east-1",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",  # as deployed
}
CPU = "; import resource; u = resource.getrusage(resource.RUSAGE_SELF); print(u.ru_utime + u.ru_stime, u.ru_maxrss)"


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """Seconds of CPU, and megabytes at the most."""

    cpu: float
    memory: float


def best(codes: dict[str, str], rounds: int = ROUNDS) -> dict[str, Cost]:
    """Of each code the cheapest fresh interpreter, all of them in turns: what else the machine does hits all alike."""
    return {name: min(costs) for name, costs in zip(codes, zip(*(_each(codes) for _ in range(rounds)), strict=True), strict=True)}


def cold(codes: dict[str, str]) -> dict[str, Cost]:
    """The same without any bytecode."""
    with TemporaryDirectory() as empty:
        there = {**ENVIRONMENT, "PYTHONPYCACHEPREFIX": empty, "PYTHONDONTWRITEBYTECODE": "1"}
        runs = [tuple(_once(code, there) for code in codes.values()) for _ in range(COLD_ROUNDS)]
    return {name: min(costs) for name, costs in zip(codes, zip(*runs, strict=True), strict=True)}


def _each(codes: dict[str, str]) -> tuple[Cost, ...]:
    return tuple(_once(code, ENVIRONMENT) for code in codes.values())


def _once(code: str, environment: dict[str, str]) -> Cost:
    cpu, memory = subprocess.check_output([sys.executable, "-c", code + CPU], env=environment, text=True).split()
    return Cost(float(cpu), int(memory) / 1024)


def main(only: list[str]) -> None:
    """Print the tables; `only`: names of functions, for a shorter run."""
    for name, cost in best({"bare": "pass", **LAYERS}).items():
        print(f"{name:10s}{cost.cpu * 1000:8.0f} ms CPU, bare interpreter included")
    print(f"{'':10s}{'boto3':>8s}{'ours':>8s}{'ratio':>8s}{'MB':>8s}{'cold':>8s}{'ours':>8s}{'ratio':>8s}")
    for row in ROWS:
        if not only or row.name in only:
            codes = {"bare": "pass", "peer": row.peer, "ours": row.ours}
            (bare, peer, ours), (none, first, second) = best(codes).values(), cold(codes).values()
            print(
                f"{row.name:10s}{(peer.cpu - bare.cpu) * 1000:8.0f}{(ours.cpu - bare.cpu) * 1000:8.0f}"
                f"{(ours.cpu - bare.cpu) / (peer.cpu - bare.cpu):8.2f}{ours.memory:8.1f}"
                f"{(first.cpu - none.cpu) * 1000:8.0f}{(second.cpu - none.cpu) * 1000:8.0f}"
                f"{(second.cpu - none.cpu) / (first.cpu - none.cpu):8.2f}"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
