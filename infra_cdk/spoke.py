"""The roles that an account has for the responder: one for each power, for its functions alone, and one for the jobs of S3."""

from collections.abc import Iterable

from aws_cdk import aws_iam as iam
from constructs import Construct

from shared.adapters.aws.clients import POWER_TAG, spoke_of
from shared.adapters.aws.powers import policies
from shared.workflow.stages import Power

from .jobs_role import JobsRole
from .roster import of_power, role_arn
from .worker_role import WorkerRole


class Spoke(Construct):
    """All of them, for the responder in `home` (account); `sign_in`: it has a function for people who sign in."""

    def __init__(self, scope: Construct, ident: str, *, home: str, external_id: str, sign_in: bool) -> None:
        super().__init__(scope, ident)
        JobsRole(self, "Jobs", home=home)
        for power in Power:
            WorkerRole(
                self,
                power.value.capitalize(),
                name=spoke_of(power),
                trusted=_functions(of_power(power, sign_in=sign_in), power, home, external_id),
                documents=policies(power),
            )


class Roles(iam.PrincipalBase):
    """Several roles (ARNs) as one principal: a statement for each would not fit into a trust policy, which has 2,048 characters."""

    def __init__(self, arns: Iterable[str]) -> None:
        super().__init__()
        self._arns = [*arns]

    @property
    def policy_fragment(self) -> iam.PrincipalPolicyFragment:
        """As a statement has them."""
        return iam.PrincipalPolicyFragment({"AWS": self._arns}, {})

    def dedupe_string(self) -> None:
        """Nothing: they are named once."""


def _functions(names: Iterable[str], power: Power, home: str, external_id: str) -> iam.IPrincipal:
    """Who may assume it: these roles, saying the external id, with the power as the session's only tag."""
    conditions = {
        "StringEquals": {"sts:ExternalId": external_id, f"aws:RequestTag/{POWER_TAG}": power.value},
        "ForAllValues:StringEquals": {"aws:TagKeys": [POWER_TAG]},
    }
    roles = Roles(role_arn(home, name) for name in names)
    return iam.SessionTagsPrincipal(iam.PrincipalWithConditions(roles, conditions))
