"""What an account has for rehearsals: the role that is entered for them, the bounds of every role it makes, and their key."""

import json

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from shared.adapters.aws.arns import partition_of
from shared.adapters.aws.permissions import document
from shared.adapters.aws.rehearsal_rights import ALIAS, BOUNDARY, ENTERED, boundary_of, bounds, permissions

from .acknowledged import acknowledge
from .parameters import Parameters
from .roster import role_arn
from .worker_role import WorkerRole, wild


class Rehearsals(Construct):
    """All of it, in the account and Region of the rehearsals, for the function of the responder's account alone.

    The role is none of the responder's own, nor known to it as such: what it does is answered as anybody's.
    """

    def __init__(self, scope: Construct, ident: str, *, given: Parameters) -> None:
        super().__init__(scope, ident)
        partition, account = partition_of(given.region), given.rehearse_account
        kms.Key(
            self,
            "Key",
            alias=ALIAS,
            enable_key_rotation=True,
            pending_window=Duration.days(30),
            removal_policy=RemovalPolicy.RETAIN,
        )
        most = json.loads(document(*bounds(partition, account)))
        made = iam.CfnManagedPolicy(
            self, "Bounds", managed_policy_name=BOUNDARY, policy_document=iam.PolicyDocument.from_json(most)
        )
        acknowledge(made, dict(wild("rehearse", most)))
        said: dict[str, object] = {"StringEquals": {"sts:ExternalId": given.external_id}}
        trusted = iam.PrincipalWithConditions(iam.ArnPrincipal(role_arn(given.account, "rehearse", partition)), said)
        rights = document(*permissions(partition, account, boundary_of(partition, account)))
        role = WorkerRole(self, "Role", name=ENTERED, trusted=trusted, documents={"rehearse": rights})
        role.node.add_dependency(made)
