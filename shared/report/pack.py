"""A case read back from its record into an evidence pack: what was found and done, in facts. No opinion, no conclusion in law."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from shared.custody.audit import Audit
from shared.custody.record import CLOSED
from shared.domain.case import Approval, Case
from shared.domain.exposure import Exposure, by_tenant
from shared.domain.plan import Wave
from shared.domain.resource import Ref
from shared.ports import Journal, Recorded
from shared.workflow import history

from .administrators import against
from .changes import rows, settled, undoing
from .facts import ActorRow, Alert, Asked, AtStake, Custody, Guaranteed, Pack
from .stored import keys, proofs, stores
from .timeline import TOLD, timeline

KINDS = frozenset(TOLD) | {"intended", "outcome"}
"""Entries that the pack is made of: the pages of a migration are many, and their counts are on the case."""


NAMED = "named by the alert"


def pack(case: Case, journal: Journal, place: str, audit: Audit, now: datetime, verify: str = "") -> Pack:
    """Read a case's record into a pack. `verify` is the command that repeats the audit. Raises what the journal raises."""
    entries = [entry for entry in journal.entries() if entry.kind in KINDS]
    exposures, standing = _exposures(entries), history.made(journal)
    changes = rows(settled(entries, journal))
    return Pack(
        case=case.id,
        verdict=case.verdict.value,
        against=against(case, ((row.action, row.target, row.status) for row in changes)),
        why=case.why_ask,
        asked=_asked(case),
        made_at=now,
        opened=case.opened,
        fenced_at=case.fenced_at,
        seconds_to_fence=round((case.fenced_at - case.opened).total_seconds(), 3) if case.fenced_at else None,
        policy=case.policy,
        alert=_alert(case),
        timeline=timeline(case, entries, exposures),
        actors=tuple(_actors(case)),
        at_stake=tuple(_at_stake(case, exposures)),
        exposures=exposures,
        exposed_at=case.exposed_at,
        tenants=by_tenant(exposures),
        changes=changes,
        approvals=_approvals(entries),
        keys=keys(case, standing),
        stores=stores(case.versions),
        proofs=proofs(entries, journal),
        left=tuple(sorted(case.people, key=lambda left: not left.blocks)),
        undoing=undoing(case, standing),
        record=_custody(case, place, audit, entries, verify),
    )


def _alert(case: Case) -> Alert:
    signal = case.signal
    return Alert(
        source=signal.source.value,
        event=signal.event,
        at=signal.at,
        account=signal.account,
        address=signal.source_address,
        confirmation=case.confirmation.value,
        joined=len(case.joined),
    )


def _asked(case: Case) -> Asked | None:
    asked = case.awaiting
    if asked is None:
        return None
    command = f"codeblue approve {case.id} --digest {asked.digest}"
    not_by = asked.by if asked.another else ""
    return Asked(wave=asked.wave, digest=asked.digest, why=asked.why, expires=asked.expires, command=command, not_by=not_by)


def _actors(case: Case) -> Iterable[ActorRow]:
    for standing in case.scope.standings:
        yield ActorRow(
            actor=str(standing.actor),
            credential=standing.actor.credential.value,
            account=standing.actor.account,
            unique_id=standing.actor.unique_id,
            access_key=standing.actor.access_key,
            made=standing.made,
            reach=standing.reach.value,
            why=standing.why,
            others=standing.others,
            networks=standing.networks,
            known=standing.known,
        )


def _at_stake(case: Case, exposures: Iterable[Exposure]) -> Iterable[AtStake]:
    """What the case protects, and whatever else the actors' calls worked on."""
    tenants = {e.store: e.tenant for e in exposures}
    scope = case.scope
    known: tuple[Ref, ...] = (
        *scope.stores,
        *scope.keys,
        *scope.access_points,
        *scope.shared,
        *scope.trails,
        *scope.logs,
        *scope.vaults,
    )
    for ref in dict.fromkeys(known):
        yield AtStake(resource=ref.id, kind=ref.kind.value, tenant=tenants.get(ref, ""), deeds=_deeds(case, ref.id))
    named = {ref.id for ref in known}
    for other in dict.fromkeys(resource for resource, _ in scope.deeds if resource not in named):
        yield AtStake(resource=other, kind="", tenant="", deeds=_deeds(case, other))


def _deeds(case: Case, resource: str) -> tuple[str, ...]:
    calls = (NAMED if call == case.signal.event else call for on, call in case.scope.deeds if on == resource)
    return tuple(dict.fromkeys(calls))


def _exposures(entries: Iterable[Recorded]) -> tuple[Exposure, ...]:
    """The newest of each store, those with most read first: the case document carries only some."""
    bodies = [entry.body for entry in entries if entry.kind == "exposure"]
    each = (Exposure.model_validate({name: body[name] for name in Exposure.model_fields if name in body}) for body in bodies)
    newest = {exposure.store: exposure for exposure in each}
    return tuple(sorted(newest.values(), key=lambda e: (-e.versions, e.store)))


def _approvals(entries: Iterable[Recorded]) -> tuple[Approval, ...]:
    """Every decision by a person, rollbacks included."""
    return tuple(
        Approval(
            wave=Wave(str(entry.body["wave"])),
            digest=str(entry.body["digest"]),
            by=str(entry.body["by"]),
            at=datetime.fromisoformat(entry.at),
            granted=entry.kind == "approved",
        )
        for entry in entries
        if entry.kind in {"approved", "declined"}
    )


def _custody(case: Case, place: str, audit: Audit, entries: Sequence[Recorded], verify: str) -> Custody:
    sealed = bool(entries) and entries[-1].kind == CLOSED
    command = f"codeblue audit {case.id}{'' if sealed else ' --open'} --public-key codeblue-custody.pem"
    return Custody(
        place=f"{place}/{case.id}",
        entries=audit.size,
        head=audit.head,
        checkpoints=audit.signed,
        sealed=sealed,
        intact=audit.ok,
        findings=tuple(str(finding) for finding in audit.findings),
        guarantees=tuple(Guaranteed(what=g.what, holds=g.holds, why=g.why) for g in audit.guarantees),
        verify=verify or command,
    )
