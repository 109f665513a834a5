"""The case in the form that scripts read: one JSON object, the same for whoever prints it."""

from collections.abc import Mapping

from shared.containment.journal import APPLIED
from shared.domain.case import Case, Verdict, WaveRecord
from shared.ports import Journal

NO_VERSIONS: Mapping[str, object] = {"total": 0, "updated": 0, "copied": 0, "multipart": 0, "blocked": []}
"""Object versions moved to another key: none by a fence."""


def summary(case: Case, journal: Journal, place: str) -> dict[str, object]:
    """`{case, status, waves, versions, ledger, report, seconds_to_fence, left_for_people}`, and what the case asks (`awaiting`)."""
    content: dict[str, object] = {
        "case": case.id,
        "status": (Verdict.PARTIAL if case.verdict is Verdict.OPEN else case.verdict).value,
        "waves": [_wave(wave, journal) for wave in case.waves],
        "versions": dict(NO_VERSIONS),
        "ledger": f"{place}/{case.id}",
        "report": None,
        "seconds_to_fence": round((case.fenced_at - case.opened).total_seconds(), 3) if case.fenced_at else None,
        "left_for_people": [left.model_dump(include={"target", "reason", "next"}) for left in case.people],
    }
    if case.awaiting:
        asked = case.awaiting
        content["awaiting"] = {
            "wave": asked.wave.value,
            "digest": asked.digest,
            "envelope": asked.envelope.model_dump(mode="json") if asked.envelope else None,
            "why": asked.why,
            "expires": asked.expires.isoformat(),
        }
    return content


def turned(verdict: Verdict, reason: str) -> dict[str, object]:
    """The same form for an alert that opened no case."""
    left = [{"target": "", "reason": reason, "next": ""}]
    return {
        "case": None,
        "status": verdict.value,
        "waves": [],
        "versions": dict(NO_VERSIONS),
        "ledger": None,
        "report": None,
        "seconds_to_fence": None,
        "left_for_people": left,
    }


def _wave(wave: WaveRecord, journal: Journal) -> dict[str, object]:
    changes = [
        {"target": o.target.id, "facet": o.facet, "status": o.status.value, "reason": o.reason}
        for o in (r.outcome for r in APPLIED.validate_json(journal.blobs(wave.blob)))
    ]
    return {"name": wave.wave.value, "status": _status(wave), "seconds": wave.seconds, "digest": wave.digest, "changes": changes}


def _status(wave: WaveRecord) -> str:
    bad = sum(n for status, n in wave.counts.items() if status.value in {"failed", "drifted"})
    planned = sum(n for status, n in wave.counts.items() if status.value == "planned")
    return "partial" if bad else "planned" if planned == sum(wave.counts.values()) and planned else "done"
