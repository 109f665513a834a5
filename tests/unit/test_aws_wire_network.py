"""Many calls over TLS: whatever happens to connections, clocks, credentials and Regions, each call comes to its own end."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import certifi
import pytest

from shared.adapters.aws.wire.answers import answered
from shared.adapters.aws.wire.exchange import Reply
from shared.adapters.aws.wire.forms import Forms
from shared.adapters.aws.wire.network import AT_FIRST, Network
from shared.adapters.aws.wire.peer import Address, Peer
from shared.adapters.aws.wire.signing import Credentials, in_path
from shared.adapters.local.clock import SystemClock
from shared.domain.errors import CloudError, Unreachable
from shared.ports.asking import Told, Update
from shared.ports.objects import Encryption, Moved, Scheme
from shared.reencryption.asking import Conversation, Turns
from shared.reencryption.pacing import WRITES, Paces
from tests.self_signed import certificate
from tests.unit.reencryption import ACCOUNT, NEW
from tests.unit.test_aws_wire_signing import AWKWARD, SECRET
from tests.unit.wire_server import Asked, WireServer, reply

UNDER = Encryption(Scheme.SSE_KMS, NEW)
FORMS = Forms("charts", ACCOUNT)
DONE = Moved("v", "", ("",))


@dataclass
class Away:
    """A peer as the server knows it, and what was asked for on the way there."""

    server: WireServer
    pem: Path
    regions: list[str] = field(default_factory=list)
    renewed: int = 0
    paces: Paces = field(default_factory=lambda: Paces(SystemClock()))

    def peer(self) -> Peer:
        return Peer(self._address, "us-east-1", self._credentials, lambda: datetime.now(UTC))

    def _address(self, region: str) -> Address:
        self.regions.append(region)
        return Address(self.server.url, "/charts/")

    def _credentials(self, fresh: bool) -> Credentials:
        self.renewed += fresh
        return Credentials("AKIDEXAMPLE", SECRET, f"token-{self.renewed}")

    def move(self, *keys: str, width: int = 8, trust: str = "") -> list[Told | None]:
        """Update these, and say what came of each."""
        turns = Turns([update(key) for key in keys], SystemClock(), self.paces)
        Network(width, trust or str(self.pem)).run(turns, self.peer(), partial(answered, FORMS))
        return turns.results


def update(key: str) -> Conversation[Told]:
    told = yield Update(key, "v", UNDER)
    return told


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls") / "stub.pem")


@pytest.fixture
def away(pem: Path) -> Iterator[Away]:
    server = WireServer(pem)
    yield Away(server, pem)
    server.close()


def once(away: Away, first: bytes | None) -> None:
    """The first request is answered so, and every other one well."""
    answers = iter([first])
    away.server.answer = lambda _: next(answers, reply(200))


def error(status: int, code: str, more: str = "", **headers: str) -> bytes:
    return reply(status, f"<Error><Code>{code}</Code>{more}</Error>".encode(), closes=False, **headers)


def test_keys_arrive_as_they_are(away: Away) -> None:
    assert away.move(*AWKWARD) == [DONE] * len(AWKWARD)
    sent = {asked.target for asked in away.server.asked}
    assert sent == {f"/charts/{in_path(key)}?encryption&versionId=v" for key in AWKWARD}


def test_connections_are_kept_and_no_more_than_agreed(away: Away) -> None:
    assert away.move(*map(str, range(40)), width=3) == [DONE] * 40
    assert len({asked.connection for asked in away.server.asked}) <= 3


def test_a_few_calls_go_out_first_and_as_many_as_agreed_when_some_have_ended(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    network, rooms = Network(AT_FIRST + 12, str(away.pem)), list[int]()
    for _ in range(2):
        turns, first = Turns([update(str(n)) for n in range(20)], SystemClock(), away.paces), list[int]()
        monkeypatch.setattr(turns, "take", lambda room, take=turns.take, first=first: (first.append(room), take(room))[1])
        network.run(turns, away.peer(), partial(answered, FORMS))
        assert turns.results == [DONE] * 20
        rooms.append(first[0])
    assert rooms == [AT_FIRST, AT_FIRST + 12]


BROKEN: dict[str, bytes | None] = {
    "a server that hangs up": None,
    "half an answer": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nconnection: close\r\n\r\n<Err",
    "a line that breaks within the headers": b"HTTP/1.1 200 OK\r\nContent-Le\x00connection: close",
    "a server that closes after its answer": reply(200, closes=True),
    "a server that has no time": error(503, "SlowDown"),
    "a server that fails": error(500, "InternalError"),
    "an error in an answer that began well": error(200, "InternalError"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_breaks_is_asked_again(away: Away, what: str) -> None:
    once(away, BROKEN[what])
    assert away.move("a", "b", "c") == [DONE] * 3


def test_a_server_that_has_no_time_is_asked_more_slowly(away: Away) -> None:
    once(away, error(503, "SlowDown"))
    away.move("a")
    assert away.paces.of("a").rate < WRITES.first + WRITES.step


def test_credentials_that_ran_out_are_renewed_once_for_all(away: Away) -> None:
    def answer(asked: Asked) -> bytes:
        return reply(200) if asked.headers["x-amz-security-token"] == "token-1" else error(400, "ExpiredToken")

    away.server.answer = answer
    assert away.move("a", "b", "c", "d") == [DONE] * 4
    assert away.renewed == 1


@pytest.mark.parametrize("minutes", [-50, 50])
def test_a_clock_that_is_wrong_is_learned(away: Away, minutes: int) -> None:
    def answer(asked: Asked) -> bytes:
        there = datetime.now(UTC) + timedelta(minutes=minutes)
        signed = datetime.strptime(asked.headers["x-amz-date"], "%Y%m%dT%H%M%S%z")
        if abs(there - signed) < timedelta(minutes=15):
            return reply(200)
        return error(403, "RequestTimeTooSkewed", date=format_datetime(there, usegmt=True))

    away.server.answer = answer
    assert away.move("a", "b") == [DONE] * 2


ELSEWHERE = {
    "a redirect that names the Region in a header": error(301, "PermanentRedirect", x_amz_bucket_region="eu-west-1"),
    "a redirect for the time being": error(307, "TemporaryRedirect", x_amz_bucket_region="eu-west-1"),
    "a refusal that names it in its body": error(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_a_bucket_of_another_region_is_found(away: Away, what: str) -> None:
    away.server.answer = lambda asked: reply(200) if "/eu-west-1/s3/" in asked.headers["authorization"] else ELSEWHERE[what]
    assert away.move("a", "b") == [DONE] * 2
    assert away.regions == ["us-east-1", "eu-west-1"]


def test_nothing_signed_goes_to_a_host_that_nobody_named(away: Away) -> None:
    away.server.answer = lambda _: error(307, "TemporaryRedirect", location="https://s3.evil.example/charts/a")
    (told,) = away.move("a")
    assert isinstance(told, CloudError)
    assert told.code == "TemporaryRedirect"


def test_a_certificate_that_is_not_trusted_is_no_server(away: Away) -> None:
    with pytest.raises(Unreachable):
        Network(1, certifi.where()).reply(away.peer(), FORMS.versions(None))
    assert away.server.asked == []


def test_one_question_is_answered_or_taught_from(away: Away) -> None:
    once(away, error(301, "PermanentRedirect", x_amz_bucket_region="eu-west-1"))
    network, peer, request = Network(1, str(away.pem)), away.peer(), FORMS.versions(None)
    with pytest.raises(Unreachable, match="Region"):
        network.reply(peer, request)
    assert network.reply(peer, request).status == 200


def test_a_call_that_raises_leaves_nothing_under_way(away: Away) -> None:
    class Broken(Turns[Told]):
        def told(self, number: int, told: Told) -> None:
            raise KeyboardInterrupt

    network = Network(4, str(away.pem))
    turns = Broken([update(str(n)) for n in range(9)], SystemClock(), away.paces)
    with pytest.raises(KeyboardInterrupt):
        network.run(turns, away.peer(), partial(answered, FORMS))
    assert network._flights == {}


def test_an_address_of_the_same_service_may_be_named() -> None:
    here = Address("https://charts.s3.amazonaws.com", "/")
    there = "https://charts.s3.eu-west-1.amazonaws.com/a"
    peer = Peer(lambda _: here, "us-east-1", lambda _: Credentials("A", SECRET), lambda: datetime.now(UTC))
    request = FORMS.head("a", "v")
    assert peer.signed(request)[0].startswith(here.origin)
    assert peer.learn(Reply(307, (f"location: {there}\r\n".encode(),), b""), peer.lessons) == "Region"
    assert peer.signed(request)[0].startswith("https://charts.s3.eu-west-1.amazonaws.com/a")
