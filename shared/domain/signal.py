"""What an alert says, once its source's shape has been read."""

from enum import StrEnum

from pydantic import AwareDatetime

from .actor import Actor
from .resource import Cloud, Ref
from .value import Value


class Source(StrEnum):
    """Where an alert comes from."""

    CLOUDTRAIL = "cloudtrail"
    GUARDDUTY = "guardduty"
    SECURITY_HUB = "securityhub"
    OCSF = "ocsf"
    MACIE = "macie"
    ACCESS_ANALYZER = "access-analyzer"
    CONFIG = "config"
    HEALTH = "health"
    BACKUP = "backup"
    ALARM = "alarm"
    TRUSTED_ADVISOR = "trusted-advisor"
    DEFENDER = "defender"
    SENTINEL = "sentinel"
    ENTRA = "entra"
    AZURE_ACTIVITY = "azure-activity"
    AZURE_STORAGE = "azure-storage"
    AZURE_KEY_VAULT = "azure-key-vault"


class Confirmation(StrEnum):
    """What the source said when it was asked again (a forged alert is the cheapest denial of service)."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    NOT_FOUND = "not-found"
    UNREACHABLE = "unreachable"


class Signal(Value):
    """One alert, read.

    `id` is the source's own id of the fact (finding id, CloudTrail eventID); `raw_digest` is the SHA-256 of the bytes as received.
    `at` is when it happened, not when it arrived. `detector` is what the source needs to be asked again (GuardDuty detector id).
    `resources` are what was touched; object keys never appear in them, for a key can name a patient.
    """

    id: str
    cloud: Cloud = Cloud.AWS
    source: Source
    event: str
    at: AwareDatetime
    account: str
    region: str
    actor: Actor | None
    resources: tuple[Ref, ...] = ()
    failed: bool = False
    sample: bool = False
    severity: float = 0.0
    technique: str = ""
    request_id: str = ""
    source_address: str = ""
    detector: str = ""
    raw_digest: str
