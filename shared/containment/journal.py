"""What the engine writes into the custody record.

Facts only, and no name that could be health data: a policy can hold object keys, so values stand in an encrypted blob and the
entry carries digests; the part of a facet (a Sid, a rule's name) is what others chose, so it is replaced by its HMAC.
"""

from collections.abc import Sequence

from pydantic import TypeAdapter

from shared.domain.case import Outcome
from shared.domain.facet import AnyFacet
from shared.domain.plan import Change, Plan
from shared.domain.value import Value, digest
from shared.ports import Journal


class Applied(Value):
    """One change with what became of it, as a wave's blob keeps it."""

    change: Change
    outcome: Outcome


APPLIED = TypeAdapter(tuple[Applied, ...])
CHANGES = TypeAdapter(tuple[Change, ...])


def intended(plan: Plan, changes: Sequence[Change], journal: Journal) -> dict[str, object]:
    """The body of an `intended` entry: one line for each change, values in the blob."""
    blob = journal.blob(CHANGES.dump_json(tuple(changes)))
    return {
        "wave": plan.wave.value,
        "digest": plan.digest,
        "blob": blob,
        "changes": [_line(change, journal) for change in changes],
    }


def outcomes_of(plan: Plan, results: Sequence[tuple[Change, Outcome]], journal: Journal) -> dict[str, object]:
    """The body of an `outcome` entry: statuses and the request ids that the cloud's own log shows too."""
    blob = journal.blob(APPLIED.dump_json(tuple(Applied(change=c, outcome=o) for c, o in results)))
    return {
        "wave": plan.wave.value,
        "digest": plan.digest,
        "blob": blob,
        "changes": [
            {**_line(change, journal), "status": outcome.status.value, "request_ids": list(outcome.request_ids)}
            for change, outcome in results
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
    return journal.name(digest(facet.model_dump(mode="json"))) if facet else ""
