"""The directory's audit log: who made which user or application, and who gave whom a credential, role or permission.

Source: Microsoft Graph v1.0, directoryAudit; it is minutes late. An application has no address there.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Lock
from time import monotonic
from typing import Any
from urllib.parse import quote

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.log_rows import moment
from shared.adapters.azure.rest import GRAPH
from shared.domain.actor import Actor, Credential
from shared.domain.errors import Absent, Unreachable
from shared.domain.facet import AppPermission, DirectoryRole, DirectoryRoleEligible
from shared.domain.facet.sign_ins import SOMEBODY, UNSAID
from shared.domain.resource import Cloud, Kind, Ref
from shared.intake import fact_entra
from shared.intake.azure_names import principal
from shared.intake.fact_signal_azure import actor_of
from shared.intake.pieces import first
from shared.intake.tolerant import folded, items
from shared.ports import Act

KEPT = timedelta(days=30)
RECENT = timedelta(days=1)
"""How far back the log is read about an application: the service finds a user's changes, and only all of those of applications."""

PAGE = 999
MOST = 5000
"""Records of one answer that are read; one that has more is not whole."""

FRESH_SECONDS = 2.0
"""How long an answer about everybody is good for: Graph takes five such questions in ten seconds ("Throttling limits", reports)."""

RIGHTS = Rights(graph=frozenset({"AuditLog.Read.All", "Directory.Read.All"}))

type Ids = Callable[[Any], Iterable[str]]

KEY = re.compile(r"KeyIdentifier=([0-9A-Fa-f-]+)")

ROLE, SCHEDULED_ROLE = "Role.TemplateId", "RoleDefinitionOriginId"
APP_ROLE, CONSENT = "AppRole.Id", "DelegatedPermissionGrant.Scope"

GIVEN: Mapping[str, Ids] = {
    "KeyDescription": lambda value: [found[1] for each in items(value) if (found := KEY.search(str(each)))],
    "FederatedIdentityCredentials": lambda value: [first(folded(each), "id") for each in items(value)],
    ROLE: lambda value: [str(value)],
    SCHEDULED_ROLE: lambda value: [str(value)],
    APP_ROLE: lambda value: [str(value)],
    CONSENT: lambda value: str(value).split(),
    "Group.ObjectID": lambda value: [str(value).lower()],
    "Application.ObjectID": lambda value: [str(value).lower()],
}
"""Properties that change when somebody is given something, and the ids in their values: of credentials, roles, permissions."""

CONSENT_TYPE = "DelegatedPermissionGrant.ConsentType"

CREDENTIALS = frozenset({"KeyDescription", "FederatedIdentityCredentials"})
WHOSE = "ServicePrincipal.ObjectID"
"""The property that names the holder of a permission: its record is about the interface that it is for."""

SCHEDULED = re.compile(r"add (eligible )?member to role in pim completed\b")
"""Roles for a time, and roles for the taking (PIM): one record says that they were asked for, and this one that they were given."""

OWNED = "add owner to service principal"
"""The only one whose record names the thing that was given where others name the holder."""

KINDS = {"user": Kind.USER, "serviceprincipal": Kind.SERVICE_PRINCIPAL, "application": Kind.SERVICE_PRINCIPAL}
RULE = "policy"
MAKING = frozenset({"add user", "invite external user", "add service principal"})


