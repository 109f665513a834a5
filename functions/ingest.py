"""AWS Lambda: alerts from a queue become cases, and each case's workflow is started.

A message that can not be read or handled is given back alone: the queue delivers it again, and in the end to its dead letters.
"""

import logging
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from shared.bootstrap.on_aws import ADAPTERS
from shared.domain.case import Case
from shared.ports import Memory
from shared.workflow.collateral import heard
from shared.workflow.deps import Deps
from shared.workflow.judging import Judge, arrived
from shared.workflow.taking_in import left_out, take_in

from . import environment
from .doors import Tokens, Workflows
from .waking import wake

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MOST = 500
"""Records of one message; what services send holds one. Every event lies in the archive of the bus as well."""

SNAPSHOT = ADAPTERS
"""What the first message needs, in the function's snapshot (SnapStart)."""

LOG = logging.getLogger("codeblue")
"""What opened no case, and why: one line a record."""


def handler(event: dict[str, object], context: "LambdaContext") -> PartialItemFailureResponse:
    """Entry point: an SQS batch of EventBridge events; answers which messages failed."""
    doors = (environment.workflows(), environment.tokens())
    return ingest(event, context, environment.ready(), environment.judge(), *doors, environment.remembered())


def ingest(
    event: dict[str, object],
    context: "LambdaContext",
    deps: Deps,
    judge: Judge,
    workflows: Workflows,
    tokens: Tokens,
    memory: Memory,
) -> PartialItemFailureResponse:
    """Take in every message of the batch. `memory`: what people were told already."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(
        event, lambda record: receive(record, deps, judge, workflows, tokens, memory), processor, context
    )


def receive(record: SQSRecord, deps: Deps, judge: Judge, workflows: Workflows, tokens: Tokens, memory: Memory) -> None:
    """One message. Raises `BadInput` where it holds nothing that can be read."""
    given = arrived(record.body.encode())
    for admitted in take_in(given.first(MOST), judge, deps, automatic=True):
        if isinstance(admitted, Case):
            wake(admitted, workflows, tokens)
        else:
            LOG.info("%s", admitted.reason)
    heard(given.first(MOST).records, deps, memory)
    left_out(given, MOST, f"the bus's archive, queue message {record.message_id}", deps.notifier)
