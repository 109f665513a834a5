"""KMS: the permissions an operation needs, and the condition keys of its parameters.

Source: KMS Developer Guide, "AWS KMS permissions" and "Condition keys for AWS KMS".
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from shared.sandbox.aws.wire_calls import ANY, Needed, Origin, Parameters

# These are about the account, whatever key they also name.
ACCOUNT_WIDE: Final = frozenset({"CreateKey", "GenerateRandom", "ListAliases", "ListKeys", "ListRetirableGrants"})

_KEY_ID_LENGTH: Final = 36


def needed(operation: str, parameters: Parameters, origin: Origin) -> tuple[Needed, ...]:
    """The permissions of a KMS operation; raises what `resolve_key` raises for an unknown key."""
    several = _SEVERAL.get(operation)
    if several:
        return tuple(several(parameters, origin))
    return (
        Needed(f"kms:{operation}", ANY if operation in ACCOUNT_WIDE else _key(parameters, origin)),
        *_tagging(parameters, operation),
    )


def _tagging(parameters: Parameters, operation: str) -> Iterable[Needed]:
    if operation == "CreateKey" and parameters.get("Tags"):
        yield Needed("kms:TagResource", ANY)


def _key(parameters: Parameters, origin: Origin) -> str:
    if "KeyId" in parameters:
        return origin.key(str(parameters["KeyId"]))
    return _key_of_ciphertext(parameters, origin) if "CiphertextBlob" in parameters else ANY


def _key_of_ciphertext(parameters: Parameters, origin: Origin) -> str:
    """The key that a ciphertext names at its head, as the emulator writes it; "*" where there is none, so that it may object."""
    try:
        head = base64.b64decode(str(parameters["CiphertextBlob"]), validate=True)[:_KEY_ID_LENGTH].decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return ANY
    return origin.key(head) if len(head) == _KEY_ID_LENGTH else ANY


def _re_encrypt(parameters: Parameters, origin: Origin) -> Iterable[Needed]:
    source = parameters.get("SourceKeyId")
    yield Needed("kms:ReEncryptFrom", origin.key(str(source)) if source else _key_of_ciphertext(parameters, origin))
    yield Needed("kms:ReEncryptTo", origin.key(str(parameters.get("DestinationKeyId", ""))))


def _alias(parameters: Parameters, origin: Origin) -> str:
    return origin.arn("arn:aws:kms:{region}:{account}:{value}", str(parameters.get("AliasName", "")))


def _create_alias(parameters: Parameters, origin: Origin) -> Iterable[Needed]:
    yield Needed("kms:CreateAlias", _alias(parameters, origin))
    yield Needed("kms:CreateAlias", origin.key(str(parameters.get("TargetKeyId", ""))))


def _update_alias(parameters: Parameters, origin: Origin) -> Iterable[Needed]:
    yield Needed("kms:UpdateAlias", _alias(parameters, origin))
    yield Needed("kms:UpdateAlias", origin.key(str(parameters.get("AliasName", ""))))
    yield Needed("kms:UpdateAlias", origin.key(str(parameters.get("TargetKeyId", ""))))


def _delete_alias(parameters: Parameters, origin: Origin) -> Iterable[Needed]:
    yield Needed("kms:DeleteAlias", _alias(parameters, origin))
    yield Needed("kms:DeleteAlias", origin.key(str(parameters.get("AliasName", ""))))


def _replicate(parameters: Parameters, origin: Origin) -> Iterable[Needed]:
    """ReplicateKey: on the primary here, and the right to create a key in the replica's Region (an IAM permission)."""
    yield Needed("kms:ReplicateKey", _key(parameters, origin))
    yield Needed("kms:CreateKey", ANY)
    yield from _tagging(parameters, "CreateKey")


_SEVERAL: Final[Mapping[str, Callable[[Parameters, Origin], Iterable[Needed]]]] = {
    "CreateAlias": _create_alias,
    "DeleteAlias": _delete_alias,
    "ReEncrypt": _re_encrypt,
    "ReplicateKey": _replicate,
    "UpdateAlias": _update_alias,
}

# Condition key <- parameter, for those that are one value or a list of them.
KEYS: Final[Mapping[str, str]] = {
    "kms:bypasspolicylockoutsafetycheck": "BypassPolicyLockoutSafetyCheck",
    "kms:customermasterkeyspec": "CustomerMasterKeySpec",
    "kms:datakeypairspec": "KeyPairSpec",
    "kms:encryptionalgorithm": "EncryptionAlgorithm",
    "kms:granteeprincipal": "GranteePrincipal",
    "kms:granteeserviceprincipal": "GranteeServicePrincipal",
    "kms:grantoperations": "Operations",
    "kms:keyorigin": "Origin",
    "kms:keyspec": "KeySpec",
    "kms:keyusage": "KeyUsage",
    "kms:messagetype": "MessageType",
    "kms:multiregion": "MultiRegion",
    "kms:primaryregion": "PrimaryRegion",
    "kms:replicaregion": "ReplicaRegion",
    "kms:retiringprincipal": "RetiringPrincipal",
    "kms:rotationperiodindays": "RotationPeriodInDays",
    "kms:scheduledeletionpendingwindowindays": "PendingWindowInDays",
    "kms:signingalgorithm": "SigningAlgorithm",
}

_DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = {
    "Decrypt": {"kms:encryptionalgorithm": "SYMMETRIC_DEFAULT"},
    "Encrypt": {"kms:encryptionalgorithm": "SYMMETRIC_DEFAULT"},
    "GenerateDataKey": {"kms:encryptionalgorithm": "SYMMETRIC_DEFAULT"},
    "PutKeyPolicy": {"kms:bypasspolicylockoutsafetycheck": "false"},
    "CreateKey": {
        "kms:bypasspolicylockoutsafetycheck": "false",
        "kms:keyspec": "SYMMETRIC_DEFAULT",
        "kms:keyusage": "ENCRYPT_DECRYPT",
    },
}


def context(operation: str, parameters: Parameters, origin: Origin) -> dict[str, tuple[str, ...]]:
    """The condition keys of a KMS request. `kms:ViaService` and keys about the key itself are the server's to add."""
    found: dict[str, tuple[str, ...]] = {key: (value,) for key, value in _DEFAULTS.get(operation, {}).items()}
    found |= {key: _values(parameters[name]) for key, name in KEYS.items() if name in parameters}
    found["kms:calleraccount"] = (origin.account,)
    found |= _encryption_context(parameters.get("EncryptionContext") or parameters.get("SourceEncryptionContext") or {})
    reference = str(parameters.get("KeyId", parameters.get("DestinationKeyId", "")))
    if "alias/" in reference:
        found["kms:requestalias"] = (reference[reference.index("alias/") :],)
    if constraints := parameters.get("Constraints"):
        found["kms:grantconstrainttype"] = tuple(constraints)
    return found


def _encryption_context(given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    if not given:
        return {}
    pairs = {f"kms:encryptioncontext:{key.lower()}": (str(value),) for key, value in given.items()}
    return pairs | {"kms:encryptioncontextkeys": tuple(given)}


def _values(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    return (str(value).lower() if isinstance(value, bool) else str(value),)
