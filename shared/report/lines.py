"""What scripts get about a case in one object each: a line of the list, an audit, a page, what an undo would take back."""

from shared.custody.audit import Audit
from shared.domain.case import Case
from shared.workflow.acknowledging import Taken
from shared.workflow.deciding import Undo


def of_case(case: Case) -> dict[str, str]:
    """One case among others."""
    return {
        "case": case.id,
        "opened": case.opened.isoformat(timespec="seconds"),
        "status": case.verdict.value,
        "stage": case.stage.value,
        "event": case.signal.event,
        "actor": str(case.signal.actor or ""),
    }


def of_audit(case_id: str, found: Audit) -> dict[str, object]:
    """What a check of the record says, and which guarantees hold."""
    return {
        "case": case_id,
        "ok": found.ok,
        "entries": found.size,
        "head": found.head,
        "findings": [str(f) for f in found.findings],
        "guarantees": [{"what": g.what, "holds": g.holds, "why": g.why} for g in found.guarantees],
    }


def of_taken(found: Taken) -> dict[str, object]:
    """Who has the page of a case, and the sentence about it."""
    return {**found.model_dump(mode="json"), "message": found.words}


def of_undo(case_id: str, wanted: Undo) -> dict[str, object]:
    """What would be taken back, what stays and why, and the digest that approves it."""
    stays = [{"target": c.target.id, "action": c.action, "reason": why, "one_way": not c.reversible} for c, why in wanted.stays]
    return {"case": case_id, "digest": wanted.digest, "changes": [c.target.id for c in wanted.back], "stays": stays}
