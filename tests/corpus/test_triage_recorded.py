"""Events that others recorded and labelled: how many breaches are seen, and how seldom ordinary work is taken for one."""

import csv
import io
import json
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from shared.adapters.memory.windows import BoundedMemory
from shared.settings import Policy
from shared.triage.decision import Decision
from shared.triage.running import Input, Line, Triage, inputs, newest
from shared.triage.table import Table

from . import expected

CORPUS = Path(__file__).parents[3] / "shared" / "alerts"
INDEX = CORPUS / "INDEX.tsv"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not INDEX.exists(), reason="the corpus of recorded events is not beside this checkout"),
]

TABLE = Table()
RANK = {Decision.UNREADABLE: 0, Decision.DROP: 0, Decision.WATCH: 1, Decision.ACT: 2}


class Case(NamedTuple):
    """One labelled record, and what it came to."""

    rule: str
    true: bool
    line: Line


def triaged(given: list[Input]) -> tuple[Triage, list[Line]]:
    judge = Triage(Policy(), BoundedMemory(), newest(given), table=TABLE)
    return judge, list(judge.lines(given))


def rows(name: str = "INDEX.tsv") -> Iterator[dict[str, str]]:
    with (CORPUS / name).open(newline="") as table:
        yield from csv.DictReader(table, delimiter="\t")


@cache
def everything() -> dict[str, list[Line]]:
    """Every file by itself."""
    return {row["path"]: triaged(list(inputs([CORPUS / row["path"]])))[1] for row in rows()}


@cache
def labelled() -> tuple[Case, ...]:
    """The test cases of detection rules, each by itself: they are stories of their own."""
    cases = []
    for path in sorted(CORPUS.glob("panther*/**/*.jsonl")):
        for text in filter(str.strip, path.read_text().splitlines()):
            test: dict[str, Any] = json.loads(text)
            (line, *_) = triaged([Input(path.name, partial(io.BytesIO, text.encode()))])[1]
            cases.append(Case(test["rule_id"], bool(test["expected_result"]), line))
    return tuple(cases)


def test_every_record_has_a_decision_and_a_reason() -> None:
    lines = [line for found in everything().values() for line in found]
    assert len(lines) > 3900
    assert all(line.reason for line in lines)


def test_only_what_is_marked_as_broken_cannot_be_read() -> None:
    broken = {row["path"] for row in rows() if row["kind"] == "unparsable-as-is"}
    unreadable = {path for path, lines in everything().items() for line in lines if line.decision is Decision.UNREADABLE}
    assert {path for path in unreadable if "ImpossibleTravel" not in path} <= broken


def test_every_rule_of_others_has_its_place() -> None:
    known = expected.ACT | expected.WATCH | expected.OTHER | expected.LOOKUP.keys()
    assert {case.rule for case in labelled()} == known


def test_true_cases_are_seen() -> None:
    """Of those that concern us and need nothing from outside, 95 in 100."""
    wanted = dict.fromkeys(expected.ACT, 2) | dict.fromkeys(expected.WATCH, 1)
    true = [case for case in labelled() if case.true and case.rule in wanted]
    seen = [case for case in true if RANK[case.line.decision] >= wanted[case.rule]]
    missed = [(case.rule, case.line.event, case.line.decision, case.line.reason) for case in true if case not in seen]
    assert len(seen) >= 0.95 * len(true), missed


def ordinary() -> Iterator[Line]:
    """What others call benign: false cases, an administrator's and services' days, a lab's set-up."""
    yield from (case.line for case in labelled() if not case.true)
    for row in rows():
        if row["label"] == "benign":
            yield from everything()[row["path"]]
    yield from by_label("setup", "service", "operator")


def by_label(*starts: str) -> Iterator[Line]:
    """The lab's records whose label begins so."""
    labels = {row["eventID"]: row["label_by_user_agent"] for row in rows("invictus_record_labels.tsv")}
    for path in sorted(CORPUS.glob("invictus*/CloudTrail/*.json")):
        found = everything()[path.relative_to(CORPUS).as_posix()]
        records = json.loads(path.read_bytes())["Records"]
        yield from (line for line, record in zip(found, records, strict=True) if labels[record["eventID"]].startswith(starts))


def test_ordinary_work_is_not_acted_on() -> None:
    lines = list(ordinary())
    acted = [(line.file, line.event, line.rule) for line in lines if line.decision is Decision.ACT]
    assert len(acted) <= 0.02 * len(lines), acted


def test_false_cases_that_are_acted_on_are_true_cases_of_another_rule() -> None:
    acted = {case.rule for case in labelled() if not case.true and case.line.decision is Decision.ACT}
    assert acted <= expected.CONTRADICTED.keys()


def test_no_rule_acts_on_false_cases_alone() -> None:
    """Whatever acts on a false case acts on a true one, of another rule's or of a technique's: to spare it would be a miss."""
    false = {case.line.rule for case in labelled() if not case.true and case.line.decision is Decision.ACT}
    true = {case.line.rule for case in labelled() if case.true and case.line.decision is Decision.ACT}
    attacks = {line.rule for path, lines in everything().items() if "stratus" in path for line in lines}
    assert false <= true | attacks


def test_what_the_attacker_did_in_the_lab_is_acted_on() -> None:
    acted = {line.event for line in by_label("detonation") if line.decision is Decision.ACT}
    wanted = {
        "CreateLoginProfile",
        "CreateTrustAnchor",
        "DeleteFlowLogs",
        "GetPasswordData",
        "GetSecretValue",
        "ModifyImageAttribute",
    }
    assert wanted | {"ModifyDBSnapshotAttribute"} <= acted


@pytest.mark.parametrize("technique", expected.STRATUS)
def test_a_technique_comes_to(technique: str) -> None:
    lines = [line for path, found in everything().items() for line in found if f"/{technique}." in path]
    assert max((line.decision for line in lines), key=RANK.__getitem__) == expected.STRATUS[technique]


def test_no_line_carries_an_object_key() -> None:
    lines = [line for found in everything().values() for line in found]
    assert not [name for line in lines for name in line.resources if name.startswith("arn:aws:s3:::") and "/" in name]


def test_the_lab_is_one_breach() -> None:
    judge, lines = triaged(list(inputs([CORPUS / "invictus-ir+aws_dataset"])))
    cases = {judge.merged.get(line.case, line.case) for line in lines if line.case}
    assert len(cases) == 1
