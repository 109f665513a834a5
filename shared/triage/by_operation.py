"""The rows of the table that Azure Monitor can carry: its alert rules on the activity log name operations whole, and no patterns.

Who deploys these rules and who looks whether they still are there say the same of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .decision import Decision
from .rule import Rule
from .rules import RULES

SOURCE = "azure-activity"
ACTION_GROUP = "codeblue-alerts"
"""The action group in each subscription that calls the responder."""

PATTERN = frozenset("*?[")


def asked(rules: Iterable[Rule] = RULES) -> Iterator[Rule]:
    """The rules of the table that want to hear of operations, once or counted."""
    return (rule for rule in rules if rule.source == SOURCE and rule.decision is not Decision.DROP)


def carried() -> tuple[Rule, ...]:
    """Those of them that name any operation whole."""
    return tuple(rule for rule in asked() if operations(rule))


def operations(rule: Rule) -> tuple[str, ...]:
    """The operations that it names whole."""
    return tuple(event for event in rule.events if not is_pattern(event))


def is_pattern(event: str) -> bool:
    """Whether it stands for more than one operation."""
    return bool(PATTERN & set(event))


def name(rule: Rule) -> str:
    """What its alert rule is called."""
    return f"codeblue-{rule.id}"


def condition(rule: Rule) -> Mapping[str, Any]:
    """What its alert rule waits for (`properties.condition`, Activity Log Alerts, 2020-10-01)."""
    named = [{"field": "operationName", "equals": operation} for operation in operations(rule)]
    which = named if len(named) == 1 else [{"anyOf": named}]
    # attempts that fail count for some rules; for all others the end of an operation is enough, and its beginning is none
    done = [{"field": "status", "equals": "Succeeded"}] if rule.failed == "no" else []
    return {"allOf": [{"field": "category", "equals": "Administrative"}, *which, *done]}
