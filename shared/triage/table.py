"""The rule table compiled: from a record's source and event to the rules that listen to it, and what `response.toml` adds.

Raises BadInput naming the rule and what is wrong with it; a table that is half understood would be half obeyed.
"""

import fnmatch
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pydantic import ValidationError

from shared.domain.errors import BadInput
from shared.intake.fact import Fact
from shared.intake.tolerant import text, within
from shared.settings import Policy

from .conditions import CONDITIONS, Ask
from .decision import Decision
from .rule import Rule
from .rules import RULES

SOURCES = frozenset(rule.source for rule in RULES) | {"eventbridge"}

CACHED = 20_000
"""Names of events that are remembered with their rules; more are looked up again."""

FIELDS = frozenset({"service", "error", "account", "region", "agent", "address", "event"})
"""Fields of a fact that `where` can name; any other is a path in what was asked for."""


class Compiled(NamedTuple):
    """A rule with its condition's code at hand."""

    rule: Rule
    ask: Ask | None
    where: tuple[tuple[str, re.Pattern[str]], ...]
    window: float
    acts: bool
    counts: bool
    few: str


class Listening(NamedTuple):
    """The rules that listen to an event, those that act first: to one that worked, to one that was refused.

    `own`: some of them were written for it and not for every event.
    """

    worked: tuple[Compiled, ...]
    failed: tuple[Compiled, ...]
    own: bool


READS = ("get", "list", "describe", "head", "lookup", "batchget", "search", "query", "scan", "select")
"""How calls begin that write no policy; rules for every event that ask what a policy opens need not look at them."""


class Table:
    """Rules by source and event. `home`: accounts that are ours besides the one a record is from."""

    def __init__(self, rules: Iterable[Rule] = RULES, home: frozenset[str] = frozenset()) -> None:
        self.rules = tuple(rules)
        self.home = home
        self._exact: dict[tuple[str, str], list[Compiled]] = {}
        self._patterns: dict[str, list[tuple[re.Pattern[str], Compiled]]] = {}
        self._known: dict[tuple[str, str], Listening] = {}
        for rule in self.rules:
            self._add(rule, _compiled(rule))

    def _add(self, rule: Rule, compiled: Compiled) -> None:
        for event in rule.events:
            if set(event) & set("*?["):
                self._patterns.setdefault(rule.source, []).append((_pattern(event), compiled))
            else:
                self._exact.setdefault((rule.source, event.lower()), []).append(compiled)

    def listening(self, source: str, event: str) -> Listening:
        """The rules for this event."""
        key = (source, event)
        found = self._known.get(key)
        if found is None:
            found = self._look_up(source, event.lower())
            if len(self._known) < CACHED:
                self._known[key] = found
        return found

    def _look_up(self, source: str, event: str) -> Listening:
        exact = self._exact.get((source, event), [])
        by_pattern = [compiled for pattern, compiled in self._patterns.get(source, []) if pattern.fullmatch(event)]
        if event.startswith(READS):
            by_pattern = [
                compiled for compiled in by_pattern if not (compiled.rule.when == "opens" and "*" in compiled.rule.events)
            ]
        each = {compiled.rule.id: compiled for compiled in (*exact, *by_pattern)}
        own = any("*" not in compiled.rule.events for compiled in each.values())
        rules = sorted(each.values(), key=lambda compiled: not compiled.acts)
        worked = tuple(compiled for compiled in rules if compiled.rule.failed != "only")
        return Listening(worked, tuple(compiled for compiled in rules if compiled.rule.failed != "no"), own)


def _pattern(*globs: str) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(glob) for glob in globs), re.IGNORECASE)


def _compiled(rule: Rule) -> Compiled:
    where = tuple((name, _pattern(*glob.split("|"))) for name, glob in rule.where.items())
    return Compiled(
        rule=rule,
        ask=CONDITIONS[rule.when].holds if rule.when else None,
        where=where,
        window=rule.within.total_seconds(),
        acts=rule.decision is Decision.ACT,
        counts=rule.times > 1,
        few=f"of the {rule.times} within {span(rule.within.total_seconds())} that would tell",
    )


def span(seconds: float) -> str:
    """`10 minutes`, `3 hours`, `2 days`."""
    for name, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {name}"
    return f"{int(seconds)} seconds"


def fits(compiled: Compiled, fact: Fact, home: frozenset[str]) -> bool:
    """Whether the rule's conditions hold for this fact, counting aside."""
    for name, pattern in compiled.where:
        if not pattern.fullmatch(_field(fact, name)):
            return False
    return compiled.ask is None or compiled.ask(fact, home)


def _field(fact: Fact, name: str) -> str:
    if name in FIELDS:
        return str(getattr(fact, name))
    value = within(fact.asked, *(part.replace("-", "").replace("_", "").lower() for part in name.split(".")))
    return str(value) if isinstance(value, int | float) else text(value)


def table_of(policy: Policy) -> Table:
    """The table with what the policy switches off, changes and adds. Raises BadInput."""
    rules = {rule.id: rule for rule in RULES}
    for name in policy.triage.off:
        _known_rule(name, rules, "triage.off")
        del rules[name]
    for name, changes in policy.triage.thresholds.items():
        _known_rule(name, rules, "triage.thresholds")
        rules[name] = _changed(rules[name], changes)
    for number, fields in enumerate(policy.triage.rules, 1):
        rule = _added(number, fields)
        if rule.id in rules:
            raise BadInput(
                f"response.toml: triage.rules number {number}: there is a rule {rule.id} already; switch it off by triage.off first"
            )
        rules[rule.id] = rule
    accounts = frozenset(account for tenant in policy.tenants.values() for account in tenant.accounts)
    return Table(rules.values(), accounts)


def _known_rule(name: str, rules: Mapping[str, Rule], where: str) -> None:
    if name not in rules:
        near = [known for known in rules if known.startswith(name.partition("-")[0])][:5]
        raise BadInput(
            f"response.toml: {where} names {name}, and no rule is called so" + (f"; there are {', '.join(near)}" if near else "")
        )


def _changed(rule: Rule, changes: Mapping[str, object]) -> Rule:
    allowed = {"times", "within", "decision", "floor"}
    if extra := sorted(set(changes) - allowed):
        raise BadInput(
            f"response.toml: triage.thresholds.{rule.id}.{extra[0]} is no key of this table; "
            f"allowed there: {', '.join(sorted(allowed))}"
        )
    try:
        return rule.but(**changes)
    except ValidationError as why:
        raise BadInput(f"response.toml: triage.thresholds.{rule.id}: {_sentence(why)}") from None


def _added(number: int, fields: Mapping[str, object]) -> Rule:
    try:
        rule = Rule.model_validate(fields)
    except ValidationError as why:
        raise BadInput(f"response.toml: triage.rules number {number}: {_sentence(why)}") from None
    if rule.source not in SOURCES:
        raise BadInput(f"response.toml: the rule {rule.id} is of source {rule.source}; there are {', '.join(sorted(SOURCES))}")
    if rule.when and rule.when not in CONDITIONS:
        raise BadInput(f"response.toml: the rule {rule.id} asks {rule.when}; there are {', '.join(sorted(CONDITIONS))}")
    return rule


def _sentence(why: ValidationError) -> str:
    """The first mistake: the key, and what is wrong with it."""
    error = why.errors()[0]
    return f"{'.'.join(str(step) for step in error['loc'])}: {error['msg']}"
