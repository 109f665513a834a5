"""The role of jobs of S3 Batch Operations, in every account with stores: S3 has it while a job runs."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from shared.adapters.aws.jobs import ROLE, SERVICE
from shared.adapters.aws.permissions import document, tasks

from .worker_role import WorkerRole


class JobsRole(Construct):
    """What `shared.adapters.aws.jobs` orders is done under it."""

    def __init__(self, scope: Construct, ident: str) -> None:
        super().__init__(scope, ident)
        made = WorkerRole(self, "Role", name=ROLE, trusted=iam.ServicePrincipal(SERVICE), documents={"tasks": document(*tasks())})
        self.role = made.role
