"""The state machine of workers beside each other (`fan_out`), its role and its log."""

import json

from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from shared.adapters.aws.canaries import bucket_of
from shared.adapters.aws.map_runs import MACHINE

from .duties import Home
from .fan_out import duties_of, written
from .vended_log import vended_log
from .worker_role import WorkerRole


class Mover(Construct):
    """The machine `codeblue-move` over `worker` under `role`, by the name that `shared.adapters.aws.map_runs` knows it by."""

    def __init__(
        self, scope: Construct, ident: str, *, home: Home, role: WorkerRole, worker: lambda_.IFunction, key: kms.IKey
    ) -> None:
        super().__init__(scope, ident)
        log = vended_log(self, f"states/{MACHINE}", key)
        role.may("run", json.dumps(duties_of(home, worker.function_arn)))
        machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=MACHINE,
            definition_body=sfn.DefinitionBody.from_string(written(home.partition)),
            definition_substitutions={"worker": worker.function_arn, "bucket": bucket_of(home.account, home.region)},
            role=role.role.without_policy_updates(),
            logs=sfn.LogOptions(destination=log, level=sfn.LogLevel.ALL, include_execution_data=False),
            tracing_enabled=True,
        )
        machine.node.add_dependency(*role.policies)
        self.machine = machine
