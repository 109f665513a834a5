"""KMS, where moto only nods: key states, key policies, rotation and last use; grants, replicas, signatures are beside it.

Source of the states and sentences: KMS developer guide, "Key states of AWS KMS keys"; of the limits: "Quotas" and each API page.
"""

import json
from datetime import timedelta

from moto.kms.models import Key

from shared.sandbox.aws import keys, kms_grants, kms_replicas, kms_signing
from shared.sandbox.aws.clock import utc
from shared.sandbox.aws.cloud import Ask, Cloud, Rule, forward
from shared.sandbox.aws.emulator import load_json
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.key_policies import accept
from shared.sandbox.aws.kms_replicas import is_replica, metadata, rename
from shared.sandbox.aws.refusals import Refusal

CRYPTOGRAPHIC = frozenset(
    {
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "ReEncrypt",
        "Sign",
        "Verify",
        "VerifyMac",
    }
)

#: Operations that a disabled key refuses with DisabledException.
NOT_WHILE_DISABLED = CRYPTOGRAPHIC | {
    "CreateGrant",
    "DisableKeyRotation",
    "EnableKeyRotation",
    "GetPublicKey",
    "ReplicateKey",
    "RotateKeyOnDemand",
    "UpdatePrimaryRegion",
}

#: Operations that a key pending deletion refuses with KMSInvalidStateException.
NOT_WHILE_PENDING = NOT_WHILE_DISABLED | {
    "CreateAlias",
    "DisableKey",
    "EnableKey",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateKeyDescription",
}

_KEY_PARAMETERS = frozenset({"DestinationKeyId", "KeyId", "SourceKeyId", "TargetKeyId"})

ON_DEMAND_LIMIT = 25
ROTATION_DAYS = range(90, 2561)


def guard(cloud: Cloud, ask: Ask) -> None:
    """Refuse what the state of any key in the request forbids, and note cryptographic use. Raises Refusal."""
    operation = ask.call.operation
    for key in keys_of(ask):
        if key.key_state == "PendingDeletion" and operation in NOT_WHILE_PENDING:
            raise Refusal("KMSInvalidStateException", f"{key.arn} is pending deletion.")
        if key.key_state == "Disabled" and operation in NOT_WHILE_DISABLED:
            raise Refusal("DisabledException", f"{key.arn} is disabled.")
        if operation in CRYPTOGRAPHIC:
            cloud.keys.used(key.arn, operation, ask.at, ask.id)


def keys_of(ask: Ask) -> tuple[Key, ...]:
    """The keys that a request is about."""
    arns = {need.resource for need in ask.call.actions if ":key/" in need.resource}
    return tuple(key for arn in sorted(arns) if (key := keys.find(ask.account, ask.region, arn)))


def usable(key: Key) -> Refusal | None:
    """Why a service cannot use a key now, in S3's codes (`KMS.` before the exception); None if it can."""
    if key.key_state == "PendingDeletion":
        return Refusal("KMS.KMSInvalidStateException", f"{key.arn} is pending deletion.")
    return None if key.enabled else Refusal("KMS.DisabledException", f"{key.arn} is disabled.")


def _key(ask: Ask) -> Key:
    return keys.require(ask.account, ask.region, str(ask.params["KeyId"]))


def with_plain_ids(cloud: Cloud, ask: Ask) -> Reply:
    """The emulator's answer to a request with plain key ids: moto finds a key by its ARN or alias in some operations only."""
    params = load_json(ask.http.body)
    for name in _KEY_PARAMETERS & params.keys():
        key = keys.find(ask.account, ask.region, str(params[name]))
        params[name] = key.id if key else params[name]
    return forward(cloud, ask.with_body(json.dumps(params).encode()))


def _symmetric(key: Key) -> None:
    if key.key_spec != "SYMMETRIC_DEFAULT" or key.origin != "AWS_KMS":
        raise Refusal("UnsupportedOperationException", f"{key.arn} does not support key rotation.")


def create_key(cloud: Cloud, ask: Ask) -> Reply:
    """CreateKey: the policy is checked before the key exists and kept at the boundary."""
    params = load_json(ask.http.body)
    text = params.pop("Policy", None)
    if text is not None:
        coming = f"arn:aws:kms:{ask.region}:{ask.account}:key/new"
        accept(cloud, ask, coming, text, bypass=params.get("BypassPolicyLockoutSafetyCheck", False))
    reply = forward(cloud, ask.with_body(json.dumps(params).encode()))
    if not reply.ok:
        return reply
    key = keys.require(ask.account, ask.region, load_json(reply.body)["KeyMetadata"]["KeyId"])
    if key.multi_region:
        rename(key)
    if text is not None:
        cloud.policies.put(key.arn, text)
    return ask.answer({"KeyMetadata": metadata(key)})


