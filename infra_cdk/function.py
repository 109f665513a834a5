"""One function: its role, its encrypted log, its dead letters, its code, and the alias `live` of the newest version."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from .acknowledged import acknowledge
from .roster import Post, dead_of, log_of

WHY = {
    "HIPAA.Security-LambdaInsideVPC": "it talks to AWS alone, over TLS; a network of ours is one thing more to fail",
    "AwsSolutions-L1": "the interpreter is the one that everything is tested with; a test pins it",
}


class Shared(Construct):
    """What all functions have in common: the code, the policy file, and the key of logs and queues."""

    def __init__(self, scope: Construct, ident: str, *, code: lambda_.Code, policy: lambda_.Code, key: kms.IKey) -> None:
        super().__init__(scope, ident)
        self.code, self.key = code, key
        self.policy = lambda_.LayerVersion(self, "Policy", code=policy, description="response.toml")


NO_PLUGINS = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}
"""No package that lies beside ours is loaded into what reads our data (pydantic, "Plugins"), nor looked for at every start."""


class Function(Construct):
    """The function `codeblue-<name>`, by the alias `live`."""

    def __init__(self, scope: Construct, name: str, post: Post, role: iam.Role, shared: Shared, told: Mapping[str, str]) -> None:
        super().__init__(scope, f"{name.capitalize()}Function")
        self.dead = sqs.Queue(
            self,
            "Dead",
            queue_name=dead_of(name),
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=shared.key,
            retention_period=Duration.days(14),
            enforce_ssl=True,
        )
        acknowledge(self.dead, {"AwsSolutions-SQS3": "it is the queue of dead letters"})
        self.log = logs.LogGroup(
            self, "Log", log_group_name=log_of(name), retention=logs.RetentionDays.SIX_YEARS, encryption_key=shared.key
        )
        self.function = lambda_.Function(
            self,
            "Resource",
            function_name=f"codeblue-{name}",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.X86_64,
            handler=post.entry,
            code=shared.code,
            layers=[shared.policy],
            role=role.without_policy_updates(),  # its policies are written out beside it
            environment={**NO_PLUGINS, **told},
            environment_encryption=shared.key,
            timeout=Duration.seconds(post.seconds),
            memory_size=post.megabytes,
            reserved_concurrent_executions=post.at_once,
            dead_letter_queue=self.dead,
            log_group=self.log,
            logging_format=lambda_.LoggingFormat.JSON,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS,
        )
        self.live = lambda_.Alias(self, "Live", alias_name="live", version=self.function.current_version)
        acknowledge(self, WHY)
