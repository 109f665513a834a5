"""Whether a response would work tonight on Azure, asked beforehand: by looks alone, nothing is changed and nobody is paged.

What we may do is read from our own roles (`own_rights`), the rest by the calls that a response makes.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache, partial, reduce
from operator import or_
from typing import Any

from shared.adapters.azure import (
    activity,
    alarms,
    cases,
    keyring,
    ledgers,
    log_rows,
    names,
    objects,
    own_rights,
    permissions,
    signer,
    vaults,
)
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.custody_places import Places
from shared.adapters.azure.errors import call
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.rest import ARM, GRAPH
from shared.adapters.azure.world import FACETS
from shared.containment.estate import Estate
from shared.domain.check import Check, some, tried
from shared.domain.errors import Absent, CloudError
from shared.domain.resource import Cloud, Kind, Ref
from shared.ports import Relation
from shared.settings import Responder
from shared.workflow.powers import changed
from shared.workflow.stages import Power

RECORDED, KEYS_RECORDED = "reads and writes are recorded", "uses of the keys are recorded"
UNLOCKED = "no lock keeps a fence off"
OTHERS = "whoever else is named as responder exists"
WOKEN = "what is done there calls us"
GLASS = "break-glass is named and exists"
DIRECTORY = "it can be told what the directory lets us do"

AUDITS = "grant AuditLog.Read.All; the log takes Entra ID P1"
DEPLOY = "deploy roles.json there (docs/azure.md)"
GIVE = "give the role what `codeblue actions` lists"


def examined(clients: Clients, me: str, estate: Estate, named: Responder, *, rewriting: bool, deployed: bool) -> Iterator[Check]:
    """Every check: who is named, subscription by subscription, then stores and vaults.

    `me` is our object id; `rewriting`: the policy has blobs written anew; `deployed`: alerts have to come by themselves.
    """
    yield _named(clients, named.break_glass)
    if named.roles:
        yield tried(OTHERS, "response.toml", partial(_exist, clients, named.roles, OTHERS), "correct [responder], roles")
    graph = cache(partial(own_rights.of_graph, clients, me))
    told = tried(DIRECTORY, me, graph, "run it as the responder's own identity")
    yield told
    for subscription in _subscriptions(clients, estate):
        entered = tried("we are let in", subscription, partial(_enters, clients, subscription), DEPLOY)
        yield entered
        if entered.well:
            yield from _subscription(clients, subscription, graph() if told.well else None, rewriting=rewriting)
            yield from _woken(clients, subscription, deployed=deployed)
    yield tried(
        "the directory's log can be read", "", partial(_directory_log, clients), "grant AuditLog.Read.All; it takes Entra P1"
    )
    for store in (store for store in estate.stores if store.cloud is Cloud.AZURE):
        yield tried(RECORDED, store.name, partial(_recorded, clients, store), "look at its diagnostic settings by hand")
    keys = {names.key(key.id).vault_url: key for key in estate.keys if key.cloud is Cloud.AZURE}
    for url, key in keys.items():
        yield tried(KEYS_RECORDED, url, partial(_keys_recorded, clients, key, url), "look at its diagnostic settings by hand")


def kept(clients: Clients, at: Places) -> Iterator[Check]:
    """Whether the record can be written and signed; that it can be read and not altered is known by opening it."""
    account, vault = at.resources[:2]
    for what, key, use in (("signs", at.signing_key, "sign"), ("keeps the secrets of", at.data_key, "unwrapKey")):
        said = f"the key that {what} the record can be used"
        yield tried(said, at.vault, partial(_usable, clients, key, use, said), "codeblue init")
    writing = Rights(ledgers.ACTIONS | cases.ACTIONS, ledgers.DATA_ACTIONS | cases.DATA_ACTIONS)
    using = Rights(data=signer.DATA_ACTIONS | keyring.KEY_ACTIONS)
    for said, scope, rights in (("the record may be written", account, writing), ("its keys may be used", vault, using)):
        where = names.arm(scope).name
        look = partial(_held, clients, scope, rights, said, where)
        yield tried(said, where, look, "deploy custody.json anew (docs/azure.md)")


def _held(clients: Clients, scope: str, wanted: Rights, what: str, where: str) -> Check:
    return _rights(own_rights.at(clients, scope), wanted, what, where)


def _subscription(clients: Clients, subscription: str, graph: frozenset[str] | None, *, rewriting: bool) -> Iterator[Check]:
    entered = tried(
        "we are let in", subscription, partial(_enters, clients, subscription), "deploy roles.json there (docs/azure.md)"
    )
    yield entered
    if not entered.well:
        return
    ask = cache(partial(own_rights.at, clients, f"/subscriptions/{subscription}"))
    asked = tried("it can be told what we may do", subscription, ask, DEPLOY)
    yield asked
    if asked.well:
        may = ask()._replace(graph=graph)
        changes = {power: _changes(power, rewriting=rewriting) for power in Power}
        looks = permissions.declared() - reduce(or_, changes.values())
        yield _rights(may, looks, "everything can be looked at", subscription)
        yield from (_rights(may, rights, f"the power to {p} works", subscription) for p, rights in changes.items() if rights.all)
    yield tried(UNLOCKED, subscription, partial(_unlocked, clients, subscription), DEPLOY)
    yield tried("the log can be read", subscription, partial(_log, clients, subscription), GIVE)


def _woken(clients: Clients, subscription: str, *, deployed: bool) -> Iterator[Check]:
    """Whether what is done there still calls us, by alert rules or an export. Of a terminal's responder nobody asks that."""
    ask = cache(partial(alarms.silent, clients, subscription))
    asked = tried(WOKEN, subscription, ask, DEPLOY)
    silent = ask() if asked.well else None
    if not asked.well or (silent is not None and not silent):
        yield asked
    elif deployed or silent:
        yield tried(WOKEN, subscription, partial(_exported, clients, subscription, silent), DEPLOY)


