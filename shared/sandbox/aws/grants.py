"""KMS grants: an allow for one principal, some operations, and one encryption context.

Source: KMS Developer Guide, "Grants in AWS KMS"; KMS API reference, CreateGrant and RetireGrant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.sandbox.aws.naming import Principal, Reach, reach_of_name
from shared.sandbox.aws.patterns import Context

# Constraints bind the symmetric operations only, because no other has an encryption context.
CONSTRAINED: Final = frozenset(
    {
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "ReEncryptFrom",
        "ReEncryptTo",
    }
)

_CONTEXT_KEY: Final = "kms:encryptioncontext:"


@dataclass(frozen=True, slots=True)
class Grant:
    """A KMS grant on the requested key: its grantee may do `operations` ("Decrypt" ...) within the context constraints.

    `grantee` and `retiring` are principal ARNs or service names. A constraint of None does not constrain.
    """

    grant_id: str
    grantee: str
    operations: tuple[str, ...]
    context_equals: Mapping[str, str] | None = None
    context_subset: Mapping[str, str] | None = None
    retiring: str = ""


def granted(grant: Grant, caller: Principal, action: str, context: Context) -> bool:
    """Whether a grant lets the caller do an action ("kms:Decrypt") in a request context."""
    service, _, operation = action.partition(":")
    if service != "kms":
        return False
    if operation == "RetireGrant" and _is(caller, grant.retiring):
        return True
    return operation in grant.operations and _is(caller, grant.grantee) and _within(grant, operation, context)


def _is(caller: Principal, grantee: str) -> bool:
    if caller.kind == "service":
        return grantee == caller.arn
    return grantee not in {"", "*"} and reach_of_name(grantee, caller) >= Reach.ROLE


def _within(grant: Grant, operation: str, context: Context) -> bool:
    if operation not in CONSTRAINED:
        return True
    given = {key.removeprefix(_CONTEXT_KEY): values[0] for key, values in context.items() if key.startswith(_CONTEXT_KEY)}
    exact, subset = _folded(grant.context_equals), _folded(grant.context_subset)
    return (exact is None or given == exact) and (subset is None or subset.items() <= given.items())


def _folded(constraint: Mapping[str, str] | None) -> dict[str, str] | None:
    """A constraint under the spelling of condition keys, which are in lower case."""
    return None if constraint is None else {key.lower(): value for key, value in constraint.items()}
