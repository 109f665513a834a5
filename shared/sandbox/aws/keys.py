"""What KMS knows of keys and moto does not: rotation periods and limits, deletion windows, last use, grant names."""

import threading
from dataclasses import dataclass, field
from typing import Any

from moto.kms.models import Key, KmsBackend, kms_backends

from shared.sandbox.aws.clock import utc
from shared.sandbox.aws.refusals import Refusal

ROTATION_DAYS = 365


@dataclass(slots=True)
class KeyNotes:
    """Facts about one key, beside moto's."""

    rotation_days: int = ROTATION_DAYS
    last_use: dict[str, Any] = field(default_factory=dict)
    grants: dict[str, dict[str, Any]] = field(default_factory=dict)


class KeyBook:
    """Notes by key ARN, and the way from any key reference to moto's key."""

    def __init__(self) -> None:
        self._notes: dict[str, KeyNotes] = {}
        self._lock = threading.Lock()

    def forget(self) -> None:
        self._notes.clear()

    def used(self, arn: str, operation: str, at: float, request_id: str) -> None:
        """Note a cryptographic use of a key, for GetKeyLastUsage."""
        self.notes(arn).last_use = {"Operation": operation, "Timestamp": utc(at), "KmsRequestId": request_id}

    def notes(self, arn: str) -> KeyNotes:
        with self._lock:
            return self._notes.setdefault(arn, KeyNotes())


def backend(account: str, region: str) -> KmsBackend:
    """moto's KMS of one account and Region."""
    return kms_backends[account][region]


def about(key: Key) -> dict[str, tuple[str, ...]]:
    """The condition keys that a key gives: its aliases, and its tags (KMS developer guide, "ABAC for AWS KMS")."""
    tags = backend(key.account_id, key.region).tagger.get_tag_dict_for_resource(key.id)
    tagged = {f"aws:resourcetag/{name.lower()}": (value,) for name, value in tags.items()}
    return {"kms:resourcealiases": tuple(key.aliases), **tagged}


def regions(account: str) -> list[str]:
    """The Regions in which an account has a KMS of moto's."""
    return list(kms_backends[account])


def find(account: str, region: str, reference: str) -> Key | None:
    """The key behind an id, ARN, alias name or alias ARN; an ARN overrides account and Region. None if there is none."""
    parts = reference.split(":")
    if len(parts) > 5:  # noqa: PLR2004 - an ARN has six parts
        region, account = parts[3], parts[4]
    kms = backend(account, region)
    return kms.keys.get(kms.any_id_to_key_id(reference)) if _known(kms, reference) else None


def _known(kms: KmsBackend, reference: str) -> bool:
    name = kms.get_alias_name(reference)
    return not name.startswith("alias/") or kms.get_key_id_from_alias(name) is not None


def require(account: str, region: str, reference: str) -> Key:
    """The key behind a reference. Raises Refusal `NotFoundException`."""
    key = find(account, region, reference)
    if key is None:
        arn = reference if reference.startswith("arn:") else f"arn:aws:kms:{region}:{account}:{_kind(reference)}"
        sentence = f"Alias {arn} is not found." if ":alias/" in arn else f"Key '{arn}' does not exist"
        raise Refusal("NotFoundException", sentence)
    return key


def _kind(reference: str) -> str:
    return reference if reference.startswith("alias/") else f"key/{reference}"
