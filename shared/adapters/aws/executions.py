"""The workflow of a case as an execution of AWS Step Functions, which is named like the case."""

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.case import Stage
from shared.domain.errors import Refused
from shared.domain.value import canonical

START = frozenset({"states:StartExecution"})


class Executions:
    """Starts executions of one state machine (ARN). Raises `CloudError` as any call does."""

    def __init__(self, clients: Clients, machine: str) -> None:
        self._start = clients.stepfunctions("", machine.split(":")[3]).start_execution
        self._machine = machine

    def start(self, case_id: str) -> None:
        """Begin the workflow of a case (`START`). One that was begun before goes on as it is: its name is taken."""
        event = canonical({"case": case_id, "stage": Stage.OPEN.value}).decode()
        try:
            call(self._start, stateMachineArn=self._machine, name=case_id, input=event)
        except Refused as error:
            if error.code != "ExecutionAlreadyExists":
                raise