class Changes:
    """What was changed in the directory, by whom. Threads may share it."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._lock = Lock()
        self._read: tuple[datetime, float, tuple[Act, ...]] | None = None

    def by(self, actor: Actor, since: datetime) -> tuple[Act, ...]:
        """What somebody changed, an application since yesterday at most. Raises `Unreachable` where that is too much to be read."""
        recent = datetime.now(UTC) - RECENT
        if since < recent and actor.principal and actor.principal.kind is Kind.USER:
            return _acts(self._clients, since, f"initiatedBy/user/id eq '{actor.unique_id}'")
        found = self._everybodys(since) if since >= recent else _acts(self._clients, recent, "")
        return tuple(act for act in found if act.actor.unique_id == actor.unique_id)

    def _everybodys(self, since: datetime) -> tuple[Act, ...]:
        """The same answer for all who ask at once, as a sweep does about a whole lineage."""
        with self._lock:
            if self._read is None or self._read[0] != since or monotonic() - self._read[1] > FRESH_SECONDS:
                self._read = (since, monotonic(), _acts(self._clients, since, ""))
            return self._read[2]


def on(clients: Clients, holder: str, since: datetime) -> tuple[Act, ...]:
    """What was done to one object of the directory. Raises as `Changes.by`."""
    return _acts(clients, since, f"targetResources/any(t:t/id eq '{holder}')")


def _acts(clients: Clients, since: datetime, term: str) -> tuple[Act, ...]:
    start = max(since, datetime.now(UTC) - KEPT).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    wanted = f"activityDateTime ge {start}" + (f" and {term}" if term else "")
    listed = clients.rest(GRAPH).every(f"/v1.0/auditLogs/directoryAudits?$top={PAGE}&$filter={quote(wanted, safe='/:()')}")
    found = tuple(islice(listed, MOST + 1))
    if len(found) > MOST:
        raise Unreachable("the directory's log has more than can be read at once", "TooManyRows")
    asked = Holders(clients)
    return tuple(act for event in found if (act := _act(folded(event), asked)))


class Holders:
    """The service principals of registrations, each asked for once."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._known: dict[str, str] = {}

    def of(self, application: str) -> str:
        """The object id of whoever works for this registration; empty where nobody does."""
        if application not in self._known:
            self._known[application] = next(self._found(application), "")
        return self._known[application]

    def _found(self, application: str) -> Iterator[str]:
        graph = self._clients.rest(GRAPH)
        try:
            app_id = graph.get(f"/v1.0/applications/{application}?$select=appId")["appId"]
        except Absent:
            return
        for one in graph.every(f"/v1.0/servicePrincipals?$filter=appId eq '{app_id}'&$select=id"):
            yield str(one["id"]).lower()


def _act(event: Mapping[str, Any], holders: Holders) -> Act | None:
    """One record as an act; None where nobody in particular did it."""
    told = fact_entra.audit(event)
    actor = actor_of(told.actor)
    if actor is None:
        return None
    targets = [who for each in items(event.get("targetresources")) if (who := _principal(folded(each), holders))]
    gave = tuple(_gave(event, (*targets, *_groups(event))))
    made = [_actor(targets[0], event)] if targets and told.event.strip().lower() in MAKING else []
    return Act(
        id=told.id,
        at=moment(event["activitydatetime"]),
        actor=actor,
        name=told.event,
        resources=tuple(dict.fromkeys((*targets, *_rules(event)))),
        created=(*made, *(_actor(who, event, part) for who, part, proves in gave if proves)),
        source_address=told.address,
        source_network="",
        request_id=str(event.get("correlationid") or ""),
        failed=told.failed,
        by_service=False,
        gave=tuple((who, part) for who, part, _ in gave),
    )


def _groups(event: Mapping[str, Any]) -> Iterator[Ref]:
    return (principal(Kind.GROUP, name) for name in _of_kind("group", event))


def _rules(event: Mapping[str, Any]) -> Iterator[Ref]:
    """Rules about who signs in how, of which the record tells."""
    for target in (folded(each) for each in items(event.get("targetresources"))):
        if first(target, "type").lower() == RULE and first(target, "id"):
            yield Ref(cloud=Cloud.AZURE, kind=Kind.SIGN_IN_RULE, account="", id=first(target, "id").lower())


def _principal(target: Mapping[str, Any], holders: Holders) -> Ref | None:
    """A user or service principal; a registration is told as the service principal that works for it."""
    kind, name = first(target, "type").lower(), first(target, "id").lower()
    if kind not in KINDS or not name:
        return None
    name = holders.of(name) if kind == "application" else name
    return principal(KINDS[kind], name) if name else None


