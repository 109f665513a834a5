"""What a row of the rule table says, and nothing that it does: an auditor reads it, a program compiles it."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from shared.domain.case import Mode
from shared.domain.duration import Duration
from shared.domain.value import Value

from .decision import Decision


class Playbook(StrEnum):
    """Which response a rule calls for; the stages of a case choose their actions by what it touches."""

    KEY_TAMPERING = "key-tampering"
    EXPOSURE = "exposure"
    EXFILTRATION = "exfiltration"
    RANSOM = "ransom"
    PERSISTENCE = "persistence"
    CREDENTIALS = "credentials"
    EVASION = "evasion"
    BACKUPS = "backups"
    SECRETS = "secrets"  # pragma: allowlist secret
    ROOT = "root"
    DISCOVERY = "discovery"


class Rule(Value):
    """One row.

    `events` are names, or shell patterns, of one source's events. `when` names a condition on the record's content
    (`conditions.CONDITIONS`), `where` further fields and the pattern each must match. `times` within `within` by one actor make
    the decision; fewer are `below`. `failed`: whether failed attempts count too,
    or alone. `distinct`: different resources are counted, not records. `spares_own`: only watched where the same actor made the
    thing, `spares_tools`: where an infrastructure tool says that it did it. `floor`: the least caution of the response.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{2,63}$")]
    source: str
    events: Annotated[tuple[str, ...], Field(min_length=1)]
    reason: Annotated[str, Field(min_length=10, max_length=300)]
    citation: str = "45 CFR 164.308(a)(6)(ii)"
    techniques: tuple[Annotated[str, Field(pattern=r"^T\d{4}(\.\d{3})?$")], ...] = ()
    playbook: Playbook
    decision: Decision = Decision.ACT
    floor: Mode = Mode.ASK
    when: str = ""
    where: dict[str, str] = Field(default_factory=dict)
    times: Annotated[int, Field(ge=1, le=100_000)] = 1
    within: Duration = timedelta(minutes=10)
    below: Decision = Decision.DROP
    distinct: bool = False
    failed: Literal["no", "also", "only"] = "no"
    spares_own: bool = False
    spares_tools: bool = False
