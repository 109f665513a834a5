"""Immutability: what may not be changed or deleted, whoever asks.

Source: "Container-level WORM policies", "Version-level WORM policies". A container's time-based policy holds each blob from its
creation; even after that time it may only be deleted, never overwritten. Protected appends are the one exception.
"""

from typing import Literal

from shared.sandbox.azure.blob_call import refusal
from shared.sandbox.azure.storage_state import Container, Version
from shared.sandbox.azure.vault_state import DAY

type Change = Literal["overwrite", "delete", "append"]


def demand_mutable(container: Container, version: Version | None, change: Change, at: float) -> None:
    """Raises Problem 409 where a hold or a policy stands against changing this state of a blob."""
    if version is None or container.versioned_worm:
        return
    if container.holds and not (change == "append" and container.hold_appends):
        raise refusal("BlobImmutableDueToLegalHold")
    policy = container.policy
    if policy is None or (change == "append" and _protected_append(container, version)):
        return
    if change != "delete" or at < version.created + policy.days * DAY:
        raise refusal("BlobImmutableDueToPolicy")


def _protected_append(container: Container, version: Version) -> bool:
    policy = container.policy
    return policy is not None and (policy.appends_all or (policy.appends and version.kind == "AppendBlob"))


def demand_version_mutable(version: Version, at: float) -> None:
    """Raises Problem 409 where a version's own hold or policy stands against its end."""
    if version.hold:
        raise refusal("BlobImmutableDueToLegalHold")
    if version.worm and at < version.worm.until:
        raise refusal("BlobImmutableDueToPolicy")
