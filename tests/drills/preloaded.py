"""Imported once, by the process that all runs are forked from: it reads AWS's description of each service that a response calls."""

from shared.adapters.aws.sessions import session

SERVICES = (
    "backup",
    "cloudtrail",
    "dynamodb",
    "ec2",
    "efs",
    "guardduty",
    "iam",
    "kms",
    "lambda",
    "logs",
    "rds",
    "s3",
    "s3control",
    "secretsmanager",
    "sns",
    "sqs",
    "sts",
)

for service in SERVICES:
    session("us-east-1").client(service, aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="EXAMPLE")  # type: ignore[call-overload]  # named by data
