"""What incident tools are told, over real TLS: in whose form, signed by what, and what becomes of a page they do not take."""

import hashlib
import hmac
import json
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from shared.adapters.local.clock import SystemClock
from shared.adapters.memory.notifier import MemoryNotifier
from shared.adapters.paging.call_list import MISSED, CallList, pass_on
from shared.adapters.paging.webhook import PAGERDUTY, SIGNATURE, Webhook
from shared.bootstrap.paging import channels
from shared.domain.call_list import Level, Paging
from shared.domain.errors import CodeblueError, NotReady, Refused, Unreachable
from shared.ports import Told
from shared.settings import Policy
from tests.self_signed import certificate
from tests.unit.wire_server import WireServer, reply

KEY = "a-key-of-a-test-and-no-other"  # pragma: allowlist secret
AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
PAGE = Told("page", "cb-1", "A decision is needed", 2, AT)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls") / "tool.pem")


@pytest.fixture
def tool(pem: Path) -> Iterator[WireServer]:
    server = WireServer(pem)
    yield server
    server.close()


def hook(tool: WireServer, pem: Path, form: str = "generic", **kept: str) -> Webhook:
    secret = json.dumps({"url": f"{tool.url}/hook/of/ours", "key": KEY} | kept)
    return Webhook("the-tool", form, lambda: secret, ssl.create_default_context(cafile=pem))  # type: ignore[arg-type]  # as written


def test_our_own_form_is_signed_over_its_time(tool: WireServer, pem: Path) -> None:
    hook(tool, pem).tell(PAGE)
    (asked,) = tool.asked
    said = json.loads(asked.body)
    seconds = int(AT.timestamp())
    mac = hmac.new(KEY.encode(), f"{seconds}.".encode() + asked.body, hashlib.sha256).hexdigest()
    assert (asked.method, asked.target, asked.headers[SIGNATURE.lower()]) == ("POST", "/hook/of/ours", f"t={seconds},v1={mac}")
    assert said == {
        "version": 1,
        "what": "page",
        "case": "cb-1",
        "subject": "A decision is needed",
        "level": 2,
        "at": "2026-11-22T03:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("what", "action"),
    [
        pytest.param("page", "trigger", id="a page"),
        pytest.param("acknowledged", "acknowledge", id="that somebody has it"),
        pytest.param("resolved", "resolve", id="that it needs nobody"),
    ],
)
def test_pagerduty_is_told_in_its_events_api(tool: WireServer, pem: Path, what: str, action: str) -> None:
    hook(tool, pem, "pagerduty").tell(PAGE._replace(what=what))  # type: ignore[arg-type]  # as written in the table
    (asked,) = tool.asked
    event = json.loads(asked.body)
    assert (event["event_action"], event["dedup_key"], event["routing_key"]) == (action, "codeblue-cb-1", KEY)
    assert ("payload" in event, SIGNATURE.lower() in asked.headers) == (what == "page", False)
    if what == "page":
        assert {"summary", "source", "severity"} <= event["payload"].keys()


