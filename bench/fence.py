"""From the alert in hand to the last write of the fence acknowledged, with 30 ms added to every call; and what a script would take.

A worker of ours is imported and has nothing else: no client, no credential checked, no answer known. Preflight, the question to the
alert's source, the case with its lease, and custody in two Regions are all inside. The sandbox is another process on the same
machine, built anew for every run; what it takes to answer is inside too. Peers, side by side: the very calls of our run, sent one
after the other by plain boto3, and of these only the writes that fence.

Rounds: the most calls that followed one another, each begun after the one before it was answered, in a run so slow that the time of
every call is latency and no other load of the machine shows.
"""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from pkgutil import iter_modules
from time import perf_counter, process_time
from typing import Any

EVENT = Path(__file__).parent.parent / "events" / "aws" / "guardduty-s3-exfiltration.json"
LATENCY = 0.030
"""Seconds added to every call, as the target has it."""
SLOW = 0.230
"""Seconds added to every call in the run whose rounds are counted."""
RUNS = 3
SIZES = (1, 50)
"""Users, roles, buckets and keys of the account, of each, besides those that the clinic has anyway."""
STAGES = ("open", "scope", "fence")
BOTO3_NAMES = {"s3-control": "s3control"}
"""Services whose events bear another name than their clients."""
WRITES = ("Attach", "Create", "Delete", "Enable", "Put", "Revoke", "Update")


