"""Findings about which the table has nothing to think over: GuardDuty's, of a theft that goes on.

A fence must not wait until three hundred rules are read. So these few rows are a copy of what the table says, and a test holds
them to it; where `response.toml` changes anything in the table, the table itself is asked.
"""

from shared.domain.signal import Signal, Source
from shared.intake.tolerant import Document, flag, text, within
from shared.settings import Policy, Triage

AT_ONCE: tuple[tuple[str, str], ...] = (
    ("AttackSequence:", "gd-attack-sequence"),
    ("Exfiltration:", "gd-data-taken"),
    ("UnauthorizedAccess:S3/", "gd-data-taken"),
    ("Impact:S3/", "gd-data-taken"),
    ("PenTest:S3/", "gd-data-taken"),
    ("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration", "gd-instance-credentials"),
    ("UnauthorizedAccess:IAMUser/", "gd-identity"),
    ("CredentialAccess:IAMUser/", "gd-identity"),
    ("Persistence:IAMUser/", "gd-identity"),
    ("PrivilegeEscalation:IAMUser/", "gd-identity"),
    ("InitialAccess:IAMUser/", "gd-identity"),
    ("Impact:IAMUser/", "gd-identity"),
    ("PenTest:IAMUser/", "gd-identity"),
    ("DefenseEvasion:IAMUser/", "gd-evasion"),
    ("Stealth:", "gd-evasion"),
)
"""How a finding's type begins, and the rule that acts on it whatever else it says. The first that fits counts."""

UNCHANGED = Triage()


def at_once(signal: Signal, document: Document, policy: Policy) -> str:
    """The rule by which this is acted on without another thought, empty where the table has to be asked."""
    if signal.source is not Source.GUARDDUTY or signal.failed or signal.sample or policy.triage != UNCHANGED:
        return ""
    if flag(within(document, "service", "archived")) or flag(document.get("archived")) or _titled_sample(document):
        return ""
    return next((rule for start, rule in AT_ONCE if signal.event.startswith(start)), "")


def _titled_sample(document: Document) -> bool:
    return text(document.get("title")).startswith("[SAMPLE]")
