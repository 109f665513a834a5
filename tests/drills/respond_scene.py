"""One clinic in a sandbox of its own process, and `codeblue` run against it as a person would: from the command line.

Everything is seen from outside: what the program prints, its exit code, the cloud afterwards and the cloud's log of calls.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError

from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.context import SOURCE_IP, SOURCE_VPC, SOURCE_VPCE
from tests.both.under_test import Json, Ran
from tests.conftest import ROOT
from tests.drills.programs import Running

EVENTS = ROOT / "events" / "aws"
EXFILTRATION = EVENTS / "guardduty-s3-exfiltration.json"
FENCE_ONLY = Path(__file__).with_name("fence_only.toml")
"""The policy of most drills: a key is not replaced where the fence alone is looked at."""

READING = ("Get", "List", "Describe", "Lookup", "Head", "Scan", "Query")


@dataclass(frozen=True, slots=True)
class Scene:
    """A running clinic. `described` is the sandbox's first line; `topic` is where people are paged, `queue` where they read it."""

    described: Json
    topic: str = ""
    queue: str = ""

    def environment(self, who: str) -> dict[str, str]:
        held = {name.upper(): value for name, value in self.described["credentials"][who].items()}
        place = {"AWS_ENDPOINT_URL": self.described["endpoint_url"], "AWS_DEFAULT_REGION": self.described["region"]}
        return {**os.environ, **held, **place, "CODEBLUE_TOPIC": self.topic, "CODEBLUE_POLICY": str(FENCE_ONLY)}

    def start(self, *args: object, who: str = "responder") -> Running:
        """`codeblue` with these arguments, begun and not waited for."""
        return Running([*map(str, args)], self.environment(who), ROOT)

    def codeblue(self, *args: object, who: str = "responder", given: str = "", seconds: float = 150) -> Ran:
        """`codeblue` with these arguments, to its end; `given` is its standard input."""
        return finished(self.start(*args, who=who), given, seconds)

    def respond(self, event: object = EXFILTRATION, *options: object, who: str = "responder", seconds: float = 150) -> Ran:
        """`codeblue respond --render --json` on this alert: a file, or the alert itself."""
        arguments = ("--render", "--json", *options)
        if isinstance(event, Path):
            return self.codeblue("respond", event, *arguments, who=who, seconds=seconds)
        return self.codeblue("respond", "-", *arguments, who=who, given=json.dumps(event), seconds=seconds)

    def client(self, service: str, who: str = "administrator", region: str = "") -> Any:  # noqa: ANN401  # boto3's clients are made by name
        """An unmodified client with these people's credentials, one attempt a call, seen as coming from their network."""
        held = self.described["credentials"][who]
        session = boto3.Session(**held, region_name=region or self.described["region"])
        once = Config(retries={"total_max_attempts": 1}, read_timeout=20)
        made = session.client(service, endpoint_url=self.described["endpoint_url"], config=once)  # type: ignore[call-overload]  # named at run time
        made.meta.events.register("before-call", partial(_placed, NETWORKS.get(who, {})))
        made.meta.events.register("before-sign.s3-control", _without_account)
        return made

    def control(self, method: str, path: str, **body: object) -> Any:  # noqa: ANN401  # JSON
        """The sandbox's own control path."""
        url = f"{self.described['endpoint_url']}/_sandbox/{path}"
        asked = Request(url, method=method, data=json.dumps(body).encode() if body else None)  # noqa: S310  # loopback
        with urlopen(asked, timeout=20) as answer:  # noqa: S310  # loopback
            return json.load(answer)

    def calls(self, since: int = 0) -> list[Json]:
        """The sandbox's log of calls, from the n-th on."""
        return list(self.control("GET", f"calls?since={since}"))

    def pages(self) -> list[tuple[str, str]]:
        """What people were paged since this was last asked: subjects and texts."""
        sqs = self.client("sqs")
        found = []
        while messages := sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                body = json.loads(message["Body"])
                found.append((body["Subject"], body["Message"]))
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    def reads(self, who: str = "thief") -> str:
        """The error code that this caller gets for a patient's chart; empty where the chart is given out."""
        s3 = self.client("s3", who)
        return refusal(lambda: s3.get_object(Bucket=names.CHARTS, Key=f"charts/{names.PATIENTS[0]}.pdf"))