def _exported(clients: Clients, subscription: str, silent: list[str] | None) -> Check | None:
    if alarms.exported(clients, subscription):
        return None
    what = f"alert rules are gone, off or altered: {some(silent)}" if silent else "no alert rule of ours is there"
    words = f"{what}; nor does the activity log go to an event hub: what is done there calls nobody"
    return Check(WOKEN, subscription, well=False, words=words, next="deploy alerts.json there, and ask who took them away")


def _changes(power: Power, *, rewriting: bool) -> Rights:
    """The rights by which the actions of a power change things, and take them back."""
    moves = objects.RIGHTS if rewriting and power is Power.MIGRATE else Rights()
    return reduce(or_, (FACETS[row].writes for row in changed(power) & FACETS.keys()), moves)


def _rights(may: own_rights.May, wanted: Rights, what: str, where: str) -> Check:
    lacking = may.lacks(wanted)
    return (
        Check(what, where, well=False, words=f"not allowed: {some(lacking)}", next=GIVE)
        if lacking
        else Check(what, where, well=True)
    )


def _named(clients: Clients, glass: tuple[str, ...]) -> Check:
    """An identity of the last resort that is named, exists and may sign in: whatever else is fenced, somebody can get in."""
    if not glass:
        return Check(
            GLASS, "response.toml", well=False, words="nobody of Entra is named", next="name one in [responder], break_glass"
        )
    return tried(GLASS, "response.toml", partial(_exist, clients, glass, GLASS), "correct [responder], break_glass")


def _exist(clients: Clients, named: Iterable[str], what: str) -> Check | None:
    off = [each for each in named if not _enabled(clients, each)]
    following = "let them sign in again, or name others"
    return Check(what, "response.toml", well=False, words=f"kept from signing in: {some(off)}", next=following) if off else None


def _enabled(clients: Clients, ident: str) -> bool:
    """Whether this user or application may sign in. Raises `Absent` where there is neither."""
    for place in ("users", "servicePrincipals"):
        try:
            return clients.rest(GRAPH).get(f"/v1.0/{place}/{ident}?$select=id,accountEnabled").get("accountEnabled") is not False
        except Absent:
            continue
    raise Absent(f"{ident} does not exist in the directory")


def _subscriptions(clients: Clients, estate: Estate) -> tuple[str, ...]:
    """Those that are declared; where none is, all that we see, or one without a name that we do not."""
    declared = tuple(sorted(each for each in estate.accounts if not each.isdigit()))
    with suppress(CloudError):
        return declared or activity.subscriptions(clients) or ("",)
    return ("",)


def _enters(clients: Clients, subscription: str) -> None:
    if subscription.lower() not in activity.subscriptions(clients):
        raise Absent("it is not shown to us")


def _unlocked(clients: Clients, subscription: str) -> Check | None:
    if not (found := own_rights.locks(clients, subscription)):
        return None
    words = f"under ReadOnly nothing is changed, under CanNotDelete no role is taken away: {some(found)}"
    following = "take them away, or name who does so at night: no right of ours removes a lock"
    return Check(UNLOCKED, subscription, well=False, words=words, next=following)


def _log(clients: Clients, subscription: str) -> None:
    next(activity.events(clients, subscription, datetime.now(UTC) - timedelta(hours=1)), None)


def _directory_log(clients: Clients) -> None:
    clients.rest(GRAPH).get("/v1.0/auditLogs/directoryAudits?$top=1")


def _recorded(clients: Clients, store: Ref) -> Check | None:
    """Whether its log goes to a workspace, and that answers."""
    if not log_rows.recorded_now(clients, store):
        words = "no diagnostic setting sends all reads and writes to a workspace: exposure can not be counted"
        return Check(RECORDED, store.name, well=False, words=words, next="send StorageRead and StorageWrite of its blobs to one")
    log_rows.rows(clients, store.id, "StorageBlobLogs | summarize Times = count()", datetime.now(UTC) - timedelta(hours=1))
    return None


def _keys_recorded(clients: Clients, key: Ref, where: str) -> Check | None:
    """Whether the log of the vault that this key lies in goes to a workspace, in the form that is read."""
    found = vaults.RELATIONS[Kind.KEY, Relation.VAULTS].read(clients, key)
    if not found:
        raise Absent("the vault is not shown to us")
    path = f"{found[0].id}/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview"
    if log_rows.takes(log_rows.dedicated(one["properties"] for one in clients.rest(ARM).every(path)), {"AuditEvent"}):
        return None
    words = "no diagnostic setting sends AuditEvent to a workspace (Dedicated): no old version of a key is ever switched off"
    return Check(KEYS_RECORDED, where, well=False, words=words, next="send AuditEvent to one, as resource-specific tables")


def _usable(clients: Clients, address: str, use: str, what: str) -> Check | None:
    key = names.key(address)
    found: Any = call(clients.keys(key.vault_url).get_key, key.name)
    uses = {str(getattr(each, "value", each)) for each in found.key_operations or ()}
    state, now = found.properties, datetime.now(UTC)
    over = (
        state.enabled is not True or (state.expires_on and state.expires_on <= now) or (state.not_before and state.not_before > now)
    )
    if use in uses and not over:
        return None
    words = "it is disabled, or its time is over" if over else f"it is not for {use}"
    return Check(what, key.name, well=False, words=words, next="have the vault's administrator make it usable again")