def _gave(event: Mapping[str, Any], targets: Sequence[Ref]) -> Iterator[tuple[Ref, str, bool]]:
    """Who was given what, by its id, and whether that is something to sign in with."""
    changes = [folded(c) for each in items(event.get("targetresources")) for c in items(folded(each).get("modifiedproperties"))]
    named = next((_value(c.get("newvalue")) for c in changes if c.get("displayname") == WHOSE), None)
    holder = principal(Kind.SERVICE_PRINCIPAL, str(named)) if named else next(iter(targets), None)
    if holder is None:
        return
    if _activity(event) == OWNED:
        yield holder if not targets else targets[0], str(named or "").lower(), False
    for change in changes:
        name = str(change.get("displayname"))
        if name == SCHEDULED_ROLE and not SCHEDULED.match(_activity(event)):
            continue
        before, after = (_ids(name, change.get(when)) for when in ("oldvalue", "newvalue"))
        for part in (each for each in after if each not in before):
            yield holder, _whole(name, part, event, holder), name in CREDENTIALS


def _whole(name: str, part: str, event: Mapping[str, Any], holder: Ref) -> str:
    """What was given as the facet names it: a role with its scope, a permission with its interface and with whom it is for."""
    held = DirectoryRoleEligible if "eligible" in _activity(event) else DirectoryRole
    if name == SCHEDULED_ROLE:
        whole = next(_of_kind("directory", event), "")
        return held(role=part, scope="/" if whole else UNSAID, present=True).part.lower()
    if name == ROLE:
        scoped = "scoped" in _activity(event)
        return held(role=part, scope=UNSAID if scoped else "/", present=True).part.lower()
    if name not in {APP_ROLE, CONSENT}:
        return part
    interface = next((each for each in _of_kind("serviceprincipal", event) if each != holder.id), "")
    if name == APP_ROLE:
        return AppPermission(kind="application", resource=interface, what=part, present=True).part.lower()
    whose = _consenting(event)
    return AppPermission(kind="delegated", resource=interface, what=part, whose=whose, present=True).part.lower()


def _consenting(event: Mapping[str, Any]) -> str:
    """For whom a consent is: empty for everybody. The log says whether it is for one person, and hardly ever for whom."""
    changes = (folded(c) for each in items(event.get("targetresources")) for c in items(folded(each).get("modifiedproperties")))
    said = next((str(_value(c.get("newvalue"))).lower() for c in changes if c.get("displayname") == CONSENT_TYPE), "")
    persons = {"allprincipals": "", "principal": next(_of_kind("user", event), SOMEBODY)}
    return persons.get(said, UNSAID)


def _of_kind(kind: str, event: Mapping[str, Any]) -> Iterator[str]:
    targets = (folded(each) for each in items(event.get("targetresources")))
    return (first(each, "id").lower() for each in targets if first(each, "type").lower() == kind)


def _activity(event: Mapping[str, Any]) -> str:
    return str(event.get("activitydisplayname", "")).strip().lower()


def _ids(name: str, value: object) -> list[str]:
    found = _value(value)
    return [each for each in GIVEN[name](found) if each] if name in GIVEN and found else []


def _value(said: object) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The log writes values as JSON in a string; what is none stands for itself."""
    try:
        return json.loads(said) if isinstance(said, str) else said
    except ValueError:
        return said


def _actor(who: Ref, event: Mapping[str, Any], proof: str = "") -> Actor:
    """Whoever came into being, or can be signed in as with the credential `proof` from now on."""
    invited = "invite" in _activity(event)
    user = Credential.ENTRA_GUEST if invited else Credential.ENTRA_USER
    credential = user if who.kind is Kind.USER else Credential.SERVICE_PRINCIPAL
    return Actor(credential=credential, account="", principal=who, unique_id="" if proof else who.id, access_key=proof)
