"""Workers beside each other on AWS, written out: a state machine whose only state is a Distributed Map, and what its role may do.

Source: Step Functions developer guide, "Using Map state in Distributed mode", "IAM policies for using Distributed Map states".
"""

import json
from typing import Any

from shared.adapters.aws.canaries import bucket_of
from shared.adapters.aws.map_runs import MACHINE, PLACE

from .duties import Home
from .graph import LONGEST_SECONDS, PARTITION, RETRY, State, delivers

LABEL = "parts"

TOLERATED_PERCENT = 20.0
"""Of the workers: with more failures the run ends, and the case is partial."""

BUSY: State = {
    "ErrorEquals": ["Lambda.TooManyRequestsException"],
    "IntervalSeconds": 5,
    "BackoffRate": 2,
    "MaxAttempts": 60,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}
"""Every worker that is reserved is at another part, of another case too: the wait outlasts a turn (`OWN_TURN`) more than once."""

AGAIN: State = {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 20, "BackoffRate": 2, "MaxAttempts": 1}
"""A worker that died, or whose cloud did not answer: once more, by another; what the first did is on record."""


def written(partition: str) -> str:
    """The definition as JSON; `${worker}` and `${bucket}` are filled in when it is deployed."""
    return json.dumps(definition(), indent=1).replace(PARTITION, partition)


def definition() -> State:
    """The whole machine. Its input names the file of items, the place of results, and how many work at a time."""
    child: State = {
        "Type": "Task",
        "Resource": f"arn:{PARTITION}:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${worker}", "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "TimeoutSeconds": LONGEST_SECONDS,
        "Retry": [BUSY, RETRY, AGAIN],
        "End": True,
    }
    fan_out: State = {
        "Type": "Map",
        "Label": LABEL,
        "ItemReader": {
            "Resource": f"arn:{PARTITION}:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": "${bucket}", "Key.$": "$.items"},
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},  # a worker outlasts an express execution
            "StartAt": "part",
            "States": {"part": child},
        },
        "MaxConcurrencyPath": "$.workers",
        "ToleratedFailurePercentage": TOLERATED_PERCENT,
        "ResultWriter": {
            "Resource": f"arn:{PARTITION}:states:::s3:putObject",
            "Parameters": {"Bucket": "${bucket}", "Prefix.$": "$.results"},
        },
        "End": True,
    }
    return {"Comment": "Parts of one migration, a worker each", "StartAt": LABEL, "States": {LABEL: fan_out}}


def duties_of(home: Home, worker: str) -> dict[str, Any]:
    """What the machine's role may do: call the worker, run children, read items, write results, deliver its log."""
    files = f"arn:{home.partition}:s3:::{bucket_of(home.account, home.region)}/{PLACE}/*"
    writes = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    children = ["states:DescribeExecution", "states:StopExecution"]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": worker},
            {"Effect": "Allow", "Action": "states:StartExecution", "Resource": home.arn("states", f"stateMachine:{MACHINE}")},
            {"Effect": "Allow", "Action": children, "Resource": home.arn("states", f"execution:{MACHINE}/{LABEL}:*")},
            {"Effect": "Allow", "Action": writes, "Resource": files},
            delivers(),
        ],
    }
