"""What came of a drill: judged from the cloud itself, not from what the response says of itself; and written down."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.local.sinks import DirectorySink
from shared.containment.parallel import in_parallel
from shared.custody.audit import Audit, audit
from shared.domain.case import Case
from shared.ports import Sink
from shared.report.html import render
from shared.report.pack import pack
from shared.report.summary import summary
from shared.sandbox.scene import Begun, Played, Success
from shared.workflow.deps import Deps

from .claims import Claimed, claims, untrue
from .drill import Say, Shown
from .fingerprint import fingerprint

if TYPE_CHECKING:
    from .hospital import Stage

GRACE: Final = 1.0
"""Seconds after the last write of the fence in which a call that was under way already may still be answered, where a call takes
as long as on an idle machine. A busy one is slower than that, for the responder as for everybody."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The response from outside: the cases at their end, what worked on them, and what the hospital saw.

    `alerted`: when the alerts came in, `held`: when it was first said that the fence holds, `settled`: when nothing was left to do.
    """

    cases: tuple[Case, ...]
    working: Deps
    played: Played[Any]
    begun: Begun
    alerted: datetime
    held: datetime
    settled: datetime

    @property
    def case(self) -> Case:
        """The first of them."""
        return self.cases[0]


@dataclass(frozen=True, slots=True)
class Sight:
    """What the cloud itself shows. `counts`: what became of what was stored, by tenant; `wrong` and `facts`: in sentences.

    `limit`: seconds after the alert until which this may have worked for the thief.
    """

    counts: Mapping[str, Mapping[str, int]]
    wrong: tuple[str, ...]
    facts: tuple[str, ...]
    limit: Callable[[Success], float]


def verify(stage: "Stage", answered: Answered, say: Say) -> Shown:
    """Compare, audit, and write report, case, ledger and public key into the folder."""
    from shared.bootstrap import custody  # noqa: PLC0415

    out = stage.wanted.out
    say("Comparing every stored version with what it was, and auditing the record.")
    sight = stage.house.sight(stage, answered)
    kept = custody(stage.policy, answered.working.clock)
    out.mkdir(parents=True, exist_ok=True)
    key = kept.signer.public_key()
    (out / "public-key.pem").write_bytes(_pem(key))
    checked = {c.id: _audited(kept.sinks[0], out / "ledger", c.id, key) for c in answered.cases}
    found = (f"the audit found: {finding}" for each in checked.values() for finding in each.findings)
    claimed = claims(answered)
    wrong = (*_wrong(answered, sight), *untrue(claimed), *found)
    shown = [_reported(case, answered, out, checked[case.id]) for case in answered.cases]
    evidence, page, command = shown[0]
    content = {**_content(stage, answered, sight, wrong, claimed), "evidence": evidence}
    (out / "case.json").write_text(json.dumps(content, indent=2, sort_keys=True), encoding="utf-8")
    return Shown(answered.cases, tuple(_facts(answered, sight)), content, wrong, page, command)


def _audited(sink: Sink, folder: Path, case: str, key: bytes) -> Audit:
    return audit(_copied(sink, folder, case), case, key, open_case=False, outside_key=True)


def _reported(case: Case, answered: Answered, out: Path, checked: Audit) -> tuple[dict[str, Any], Path, str]:
    """A case's evidence, the page that shows it, and the command that repeats its audit. The first one's page is `report.html`."""
    working = answered.working
    command = f"codeblue audit {case.id} --ledger {out / 'ledger'} --public-key {out / 'public-key.pem'}"
    evidence = pack(case, working.journal(case.id), working.place, checked, working.clock.now(), command)
    page = out / ("report.html" if case.id == answered.case.id else f"report-{case.id}.html")
    page.write_text(render(evidence), encoding="utf-8")
    return evidence.model_dump(mode="json"), page, command


def _wrong(answered: Answered, sight: Sight) -> Iterator[str]:
    """Everything that must not happen in a drill and did, in sentences."""
    failed = Counter((failure.who, failure.call, failure.code) for failure in answered.played.failures)
    for (who, call, code), count in failed.items():
        yield f"{count} {'call' if count == 1 else 'calls'} {call} of {who} failed: {code}"
    late = [success for success in answered.played.successes if success.after > sight.limit(success)]
    for (call, who), count in Counter((each.call, each.who) for each in late if each.kind == "data").items():
        yield f"the thief got in after the fence: {call} as {who}, {count} times"
    for call, count in Counter(each.call for each in late if each.kind == "control").items():
        yield f"the thief still acted after the fence was said to hold: {call}, {count} times"
    yield from (f"of the thief's work there is still: {survivor}" for survivor in answered.played.survivors)
    yield from sight.wrong


def _facts(answered: Answered, sight: Sight) -> Iterator[str]:
    """What a tired person wants to know."""
    case, played = answered.case, answered.played
    last = _last(played)
    until = "got nothing any more" if last is None else f"got the last object {last:.1f} s after the alert"
    yield f"The thief read {answered.begun.stolen} objects before the alert, and {until}."
    if case.fenced_at:
        yield f"The fence stood {case.fenced_at.timestamp() - answered.begun.at:.1f} s after the alert."
    yield f"{played.calls} calls of clinicians, programs and services: {len(played.failures)} failed."
    yield from sight.facts
    people = sum(len(each.people) for each in answered.cases)
    yield f"{people} things are left for people: the report lists them, each with its reason."


def _last(played: Played[Any]) -> float | None:
    """Seconds from the alert to the last health data that the thief got."""
    return max((success.after for success in played.successes if success.kind == "data"), default=None)


def _content(
    stage: "Stage", answered: Answered, sight: Sight, wrong: tuple[str, ...], claimed: tuple[Claimed, ...]
) -> dict[str, object]:
    played, working = answered.played, answered.working
    told = [(case, working.journal(case.id)) for case in answered.cases]
    place, last = str(stage.wanted.out / "ledger"), _last(played)
    first, *more = (summary(case, journal, place) for case, journal in told)
    return {
        **first,
        **({"cases": [first["case"], *(each["case"] for each in more)], "others": more} if more else {}),
        "report": str(stage.wanted.out / "report.html"),
        "fingerprint": fingerprint(stage.ready, answered.begun, told, sight.counts, stage.wanted.out / "fingerprint.json"),
        "drill": {
            "seed": stage.wanted.seed,
            "hard": stage.wanted.hard,
            "seconds": round((answered.settled - answered.alerted).total_seconds(), 1),
            "stolen_before_the_alert": answered.begun.stolen,
            "last_theft_seconds_after_the_alert": round(last, 2) if last is not None else None,
            "moves_of_the_thief": played.attempts,
            "calls_of_the_hospital": played.calls,
            "failures_of_the_hospital": len(played.failures),
            "versions": {tenant: dict(found) for tenant, found in sight.counts.items()},
            "old_keys": played.states,
            "wrong": list(wrong),
            **({"credentials": [each.shown for each in claimed]} if claimed else {}),
        },
    }


def _copied(sink: Sink, folder: Path, case: str) -> DirectorySink:
    """A copy of the record in a folder of its own."""
    copy = DirectorySink(folder)
    in_parallel(lambda path: copy.put(path, sink.get(path)), list(sink.list(f"{case}/")))
    return copy


def _pem(key: bytes) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key  # noqa: PLC0415

    return load_der_public_key(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