@dataclass(frozen=True, slots=True)
class Call:
    """One call as boto3 sent it. `began` and `ended`: seconds since the alert was in hand."""

    service: str
    region: str
    operation: str
    params: Mapping[str, Any]
    began: float
    ended: float

    @property
    def fences(self) -> bool:
        """Whether it changes something that is not custody's own."""
        return self.operation.startswith(WRITES) and self.operation != "PutObject" and self.service != "dynamodb"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of ours: seconds to the last write of the fence, seconds at the end of each stage, and what each stage took.

    `calls` and `rounds` are by stage; `depth` is the rounds of all up to the last write; `cpu` is seconds of this process.
    """

    fenced: float
    ends: dict[str, float]
    calls: dict[str, int]
    rounds: dict[str, int]
    depth: int
    cpu: float


class Fenced(Exception):
    """The fence stands: what follows is not measured."""


class Recorder:
    """Writes down every call of this process, from botocore's own events."""

    def __init__(self) -> None:
        import botocore  # noqa: PLC0415  # the parent needs no boto3

        self.calls: list[Call] = []
        self.zero = perf_counter()
        botocore.register_initializer(self._listen)

    def now(self) -> float:
        return perf_counter() - self.zero

    def _listen(self, session: Any) -> None:  # noqa: ANN401  # botocore's session has no types
        session.register("before-parameter-build", self._begin)
        session.register("after-call", self._end)
        session.register("after-call-error", self._end)

    def _begin(self, params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
        context["bench"] = (dict(params), self.now())

    def _end(self, context: dict[str, Any], event_name: str, **_: object) -> None:
        asked, began = context["bench"]
        service, operation = event_name.split(".")[1:]
        self.calls.append(Call(BOTO3_NAMES.get(service, service), context["client_region"], operation, asked, began, self.now()))


def respond() -> tuple[Run, list[Call]]:
    """The program's own way from the bytes of an alert to the fence, in this process; and the calls it took, in order."""
    from shared.adapters.memory.windows import BoundedMemory  # noqa: PLC0415
    from shared.bootstrap import deps  # noqa: PLC0415
    from shared.domain.case import Case  # noqa: PLC0415
    from shared.intake.render import render  # noqa: PLC0415
    from shared.settings import Policy  # noqa: PLC0415
    from shared.workflow.judging import Judge, arrived  # noqa: PLC0415
    from shared.workflow.local import drive  # noqa: PLC0415
    from shared.workflow.run import Outcome  # noqa: PLC0415
    from shared.workflow.taking_in import take_in  # noqa: PLC0415

    warm()

    def progress(_case: Case, _at: Outcome) -> None:
        ends[next(stages)] = recorder.now()
        if "fence" in ends:
            raise Fenced

    ends: dict[str, float] = {}
    stages = iter(STAGES)
    recorder, cpu = Recorder(), process_time()
    given = arrived(render(EVENT.read_bytes(), datetime.now(UTC)))
    worker = deps(Policy())
    ends["preflight"] = recorder.now()
    (case,) = take_in(given, Judge(worker.policy, worker.exempt, BoundedMemory, automatic=False), worker, automatic=False)
    ends["admit"] = recorder.now()
    assert isinstance(case, Case), case
    with suppress(Fenced):
        drive(case.id, worker, lambda _: None, progress)
    calls = sorted((c for c in recorder.calls if c.began < ends["fence"]), key=lambda c: c.began)
    fenced = max(c.ended for c in calls if c.fences)
    before = [c for c in calls if c.began < fenced]
    began = dict(zip(ends, (0.0, *ends.values()), strict=False))
    stages_of = {stage: [c for c in calls if began[stage] <= c.began < ends[stage]] for stage in ends}
    counts = {stage: len(found) for stage, found in stages_of.items()}
    rounds = {stage: in_a_row(found) for stage, found in stages_of.items()}
    return Run(fenced, ends, counts, rounds, in_a_row(before), process_time() - cpu), before


def warm() -> None:
    """Import what a worker has in its snapshot before any alert comes: as the function does, and the first stages."""
    adapters = (each.name for each in iter_modules(import_module("shared.adapters.aws").__path__, "shared.adapters.aws."))
    for name in (*adapters, "shared.workflow.fencing", "shared.bootstrap.on_aws"):
        import_module(name)


def in_a_row(calls: Iterable[Call]) -> int:
    """The most of these calls that followed one another."""
    rounds, free = 0, 0.0
    for call in sorted(calls, key=lambda c: c.ended):
        if call.began >= free:
            rounds, free = rounds + 1, call.ended
    return rounds


def one_by_one(calls: Iterable[Call]) -> float:
    """Seconds for these calls, sent one after the other. A refusal (the case is there already) is an answer too."""
    import boto3  # noqa: PLC0415
    from botocore import xform_name  # noqa: PLC0415
    from botocore.exceptions import ClientError  # noqa: PLC0415

    session, clients = boto3.Session(), dict[tuple[str, str], Any]()
    session.events.register("before-sign.s3-control", _at_an_address)
    began = perf_counter()
    for call in calls:
        slot = (call.service, call.region)
        clients[slot] = clients.get(slot) or session.client(call.service, region_name=call.region)  # type: ignore[call-overload]
        try:
            getattr(clients[slot], xform_name(call.operation))(**call.params)
        except ClientError:
            continue
    return perf_counter() - began


def _at_an_address(request: Any, **_: object) -> None:  # noqa: ANN401
    """S3 Control puts the account before the host, where an address takes no name."""
    request.url = re.sub(r"//\d{12}\.", "//", request.url)


def serve() -> None:
    """The sandbox: for each number on stdin, a clinic with so many more of everything; its environment as a line of JSON."""
    from shared.sandbox.aws import scenario  # noqa: PLC0415
    from shared.sandbox.aws.clinic import build  # noqa: PLC0415
    from shared.sandbox.aws.clinic_policies import trust  # noqa: PLC0415
    from shared.sandbox.aws.server import Sandbox  # noqa: PLC0415

    with Sandbox() as sandbox:
        for size in sys.stdin:
            sandbox.cloud.reset()
            clinic = build(sandbox)
            scenario.custody(sandbox, clinic)
            _enlarge(sandbox.root(), int(size), trust(service="ec2.amazonaws.com"))
            print(json.dumps(scenario.environment(sandbox, clinic.credentials["responder"])), flush=True)


def _enlarge(root: Any, size: int, trust: str) -> None:  # noqa: ANN401  # boto3 makes clients by name
    iam, s3, kms = root.client("iam"), root.client("s3"), root.client("kms")
    for n in range(size):
        name = f"other-{n}"
        iam.create_user(UserName=name)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        s3.create_bucket(Bucket=name)
        kms.create_key(Description=name)


@contextmanager
def sandboxes() -> Iterator[Callable[[int, float], dict[str, str]]]:
    """Gives what makes a blank account of a size, slow by so many seconds a call, and says how to reach it."""
    server = subprocess.Popen([sys.executable, __file__, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin
    assert server.stdout
    asks, answers = server.stdin, server.stdout

    def blank(size: int, latency: float) -> dict[str, str]:
        print(size, file=asks, flush=True)
        environment: dict[str, str] = json.loads(answers.readline())
        fault = json.dumps({"kind": "latency", "seconds": latency}).encode()
        urllib.request.urlopen(f"{environment['AWS_ENDPOINT_URL']}/_sandbox/faults", fault).close()  # noqa: S310  # loopback
        return environment

    try:
        yield blank
    finally:
        asks.close()
        server.wait()


def work() -> None:
    """In a process of its own: our run in the first account that stdin names, the peers in the second and the third."""
    os.environ.update(json.loads(sys.stdin.readline()))
    run, calls = respond()
    print(json.dumps(asdict(run)), flush=True)
    for line, chosen in zip(sys.stdin, (calls, [c for c in calls if c.fences]), strict=False):
        os.environ.update(json.loads(line))
        print(json.dumps([len(chosen), one_by_one(chosen)]), flush=True)


@dataclass(frozen=True, slots=True)
class Measured:
    """Runs at one size of account: several at `LATENCY`, one at `SLOW`, and calls and seconds of both peers."""

    size: int
    runs: tuple[Run, ...]
    slow: Run
    peers: tuple[tuple[int, float], ...]


def measure(size: int, blank: Callable[[int, float], dict[str, str]]) -> Measured:
    """All runs of one size; the peers are measured in the process of the last run, right after it."""
    runs = [_run(size, blank, LATENCY, peers=n == RUNS - 1) for n in range(RUNS)]
    slow, _ = _run(size, blank, SLOW, peers=False)
    return Measured(size, tuple(run for run, _ in runs), slow, runs[-1][1])


def _run(
    size: int, blank: Callable[[int, float], dict[str, str]], latency: float, *, peers: bool
) -> tuple[Run, tuple[tuple[int, float], ...]]:
    with subprocess.Popen([sys.executable, __file__, "work"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdin
        assert worker.stdout
        answers = []
        for _ in range(3 if peers else 1):
            print(json.dumps(blank(size, latency)), file=worker.stdin, flush=True)
            answers.append(json.loads(worker.stdout.readline()))
        worker.stdin.close()
    return Run(**answers[0]), tuple((calls, seconds) for calls, seconds in answers[1:])


def table(measured: Measured) -> None:
    """One size of account: ours beside the peers, then ours stage by stage."""
    best = min(run.fenced for run in measured.runs)
    (same, serial), (writes, writing) = measured.peers
    print(f"{measured.size} more of each: {'':22s}{'calls':>7s}{'rounds':>8s}{'seconds':>9s}")
    print(f"  codeblue, best of {RUNS}{'':19s}{same:7d}{measured.slow.depth:8d}{best:9.2f}")
    print(f"  boto3, the same calls in a row{'':8s}{same:7d}{same:8d}{serial:9.2f}   {serial / best:.1f} times ours")
    print(f"  boto3, only the writes that fence{'':5s}{writes:7d}{writes:8d}{writing:9.2f}   {writing / best:.1f} times ours")
    print(f"  {'ours by stage':38s}{'calls':>7s}{'rounds':>8s}{'seconds':>9s}")
    for before, stage in pairwise(("", "preflight", "admit", *STAGES)):
        lasted = min(run.ends[stage] - run.ends.get(before, 0) for run in measured.runs)
        print(f"    {stage:36s}{measured.slow.calls[stage]:7d}{measured.slow.rounds[stage]:8d}{lasted:9.2f}")


def main() -> None:
    """Print the tables, and whether the size of the account matters."""
    with sandboxes() as blank:
        found = [measure(size, blank) for size in SIZES]
    for measured in found:
        table(measured)
    few, many = (min(run.fenced for run in measured.runs) for measured in found)
    print(f"{SIZES[1]} of each take {many / few:.2f} times as long as {SIZES[0]}; CPU of a whole run {found[0].runs[-1].cpu:.2f} s")


if __name__ == "__main__":
    {"serve": serve, "work": work, "": main}["".join(sys.argv[1:])]()
