"""What EventBridge hands to the responder: event patterns, generated from the rule table of triage and from what its sources send.

A pattern only keeps away what no rule asks for; what an event means, triage says. Calls that read or write single objects and
secrets come by the hundred thousand: those are judged from findings and log files, and no pattern names them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from shared.triage.decision import Decision
from shared.triage.rule import Rule
from shared.triage.rules import RULES

type Pattern = dict[str, object]


class Sent(NamedTuple):
    """How a source's events look on the bus; no detail types: all of them."""

    source: str
    types: tuple[str, ...] = ()
    detail: Pattern | None = None


CLOUDTRAIL = "cloudtrail"

SENT: Mapping[str, Sent] = {
    "guardduty": Sent("aws.guardduty", ("GuardDuty Finding",)),
    "securityhub": Sent("aws.securityhub", ("Security Hub Findings - Imported",)),
    "ocsf": Sent("aws.securityhub", ("Findings Imported V2",)),
    "macie": Sent("aws.macie", ("Macie Finding",)),
    "access-analyzer": Sent("aws.access-analyzer", ("Access Analyzer Finding",)),
    "config": Sent("aws.config", ("Config Rules Compliance Change",)),
    "health": Sent("aws.health", ("AWS Health Event", "AWS Health Abuse Event")),
    "trusted-advisor": Sent("aws.trustedadvisor", ("Trusted Advisor Check Item Refresh Notification",)),
    "backup": Sent("aws.backup"),
    "alarm": Sent("aws.cloudwatch", ("CloudWatch Alarm State Change",), {"state": {"value": ["ALARM"]}}),
}
"""Every source of the table that EventBridge knows, besides CloudTrail, whose events are sent by the services themselves."""

ELSEWHERE = frozenset(
    {"azure-activity", "azure-key-vault", "azure-storage", "azure-alert", "defender", "sentinel", "event-grid", "entra"}
)
"""Sources of the other cloud: its own deployment hands them over."""

CALLS = (
    "AWS API Call via CloudTrail",
    "AWS Service Event via CloudTrail",
    "AWS Console Sign In via CloudTrail",
    "AWS Insight via CloudTrail",
)

OF_SERVICES = {"prefix": "aws."}
"""Sources that only services have: PutEvents takes no such event from a customer (EventBridge API reference, PutEvents)."""

TOO_MANY = frozenset(
    {
        "BatchGetSecretValue",
        "CopyObject",
        "DeleteObject",
        "DeleteObjects",
        "GetObject",
        "GetObjectTorrent",
        "GetParameter",
        "GetParameters",
        "GetParametersByPath",
        "GetSecretValue",
        "GetSnapshotBlock",
        "HeadObject",
        "ListObjectVersions",
        "ListObjects",
        "ListObjectsV2",
        "PutObject",
        "PutObjectAcl",
        "PutObjectLegalHold",
        "PutObjectRetention",
        "SelectObjectContent",
    }
)
"""Reads and writes of single objects, parameters and secrets."""

READ_ONLY = ("Get", "List", "Describe", "Head", "GenerateCredentialReport")
"""How the names of calls begin that only read; their events come to rules in the state `ALL_CALLS`."""

ALL_CALLS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
"""The state of a rule that read-only management events come to, too (EventBridge user guide, "Rule states")."""

BY_ROOT = "by-root"
"""The condition of rules that ask about whatever the root user changes."""

REFUSED = ({"wildcard": "*Denied*"}, {"wildcard": "*Unauthorized*"})
"""Error codes of calls that were refused: forty of them by one actor are a rule of the table."""

BY_KEYS = ("DisabledException", "KMSInvalidStateException", "IncorrectKeyException", {"prefix": "KMS."})
"""Error codes of calls that failed by a key: what becomes of others is watched by them and by `REFUSED` (`workflow.collateral`)."""

LONGEST_NAMES = 1700
"""Characters of names in one pattern; a pattern ends at 2,048 (EventBridge quotas)."""


class EventRule(NamedTuple):
    """One rule: its name, what it lets through, and in which state it is."""

    name: str
    pattern: Pattern
    state: str = "ENABLED"


def event_rules(rules: Sequence[Rule] = RULES) -> tuple[EventRule, ...]:
    """Every rule of one Region."""
    asked = [rule for rule in rules if rule.decision is not Decision.DROP]
    findings = (EventRule(name, _sent(SENT[name])) for name in SENT if any(rule.source == name for rule in asked))
    return (*findings, *_calls(asked), EventRule("by-keys", _called(errorCode=list(BY_KEYS)), ALL_CALLS))


def _sent(sent: Sent) -> Pattern:
    types: Pattern = {"detail-type": list(sent.types)} if sent.types else {}
    return {"source": [sent.source], **types, **({"detail": sent.detail} if sent.detail else {})}


def _calls(asked: Iterable[Rule]) -> Iterator[EventRule]:
    """CloudTrail's events: by name, in as many rules as the names take; and what was refused, whatever its name."""
    ours = [rule for rule in asked if rule.source == CLOUDTRAIL]
    spoken = {name for rule in ours for name in rule.events if rule.when != BY_ROOT or "*" not in name}
    names = spoken - TOO_MANY - {"*"}
    reads = {name for name in names if name.startswith(READ_ONLY)}
    for word, some, state in (("read", reads, ALL_CALLS), ("call", names - reads, "ENABLED")):
        for number, group in enumerate(_groups(sorted(some))):
            yield EventRule(f"{word}-{number}", _called(eventName=group), state)
    if any(rule.when == BY_ROOT for rule in ours):
        yield EventRule("root", _called(userIdentity={"type": ["Root"]}, readOnly=[False]))
    if any("*" in rule.events for rule in ours):
        yield EventRule("policies", _called(eventName=[{"wildcard": "*Policy*"}], readOnly=[False]))
        yield EventRule("refused", _called(errorCode=list(REFUSED)), ALL_CALLS)


def _called(**detail: object) -> Pattern:
    return {"source": [OF_SERVICES], "detail-type": list(CALLS), "detail": detail}


def _groups(names: Sequence[str]) -> Iterator[list[object]]:
    """Matches of these names, as many at a time as one pattern takes."""
    group: list[object] = []
    size = 0
    for name in names:
        match = _match(name)
        length = len(name) + (len('{"wildcard":""},') if isinstance(match, dict) else len('"",'))
        if group and size + length > LONGEST_NAMES:
            yield group
            group, size = [], 0
        group.append(match)
        size += length
    if group:
        yield group


def _match(name: str) -> object:
    """A name as EventBridge matches it: as it is, by its beginning, or with wildcards."""
    if "*" not in name:
        return name
    return {"prefix": name[:-1]} if name.index("*") == len(name) - 1 else {"wildcard": name}
