"""The responder: a role and a function for each post, and the state machine between them."""

import json
from collections.abc import Mapping

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from shared.adapters.aws.arns import partition_of

from .duties import Home, duties
from .function import Function, Shared
from .graph import delivers, written
from .jobs_role import JobsRole
from .mover import Mover
from .parameters import Parameters
from .roster import MACHINE, POSTS, TOPIC, posts
from .runbooks import CONSOLES, DECIDING, ROLE, opens, run_by
from .vended_log import vended_log
from .worker_role import WorkerRole

LONGEST = Duration.days(364)
"""An execution of Step Functions ends after a year."""

POLICY_FILE = "/opt/response.toml"


class Responder(Construct):
    """Everything that works on cases. `key` encrypts queues, logs and pages; `told`: variables of one function, or of all (``)."""

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        given: Parameters,
        key: kms.IKey,
        code: lambda_.Code,
        policy: lambda_.Code,
        told: Mapping[str, Mapping[str, str]],
    ) -> None:
        super().__init__(scope, ident)
        home = Home(partition_of(given.region), given.account, given.region, key.key_arn)
        self.machine_arn = home.arn("states", f"stateMachine:{MACHINE}")
        deployed = posts(sign_in=given.sign_in, rehearsed=bool(given.rehearse_account))
        roles = {name: self._role(name, home, given) for name in deployed}
        shared = Shared(self, "Shared", code=code, policy=policy, key=key)
        jobs = [JobsRole(self, "Jobs", home=given.account).role] if given.account in given.accounts else []
        self.runs, moves = (
            self._runs(ident, name, iam.ServicePrincipal("states.amazonaws.com"))
            for ident, name in (("MachineRole", "codeblue-workflow"), ("MoverRole", "codeblue-movers"))
        )
        self.books = self._runs("RunbooksRole", ROLE, run_by(home))
        ours = (*roles.values(), self.runs, moves, self.books)
        ids = ",".join(role.role_id for role in (*(each.role for each in ours), *jobs))
        every = {
            "CODEBLUE_POLICY": POLICY_FILE,
            "CODEBLUE_STATE_MACHINE": self.machine_arn,
            "CODEBLUE_TOPIC": home.arn("sns", TOPIC),
            **({"CODEBLUE_CONSOLE": opens(DECIDING, given.region)} if home.partition in CONSOLES else {}),
            "CODEBLUE_EXTERNAL_ID": given.external_id,
            "CODEBLUE_ROLES": ids,
            "CODEBLUE_APPROVERS": ",".join(given.approvers),
            **told.get("", {}),
        }
        told = {**told, "rehearse": _rehearses(given)}
        self.functions = {
            name: self._function(name, role, shared, {**every, **told.get(name, {})}, given) for name, role in roles.items()
        }
        self.machine = self._machine(key)
        self.mover = Mover(self, "Mover", home=home, role=moves, worker=self.functions["move"].live, key=key)

    def _role(self, name: str, home: Home, given: Parameters) -> WorkerRole:
        trusted = iam.ServicePrincipal("lambda.amazonaws.com")
        documents = duties(name, home, given.accounts, given.paging, given.rehearse_account)
        return WorkerRole(self, f"{name.capitalize()}Role", name=f"codeblue-{name}", trusted=trusted, documents=documents)

    def _runs(self, ident: str, name: str, trusted: iam.IPrincipal) -> WorkerRole:
        """The role of what calls functions; what it may is known when there is something to call."""
        return WorkerRole(self, ident, name=name, trusted=trusted, documents={})

    def _function(self, name: str, role: WorkerRole, shared: Shared, told: Mapping[str, str], given: Parameters) -> Function:
        post = POSTS[name]
        if name == post.power.value == "fence":
            post = post._replace(at_once=given.fence_concurrency)
        relayed = {"CODEBLUE_RELAYED": "true"} if given.paging.call_list and name != "notify" else {}
        made = Function(self, name, post, role.role, shared, {**told, **relayed, "CODEBLUE_POWER": post.power.value})
        made.node.add_dependency(*role.policies)
        return made

    def _machine(self, key: kms.IKey) -> sfn.StateMachine:
        log = vended_log(self, "states/codeblue-response", key)
        self.runs.may("run", json.dumps(self._workflow_policy()))
        machine = sfn.StateMachine(
            self,
            "Workflow",
            state_machine_name=MACHINE,
            definition_body=sfn.DefinitionBody.from_string(written(partition_of(Stack.of(self).region))),
            definition_substitutions=self._filled_in(),
            role=self.runs.role.without_policy_updates(),
            timeout=LONGEST,
            logs=sfn.LogOptions(destination=log, level=sfn.LogLevel.ALL, include_execution_data=False),
            tracing_enabled=True,
        )
        machine.node.add_dependency(*self.runs.policies)
        return machine

    def _called(self) -> dict[str, str]:
        """The functions that the machine calls, by the names in its definition."""
        names = {*(post.power.value for post in POSTS.values()), "ask"}
        return {name: self.functions[name].live.function_arn for name in sorted(names)}

    def _filled_in(self) -> dict[str, str]:
        return {**self._called(), "machine": self.machine_arn}

    def _workflow_policy(self) -> dict[str, object]:
        """Call the functions, begin the next execution, and deliver its own log and traces."""
        return {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": list(self._called().values())},
                {"Effect": "Allow", "Action": "states:StartExecution", "Resource": self.machine_arn},
                delivers(),
            ],
        }


def _rehearses(given: Parameters) -> dict[str, str]:
    return {"CODEBLUE_REHEARSE_ACCOUNT": given.rehearse_account, "CODEBLUE_REHEARSE_DAYS": str(given.rehearse_days)}
