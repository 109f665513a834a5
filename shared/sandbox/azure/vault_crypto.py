"""Cryptography with a key that never leaves its vault.

Source: Key Vault REST reference 2025-07-01 ; "About keys" on what expiry forbids.
"""

from collections.abc import Callable
from typing import Any

from shared.sandbox.azure import key_material
from shared.sandbox.azure import vault_refusals as refused
from shared.sandbox.azure.key_material import Private, Unfit, b64, unb64
from shared.sandbox.azure.vault_keys import Ask, Doing
from shared.sandbox.azure.vault_state import KeyVersion

BACKWARD = frozenset({"decrypt", "unwrapKey", "verify"})
"""What an expired key, or one not yet valid, still does: reading what it once protected."""


def fit(version: KeyVersion, operation: str, at: float) -> None:
    """Raises VaultProblem `Forbidden` where a version does not do what is asked."""
    if not version.enabled:
        raise refused.disabled(operation)
    if operation not in BACKWARD:
        if version.expires is not None and version.expires <= at:
            raise refused.out_of_time(operation, "an expired")
        if version.not_before is not None and version.not_before > at:
            raise refused.out_of_time(operation, "a not yet valid")
    if not version.allows(operation):
        raise refused.not_permitted(operation)


def _doing(operation: str, work: Callable[[Private, str, bytes], bytes]) -> Doing:
    def do(ask: Ask) -> dict[str, Any]:
        key, version = ask.which()
        fit(version, operation, ask.at)
        try:
            result = work(version.private, str(ask.body.get("alg")), unb64(str(ask.body.get("value"))))
        except (Unfit, ValueError) as unfit:
            raise refused.bad(str(unfit)) from unfit
        return {"kid": ask.vault.kid(key, version), "value": b64(result)}

    return do


def verify(ask: Ask) -> dict[str, Any]:
    """Whether a signature is right: a wrong one is an answer, not a refusal."""
    _, version = ask.which()
    fit(version, "verify", ask.at)
    digest, signature = (unb64(str(ask.body.get(name))) for name in ("digest", "value"))
    try:
        return {"value": key_material.verify(version.private, str(ask.body.get("alg")), digest, signature)}
    except Unfit as unfit:
        raise refused.bad(str(unfit)) from unfit


wrap = _doing("wrapKey", key_material.wrap)
unwrap = _doing("unwrapKey", key_material.unwrap)
encrypt = _doing("encrypt", key_material.wrap)
decrypt = _doing("decrypt", key_material.unwrap)
sign = _doing("sign", key_material.sign)
