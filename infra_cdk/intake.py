"""The way in: a bus that the accounts forward to, an archive of it for replays, a queue, and the function that reads the queue."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from shared.adapters.aws.directory import FORWARDS

from .acknowledged import acknowledge
from .duties import INTAKE_QUEUE
from .function import Function
from .roster import BUS, POSTS

TRIES = 5
"""Deliveries of one alert before it counts as dead, and people look at it."""

KEPT = Duration.days(30)
"""How long events can be replayed."""

BATCH = 10


class Intake(Construct):
    """From the bus to `ingest`; `accounts` may put events there."""

    def __init__(self, scope: Construct, ident: str, *, accounts: Sequence[str], key: kms.IKey, ingest: Function) -> None:
        super().__init__(scope, ident)
        self.dead = self._queue("Dead", f"{INTAKE_QUEUE}-dead", key)
        acknowledge(self.dead, {"AwsSolutions-SQS3": "it is the queue of dead letters"})
        self.queue = self._queue("Queue", INTAKE_QUEUE, key, self.dead)
        self.bus = events.EventBus(self, "Bus", event_bus_name=BUS)
        for account in accounts:
            self._let_in(account)
        self.bus.archive(
            "Archive", archive_name="codeblue", event_pattern=events.EventPattern(account=list(accounts)), retention=KEPT
        )
        target = targets.SqsQueue(self.queue, dead_letter_queue=self.dead, retry_attempts=185, max_event_age=Duration.hours(24))
        self.rule = events.Rule(
            self, "ToQueue", event_bus=self.bus, event_pattern=events.EventPattern(account=list(accounts)), targets=[target]
        )
        self._read_by(ingest)

    def _queue(self, ident: str, name: str, key: kms.IKey, dead: sqs.Queue | None = None) -> sqs.Queue:
        return sqs.Queue(
            self,
            ident,
            queue_name=name,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            visibility_timeout=Duration.seconds(6 * POSTS["ingest"].seconds),  # Lambda developer guide, "Using Lambda with SQS"
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=TRIES, queue=dead) if dead else None,
        )

    def _let_in(self, account: str) -> None:
        """Only what services send there themselves: forwarded by a rule of that account, under the role that forwards."""
        statement = iam.PolicyStatement(
            sid=f"From{account}",
            principals=[iam.AccountPrincipal(account)],
            actions=["events:PutEvents"],
            resources=[self.bus.event_bus_arn],
            conditions={"ArnLike": {"aws:PrincipalArn": f"arn:*:iam::{account}:role/{FORWARDS}*"}},
        )
        self.bus.add_to_resource_policy(statement)

    def _read_by(self, ingest: Function) -> None:
        lambda_.EventSourceMapping(
            self,
            "Reads",
            target=ingest.live,
            event_source_arn=self.queue.queue_arn,
            batch_size=BATCH,
            report_batch_item_failures=True,
            max_concurrency=POSTS["ingest"].at_once,
        )
