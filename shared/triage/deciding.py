"""From a fact to a decision, in one sentence that a person can check."""

from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from shared.domain.actor import Credential
from shared.domain.case import Mode
from shared.intake.fact import NOTHING, Fact
from shared.intake.trail import raw
from shared.ports import Memory
from shared.settings import Policy

from . import named
from .burst import Burst
from .decision import Decision
from .rule import Rule
from .table import Compiled, Listening, Table, fits, span

TOOLS = ("Terraform", "terraform", "Pulumi", "aws-cdk", "HashiCorp", "CloudFormation", "cloudformation", "cloud-custodian")
"""What infrastructure tools call themselves. A name proves nothing: it turns acting into watching, never into silence."""

KNOWN = 1024
"""Pairs of accounts that are remembered."""

SURE = 0.6
"""How sure a source has to be that it happened."""

SKEW = 300.0
"""Seconds that a source's clock may run ahead."""


class Decided(NamedTuple):
    """What is done about a fact. `mode`: the least caution of the response."""

    decision: Decision
    reason: str
    rule: Rule | None = None
    mode: Mode = Mode.ASK


class Decider:
    """Judges facts one after another. `now`: seconds since 1970. `own`: whether a request id is one that we journaled."""

    def __init__(
        self,
        table: Table,
        memory: Memory,
        policy: Policy,
        now: float,
        own: Callable[[str], bool] = lambda _: False,
        *,
        drill: bool = False,
    ) -> None:
        self._table, self._memory, self.now, self._own, self._drill = table, memory, now, own, drill
        self._stale = policy.limits.stale_after.total_seconds()
        self._burst = Burst(policy.limits.lineages, policy.limits.window.total_seconds())
        self._homes: dict[tuple[str, str], frozenset[str]] = {}
        self._responders = tuple(f"session:{role}:" for role in policy.responder.roles)

    def decide(self, fact: Fact) -> Decided:
        """One decision. Counts and remembers on the way; raises nothing."""
        if reason := self._aside(fact):
            return Decided(Decision.DROP, reason)
        listening = self._table.listening(fact.source, fact.event)
        if fact.event in named.MAKES and fact.actor.keys and (new := named.made(fact)):
            self._memory.made(fact.actor.keys[0], (new,))
        rules = listening.failed if fact.failed else listening.worked
        home = self._home(fact)
        fitting = [compiled for compiled in rules if fits(compiled, fact, home)]
        if not fitting:
            return Decided(Decision.DROP, _unspoken(fact, listening))
        # what is only counted is not counted twice anyway
        counted = fitting[0].counts and all(compiled.counts for compiled in fitting)
        if not counted and fact.id and self._memory.seen(_said(fact)):
            return Decided(Decision.DROP, "a duplicate: this record was here before", fitting[0].rule)
        return self._best(fact, fitting)

    def _home(self, fact: Fact) -> frozenset[str]:
        """The accounts that are ours: the policy's, the record's own, and its caller's unless that is a stranger."""
        own = fact.actor.account if fact.actor.credential not in {Credential.FOREIGN, ""} else ""
        key = (fact.account, own)
        found = self._homes.get(key)
        if found is None:
            found = self._table.home | ({*key} - {""})
            if len(self._homes) < KNOWN:
                self._homes[key] = found
        return found

    def _aside(self, fact: Fact) -> str:
        """Why the fact is none of our business whatever it says; empty where it is."""
        if fact.aside:
            return fact.aside
        if fact.closed:
            return fact.closed
        if fact.sample and not self._drill:
            return "a sample, and this is no drill"
        if fact.actor.service and fact.source == "cloudtrail":
            return "a service's own act, or a service-linked role's: nobody's credentials that could be cut off"
        if fact.request_id and self._own(fact.request_id):
            return "our own call: its request id is on record"
        return ""

    def _best(self, fact: Fact, fitting: list[Compiled]) -> Decided:
        """The first that acts, else the first that watches, else the first reason to drop."""
        decided = [self._judged(fact, compiled) for compiled in fitting]
        for wanted in (Decision.ACT, Decision.WATCH):
            for each in decided:
                if each.decision is wanted:
                    return self._tempered(fact, each) if wanted is Decision.ACT else each
        return decided[0]

    def _judged(self, fact: Fact, compiled: Compiled) -> Decided:
        rule = compiled.rule
        if compiled.counts:
            return self._counted(fact, compiled)
        if rule.spares_own and rule.decision is Decision.ACT and self._its_own(fact):
            return Decided(Decision.WATCH, f"{rule.reason}; the same actor had made it", rule, rule.floor)
        return Decided(rule.decision, rule.reason, rule, rule.floor)

    def _its_own(self, fact: Fact) -> bool:
        return bool(fact.actor.keys) and any(self._memory.made_by(fact.actor.keys[0], name) for name in named.names(fact))

    def _counted(self, fact: Fact, compiled: Compiled) -> Decided:
        rule, at = compiled.rule, self.now if fact.at is None else fact.at
        counter = f"{rule.id}|{fact.actor.keys[0] if fact.actor.keys else fact.actor.text or fact.address}"
        if self._memory.fired(counter, at, compiled.window):
            return Decided(Decision.WATCH, f"{rule.reason}: more of the same", rule, rule.floor)
        item = "|".join(named.resources_of(fact)) if rule.distinct else fact.id or str(at)
        count = self._memory.most(counter, at, compiled.window, item, rule.times)
        if count < rule.times:
            what = "a failed attempt" if fact.failed and rule.below is Decision.DROP else rule.reason
            return Decided(rule.below, f"{what}: {count} {compiled.few}", rule, rule.floor)
        self._memory.fire(counter, at)
        if rule.spares_tools and any(tool in fact.agent for tool in TOOLS):
            return Decided(Decision.WATCH, f"{rule.reason}; an infrastructure tool, as it calls itself", rule, rule.floor)
        return Decided(rule.decision, rule.reason, rule, rule.floor)

    def _tempered(self, fact: Fact, decided: Decided) -> Decided:
        """Old facts are watched; a burst of many actors, a fact without a time and our own name are for a person."""
        reason = decided.reason
        if fact.at is not None and self.now - fact.at > self._stale:
            return decided._replace(
                decision=Decision.WATCH, reason=f"{reason}; stale: it happened {span(self.now - fact.at)} before the newest"
            )
        if fact.sure < SURE:
            return decided._replace(decision=Decision.WATCH, reason=f"{reason}; only begun: its end is another record")
        if fact.at is None or fact.at - self.now > SKEW:
            return decided._replace(
                mode=Mode.ASK, reason=f"{reason}; it does not say when, or says a time to come: a person is asked"
            )
        if any(key.startswith(self._responders) for key in fact.actor.keys) and self._responders:
            return decided._replace(
                mode=Mode.ASK, reason=f"{reason}; under the responder's own name, and not on record: people are paged"
            )
        if fact.actor.keys and self._burst.is_too_much(fact.actor.keys[0], fact.at):
            return decided._replace(mode=Mode.ASK, reason=f"{reason}; many other actors within minutes: a person is asked")
        return decided


def _said(fact: Fact) -> str:
    """What the record says, the same however it came: an id alone is no proof, for senders and tests use one twice."""
    at = fact.at if fact.request is NOTHING else ""
    who = fact.actor
    what = f"{fact.source}|{fact.event}|{fact.id}|{at}|{who.text}|{who.keys}|{who.via}|{fact.error}|{fact.resources}"
    bodies = [
        bytes(body) if isinstance(body, msgspec.Raw) else bytes(raw(body))
        for body in (fact.request, fact.answer, fact.more)
        if body is not NOTHING
    ]
    told = blake2b(b"|".join((what.encode(errors="replace"), *bodies)).translate(None, BLANKS), digest_size=16)
    return told.hexdigest()


BLANKS = b" \t\r\n"
"""Between JSON's signs, where each sender puts them as it likes; those inside a text are no difference either."""


def _unspoken(fact: Fact, listening: Listening) -> str:
    """Why no rule speaks of it."""
    if fact.failed:
        return "a failed attempt, without a pattern"
    if listening.own:
        return "what it says opens, takes or hides nothing"
    return "it reads, and no rule speaks of it" if fact.reads else "no rule speaks of it"
