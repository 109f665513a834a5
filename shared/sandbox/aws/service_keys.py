"""The keys that services encrypt with, where moto has no such setting: log groups, functions, an account's block storage.

Source: CloudWatch Logs API, AssociateKmsKey; EC2 API, ModifyEbsDefaultKmsKeyId; Lambda developer guide,
"Securing environment variables"; Secrets Manager user guide, "Permissions for the KMS key".
"""

from moto.awslambda.utils import get_backend
from moto.ec2.models import ec2_backends
from moto.logs.models import LogGroup, logs_backends

from shared.sandbox.aws import keys, permission
from shared.sandbox.aws.cloud import Ask, Cloud, Rule, forward
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.kms_rules import usable
from shared.sandbox.aws.permission import Need
from shared.sandbox.aws.refusals import Refusal

OWN_OF_VOLUMES = "alias/aws/ebs"


def _key(ask: Ask, reference: str, code: str) -> str:
    """The ARN of a key that the service can use. Raises Refusal with this code."""
    key = keys.find(ask.account, ask.region, reference)
    if key is None or usable(key):
        raise Refusal(code, "The specified KMS key does not exist or is not allowed to be used.")
    return str(key.arn)


def _use(cloud: Cloud, ask: Ask, key: str, actions: tuple[str, ...]) -> None:
    """Raise the service's refusal unless the caller may use the key through it."""
    through = {"kms:viaservice": (f"{ask.call.signing_name}.{ask.region}.amazonaws.com",)}
    for action in actions:
        need = Need(action, key, keys.require(ask.account, ask.region, key).account_id)
        permission.require(cloud, ask.caller, {**ask.context, **through}, need, service=ask.call.service)


def update_secret(cloud: Cloud, ask: Ask) -> Reply:
    """UpdateSecret: another key encrypts the secret anew, in the caller's name."""
    if said := ask.params.get("KmsKeyId"):
        _use(cloud, ask, _key(ask, said, "InvalidParameterException"), ("kms:GenerateDataKey", "kms:Decrypt"))
    return forward(cloud, ask)


def _log_group(ask: Ask) -> LogGroup:
    group: LogGroup | None = logs_backends[ask.account][ask.region].groups.get(ask.params["logGroupName"])
    if group is None:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def associate_kms_key(_: Cloud, ask: Ask) -> Reply:
    """AssociateKmsKey: by the key's ARN."""
    _log_group(ask).kms_key_id = _key(ask, ask.params["kmsKeyId"], "InvalidParameterException")
    return ask.answer({})


def disassociate_kms_key(_: Cloud, ask: Ask) -> Reply:
    """DisassociateKmsKey."""
    _log_group(ask).kms_key_id = None
    return ask.answer({})


def update_function_configuration(cloud: Cloud, ask: Ask) -> Reply:
    """UpdateFunctionConfiguration, which in moto knows no key; an empty one is Lambda's own."""
    said = ask.params.get("KMSKeyArn")
    arn = _key(ask, said, "InvalidParameterValueException") if said else said
    if arn:
        _use(cloud, ask, arn, ("kms:CreateGrant", "kms:Encrypt", "kms:Decrypt"))
    reply = forward(cloud, ask)
    if not reply.ok or arn is None:
        return reply
    function = get_backend(ask.account, ask.region).get_function(str(ask.params["FunctionName"]).rpartition(":")[2])
    function.kms_key_arn = arn or None
    return ask.answer(function.get_configuration())


def get_ebs_default_kms_key_id(_: Cloud, ask: Ask) -> Reply:
    """GetEbsDefaultKmsKeyId: the alias of EC2's own key where nobody has chosen one."""
    chosen = getattr(ec2_backends[ask.account][ask.region], "default_kms_key_id", "")
    return ask.answer({"KmsKeyId": chosen or OWN_OF_VOLUMES})


def modify_ebs_default_kms_key_id(_: Cloud, ask: Ask) -> Reply:
    """ModifyEbsDefaultKmsKeyId."""
    arn = _key(ask, ask.params["KmsKeyId"], "InvalidParameterValue")
    ec2_backends[ask.account][ask.region].default_kms_key_id = arn
    return ask.answer({"KmsKeyId": arn})


def reset_ebs_default_kms_key_id(_: Cloud, ask: Ask) -> Reply:
    """ResetEbsDefaultKmsKeyId."""
    ec2_backends[ask.account][ask.region].default_kms_key_id = ""
    return ask.answer({"KmsKeyId": OWN_OF_VOLUMES})


def create_snapshot(cloud: Cloud, ask: Ask) -> Reply:
    """CreateSnapshot: the copy is under its volume's key."""
    ec2 = ec2_backends[ask.account][ask.region]
    before = set(ec2.snapshots)
    reply = forward(cloud, ask)
    for made in ec2.snapshots.keys() - before:
        snapshot = ec2.snapshots[made]
        snapshot.kms_key_id = snapshot.volume.kms_key_id
    return reply


LOGS: dict[str, Rule] = {"AssociateKmsKey": associate_kms_key, "DisassociateKmsKey": disassociate_kms_key}
LAMBDA: dict[str, Rule] = {"UpdateFunctionConfiguration": update_function_configuration}
SECRETS: dict[str, Rule] = {"UpdateSecret": update_secret}
EC2: dict[str, Rule] = {
    "CreateSnapshot": create_snapshot,
    "GetEbsDefaultKmsKeyId": get_ebs_default_kms_key_id,
    "ModifyEbsDefaultKmsKeyId": modify_ebs_default_kms_key_id,
    "ResetEbsDefaultKmsKeyId": reset_ebs_default_kms_key_id,
}
