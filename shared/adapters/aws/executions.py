"""The workflow of a case as an execution of AWS Step Functions, which is named like the case."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages
from shared.domain.case import Stage
from shared.domain.errors import Refused
from shared.domain.value import canonical

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient

START = frozenset({"states:StartExecution"})
LIST = frozenset({"states:ListExecutions"})
ANSWER = frozenset({"states:SendTaskSuccess"})

MARK = "_"
"""Between the case's id and the number of a later execution of it; no case's id has one."""

LATE = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
"""Nobody waits with this token any more."""


def case_of(name: str) -> str:
    """The case whose workflow an execution of this name is."""
    return name.partition(MARK)[0]


class Executions:
    """Starts executions of one state machine (ARN). Raises `CloudError` as any call does."""

    def __init__(self, clients: Clients, machine: str) -> None:
        self._states: SFNClient = clients.stepfunctions("", machine.split(":")[3])
        self._machine = machine

    def start(self, case_id: str) -> None:
        """Begin the workflow of a case (`START`). One that was begun before goes on as it is: its name is taken."""
        try:
            self._begin(case_id, case_id)
        except Refused as error:
            if error.code != "ExecutionAlreadyExists":
                raise

    def again(self, case_id: str) -> None:
        """Begin it once more, where no execution of it runs any longer (`START`)."""
        self._begin(case_id, f"{case_id}{MARK}{uuid.uuid4().hex[:12]}")

    def running(self) -> frozenset[str]:
        """The cases whose workflow runs or waits (`LIST`)."""
        return frozenset(map(case_of, self._running()))

    def answer(self, token: str, case_id: str, stage: Stage) -> None:
        """Let the execution that waits with this token go on (`ANSWER`); where none does any more, nothing."""
        try:
            call(self._states.send_task_success, taskToken=token, output=_event(case_id, stage))
        except Refused as error:
            if error.code not in LATE:
                raise

    def _begin(self, case_id: str, name: str) -> None:
        call(self._states.start_execution, stateMachineArn=self._machine, name=name, input=_event(case_id, Stage.OPEN))

    def _running(self) -> Iterator[str]:
        listing = pages(self._states.get_paginator("list_executions"), stateMachineArn=self._machine, statusFilter="RUNNING")
        return (each["name"] for page in listing for each in page["executions"])


def _event(case_id: str, stage: Stage) -> str:
    return canonical({"case": case_id, "stage": stage.value}).decode()
