"""The roles that an account has for the responder: one for each power, for its functions alone, and one for the jobs of S3."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from shared.adapters.aws.clients import POWER_TAG, spoke_of
from shared.adapters.aws.powers import policies
from shared.workflow.stages import Power

from .jobs_role import JobsRole
from .roster import of_power, role_arn
from .worker_role import WorkerRole


class Spoke(Construct):
    """All of them, for the responder in `home` (account)."""

    def __init__(self, scope: Construct, ident: str, *, home: str, external_id: str) -> None:
        super().__init__(scope, ident)
        JobsRole(self, "Jobs", home=home)
        for power in Power:
            WorkerRole(
                self,
                power.value.capitalize(),
                name=spoke_of(power),
                trusted=_functions(power, home, external_id),
                documents=policies(power),
            )


def _functions(power: Power, home: str, external_id: str) -> iam.IPrincipal:
    """Who may assume it: these roles, saying the external id, with the power as the session's only tag."""
    conditions = {
        "StringEquals": {"sts:ExternalId": external_id, f"aws:RequestTag/{POWER_TAG}": power.value},
        "ForAllValues:StringEquals": {"aws:TagKeys": [POWER_TAG]},
    }
    roles = [iam.ArnPrincipal(role_arn(home, name)) for name in of_power(power)]
    return iam.SessionTagsPrincipal(iam.PrincipalWithConditions(iam.CompositePrincipal(*roles), conditions))
