"""What the deployed responder costs a month while nothing happens, and what a case adds: list prices in US dollars, to estimate by.

Every kind of resource of the templates is in one of the tables, or the estimate is refused. The bill is AWS's.

Usage: python -m infra_cdk.prices TEMPLATE...
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

AS_OF = "November 2026, us-east-1"
SOURCE = "the pricing pages of AWS KMS, Amazon CloudWatch, AWS Lambda, Amazon SQS and AWS Step Functions"

type Template = Mapping[str, Any]

MONTH_SECONDS = 730 * 60 * 60

KEY, ALARM, BOARD, METRIC = 1.0, 0.10, 3.0, 0.30
"""A customer managed key (after each of its first two rotations a dollar more), an alarm, a dashboard, a metric of one's own."""

SNAPSHOT = 0.0000015046
"""A GB-second of a function's snapshot, for as long as its version exists: its memory counts (AWS Lambda pricing, SnapStart)."""

COMPUTE, CALL = 0.0000166667, 0.20 / 10**6
"""A GB-second of a function that runs, and one invocation."""

REQUEST = 0.40 / 10**6
"""One request to a queue, beyond the first million a month, which is free."""

TRANSITION = 0.025 / 1000
"""From one state of a workflow to the next (Standard)."""

POLLS = 5 * MONTH_SECONDS / 20
"""Requests a month of the five pollers that Lambda keeps at a queue, each of which waits for twenty seconds."""

RUNS: Mapping[str, tuple[float, float]] = {
    "sweep": (MONTH_SECONDS / 300, 2.0),
    "doctor": (MONTH_SECONDS / 86400, 60.0),
    "rehearse": (MONTH_SECONDS / 86400, 20.0),
}
"""Runs a month, by the clock, and for how many seconds each; seconds are a guess."""

BY_USE = "nothing while nothing happens"
ITSELF = "it costs nothing by itself"
UNPRICED: Mapping[str, str] = {
    **dict.fromkeys(("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Events::Archive", "AWS::Logs::LogGroup"), BY_USE),
    **dict.fromkeys(("AWS::SNS::Topic", "AWS::SNS::Subscription", "AWS::StepFunctions::StateMachine"), BY_USE),
    **dict.fromkeys(("AWS::Events::EventBus", "AWS::Events::Rule", "AWS::Lambda::Url", "AWS::SSM::Document"), BY_USE),
    **dict.fromkeys((f"AWS::ApiGatewayV2::{kind}" for kind in ("Api", "Integration", "Route", "Stage")), BY_USE),
    **dict.fromkeys((f"AWS::Cognito::UserPool{kind}" for kind in ("", "Client", "Domain", "IdentityProvider")), BY_USE),
    **dict.fromkeys(("AWS::KMS::Alias", "AWS::Lambda::Alias", "AWS::Lambda::LayerVersion", "AWS::Lambda::Permission"), ITSELF),
    **dict.fromkeys(("AWS::Lambda::EventSourceMapping", "AWS::Lambda::Version", "AWS::Logs::MetricFilter"), "priced with another"),
    **dict.fromkeys(("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::Organizations::Policy", "AWS::S3::BucketPolicy"), ITSELF),
    **dict.fromkeys(("AWS::Events::EventBusPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"), ITSELF),
}
"""Kinds of resources without a price of their own a month, and why."""


class Item(NamedTuple):
    """One line of the estimate: of what, how many, and what all of them cost a month."""

    what: str
    many: float
    month: float

    @property
    def line(self) -> str:
        """As the README has it."""
        return f"| {self.what} | {f'{self.many:,.1f}'.removesuffix('.0')} | ${self.month:.2f} |"


def estimate(templates: Iterable[Template]) -> Iterator[Item]:
    """What these templates cost a month. Raises `ValueError` naming a kind of resource that has no price."""
    every = [resource for template in templates for resource in template["Resources"].values()]
    kinds = [resource["Type"] for resource in every]
    if strangers := sorted({*kinds} - UNPRICED.keys() - PRICED):
        raise ValueError(f"nobody has looked up what {strangers[0]} costs")
    functions = [r["Properties"] for r in every if r["Type"] == "AWS::Lambda::Function"]
    metrics = {m["MetricName"] for r in every if r["Type"] == FILTER for m in r["Properties"]["MetricTransformations"]}
    memory = sum(function["MemorySize"] for function in functions) / 1024
    for what, count, price in (
        ("keys", kinds.count("AWS::KMS::Key"), KEY),
        ("alarms", kinds.count("AWS::CloudWatch::Alarm"), ALARM),
        ("metrics of our own", len(metrics), METRIC),
        ("dashboards", kinds.count("AWS::CloudWatch::Dashboard"), BOARD),
        ("GB of snapshots of functions", memory, SNAPSHOT * MONTH_SECONDS),
        ("million requests of pollers", POLLS * kinds.count(POLLED) / 10**6, REQUEST * 10**6),
    ):
        yield Item(what, count, count * price)
    yield Item("runs by the clock", sum(runs for runs, _ in RUNS.values()), sum(_running(functions)))


def total(items: Iterable[Item]) -> Item:
    """All of it, rounded to dollars: nobody knows it better."""
    return Item("all of it", 1, round(sum(item.month for item in items)))


FILTER, POLLED = "AWS::Logs::MetricFilter", "AWS::Lambda::EventSourceMapping"
PRICED = frozenset(
    {"AWS::KMS::Key", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::Lambda::Function", "AWS::SQS::Queue"}
)
"""Kinds of resources that `estimate` counts."""


def _running(functions: Iterable[Mapping[str, Any]]) -> Iterator[float]:
    for said in functions:
        runs, seconds = RUNS.get(said["FunctionName"].removeprefix("codeblue-"), (0.0, 0.0))
        yield runs * (CALL + seconds * COMPUTE * said["MemorySize"] / 1024)


def main(paths: Iterable[str]) -> int:
    """Print the estimate of these templates."""
    items = list(estimate(json.loads(Path(path).read_text(encoding="utf-8")) for path in paths))
    for item in (*items, total(items)):
        print(item.line)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
