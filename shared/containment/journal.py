"""What the engine writes into the custody record.

Facts only, and no name that could be health data: a policy can hold object keys, so values stand in an encrypted blob and the
entry carries digests; the part of a facet (a Sid, a rule's name) is what others chose, so it is replaced by its HMAC.
"""

from collections.abc import Sequence

from pydantic import TypeAdapter

from shared.domain.case import Outcome
from shared.domain.facet import AnyFacet
from shared.domain.plan import Change, Plan, Status
from shared.domain.value import Value
from shared.ports import Journal


class Applied(Value):
    """One change as it went: `change.before` is what was there, `change.after` what was read back."""

    change: Change
    outcome: Outcome


APPLIED = TypeAdapter(tuple[Applied, ...])
CHANGES = TypeAdapter(tuple[Change, ...])


def unmade(change: Change, status: Status, reason: str) -> Applied:
    """What a change is that was not made, and why."""
    after = change.after
    outcome = Outcome(target=change.target, facet=after.facet, part=after.part, action=change.action, status=status, reason=reason)
    return Applied(change=change, outcome=outcome)


def intended(plan: Plan, changes: Sequence[Change], journal: Journal) -> dict[str, object]:
    """The body of an `intended` entry: one line for each change, values in the blob."""
    blob = journal.blob(CHANGES.dump_json(tuple(changes)))
    return {
        "wave": plan.wave.value,
        "digest": plan.digest,
        "blob": blob,
        "changes": [_line(change, journal) for change in changes],
    }


def outcomes(plan: Plan, results: Sequence[Applied], journal: Journal) -> dict[str, object]:
    """The body of an `outcome` entry: statuses and the request ids that the cloud's own log shows too."""
    return {
        "wave": plan.wave.value,
        "digest": plan.digest,
        "blob": journal.blob(APPLIED.dump_json(tuple(results))),
        "changes": [
            {**_line(r.change, journal), "status": r.outcome.status.value, "request_ids": list(r.outcome.request_ids)}
            for r in results
        ],
    }


def _line(change: Change, journal: Journal) -> dict[str, object]:
    return {
        "action": change.action,
        "target": change.target.id,
        "facet": change.after.facet,
        "part": journal.name(change.after.part),
        "before": _name(change.before, journal),
        "after": _name(change.after, journal),
        "origin": change.origin.value,
        "why": change.why,
        "citation": change.citation,
        "reversible": change.reversible,
    }


def _name(facet: AnyFacet | None, journal: Journal) -> str:
    return journal.name(facet.digest) if facet else ""