class TestRefusals:
    """A tool that does not take it."""

    @pytest.mark.parametrize(
        ("status", "tries", "kind"),
        [
            pytest.param(202, 1, None, id="taken"),
            pytest.param(400, 1, Refused, id="refused for good"),
            pytest.param(307, 1, Refused, id="sent elsewhere, where no page of ours goes"),
            pytest.param(503, 2, Refused, id="busy, and still so when asked again"),
        ],
    )
    def test_that_answers(self, tool: WireServer, pem: Path, status: int, tries: int, kind: type[CodeblueError] | None) -> None:
        tool.answer = lambda _: reply(status, location="https://127.0.0.1:1/elsewhere")
        if kind is None:
            hook(tool, pem).tell(PAGE)
        else:
            with pytest.raises(kind, match=f"answered {status}"):
                hook(tool, pem).tell(PAGE)
        assert len(tool.asked) == tries

    def test_a_tool_that_takes_it_and_never_ends_its_answer_has_taken_it(self, tool: WireServer, pem: Path) -> None:
        tool.answer = lambda _: reply(202, content_length="1")
        hook(tool, pem).tell(PAGE)
        assert len(tool.asked) == 1

    @pytest.mark.parametrize("known", [True, False], ids=["that hangs up", "whose certificate nobody vouches for"])
    def test_shows_neither_its_address_nor_its_key(
        self, tool: WireServer, pem: Path, known: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        tool.answer = lambda _: None
        one = hook(tool, pem)
        one = one if known else Webhook(one.name, one.form, one.secret)
        with pytest.raises(Unreachable) as raised:
            one.tell(PAGE)
        assert "the-tool" in str(raised.value)
        assert not any(secret in f"{raised.value} {caplog.text}" for secret in (KEY, "/hook/of/ours", tool.url))
        assert raised.value.__cause__ is None
        assert len(tool.asked) == (2 if known else 0)

    @pytest.mark.parametrize(
        "kept",
        [
            pytest.param("no JSON at all", id="no JSON"),
            pytest.param(json.dumps({"url": "http://tool.example/", "key": KEY}), id="in clear"),
            pytest.param(json.dumps({"url": "https://ann:secret@tool.example/", "key": KEY}), id="with a password in the address"),
            pytest.param(json.dumps({"url": "https://tool.example/", "key": "short"}), id="a key that can be guessed"),
            pytest.param(json.dumps({"key": KEY}), id="no address"),
        ],
    )
    def test_a_secret_that_is_none_is_named_and_not_shown(self, kept: str) -> None:
        with pytest.raises(NotReady, match="the secret the-tool") as raised:
            Webhook("the-tool", "generic", lambda: kept).tell(PAGE)
        assert kept not in str(raised.value)

    def test_pagerdutys_own_address_need_not_be_said(self) -> None:
        assert Webhook("the-tool", "pagerduty", lambda: json.dumps({"key": KEY}))._kept().url == PAGERDUTY  # no page goes there


@dataclass
class Line:
    """A level that answers or does not, and what it was told."""

    name: str
    dead: bool = False
    told: list[tuple[str, int]] = field(default_factory=list)

    def tell(self, told: Told) -> None:
        if self.dead:
            raise Unreachable(f"the webhook {self.name} gives no answer: NewConnectionError")
        self.told.append((told.what, told.level))

    def reached(self) -> None:
        """Whether it answers is not asked here."""


class TestCallList:
    """Whom a page of a level reaches."""

    @pytest.mark.parametrize(
        ("dead", "reached"),
        [
            pytest.param((), {"b": [("page", 2)]}, id="its own level"),
            pytest.param(("b",), {"c": [("page", 3)]}, id="the next one where that cannot be told"),
            pytest.param(("b", "c"), {}, id="nobody but the topic where none can be told"),
        ],
    )
    def test_reaches(self, dead: tuple[str, ...], reached: dict[str, list[tuple[str, int]]]) -> None:
        topic, lines = MemoryNotifier(), [Line(name, name in dead) for name in "abc"]
        CallList(topic, lines, SystemClock()).page("cb-1", "A decision is needed", "why", 1)
        assert {line.name: line.told for line in lines if line.told} == reached
        assert [page.subject for page in topic.pages] == ["A decision is needed", *(f"{MISSED}: {n + 2}" for n in range(len(dead)))]

    def test_the_deployments_own_topic_by_its_arn_is_not_told_again_and_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ours, others = (f"arn:aws:sns:eu-west-1:111122223333:{name}" for name in ("codeblue-pages", "consultants"))
        monkeypatch.setenv("CODEBLUE_TOPIC", ours)
        found = channels(Policy(paging=Paging(call_list=(Level(to=ours), Level(to=others)))))
        assert [channel and channel.name for channel in found] == [None, others]

    def test_a_response_does_not_wait_for_a_tool_that_does_not_answer(self) -> None:
        topic, answers, line = MemoryNotifier(), Event(), Line("tool")
        with ThreadPoolExecutor(max_workers=1) as aside:
            aside.submit(answers.wait, 60)
            calls = CallList(topic, [line], SystemClock(), aside)
            calls.page("cb-1", "A decision is needed", "why")
            calls.settle("cb-1", "acknowledged", "by ann")
            before = (list(line.told), len(topic.pages))
            answers.set()
        assert (before, line.told) == (([], 1), [("page", 1), ("acknowledged", 1)])

    def test_whatever_else_goes_wrong_with_one_level_the_next_is_told(self) -> None:
        topic, broken, last = MemoryNotifier(), Line("broken"), Line("last")
        broken.told = None  # type: ignore[assignment]  # what nobody has thought of
        CallList(topic, [broken, last], SystemClock()).page("cb-1", "A decision is needed", "why")
        assert (last.told, topic.pages[-1].body.partition(".")[0]) == ([("page", 2)], "broken: AttributeError")

    def test_the_topic_as_a_level_was_told_already(self) -> None:
        topic, last = MemoryNotifier(), Line("last")
        pass_on(PAGE._replace(level=1), [None, last], topic)
        assert (topic.pages, last.told) == ([], [])

    def test_what_became_of_it_every_tool_hears_once_and_a_dead_one_wakes_nobody(self) -> None:
        topic, line = MemoryNotifier(), Line("tool")
        CallList(topic, [None, line, line, Line("other", dead=True)], SystemClock()).settle("cb-1", "acknowledged", "by ann")
        assert (topic.settled, line.told, topic.pages) == ([("cb-1", "acknowledged")], [("acknowledged", 1)], [])
