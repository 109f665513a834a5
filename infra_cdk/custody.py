"""Custody beside its bucket: the table of cases, what triage has counted, and the keys that sign and wrap."""

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from shared.adapters.aws.custody_places import DATA_KEY, table_of
from shared.settings import CustodyPlaces

from .acknowledged import acknowledge

PLACES = CustodyPlaces()
TABLE_KEY = "alias/codeblue-custody-cases"
LAST_DAYS = 30
"""Days in which the deletion of a key can be called off; the longest that KMS knows."""


class Custody(Construct):
    """Tables and keys, under the names of convention; `users` are ARNs of the roles that work with them, `readers` only look."""

    def __init__(self, scope: Construct, ident: str, *, users: Sequence[str], readers: Sequence[str] = ()) -> None:
        super().__init__(scope, ident)
        self.signing_key = self._key("SigningKey", PLACES.key, users, spec=kms.KeySpec.ECC_NIST_P256)
        self.data_key = self._key("DataKey", DATA_KEY, (*users, *readers))
        self.table_key = self._key("TableKey", TABLE_KEY)
        self.cases = self._table("Cases", PLACES.table)
        self.memory = self._table("Memory", table_of(PLACES.table), sort="item", forgets="expires")

    def _key(self, ident: str, alias: str, users: Sequence[str] = (), spec: kms.KeySpec | None = None) -> kms.Key:
        signs = spec is not None
        key = kms.Key(
            self,
            ident,
            alias=alias,
            key_spec=spec,
            key_usage=kms.KeyUsage.SIGN_VERIFY if signs else None,
            enable_key_rotation=None if signs else True,
            pending_window=Duration.days(LAST_DAYS),
            removal_policy=RemovalPolicy.RETAIN,
        )
        if users:  # DynamoDB tries the key in the name of whoever makes the table, so that one is left to IAM
            key.add_to_resource_policy(_others_do_not_use(users, signs=signs))
        return key

    def _table(self, ident: str, name: str, sort: str = "", forgets: str = "") -> dynamodb.Table:
        text = dynamodb.AttributeType.STRING
        table = dynamodb.Table(
            self,
            ident,
            table_name=name,
            partition_key=dynamodb.Attribute(name="id", type=text),
            sort_key=dynamodb.Attribute(name=sort, type=text) if sort else None,
            time_to_live_attribute=forgets or None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.table_key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        plan = "point-in-time recovery keeps 35 days; what has to last is in the locked buckets, and the table is made from there"
        acknowledge(table, {"HIPAA.Security-DynamoDBInBackupPlan": plan})
        return table


def _others_do_not_use(users: Sequence[str], *, signs: bool) -> iam.PolicyStatement:
    """Nobody signs or opens anything with custody's keys but those who keep the record."""
    return iam.PolicyStatement(
        sid="CodeblueCustodyUsers",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=["kms:Sign"] if signs else ["kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        resources=["*"],
        conditions={
            "ArnNotEquals": {"aws:PrincipalArn": list(users)},
            "Bool": {"aws:PrincipalIsAWSService": "false"},
        },
    )
