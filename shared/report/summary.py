"""The case in the form that scripts read: one JSON object, the same for whoever prints it."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.containment.journal import APPLIED, CHANGES
from shared.domain.case import Case, LeftForPeople, Outcome, Verdict, WaveRecord
from shared.domain.facet import StoreKey
from shared.domain.plan import Change
from shared.domain.resource import Ref
from shared.domain.versions import Versions
from shared.ports import Journal
from shared.reencryption.lanes import Reason

from .administrators import told
from .words import say

NO_VERSIONS: Mapping[str, object] = {"total": 0, "updated": 0, "copied": 0, "multipart": 0, "blocked": []}
"""Object versions moved to another key: none by a fence."""

SEEN_TWICE = frozenset({Reason.CUSTOMER_KEY.value, Reason.DENIED.value})
"""Why a version is not even looked at: each migration of its store counts it."""


def summary(case: Case, journal: Journal, place: str) -> dict[str, object]:
    """`{case, status, waves, versions, ledger, report, seconds_to_fence, left_for_people}`, and what the case asks (`awaiting`)."""
    waves = [_wave(wave, journal) for wave in case.waves]
    people = (*case.people, *told(case, ((c["action"], c["target"], c["status"]) for wave in waves for c in wave["changes"])))
    content: dict[str, object] = {
        "case": case.id,
        "status": (Verdict.PARTIAL if case.verdict is Verdict.OPEN else case.verdict).value,
        "waves": waves,
        "versions": _versions(case.versions),
        "ledger": f"{place}/{case.id}",
        "report": None,
        "seconds_to_fence": round((case.fenced_at - case.opened).total_seconds(), 3) if case.fenced_at else None,
        "left_for_people": [left.model_dump(include={"target", "reason", "next"}) for left in people],
    }
    if case.awaiting:
        asked = case.awaiting
        content["awaiting"] = {
            "wave": asked.wave.value,
            "digest": asked.digest,
            "envelope": asked.envelope.model_dump(mode="json") if asked.envelope else None,
            "why": asked.why,
            "changes": _asked(case, asked.digest, journal),
            "expires": asked.expires.isoformat(),
            "by": case.asked_by or asked.by,
            "another": asked.another,
            "told": list(asked.told),
        }
    return content


def turned(verdict: Verdict, reason: str, left: Sequence[LeftForPeople] = ()) -> dict[str, object]:
    """The same form for an alert that opened no case. `left`: what people have to do about it, where there is anything."""
    why = [{"target": "", "reason": reason, "next": ""}]
    return {
        "case": None,
        "status": verdict.value,
        "waves": [],
        "versions": dict(NO_VERSIONS),
        "ledger": None,
        "report": None,
        "seconds_to_fence": None,
        "left_for_people": [each.model_dump(include={"target", "reason", "next"}) for each in left] or why,
    }


def _asked(case: Case, digest: str, journal: Journal) -> list[dict[str, object]]:
    """What an exact digest would do, line by line; an envelope has no lines, for it covers what is not known yet."""
    blob = next((p.blob for p in case.plans if p.digest == digest), "")
    changes = CHANGES.validate_json(journal.blobs(blob)) if blob else ()
    return [
        {
            "target": change.target.id,
            "action": change.action,
            "after": say(change.after),
            "why": change.why,
            "hurts": list(change.blast.others),
            "one_way": not change.reversible,
        }
        for change in changes
    ]


def _versions(found: Sequence[Versions]) -> dict[str, object]:
    """The counts of all stores in one. A store that holds versions of several keys is looked at once for each."""
    totals: dict[Ref, int] = {}
    blocked: dict[tuple[str, Ref], int] = {}
    for each in found:
        totals[each.store] = max(totals.get(each.store, 0), each.total)
        for reason, count in each.blocked:
            before = blocked.get((reason, each.store), 0)
            blocked[reason, each.store] = max(before, count) if reason in SEEN_TWICE else before + count
    reasons = sorted({reason for reason, _ in blocked})
    return {
        "total": sum(totals.values()),
        "updated": sum(each.updated for each in found),
        "copied": sum(each.copied for each in found),
        "multipart": sum(each.multipart for each in found),
        "blocked": [{"reason": r, "count": sum(n for (of, _), n in blocked.items() if of == r)} for r in reasons],
    }


def _wave(wave: WaveRecord, journal: Journal) -> dict[str, Any]:
    changes = [
        {"target": o.target.id, "facet": o.facet, "action": o.action, "status": o.status.value, "reason": o.reason}
        | _part(change)
        | _until(o)
        for change, o in ((r.change, r.outcome) for r in APPLIED.validate_json(journal.blobs(wave.blob)))
    ]
    return {"name": wave.wave.value, "status": _status(wave), "seconds": wave.seconds, "digest": wave.digest, "changes": changes}


def _part(change: Change) -> dict[str, str]:
    """Which of a store's keys it is: the cloud named them, and no patient."""
    return {"part": change.after.name} if isinstance(change.after, StoreKey) else {}


def _until(outcome: Outcome) -> dict[str, object]:
    """When what the change takes away is dead at the latest, where the cloud says so."""
    return {"dead_by": outcome.until.isoformat()} if outcome.until else {}


def _status(wave: WaveRecord) -> str:
    bad = sum(n for status, n in wave.counts.items() if status.value in {"failed", "drifted"})
    planned = sum(n for status, n in wave.counts.items() if status.value == "planned")
    return "partial" if bad else "planned" if planned == sum(wave.counts.values()) and planned else "done"
