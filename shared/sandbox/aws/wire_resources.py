"""Which resource an operation is about, and which roles it hands on: one literal table for each.

Source: Service Authorization Reference, "Resource types defined by ..." of each service. A service that is not in the table, and
an operation that names none of its parameters, is about "*".
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from shared.sandbox.aws.wire_calls import ANY, Needed, Origin, Parameters

_DYNAMODB: Final = "arn:aws:dynamodb:{region}:{account}:table/{value}"
_EC2: Final = "arn:aws:ec2:{region}:{account}:"
_EC2_PUBLIC: Final = "arn:aws:ec2:{region}::"
_IAM: Final = "arn:aws:iam::{account}:"
_RDS: Final = "arn:aws:rds:{region}:{account}:"

# IAM prefix -> (parameter, ARN template); the first parameter that a request has names its resource.
RESOURCES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "backup": (
        ("RecoveryPointArn", "{value}"),
        ("BackupVaultName", "arn:aws:backup:{region}:{account}:backup-vault:{value}"),
        ("BackupPlanId", "arn:aws:backup:{region}:{account}:backup-plan:{value}"),
    ),
    "cloudtrail": (
        ("TrailName", "arn:aws:cloudtrail:{region}:{account}:trail/{value}"),
        ("Name", "arn:aws:cloudtrail:{region}:{account}:trail/{value}"),
        ("ResourceId", "{value}"),
    ),
    "dynamodb": (("TableName", _DYNAMODB), ("ResourceArn", "{value}")),
    "ec2": (
        ("SnapshotId", _EC2_PUBLIC + "snapshot/{value}"),
        ("ImageId", _EC2_PUBLIC + "image/{value}"),
        ("InstanceId", _EC2 + "instance/{value}"),
        ("InstanceId.1", _EC2 + "instance/{value}"),
        ("VolumeId", _EC2 + "volume/{value}"),
        ("GroupId", _EC2 + "security-group/{value}"),
    ),
    "events": (
        ("Rule", "arn:aws:events:{region}:{account}:rule/{value}"),
        ("Name", "arn:aws:events:{region}:{account}:rule/{value}"),
        ("EventBusName", "arn:aws:events:{region}:{account}:event-bus/{value}"),
    ),
    "guardduty": (("DetectorId", "arn:aws:guardduty:{region}:{account}:detector/{value}"),),
    "iam": (
        ("GroupName", _IAM + "group/{value}"),
        ("UserName", _IAM + "user/{value}"),
        ("InstanceProfileName", _IAM + "instance-profile/{value}"),
        ("RoleName", _IAM + "role/{value}"),
        ("PolicyArn", "{value}"),
        ("PolicyName", _IAM + "policy/{value}"),
        ("SAMLProviderArn", "{value}"),
        ("OpenIDConnectProviderArn", "{value}"),
    ),
    "lambda": (("FunctionName", "arn:aws:lambda:{region}:{account}:function:{value}"),),
    "logs": (("logGroupName", "arn:aws:logs:{region}:{account}:log-group:{value}:*"),),
    "rds": (
        ("DBSnapshotIdentifier", _RDS + "snapshot:{value}"),
        ("DBClusterSnapshotIdentifier", _RDS + "cluster-snapshot:{value}"),
        ("DBInstanceIdentifier", _RDS + "db:{value}"),
        ("DBClusterIdentifier", _RDS + "cluster:{value}"),
    ),
    "s3": (
        ("Name", "arn:aws:s3:{region}:{account}:accesspoint/{value}"),
        ("JobId", "arn:aws:s3:{region}:{account}:job/{value}"),
        ("Bucket", "arn:aws:s3:::{value}"),
    ),
    "secretsmanager": (("SecretId", "arn:aws:secretsmanager:{region}:{account}:secret:{value}"),),
    "sns": (("TopicArn", "{value}"), ("TargetArn", "{value}"), ("Name", "arn:aws:sns:{region}:{account}:{value}")),
    "sqs": (("QueueUrl", "arn:aws:sqs:{region}:{account}:{value}"), ("QueueName", "arn:aws:sqs:{region}:{account}:{value}")),
    "sso": (("InstanceArn", "{value}"),),
    "states": (
        ("stateMachineArn", "{value}"),
        ("executionArn", "{value}"),
        ("mapRunArn", "{value}"),
        ("name", "arn:aws:states:{region}:{account}:stateMachine:{value}"),
    ),
    "sts": (("RoleArn", "{value}"), ("Name", "arn:aws:sts::{account}:federated-user/{value}")),
}

# Operations whose parameter names something else than the table says, or nothing that a policy can name.
ABOUT_ANYTHING: Final = frozenset(
    {
        ("cloudtrail", "LookupEvents"),
        ("ec2", "DescribeInstances"),
        ("ec2", "DescribeSnapshots"),
        ("iam", "ListPolicies"),
        ("states", "SendTaskFailure"),
        ("states", "SendTaskSuccess"),
    }
)

# IAM operations that mean the calling user when they name none.
ABOUT_ONESELF: Final = frozenset(
    {
        "ChangePassword",
        "CreateAccessKey",
        "DeactivateMFADevice",
        "DeleteAccessKey",
        "EnableMFADevice",
        "GetUser",
        "ListAccessKeys",
        "ListMFADevices",
        "UpdateAccessKey",
    }
)

# (IAM prefix, operation) -> where its parameters name the roles that it hands to a service, and that service.
PASSED_ROLES: Final[Mapping[tuple[str, str], tuple[str, tuple[str, ...]]]] = {
    ("backup", "CreateBackupSelection"): ("backup.amazonaws.com", ("BackupSelection.IamRoleArn",)),
    ("backup", "StartBackupJob"): ("backup.amazonaws.com", ("IamRoleArn",)),
    ("backup", "StartCopyJob"): ("backup.amazonaws.com", ("IamRoleArn",)),
    ("backup", "StartRestoreJob"): ("backup.amazonaws.com", ("IamRoleArn",)),
    ("cloudformation", "CreateStack"): ("cloudformation.amazonaws.com", ("RoleARN",)),
    ("cloudtrail", "CreateTrail"): ("cloudtrail.amazonaws.com", ("CloudWatchLogsRoleArn",)),
    ("cloudtrail", "UpdateTrail"): ("cloudtrail.amazonaws.com", ("CloudWatchLogsRoleArn",)),
    ("ec2", "AssociateIamInstanceProfile"): ("ec2.amazonaws.com", ("IamInstanceProfile.Arn", "IamInstanceProfile.Name")),
    ("ec2", "RunInstances"): ("ec2.amazonaws.com", ("IamInstanceProfile.Arn", "IamInstanceProfile.Name")),
    ("ecs", "RegisterTaskDefinition"): ("ecs-tasks.amazonaws.com", ("taskRoleArn", "executionRoleArn")),
    ("glue", "CreateJob"): ("glue.amazonaws.com", ("Role",)),
    ("iam", "AddRoleToInstanceProfile"): ("ec2.amazonaws.com", ("RoleName",)),
    ("lambda", "CreateFunction"): ("lambda.amazonaws.com", ("Role",)),
    ("lambda", "UpdateFunctionConfiguration"): ("lambda.amazonaws.com", ("Role",)),
    ("s3", "CreateJob"): ("batchoperations.s3.amazonaws.com", ("RoleArn",)),
    ("scheduler", "CreateSchedule"): ("scheduler.amazonaws.com", ("Target.RoleArn",)),
    ("states", "CreateStateMachine"): ("states.amazonaws.com", ("roleArn",)),
    ("states", "UpdateStateMachine"): ("states.amazonaws.com", ("roleArn",)),
}

# Operation -> IAM action, where they differ.
ACTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("dynamodb", "BatchExecuteStatement"): "PartiQLSelect",
    ("dynamodb", "ExecuteStatement"): "PartiQLSelect",
    ("lambda", "Invoke"): "InvokeFunction",
    ("lambda", "InvokeAsync"): "InvokeFunction",
    ("s3", "GetPublicAccessBlock"): "GetAccountPublicAccessBlock",
    ("s3", "PutPublicAccessBlock"): "PutAccountPublicAccessBlock",
    ("s3", "DeletePublicAccessBlock"): "PutAccountPublicAccessBlock",
}


def needed(prefix: str, operation: str, parameters: Parameters, origin: Origin) -> tuple[Needed, ...]:
    """The permissions of an operation of any service but S3 and KMS; S3 Control counts as `s3`, an instance profile stays one."""
    tables = _TABLES.get((prefix, operation))
    if tables:
        return tuple(Needed(action, origin.arn(_DYNAMODB, table)) for action, table in tables(parameters))
    action = f"{prefix}:{ACTIONS.get((prefix, operation), operation)}"
    resource = resource_of(prefix, operation, parameters, origin)
    return (Needed(action, resource), *_besides(prefix, operation, parameters, origin, resource))


def resource_of(prefix: str, operation: str, parameters: Parameters, origin: Origin) -> str:
    """The ARN of the resource an operation is about, or "*"."""
    if (prefix, operation) in ABOUT_ANYTHING:
        return ANY
    for name, template in RESOURCES.get(prefix, ()):
        value = parameters.get(name)
        if isinstance(value, str) and value:
            return origin.arn(template, _named(name, value, parameters))
    if prefix == "iam" and operation in ABOUT_ONESELF and origin.caller.kind == "user":
        return origin.caller.arn
    return ANY


def _named(name: str, value: str, parameters: Parameters) -> str:
    if name == "QueueUrl":
        return value.rpartition("/")[2]
    path = parameters.get("Path", "/")
    return f"{path[1:]}{value}" if name.endswith("Name") and isinstance(path, str) and path.startswith("/") else value


def _besides(prefix: str, operation: str, parameters: Parameters, origin: Origin, resource: str) -> Iterable[Needed]:
    """The roles an operation hands on, and what an assumed session brings along."""
    _, places = PASSED_ROLES.get((prefix, operation), ("", ()))
    for place in places:
        role = _at(place, parameters)
        if role:
            kind = "instance-profile" if place.startswith("IamInstanceProfile") else "role"
            yield Needed("iam:PassRole", origin.arn(f"{_IAM}{kind}/{{value}}", role))
    if prefix == "sts" and operation.startswith("AssumeRole"):
        if any(name.startswith("Tags.member.") for name in parameters):
            yield Needed("sts:TagSession", resource)
        if parameters.get("SourceIdentity"):
            yield Needed("sts:SetSourceIdentity", resource)


def _at(place: str, parameters: Parameters) -> str:
    """The value at a dotted place, whether the parameters are flat (query protocol) or nested (JSON)."""
    if place in parameters:
        return str(parameters[place])
    value: object = parameters
    for name in place.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def _batch_write(parameters: Parameters) -> Iterable[tuple[str, str]]:
    return (("dynamodb:BatchWriteItem", table) for table in parameters.get("RequestItems", {}))


def _batch_get(parameters: Parameters) -> Iterable[tuple[str, str]]:
    return (("dynamodb:BatchGetItem", table) for table in parameters.get("RequestItems", {}))


def _transact(parameters: Parameters) -> Iterable[tuple[str, str]]:
    """Each part of a transaction needs the permission of the single operation."""
    entries: Iterable[Mapping[str, Any]] = parameters.get("TransactItems", ())
    parts = ((verb, item) for entry in entries for verb, item in entry.items())
    return ((f"dynamodb:{_VERBS[verb]}", item["TableName"]) for verb, item in parts)


_VERBS: Final = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}

_TABLES: Final[Mapping[tuple[str, str], Callable[[Parameters], Iterable[tuple[str, str]]]]] = {
    ("dynamodb", "BatchGetItem"): _batch_get,
    ("dynamodb", "BatchWriteItem"): _batch_write,
    ("dynamodb", "TransactGetItems"): _transact,
    ("dynamodb", "TransactWriteItems"): _transact,
}


def context(prefix: str, operation: str, parameters: Parameters) -> dict[str, tuple[str, ...]]:
    """The condition keys of a request's parameters: tags, and those of IAM and STS."""
    found: dict[str, tuple[str, ...]] = {
        key: (str(parameters[name]),) for key, name in _KEYS.get(prefix, {}).items() if parameters.get(name)
    }
    service, _ = PASSED_ROLES.get((prefix, operation), ("", ()))
    if service:
        found["iam:passedtoservice"] = (service,)
    tags = dict(_tags(parameters))
    if tags:
        found |= {f"aws:requesttag/{key.lower()}": (value,) for key, value in tags.items()}
        found["aws:tagkeys"] = tuple(tags)
    return found


_KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    "iam": {
        "iam:awsservicename": "AWSServiceName",
        "iam:permissionsboundary": "PermissionsBoundary",
        "iam:policyarn": "PolicyArn",
    },
    "sts": {
        "sts:externalid": "ExternalId",
        "sts:rolesessionname": "RoleSessionName",
        "sts:sourceidentity": "SourceIdentity",
    },
}


def _tags(parameters: Parameters) -> Iterable[tuple[str, str]]:
    """Request tags: a list of Key and Value (KMS: TagKey and TagValue), a mapping, or flattened members."""
    tags = parameters.get("Tags", parameters.get("tags", ()))
    if isinstance(tags, Mapping):
        yield from ((str(key), str(value)) for key, value in tags.items())
    elif isinstance(tags, list):
        yield from ((str(t.get("Key", t.get("TagKey", ""))), str(t.get("Value", t.get("TagValue", "")))) for t in tags)
    for name, key in parameters.items():
        if name.startswith("Tags.member.") and name.endswith(".Key"):
            yield str(key), str(parameters.get(f"{name.removesuffix('Key')}Value", ""))
