"""What a case says of itself: to scripts, and to people in a browser."""

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from shared.custody.audit import Audit, Guarantee
from shared.domain.case import Case, LeftForPeople
from shared.domain.facet import PolicyStatement
from shared.report.html import marks, render
from shared.report.pack import Moment, Pack, pack
from shared.report.summary import summary, turned
from shared.report.words import WORDS, say
from shared.workflow.deps import Deps
from tests.facets import ALL
from tests.hospital import Hospital
from tests.workflow.driving import respond

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
INTACT = Audit("cb-1", 4, "ab" * 32, (), (Guarantee("a second sink holds the same", holds=True, why="8 files compared"),))
HOSTILE = '"><script>alert(1)</script>'


class Page(HTMLParser):
    """What a browser would do with a page: the tags, and every address it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched.extend(value for name, value in attrs if name in {"src", "href", "action", "data"} and value)
        if tag not in {"meta", "br", "line"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "line":
            assert self.open.pop() == tag


@pytest.fixture
def deps(hospital: Hospital) -> Deps:
    return hospital.worker()


@pytest.fixture
def case(deps: Deps) -> Case:
    return respond(deps)


@pytest.fixture
def whole(case: Case, deps: Deps) -> Pack:
    return pack(case, deps.journal(case.id), "s3://custody", INTACT, NOW)


def test_the_page_is_well_formed_and_fetches_nothing(whole: Pack) -> None:
    page = Page(render(whole))
    assert (page.open, page.fetched) == ([], [])
    assert "script" not in page.tags


def test_the_page_tells_every_change_with_why_and_how_it_is_undone(whole: Pack) -> None:
    text = render(whole)
    assert whole.rows
    assert all(row.citation in text for row in whole.rows)
    assert whole.counts.get("applied", 0) == sum(row.status == "applied" for row in whole.rows) > 0


def test_what_strangers_wrote_is_escaped(case: Case, whole: Pack) -> None:
    left = LeftForPeople(target=HOSTILE, reason=HOSTILE, next=HOSTILE)
    hostile = Pack(case, HOSTILE, whole.timeline, whole.rows, (left,), INTACT, NOW)
    assert "<script>" not in render(hostile)


def test_a_guarantee_that_does_not_hold_is_not_called_one(case: Case, whole: Pack) -> None:
    nobody = Guarantee("a witness outside the writer's control has the head", holds=False, why="no witness is named")
    broken = Audit(INTACT.case, INTACT.size, INTACT.head, (), (nobody,))
    assert "does not hold" not in render(whole)
    assert "does not hold" in render(Pack(case, "x", whole.timeline, whole.rows, (), broken, NOW))


def test_the_timeline_is_to_scale() -> None:
    moments = [Moment(NOW.replace(second=s), "x", "x") for s in (0, 10, 20)]
    first, middle, last = marks(moments, NOW)
    assert middle.x - first.x == pytest.approx(last.x - middle.x, abs=0.2)


def test_moments_too_near_to_tell_apart_are_drawn_on_lines_of_their_own() -> None:
    moments = [Moment(NOW.replace(microsecond=u), "x", "x") for u in (0, 1, 2)] + [Moment(NOW.replace(second=30), "x", "x")]
    assert [mark.line for mark in marks(moments, NOW)] == [0, 1, 2, 0]


@pytest.mark.parametrize("facet", ALL, ids=lambda f: f.__name__)
def test_every_facet_has_words(facet: type) -> None:
    assert facet.model_fields["facet"].default in WORDS  # type: ignore[attr-defined]


def test_another_partys_statement_is_never_quoted() -> None:
    body = json.dumps({"Sid": "patients", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::charts/Jane Doe"})
    assert "Jane" not in say(PolicyStatement(sid="patients", body=body))


def test_scripts_get_the_documented_keys_and_no_others(case: Case, deps: Deps) -> None:
    keys = {"case", "status", "waves", "versions", "ledger", "report", "seconds_to_fence", "left_for_people"}
    content = summary(case, deps.journal(case.id), "s3://custody")
    assert set(content) - {"awaiting"} == keys == set(turned(case.verdict, "why"))
    assert re.fullmatch(r"cb-[0-9a-f]{12}", str(content["case"]))
    json.dumps(content)