def put_key_policy(cloud: Cloud, ask: Ask) -> Reply:
    """PutKeyPolicy, with the lock-out safety check unless bypassed."""
    key = _key(ask)
    accept(cloud, ask, key.arn, ask.params["Policy"], bypass=ask.params.get("BypassPolicyLockoutSafetyCheck", False))
    cloud.policies.put(key.arn, ask.params["Policy"])
    return ask.answer({})


def get_key_policy(cloud: Cloud, ask: Ask) -> Reply:
    """GetKeyPolicy: as written, with ids for deleted principals."""
    key = _key(ask)
    return ask.answer({"Policy": cloud.policies.text(key.arn) or key.generate_default_policy(), "PolicyName": "default"})


def enable_key_rotation(cloud: Cloud, ask: Ask) -> Reply:
    """EnableKeyRotation: the period is kept (90 to 2,560 days, default 365)."""
    key, days = _key(ask), ask.params.get("RotationPeriodInDays", keys.ROTATION_DAYS)
    _symmetric(key)
    if days not in ROTATION_DAYS:
        raise Refusal("ValidationException", f"RotationPeriodInDays must be between 90 and 2560, not {days}.")
    cloud.keys.notes(key.arn).rotation_days = days
    return with_plain_ids(cloud, ask)


def get_key_rotation_status(cloud: Cloud, ask: Ask) -> Reply:
    """GetKeyRotationStatus, with period and next date."""
    key = _key(ask)
    status = {"KeyId": key.arn, "KeyRotationEnabled": key.key_rotation_status}
    if key.key_rotation_status:
        days = cloud.keys.notes(key.arn).rotation_days
        status |= {"RotationPeriodInDays": days, "NextRotationDate": utc(ask.at) + timedelta(days=days)}
    return ask.answer(status)


def rotate_key_on_demand(cloud: Cloud, ask: Ask) -> Reply:
    """RotateKeyOnDemand: new material, 25 times in a key's life; ciphertext and data keys of old stay readable."""
    key = _key(ask)
    _symmetric(key)
    if is_replica(key):
        raise Refusal("UnsupportedOperationException", f"{key.arn} is a replica key; rotate its primary key.")
    if sum(each["RotationType"] == "ON_DEMAND" for each in key.rotations) >= ON_DEMAND_LIMIT:
        raise Refusal("LimitExceededException", f"{key.arn} has reached its limit of {ON_DEMAND_LIMIT} on-demand rotations.")
    return with_plain_ids(cloud, ask)


def cancel_key_deletion(cloud: Cloud, ask: Ask) -> Reply:
    """CancelKeyDeletion: the key comes back disabled."""
    key = _key(ask)
    if key.key_state != "PendingDeletion":
        raise Refusal("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    return with_plain_ids(cloud, ask)


def schedule_key_deletion(cloud: Cloud, ask: Ask) -> Reply:
    """ScheduleKeyDeletion: 7 to 30 days."""
    key, days = _key(ask), ask.params.get("PendingWindowInDays", 30)
    if not 7 <= days <= 30:  # noqa: PLR2004 - KMS API reference, ScheduleKeyDeletion
        raise Refusal("ValidationException", "PendingWindowInDays must be between 7 and 30.")
    with_plain_ids(cloud, ask)
    return ask.answer(
        {
            "KeyId": key.arn,
            "KeyState": key.key_state,
            "PendingWindowInDays": days,
            "DeletionDate": utc(ask.at) + timedelta(days=days),
        }
    )


def get_key_last_usage(cloud: Cloud, ask: Ask) -> Reply:
    """GetKeyLastUsage: one last cryptographic use of this key or replica, since its tracking began."""
    key = _key(ask)
    result = {"KeyId": key.arn, "TrackingStartDate": utc(key.creation_date), "KeyCreationDate": utc(key.creation_date)}
    last = cloud.keys.notes(key.arn).last_use
    return ask.answer(result | ({"KeyLastUsage": last} if last else {}))


RULES: dict[str, Rule] = {
    **kms_grants.RULES,
    **kms_replicas.RULES,
    **kms_signing.RULES,
    "CancelKeyDeletion": cancel_key_deletion,
    "CreateKey": create_key,
    "EnableKeyRotation": enable_key_rotation,
    "GetKeyLastUsage": get_key_last_usage,
    "GetKeyPolicy": get_key_policy,
    "GetKeyRotationStatus": get_key_rotation_status,
    "PutKeyPolicy": put_key_policy,
    "RotateKeyOnDemand": rotate_key_on_demand,
    "ScheduleKeyDeletion": schedule_key_deletion,
}
