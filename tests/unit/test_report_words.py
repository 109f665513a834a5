"""Facets, sizes and times in words; and colours that can be told apart."""

import json
import re
from importlib.resources import files

import pytest

from shared.domain.case import Reach, Verdict
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Status
from shared.report.words import REACHES, STATUSES, VERDICTS, WORDS, say, size, span
from tests.facets import ALL

TEMPLATES = files("shared.report") / "templates"
STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")


@pytest.mark.parametrize("facet", ALL, ids=lambda f: f.__name__)
def test_every_facet_has_words(facet: type) -> None:
    assert facet.model_fields["facet"].default in WORDS  # type: ignore[attr-defined]


def test_every_state_has_a_sentence() -> None:
    assert set(VERDICTS) == {verdict.value for verdict in Verdict}
    assert set(STATUSES) == {status.value for status in Status} - {Status.ALREADY.value}
    assert set(REACHES) == {reach.value for reach in Reach}


def test_another_partys_statement_is_never_quoted() -> None:
    body = json.dumps({"Sid": "patients", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::charts/Jane Doe"})
    assert "Jane" not in say(PolicyStatement(sid="patients", body=body))


def test_a_statement_of_ours_tells_what_it_refuses_and_what_it_looks_at() -> None:
    content = {"Effect": "Deny", "Action": ["s3:*"], "Condition": {"StringLike": {"aws:userid": ["AIDAX"]}}}
    ours = PolicyStatement(sid="Codeblue0123abcd0001", body=json.dumps(content))
    assert say(ours) == "deny s3:*, judged by aws:userid"


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (5_250_000, "5.2 MB"), (3 * 10**15, "3000.0 TB")]
)
def test_a_size_in_words(count: int, words: str) -> None:
    assert size(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "+0 s"),
        (1.134, "+1.13 s"),
        (-90, "-1 min 30 s"),
        (59.999, "+1 min"),
        (3600, "+1 h"),
        (93_784, "+1 d 2 h"),
        (-0.5, "-0.5 s"),
    ],
)
def test_a_time_after_the_opening_in_words(seconds: float, words: str) -> None:
    assert span(seconds) == words


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


LIGHT, DARK = (colours(block) for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL))


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("colour", ["ink", "soft", "good", "bad", "wait", "mark"])
def test_every_colour_of_text_stands_out_from_both_backgrounds(scheme: dict[str, str], colour: str) -> None:
    assert min(contrast(scheme[colour], scheme[ground]) for ground in ("paper", "band")) >= 4.5


def test_the_templates_themselves_call_nothing_a_breach() -> None:
    for part in TEMPLATES.iterdir():
        assert "breach" not in part.read_text(encoding="utf-8").lower(), part.name


def test_on_paper_every_table_repeats_its_head_and_no_row_is_torn() -> None:
    paper = STYLE.partition("@media print")[2]
    assert "thead { display: table-header-group }" in paper
    assert re.search(r"tr, li.*break-inside: avoid", paper)
