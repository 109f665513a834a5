"""AWS events whose EventBridge envelope says what they are: Config, Health, Backup, alarms, Trusted Advisor, and all the others."""

from collections.abc import Callable
from typing import Any

from shared.domain.actor import Credential

from .fact import NOBODY, Fact, Who
from .moments import seconds
from .objects_left_out import without_key, without_objects
from .pieces import first, once
from .tolerant import Document, folded, items, shown, text, within


def fact(document: Document) -> Fact:
    """The envelope as a fact: by the table below, or set aside by its name."""
    detail = folded(document.get("detail"))
    read = next((reader for start, reader in READERS if text(document.get("detailtype")).lower().startswith(start)), _other)
    return read(document, detail)


def _envelope(document: Document, **fields: object) -> Fact:
    common: dict[str, Any] = {
        "id": first(document, "id"),
        "at": seconds(document.get("time")),
        "account": text(document.get("account")),
        "region": text(document.get("region")),
        "resources": without_objects(without_key(text(each)) for each in items(document.get("resources"))),
    }
    return Fact(**(common | fields))


def _other(document: Document, _: dict[str, Any]) -> Fact:
    name = shown(text(document.get("detailtype")))
    aside = f'the event "{name}" of {shown(text(document.get("source")))} says nothing about who can reach health data'
    return _envelope(document, source="eventbridge", event=name, aside=aside)


def _config(document: Document, detail: dict[str, Any]) -> Fact:
    verdict = first(detail, "newevaluationresult.compliancetype").upper()
    closed = "" if verdict == "NON_COMPLIANT" else f"the rule's verdict is {shown(verdict.lower() or 'missing')}"
    name = first(detail, "resourceid")
    kind = first(detail, "resourcetype")
    resource = f"arn:aws:s3:::{name}" if kind == "AWS::S3::Bucket" else name
    return _envelope(
        document,
        source="config",
        event=first(detail, "configrulename") or "compliance change",
        resources=without_objects((resource,)),
        closed=closed,
        request={"resourcetype": kind},
    )


def _health(document: Document, detail: dict[str, Any]) -> Fact:
    entities = once(first(each, "entityvalue") for each in items(detail.get("affectedentities")))
    closed = "the health event is over" if first(detail, "statuscode").lower() == "closed" else ""
    key = next((entity for entity in entities if entity.startswith("AKIA")), "")
    return _envelope(
        document,
        source="health",
        event=first(detail, "eventtypecode") or "health event",
        resources=(),
        closed=closed,
        actor=_of_key(key, "", ""),
    )


def _of_key(key: str, user: str, account: str) -> Who:
    """Whose access key it is: what was found in public is a credential, and its owner where the notice names one."""
    if not (key or user):
        return NOBODY
    owner = f"user:{account}:{user}" if user and account else ""
    return Who(user or key, Credential.LONG_TERM_KEY, account, once((owner, f"key:{key}" if key else "")), user)


def _backup(document: Document, detail: dict[str, Any]) -> Fact:
    kind = text(document.get("detailtype"))
    state = first(detail, "state", "status").upper()
    resources = without_objects(
        (
            *(text(each) for each in items(document.get("resources"))),
            first(detail, "backupvaultarn"),
            first(detail, "destinationbackupvaultarn"),
            first(detail, "resourcearn"),
        )
    )
    return _envelope(document, source="backup", event=f"{kind}: {state}" if state else kind, resources=resources, request=detail)


def _alarm(document: Document, detail: dict[str, Any]) -> Fact:
    state = first(detail, "state.value").upper()
    closed = "" if state == "ALARM" else f"the alarm's state is {shown(state or 'missing')}"
    return _envelope(document, source="alarm", event=first(detail, "alarmname") or "alarm", closed=closed, request=detail)


def _advisor(document: Document, detail: dict[str, Any]) -> Fact:
    status = first(detail, "status").upper()
    closed = "" if status in {"ERROR", "WARN"} else f"the check's status is {shown(status or 'missing')}"
    item = folded(within(detail, "checkitemdetail"))
    key = next((text(v) for v in item.values() if text(v).startswith("AKIA")), "")
    return _envelope(
        document,
        source="trusted-advisor",
        event=first(detail, "checkname") or "check",
        closed=closed,
        actor=_of_key(key, first(detail, "checkitemdetail.user name (iam or root)"), text(document.get("account"))),
    )


def _preview(document: Document, _: dict[str, Any]) -> Fact:
    return _envelope(
        document, source="access-analyzer", event="Access Preview State Change", aside="a preview of access that nobody has yet"
    )


READERS: tuple[tuple[str, Callable[[Document, dict[str, Any]], Fact]], ...] = (
    ("config rules compliance change", _config),
    ("aws health", _health),
    ("backup ", _backup),
    ("copy job", _backup),
    ("restore job", _backup),
    ("recovery point", _backup),
    ("region setting", _backup),
    ("cloudwatch alarm state change", _alarm),
    ("trusted advisor check", _advisor),
    ("access preview", _preview),
)
"""How a `detail-type` begins, in lower case, and what reads it."""
