"""Policies that several people write, and the log of it."""

from copy import replace
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from shared.adapters.memory.clock import BEGINNING
from shared.containment.overwritten import Hand, Written
from shared.containment.statements import Ordinal, sid
from shared.domain.actor import Actor, Credential
from shared.domain.facet import PolicyStatement
from shared.domain.resource import Kind, Ref
from shared.ports import Edit
from tests.hospital import CHARTS, CLINICIAN, HOME, RESPONDER, act, ref, statement

PIPELINE = Actor(
    credential=Credential.ROLE_SESSION, account=HOME, principal=ref(Kind.ROLE, "pipeline"), unique_id="AROAPIPE", session="apply"
)
US = Actor(credential=Credential.ROLE_SESSION, account=HOME, principal=RESPONDER, unique_id="AROARESPONDER", session="night")
OURS = statement(sid("cb-1", Ordinal.ACTORS), Effect="Deny", Principal="*", Action="s3:*", Resource=f"{CHARTS.id}/*", Condition={})

_NUMBERS = count(1)


def allowed(name: str, action: str = "s3:GetObject", principal: object = CLINICIAN.id) -> PolicyStatement:
    """A statement that lets somebody in; a clinician, unless told otherwise."""
    return statement(name, Effect="Allow", Principal={"AWS": principal}, Action=action, Resource=f"{CHARTS.id}/*")


def edit(actor: Actor, at: datetime, *statements: PolicyStatement, target: Ref = CHARTS) -> Edit:
    """One recorded write of a whole policy."""
    made = replace(act(actor, "PutBucketPolicy", target, at=at, address="10.0.0.1"), id=f"event-{next(_NUMBERS)}")
    return Edit(made, target, statements)


@dataclass(slots=True)
class Shared:
    """A policy that several people write whole, second by second, and its log. Nobody's write has a condition."""

    now: tuple[PolicyStatement, ...]
    at: datetime = BEGINNING
    log: list[Written] = field(default_factory=list)

    def write(self, hand: Hand, *statements: PolicyStatement) -> None:
        """Somebody replaces the policy."""
        actor = US if hand is Hand.OURS else PIPELINE
        self.now = statements
        self.log.append(Written(edit(actor, self.at, *statements), hand))

    def passes(self, seconds: int = 1) -> None:
        """Time goes on."""
        self.at += timedelta(seconds=seconds)


def merged(policy: tuple[PolicyStatement, ...], *changes: PolicyStatement) -> tuple[PolicyStatement, ...]:
    """The policy with these statements in the place of their namesakes."""
    names = {change.sid for change in changes}
    return (*(s for s in policy if s.sid not in names), *changes)
