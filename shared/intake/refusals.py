"""Calls that a cloud refused: whoever is refused by mistake calls nobody, and these are all that is heard of them."""

import re
from dataclasses import dataclass

from shared.domain.resource import Ref
from shared.ports import Act

from .arn import ref
from .cloudtrail import act
from .record import Record
from .tolerant import Document

CODES = re.compile(r"Denied|Unauthorized|DisabledException|KMSInvalidState|IncorrectKey|InvalidKeyUsage")
"""In the error code of a call that IAM, a policy, or a key refused (CloudTrail `errorCode`; KMS API reference)."""

NAMED = re.compile(r"\bon resource: (arn:[^\s\"]+)")
"""Where a service says what was refused when it leaves out what was asked for (IAM user guide, "Access denied error messages")."""

EXPLICIT = "explicit deny"
"""What it says then where a policy refuses, and not only none allows (the same page)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused call. `resources`: all that it names, in the service's sentence too; `explicit`: that says a policy denies it."""

    act: Act
    resources: tuple[Ref, ...]
    explicit: bool


def refused(document: Document) -> Refusal | None:
    """The refused call in a CloudTrail event; None where the event is anything else."""
    record = Record.model_validate(document)
    if not (record.event_name and CODES.search(record.error_code)):
        return None
    found = act(document, lambda _profile: None)
    if found is None:
        return None
    said = NAMED.search(record.error_message)
    where = ref(said[1], record.place) if said else None
    named = dict.fromkeys((*found.resources, *([where] if where else ())))
    return Refusal(found, tuple(named), EXPLICIT in record.error_message)
