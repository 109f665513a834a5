"""The `Evidence` port on AWS: what CloudTrail's event history knows of a principal or a resource.

Rules
1. Few questions: the service takes two a second. A name is asked for in the case's Region and where IAM records.
2. The last day is read in depth, for what a thief did; from the time before, the newest page, for who works there by right:
   a thief who floods the history of today can not hide who was there before.
3. What was asked for by name is kept only where the record agrees: a session's name is anybody's choice.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from shared.adapters.aws.arns import partition_of
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.directory import AwsDirectory
from shared.adapters.aws.edits import EVENTS, statements, written_on
from shared.adapters.aws.lookup import ACTIONS as LOOKUP
from shared.adapters.aws.lookup import Attribute, EventHistory
from shared.adapters.aws.recording import ACTIONS as RECORDING
from shared.adapters.aws.recording import recorded
from shared.containment.parallel import in_parallel
from shared.domain.actor import Actor, Credential
from shared.domain.resource import Kind, Ref
from shared.intake import cloudtrail
from shared.ports import Act, Clock, Edit

GLOBAL_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where IAM and the global STS endpoint record, by partition."""

RECENT = timedelta(days=1)
RECENT_PAGES = 10
OLDER_PAGES = 1

OTHER_SESSIONS = 5
"""Sessions of a shared role, besides the actor's, whose acts are looked up: enough to know that it is shared."""

ASSUMING = frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})

PERMISSIONS = LOOKUP | RECORDING | {"iam:GetInstanceProfile"}

type Question = tuple[str, str, Attribute, str]
"""Account, Region, and the attribute and value to look up."""


class CloudTrailEvidence:
    """CloudTrail in one Region and where IAM records. `PERMISSIONS` are the IAM actions. Raises `CloudError` as any call does."""

    def __init__(self, clients: Clients, clock: Clock, region: str = "") -> None:
        self._clients = clients
        self._clock = clock
        self._history = EventHistory(clients, clock)
        self._directory = AwsDirectory(clients)
        here = region or clients.region
        self._regions = tuple(dict.fromkeys((here, GLOBAL_REGIONS[partition_of(here)])))

    def by(self, actor: Actor, since: datetime) -> tuple[Act, ...]:
        """Acts of the actor's user; of its role, those of the actor's session and of a few other sessions."""
        found = self._ask(self._names(actor), since)
        mine = [act for act in found if _same(act.actor, actor)]
        if actor.principal and actor.principal.kind is Kind.ROLE:
            others = _sessions(found, actor)
            mine += [act for act in self._ask(self._everywhere(actor, "Username", others), since) if _same(act.actor, actor)]
        return _ordered(mine)

    def on(self, target: Ref, since: datetime) -> tuple[Act, ...]:
        """Acts that name the resource, which CloudTrail lists under its ARN or its name, as the called service does."""
        region = target.region or self._regions[-1]
        found = self._ask([(target.account, region, "ResourceName", name) for name in _names_of(target)], since)
        return _ordered(act for act in found if any((r.kind, r.name) == (target.kind, target.name) for r in act.resources))

    def edits(self, targets: Sequence[Ref], since: datetime) -> tuple[Edit, ...]:
        """One question for each kind of write and each Region of the targets, however many they are."""
        places = dict.fromkeys((t.account, t.region or self._regions[-1], t.kind) for t in targets)
        questions: list[Question] = [
            (account, region, "EventName", name) for account, region, kind in places for name in EVENTS.get(kind, ())
        ]
        # the service gives the newest first; within one second that order is all there is
        found = [(act, record) for act, record in reversed(self._answers(questions, since)) if not act.failed]
        edits = [Edit(act, target, statements(record)) for act, record in found if (target := written_on(act, targets))]
        return tuple(sorted(edits, key=lambda edit: edit.act.at))

    def recorded(self, target: Ref) -> bool:
        """Whether a running trail has data events of this bucket; for any other resource, management events."""
        return recorded(self._clients, target)

    def _names(self, actor: Actor) -> list[Question]:
        """CloudTrail's `Username` is a user's name or a session's; a role's sessions show where it was assumed."""
        principal = actor.principal
        if principal and principal.kind is Kind.USER:
            return self._everywhere(actor, "Username", (principal.name,))
        if principal and principal.kind is Kind.ROLE:
            named = self._everywhere(actor, "Username", (actor.session,) if actor.session else ())
            return named + self._everywhere(actor, "ResourceName", (principal.id,))
        if actor.credential is Credential.ROOT:
            return self._everywhere(actor, "Username", ("root",))
        return self._everywhere(actor, "AccessKeyId", (actor.access_key,) if actor.access_key else ())

    def _everywhere(self, actor: Actor, attribute: Attribute, values: Iterable[str]) -> list[Question]:
        return [(actor.account, region, attribute, value) for value in values for region in self._regions]

    def _ask(self, questions: Iterable[Question], since: datetime) -> list[Act]:
        return [act for act, _ in self._answers(questions, since)]

    def _answers(self, questions: Iterable[Question], since: datetime) -> list[tuple[Act, dict[str, Any]]]:
        """The answers to all of them at once, with the records; an event that several have is kept once."""
        recent = max(since, self._clock.now() - RECENT)
        slices = [(recent, None, RECENT_PAGES), *([(since, recent, OLDER_PAGES)] if since < recent else [])]
        wanted = [(question, span) for question in questions for span in slices]
        return list({act.id: (act, record) for acts in in_parallel(self._acts, wanted) for act, record in acts}.values())

    def _acts(self, wanted: tuple[Question, tuple[datetime, datetime | None, int]]) -> list[tuple[Act, dict[str, Any]]]:
        (account, region, attribute, value), (start, end, pages) = wanted
        records = self._history.events((account, region), attribute, value, start=start, end=end, pages=pages)
        role_of = partial(self._directory.role_of, account)
        return [(act, record) for record in records if (act := cloudtrail.act(record, role_of))]


def _same(found: Actor, wanted: Actor) -> bool:
    """Whether both are of one principal. A re-created namesake has another unique id; not every record has one."""
    if found.unique_id and wanted.unique_id:
        return found.unique_id == wanted.unique_id
    if found.principal and wanted.principal:
        return (found.account, found.principal.kind, found.principal.name) == (
            wanted.account,
            wanted.principal.kind,
            wanted.principal.name,
        )
    return bool(wanted.access_key) and found.access_key == wanted.access_key


def _sessions(acts: Iterable[Act], actor: Actor) -> list[str]:
    """Names of the role's other sessions, from the calls that opened them, the latest first."""
    opened = (made for act in _ordered(acts)[::-1] if act.name in ASSUMING for made in act.created)
    return [name for name in dict.fromkeys(made.session for made in opened) if name != actor.session][:OTHER_SESSIONS]


def _names_of(target: Ref) -> tuple[str, ...]:
    """CloudTrail names buckets, users and snapshots by name, keys by ARN, roles and trails by either."""
    by_arn = {Kind.KEY, Kind.ACCESS_POINT}
    by_name = {Kind.BUCKET, Kind.USER, Kind.SNAPSHOT, Kind.IMAGE, Kind.DATABASE_SNAPSHOT}
    if target.kind in by_arn:
        return (target.id,)
    return (target.name,) if target.kind in by_name else (target.id, target.name)


def _ordered(acts: Iterable[Act]) -> tuple[Act, ...]:
    return tuple(sorted(acts, key=lambda act: (act.at, act.id)))
