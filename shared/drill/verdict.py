"""What came of a drill: judged from the cloud itself, not from what the response says of itself; and written down."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.adapters.local.sinks import DirectorySink
from shared.custody.audit import audit
from shared.domain.case import Case
from shared.ports import Sink
from shared.report.html import render
from shared.report.pack import pack
from shared.report.summary import summary
from shared.sandbox.aws.hospital_scene import Begun, Played
from shared.sandbox.aws.thief import QUICK
from shared.workflow.deps import Deps

from .drill import Say, Shown
from .fingerprint import fingerprint
from .inspection import Inspection, inspect

if TYPE_CHECKING:
    from .hospital import Stage

GRACE: Final = 1.0
"""Seconds after the last write of the fence in which a call that was under way already may still be answered, where a call takes
`QUICK`. A busy machine is slower than that, for the responder as for everybody."""

LOOKS: Final = 3
"""Times that long until what came into being meanwhile is looked for, judged and refused."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The response from outside: the case at its end, what worked on it, and what the hospital saw.

    `alerted`: when the alert came in, `held`: when it was first said that the fence holds, `settled`: when nothing was left to do.
    """

    case: Case
    working: Deps
    played: Played
    begun: Begun
    alerted: datetime
    held: datetime
    settled: datetime


def verify(stage: "Stage", answered: Answered, say: Say) -> Shown:
    """Compare, audit, and write report, case, ledger and public key into the folder."""
    from shared.bootstrap import custody  # noqa: PLC0415

    case, out, played = answered.case, stage.wanted.out, answered.played
    say("Comparing every stored version with what it was, and auditing the record.")
    seen = inspect(
        stage.ready.stored, played.stored, [s.old.id for s in case.scope.successors], [s.new.id for s in case.scope.successors]
    )
    kept = custody(stage.policy, answered.working.clock)
    out.mkdir(parents=True, exist_ok=True)
    key = kept.signer.public_key()
    (out / "public-key.pem").write_bytes(_pem(key))
    ledger = _copied(kept.sinks[0], out / "ledger", case.id)
    checked = audit(ledger, case.id, key, open_case=False, outside_key=True)
    wrong = (*_wrong(stage, answered, seen), *(f"the audit found: {finding}" for finding in checked.findings))
    command = f"codeblue audit {case.id} --ledger {out / 'ledger'} --public-key {out / 'public-key.pem'}"
    evidence = pack(case, answered.working.journal(case.id), answered.working.place, checked, answered.working.clock.now(), command)
    content = {**_content(stage, answered, seen, wrong), "evidence": evidence.model_dump(mode="json")}
    (out / "case.json").write_text(json.dumps(content, indent=2, sort_keys=True), encoding="utf-8")
    page = out / "report.html"
    page.write_text(render(evidence), encoding="utf-8")
    return Shown(case, tuple(_facts(stage, answered, seen)), content, wrong, page, command)


def _wrong(stage: "Stage", answered: Answered, seen: Inspection) -> Iterator[str]:
    """Everything that must not happen in a drill and did, in sentences."""
    failed = Counter((failure.who, failure.call, failure.code) for failure in answered.played.failures)
    for (who, call, code), count in failed.items():
        yield f"{count} {'call' if count == 1 else 'calls'} {call} of {who} failed: {code}"
    read = (success for success in answered.played.successes if success.kind == "data")
    late = Counter((success.call, success.who) for success in read if success.after > _shut(stage, answered, success.born))
    for (call, who), count in late.items():
        yield f"the thief got in after the fence: {call} as {who}, {count} times"
    held = answered.held.timestamp() - answered.begun.at
    acts = Counter(success.call for success in answered.played.successes if success.kind == "control" and success.after > held)
    for call, count in acts.items():
        yield f"the thief still acted after the fence was said to hold: {call}, {count} times"
    yield from (f"of the thief's work there is still: {survivor}" for survivor in answered.played.survivors)
    yield from seen.wrong


def _facts(stage: "Stage", answered: Answered, seen: Inspection) -> Iterator[str]:
    """What a tired person wants to know."""
    case, played = answered.case, answered.played
    last = _last(played)
    until = "got nothing any more" if last is None else f"got the last object {last:.1f} s after the alert"
    yield f"The thief read {answered.begun.stolen} objects before the alert, and {until}."
    if case.fenced_at:
        yield f"The fence stood {case.fenced_at.timestamp() - answered.begun.at:.1f} s after the alert."
    yield f"{played.calls} calls of clinicians, programs and services: {len(played.failures)} failed."
    for tenant, counts in seen.counts.items():
        key = stage.ready.keys[tenant]
        what = ", ".join(f"{count} {word}" for word, count in counts.items())
        yield f"{tenant}: {what}; its old key is {_state(key, answered)}."
    yield f"{len(case.people)} things are left for people: the report lists them, each with its reason."


def _state(key: str, answered: Answered) -> str:
    """Disabled, or why not: the first of the reasons that the case has for it."""
    if answered.played.states.get(key) == "Disabled":
        return "disabled"
    why = (left.reason for left in answered.case.people if left.target.endswith(key))
    return next((reason.removeprefix("the old key is ") for reason in why if reason.startswith("the old key is ")), "enabled")


def _last(played: Played) -> float | None:
    """Seconds from the alert to the last health data that the thief got."""
    return max((success.after for success in played.successes if success.kind == "data"), default=None)


def _shut(stage: "Stage", answered: Answered, born: float) -> float:
    """Seconds after the alert from which on credentials first used at `born` may not work: the fence is in force everywhere.

    What the thief made while it came into force is noticed when the log tells of it, and refused as late again.
    """
    fenced = (answered.case.fenced_at or answered.settled).timestamp() - answered.begun.at
    grace = GRACE * max(1.0, answered.played.pace / QUICK)
    return max(fenced + grace, born + stage.terms.trail_lag + LOOKS * grace) + stage.terms.propagation


def _content(stage: "Stage", answered: Answered, seen: Inspection, wrong: tuple[str, ...]) -> dict[str, object]:
    case, played = answered.case, answered.played
    journal = answered.working.journal(case.id)
    last = _last(played)
    return {
        **summary(case, journal, str(stage.wanted.out / "ledger")),
        "report": str(stage.wanted.out / "report.html"),
        "fingerprint": fingerprint(stage.ready, answered.begun, case, journal, seen),
        "drill": {
            "seed": stage.wanted.seed,
            "hard": stage.wanted.hard,
            "seconds": round((answered.settled - answered.alerted).total_seconds(), 1),
            "stolen_before_the_alert": answered.begun.stolen,
            "last_theft_seconds_after_the_alert": round(last, 2) if last is not None else None,
            "moves_of_the_thief": played.attempts,
            "calls_of_the_hospital": played.calls,
            "failures_of_the_hospital": len(played.failures),
            "versions": seen.counts,
            "old_keys": played.states,
            "wrong": list(wrong),
        },
    }


def _copied(sink: Sink, folder: Path, case: str) -> DirectorySink:
    """A copy of the record in a folder of its own."""
    copy = DirectorySink(folder)
    for path in sink.list(f"{case}/"):
        copy.put(path, sink.get(path))
    return copy


def _pem(key: bytes) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key  # noqa: PLC0415

    return load_der_public_key(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
