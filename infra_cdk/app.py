"""The CDK app. Its parameters come from the context (`parameters.py`); a finding of the rule packs stops the synthesis."""

import sys
from pathlib import Path
from tempfile import mkdtemp

import cdk_nag
from aws_cdk import App, Validations
from aws_cdk import aws_lambda as lambda_

from shared.domain.errors import BadInput, CodeblueError
from shared.settings import Policy

from .parameters import Parameters
from .stacks import CustodyStack, ForwardingStack, GuardrailsStack, ResponderStack, SecondCustodyStack, SpokeStack

FLAGS = {
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,  # S3 refuses the ACL that it would write otherwise
    "@aws-cdk/core:enablePartitionLiterals": True,
    "@aws-cdk/aws-kms:aliasNameRef": True,
    "@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption": True,
    "@aws-cdk/aws-lambda:recognizeLayerVersion": True,
}
"""The CDK's behaviour, where it has changed and both are still to be had (`aws-cdk-lib/cx-api`)."""


def compose(app: App, given: Parameters) -> None:
    """All stacks, and the rule packs over them. Raises `BadInput` for a policy file that is not understood, or no code."""
    policy = lambda_.Code.from_asset(_policy(given))
    if not Path(given.package).exists():
        raise BadInput(f"the functions' code is not there: {given.package}; `make package` makes it")
    CustodyStack(app, "CodeblueCustody", given)
    SecondCustodyStack(app, "CodeblueCustodySecond", given)
    code = lambda_.Code.from_asset(given.package)
    ResponderStack(app, "CodeblueResponder", given, code, policy)
    for account in given.accounts:
        if account != given.account:
            SpokeStack(app, f"CodeblueSpoke-{account}", given, account)
        for region in given.listening:
            ForwardingStack(app, f"CodeblueForwarding-{account}-{region}", given, account, region)
    if given.management:
        GuardrailsStack(app, "CodeblueGuardrails", given)
    for pack in (cdk_nag.AwsSolutionsChecks, cdk_nag.HIPAASecurityChecks):
        Validations.of(app).add_plugins(pack(app))


def _policy(given: Parameters) -> str:
    """A folder with the policy file in it, which was read first: what is half understood is not deployed."""
    text = given.policy_text()
    known = {account for tenant in Policy.read(text).tenants.values() for account in tenant.accounts}
    if strangers := sorted({*given.accounts} - known - {given.account}):
        raise BadInput(f"response.toml has no tenant with the account {strangers[0]}: our own roles there would be strangers")
    folder = Path(mkdtemp(prefix="codeblue-policy-"))
    (folder / "response.toml").write_text(text, encoding="utf-8")
    return str(folder)


def main() -> int:
    """Synthesise, or say what is missing."""
    app = App(analytics_reporting=False, context=FLAGS)
    try:
        compose(app, Parameters.read(app.node.try_get_context))
    except CodeblueError as why:
        print(why, file=sys.stderr)  # noqa: T201  # the CDK shows what its app prints
        return 2
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