def _placed(network: Mapping[str, str], params: Json, **_: object) -> None:
    params["headers"].update(network)


def _without_account(request: AWSRequest, **_: object) -> None:
    """An address takes no account before it."""
    request.url = re.sub(r"//\d{12}\.", "//", request.url or "")


NETWORKS: Mapping[str, Mapping[str, str]] = {
    "clinician": {SOURCE_IP: names.CLINICIAN_ADDRESS},
    "backup": {SOURCE_IP: names.CLINICIAN_ADDRESS},
    "clinician_app": {SOURCE_IP: names.APP_ADDRESS, SOURCE_VPC: names.APP_VPC, SOURCE_VPCE: names.APP_ENDPOINT},
    "thief": {SOURCE_IP: names.THIEF_ADDRESS},
    "thief_instance": {SOURCE_IP: names.THIEF_ADDRESS_ELSEWHERE},
}
"""Where people call from, as the alerts tell it."""


def finished(running: Running, given: str = "", seconds: float = 150) -> Ran:
    """What a run came to. A run that does not end is killed, and the test with it."""
    running.give(given)
    try:
        ran = Ran(*running.wait(seconds))
    except subprocess.TimeoutExpired:
        running.kill()
        raise
    assert "Traceback" not in ran.err, ran.err
    return ran


def refusal(call: Callable[[], object]) -> str:
    """The service's error code, empty where the call worked."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def writes(calls: list[Json]) -> list[str]:
    """`service:Operation resource` of what the responder changed, or tried to, outside its custody, oldest first."""
    ours = (c for c in calls if f"/{names.RESPONDER}" in c["principal"] and not c["operation"].startswith(READING))
    return [f"{c['service']}:{c['operation']} {c['resource']}" for c in ours if not _custodial(c)]


def _custodial(call: Json) -> bool:
    own_store = "codeblue-custody" in call["resource"] and call["operation"] == "PutObject"
    signing = call["operation"] in {"Sign", "Decrypt", "GenerateDataKey"}
    return call["service"] in {"dynamodb", "sns"} or own_store or signing


def eventually(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until it is so. Fails where it does not become so in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.1)


@contextmanager
def opened(*, empty: bool = False) -> Iterator[Scene]:
    """A fresh clinic, with somebody on call, until the block ends."""
    maker = _maker(empty=empty)
    assert maker.stdin
    assert maker.stdout
    maker.stdin.write("another\n")
    maker.stdin.flush()
    described = json.loads(maker.stdout.readline())
    try:
        yield _on_call(Scene(described))
    finally:
        os.kill(described["pid"], signal.SIGTERM)


@cache
def _maker(*, empty: bool) -> subprocess.Popen[str]:
    """The program that makes copies of a clinic; it ends with this process, whose pipe it reads."""
    command = [sys.executable, "-m", "tests.drills.copies", *(["--empty"] if empty else [])]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def _on_call(scene: Scene) -> Scene:
    """The scene with a topic for pages and a queue in which they can be read."""
    topic = scene.client("sns").create_topic(Name="on-call")["TopicArn"]
    queue = scene.client("sqs").create_queue(QueueName="on-call")["QueueUrl"]
    scene.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{names.REGION}:{names.ACCOUNT}:on-call")
    return Scene(scene.described, topic, queue)


def alert(event: Path = EXFILTRATION) -> Json:
    """An example event, to be altered; relative times are rendered by `respond --render`."""
    return dict(json.loads(event.read_text()))
