"""The state machine of workers as the stacks make it, in the embedded AWS: for the tests of Distributed Maps."""

import json
from collections.abc import Callable
from typing import Any

from infra_cdk.duties import Home
from infra_cdk.fan_out import duties_of, written
from shared.adapters.aws.map_runs import MACHINE
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox
from tests.contract.aws_responder import document

WORKER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{MACHINE}:live"
HOME = Home("aws", ACCOUNT, REGION, f"arn:aws:kms:{REGION}:{ACCOUNT}:key/home")
TRUST = document({"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"})


def make_machine(sandbox: Sandbox, bucket: str, worker: Callable[[Any], Any]) -> str:
    """The machine with its role, over this worker; items and results lie in `bucket`. Its ARN."""
    root = sandbox.root()
    role = root.client("iam").create_role(RoleName="codeblue-movers", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    may = json.dumps(duties_of(HOME, WORKER)).replace(f"codeblue-canary-{ACCOUNT}-{REGION}", bucket)
    root.client("iam").put_role_policy(RoleName="codeblue-movers", PolicyName="run", PolicyDocument=may)
    definition = written("aws").replace("${worker}", WORKER).replace("${bucket}", bucket)
    made = root.client("stepfunctions").create_state_machine(name=MACHINE, definition=definition, roleArn=role)
    sandbox.cloud.books.functions[MACHINE] = worker
    sandbox.cloud.history.settle()
    return str(made["stateMachineArn"])
