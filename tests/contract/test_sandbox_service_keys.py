"""The keys of services, and IAM's simulator: what moto does not know of them."""

from functools import partial

import pytest

from shared.sandbox.aws.server import ACCOUNT, Sandbox
from tests.contract.sandbox_scenes import document, refused, statement, user


def _key(sandbox: Sandbox) -> str:
    return str(sandbox.root().client("kms").create_key()["KeyMetadata"]["Arn"])


def test_a_log_group_has_the_key_it_was_given_until_it_is_taken_away(sandbox: Sandbox) -> None:
    logs, key = sandbox.root().client("logs"), _key(sandbox)
    logs.create_log_group(logGroupName="/clinic")
    logs.associate_kms_key(logGroupName="/clinic", kmsKeyId=key)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName="/clinic")
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]
    assert refused(logs.associate_kms_key, logGroupName="/gone", kmsKeyId=key)[0] == "ResourceNotFoundException"


def test_a_key_that_can_not_be_used_is_no_service_s_key(sandbox: Sandbox) -> None:
    logs, ec2, key = sandbox.root().client("logs"), sandbox.root().client("ec2"), _key(sandbox)
    sandbox.root().client("kms").disable_key(KeyId=key)
    logs.create_log_group(logGroupName="/clinic")
    assert refused(logs.associate_kms_key, logGroupName="/clinic", kmsKeyId=key)[0] == "InvalidParameterException"
    assert refused(ec2.modify_ebs_default_kms_key_id, KmsKeyId=key)[0] == "InvalidParameterValue"


def test_new_volumes_are_under_ec2_s_own_key_until_another_is_chosen(sandbox: Sandbox) -> None:
    ec2, key = sandbox.root().client("ec2"), _key(sandbox)
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    assert ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)["KmsKeyId"] == key
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == key
    ec2.reset_ebs_default_kms_key_id()
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"


def test_a_secret_changes_keys_only_for_who_may_use_them_through_its_service(sandbox: Sandbox) -> None:
    sandbox.root().client("secretsmanager").create_secret(Name="results", SecretString="not-a-secret")  # pragma: allowlist secret
    through = {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}
    update = statement("Allow", "secretsmanager:UpdateSecret")
    use = statement("Allow", ["kms:GenerateDataKey", "kms:Decrypt"], StringEquals=through)
    key = _key(sandbox)
    without = user(sandbox, "without", document(update)).client("secretsmanager")
    assert (
        refused(without.update_secret, SecretId="results", KmsKeyId=key)[0] == "AccessDeniedException"  # pragma: allowlist secret
    )  # pragma: allowlist secret
    # pragma: allowlist nextline secret
    user(sandbox, "with", document(update, use)).client("secretsmanager").update_secret(SecretId="results", KmsKeyId=key)


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        pytest.param((), "implicitDeny", id="nothing that allows"),
        pytest.param((statement("Allow", "kms:Decrypt"),), "allowed", id="an allow"),
        pytest.param((statement("Allow", "kms:*"), statement("Deny", "kms:Decrypt")), "explicitDeny", id="a deny beside an allow"),
    ],
)
def test_the_simulator_decides_by_what_the_principal_holds(
    sandbox: Sandbox, statements: tuple[dict[str, object], ...], decision: str
) -> None:
    iam, key = sandbox.root().client("iam"), _key(sandbox)
    iam.create_user(UserName="nurse")
    if statements:
        iam.put_user_policy(UserName="nurse", PolicyName="own", PolicyDocument=document(*statements))
    ask = partial(iam.simulate_principal_policy, ActionNames=["kms:Decrypt"], ResourceArns=[key])
    answer = ask(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/nurse")
    assert [result["EvalDecision"] for result in answer["EvaluationResults"]] == [decision]
    assert refused(ask, PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/gone")[0] == "NoSuchEntity"
