"""Security Hub findings in ASFF (Security Finding Format), whoever's they are: GuardDuty's, Macie's, a control's, a partner's."""

from collections.abc import Iterator

from shared.domain.actor import Credential

from .fact import NOBODY, Fact, Who
from .moments import seconds
from .objects_left_out import of_object, without_key, without_objects
from .pieces import first, once, place_of, severity_of
from .tolerant import Document, folded, items, text, within

SOURCE = "securityhub"

CLOSED = (
    ("recordstate", {"ARCHIVED"}, "the finding is archived"),
    ("workflow.status", {"RESOLVED", "SUPPRESSED"}, "somebody resolved or suppressed the finding"),
    ("workflowstate", {"RESOLVED", "SUPPRESSED"}, "somebody resolved or suppressed the finding"),
    ("compliance.status", {"PASSED", "NOT_AVAILABLE"}, "the control is passed or could not be checked"),
)

KINDS = (
    ("Software and Configuration Checks/Vulnerabilities", "vulnerability"),
    ("Software and Configuration Checks/Industry and Regulatory Standards", "control"),
    ("Software and Configuration Checks/AWS Security Best Practices", "control"),
    ("Sensitive Data Identifications", "sensitive-data"),
    ("Effects/Data Exposure", "effects/data-exposure"),
    ("Effects/Data Exfiltration", "effects/data-exfiltration"),
    ("Effects", "effects/other"),
    ("TTPs", "ttps"),
    ("Unusual Behaviors", "unusual-behaviors"),
)
"""Namespaces of `Types` (ASFF type taxonomy), and what a rule is written for."""


def fact(document: Document) -> Fact:
    """One finding. Its event is the detection's own type where it has one, else the control's id, else its namespace."""
    account = text(document.get("awsaccountid"))
    types = tuple(text(kind) for kind in items(document.get("types")))
    return Fact(
        source=SOURCE,
        event=_event(document, types),
        id=first(document, "id"),
        at=seconds(document.get("updatedat")) or seconds(document.get("lastobservedat")) or seconds(document.get("createdat")),
        account=account,
        region=first(document, "region") or place_of((first(document, "productarn"),))[1],
        actor=_actor(document, account),
        resources=without_objects(_resources(document)),
        sample=text(document.get("title")).startswith("[SAMPLE]")
        or first(document, "productfields.aws/guardduty/service/additionalinfo/sample") == "true",
        closed=_closed(document),
        severity=severity_of(first(document, "severity.label") or within(document, "severity", "normalized")),
        request=dict(document) | {"kind": _kind(document, types)},
    )


def _closed(document: Document) -> str:
    return next((why for path, states, why in CLOSED if first(document, path).upper() in states), "")


def _kind(document: Document, types: tuple[str, ...]) -> str:
    if first(document, "compliance.status"):
        return "control"
    return next((kind for start, kind in KINDS for each in types if each.startswith(start)), "other")


def _event(document: Document, types: tuple[str, ...]) -> str:
    """`Exfiltration:S3/AnomalousBehavior` of `TTPs/Exfiltration/Exfiltration:S3-AnomalousBehavior`; `S3.2` of a control."""
    detection = next((kind.rpartition("/")[2] for kind in types if ":" in kind.rpartition("/")[2]), "")
    if detection:
        purpose, _, rest = detection.partition(":")
        return f"{purpose}:{rest.replace('-', '/', 1)}"
    return control_of(document) or (types[0] if types else "") or first(document, "generatorid", "title") or "finding"


def control_of(document: Document) -> str:
    """The control's id, whatever the standard calls it: `S3.2`, `PCI.S3.2` and `CIS.2.1`."""
    return first(document, "compliance.securitycontrolid", "productfields.controlid") or (
        f"CIS.{rule}"
        if (rule := first(document, "productfields.ruleid"))
        else first(document, "generatorid").rpartition("/")[2]
        if first(document, "compliance.status")
        else ""
    )


def _resources(document: Document) -> Iterator[str]:
    for each in items(document.get("resources")):
        name = of_object(first(each, "id"), first(each, "type"))
        yield without_key(name) or ("" if name.startswith("AWS::") else name)


def _actor(document: Document, account: str) -> Who:
    for each in items(document.get("resources")):
        details = folded(within(each, "details", "awsiamaccesskey"))
        name = text(details.get("principalname")) or text(details.get("username"))
        if name:
            kind = text(details.get("principaltype"))
            if kind == "Root" or name == "root":
                return Who(name, Credential.ROOT, account, (f"root:{account}",), name)
            owner = f"role:{account}:{name}" if "Role" in kind else f"user:{account}:{name}"
            key = first(each, "id").rpartition(":")[2]
            session = text(details.get("principalid"))
            keys = once(
                (
                    owner,
                    f"session:{session}" if ":" in session else f"id:{session}" if session else "",
                    f"key:{key}" if key.startswith(("AKIA", "ASIA")) else "",
                )
            )
            return Who(name, Credential.ROLE_SESSION if "Role" in kind else Credential.LONG_TERM_KEY, account, keys, name)
    return NOBODY
