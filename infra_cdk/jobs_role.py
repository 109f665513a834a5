"""The role of jobs of S3 Batch Operations, in every account with stores: S3 has it while a job runs."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from shared.adapters.aws.job_names import ROLE, SERVICE
from shared.adapters.aws.permissions import document, tasks

from .worker_role import WorkerRole


class JobsRole(Construct):
    """What `shared.adapters.aws.jobs` orders is done under it. It reports to the responder in `home` (account)."""

    def __init__(self, scope: Construct, ident: str, *, home: str) -> None:
        super().__init__(scope, ident)
        documents = {"tasks": document(*tasks(home))}
        made = WorkerRole(self, "Role", name=ROLE, trusted=iam.ServicePrincipal(SERVICE), documents=documents)
        self.role = made.role
