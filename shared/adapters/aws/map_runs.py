"""The `MapRuns` port on AWS: a state machine of the responder's own, whose only state is a Distributed Map over its worker.

Rules
1. The machine is at home, in the responder's own Region, and is known by its name; where there is none, nothing is run so.
2. Items and results lie in the responder's own bucket there, and expire after a day: references and counts, no name of an object.
3. A run is the execution with its token for a name. An execution's name is taken for ninety days, so that no run is begun twice.
4. A result is a file that others may have written: what can not be read of it is as if it were not there.

Form: Step Functions developer guide, "Using Map state in Distributed mode", "ResultWriter"; API reference.
"""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError

from shared.adapters.aws.arns import partition_of
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.errors import Absent, CloudError, Refused
from shared.domain.value import canonical
from shared.ports.map_runs import Item, ItemDone, MapRun, RunOrder, RunState
from shared.reencryption.plan import Canary

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_stepfunctions import SFNClient

MACHINE = "codeblue-move"
"""The state machine, by convention; its worker's function has the same name."""

PLACE = "codeblue/runs"
"""Where items and results lie in the responder's bucket."""

MACHINES = frozenset({"states:DescribeStateMachine", "states:StartExecution"})
EXECUTIONS = frozenset({"states:DescribeExecution", "states:ListMapRuns", "states:StopExecution"})
MAP_RUNS = frozenset({"states:DescribeMapRun"})
FILES = frozenset({"s3:GetObject", "s3:PutObject"})
ACTIONS = MACHINES | EXECUTIONS | MAP_RUNS | FILES
"""What ordering, watching and stopping runs takes: on the machine, its executions, their Map Runs, and the bucket's files."""

ABSENT = frozenset({"ExecutionDoesNotExist", "StateMachineDoesNotExist"})
NOT_THERE = frozenset({"AccessDenied", "NoSuchKey", "404"})
"""What is said of a file that is not there; to whom may not list the bucket, the first of them."""

MOST = 10
"""Workers at a time: so many runs of their function are reserved, and no fence waits for one of them."""

LARGEST = 64 << 20
"""Bytes of one file of results that are read: a result is a kilobyte, and a run has no more than some thousands."""

STATES: Mapping[str, RunState] = {
    "RUNNING": RunState.RUNNING,
    "PENDING_REDRIVE": RunState.FAILED,
    "SUCCEEDED": RunState.COMPLETE,
    "FAILED": RunState.FAILED,
    "TIMED_OUT": RunState.FAILED,
    "ABORTED": RunState.CANCELLED,
}
"""The service's status of an execution, and ours; none that is not here is a success."""

LISTS = ("SUCCEEDED", "FAILED")


class AwsMapRuns:
    """Runs of the machine in the responder's own account and Region. `canaries` name its bucket there, by Region."""

    def __init__(self, clients: Clients, canaries: Mapping[str, Canary]) -> None:
        self._clients, self._canaries = clients, canaries

    def serves(self) -> bool:
        if self._clients.region not in self._canaries:
            return False
        try:
            call(self._states.describe_state_machine, stateMachineArn=self._arn("stateMachine"))
        except CloudError:
            return False
        return True

    def start(self, order: RunOrder) -> None:
        place = f"{PLACE}/{order.token}"
        items = [{"case": each.case, "migration": each.migration, "number": each.number} for each in order.items]
        call(self._s3.put_object, Bucket=self._bucket, Key=f"{place}/items.json", Body=json.dumps(items).encode(), **self._owner)
        given = canonical({"items": f"{place}/items.json", "results": place, "workers": min(order.workers, MOST)}).decode()
        try:
            call(self._states.start_execution, stateMachineArn=self._arn("stateMachine"), name=order.token, input=given)
        except Refused as error:
            if error.code != "ExecutionAlreadyExists":
                raise

    def look(self, token: str) -> MapRun:
        found = self._described(token)
        counts: Mapping[str, Any] = {}
        if run := self._map_run(token):
            counts = call(self._states.describe_map_run, mapRunArn=run)["itemCounts"]
        return MapRun(
            state=STATES.get(found["status"], RunState.RUNNING),
            began=found["startDate"],
            total=counts.get("total"),
            succeeded=counts.get("succeeded", 0),
            failed=counts.get("failed", 0) + counts.get("timedOut", 0),
            why=found.get("error", ""),
        )

    def stop(self, token: str) -> None:
        call(self._states.stop_execution, executionArn=self._execution(token), cause="a person has stopped everything")

    def results(self, token: str) -> Iterator[ItemDone]:
        # the folder is the Map Run's id: an execution that failed tells it nowhere else
        folder = f"{PLACE}/{token}/{self._map_run(token).rpartition(':')[2]}/"
        try:
            told = self._file(f"{folder}manifest.json")["ResultFiles"]
            for status in LISTS:
                for part in told.get(status, ()):
                    yield from map(_done, self._file(_below(folder, part["Key"])))
        except (AttributeError, BotoCoreError, KeyError, RecursionError, TypeError, ValueError) as error:
            # by its type alone, for what it quotes anybody may have written
            raise Absent(f"the results of a run can not be read: {type(error).__name__}", type(error).__name__) from None

    def _described(self, token: str) -> Mapping[str, Any]:
        try:
            return call(self._states.describe_execution, executionArn=self._execution(token))
        except Refused as error:
            if error.code in ABSENT:
                raise Absent(str(error), error.code, error.request_id) from None
            raise

    def _map_run(self, token: str) -> str:
        """The ARN of the execution's Map Run; empty before it has begun."""
        runs = call(self._states.list_map_runs, executionArn=self._execution(token))["mapRuns"]
        return runs[0]["mapRunArn"] if runs else ""

    def _file(self, key: str) -> Any:  # noqa: ANN401  # any JSON
        try:
            return json.loads(call(self._s3.get_object, Bucket=self._bucket, Key=key, **self._owner)["Body"].read(LARGEST))
        except Refused as error:
            if error.code in NOT_THERE:
                raise Absent(str(error), error.code, error.request_id) from None
            raise

    @property
    def _states(self) -> "SFNClient":
        return self._clients.stepfunctions("", self._clients.region)

    @property
    def _s3(self) -> "S3Client":
        return self._clients.s3("", self._clients.region)

    @property
    def _bucket(self) -> str:
        return self._canaries[self._clients.region].store.name

    @property
    def _owner(self) -> Any:  # noqa: ANN401  # one parameter of the SDK's
        return {"ExpectedBucketOwner": self._clients.home}

    def _execution(self, token: str) -> str:
        return f"{self._arn('execution')}:{token}"

    def _arn(self, kind: str) -> str:
        region = self._clients.region
        return f"arn:{partition_of(region)}:states:{region}:{self._clients.home}:{kind}:{MACHINE}"


def _below(folder: str, key: str) -> str:
    """The key, which is of this folder. Raises ValueError for another run's, or anybody's."""
    if not key.startswith(folder):
        raise ValueError(folder)
    return key


def _done(told: Mapping[str, Any]) -> ItemDone:
    """One child's result: its input, and its output where it succeeded, else what it failed with."""
    item = Item(**json.loads(told["Input"]))
    if told["Status"] != "SUCCEEDED":
        return ItemDone(int(item.number), error=str(told.get("Error") or told["Status"])[:128])
    answer = json.loads(told["Output"])
    return ItemDone(int(item.number), over=answer["over"] is True, why=str(answer["why"])[:128])
