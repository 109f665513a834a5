"""Which signals are a reason to act, and which only with a person's word."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.actor import Actor, Credential
from shared.domain.resource import Cloud, Kind, Ref
from shared.domain.signal import Signal, Source
from shared.intake.relevance import doubt, refusal
from shared.settings import Policy

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ACCOUNT = "111122223333"
THIEF = Actor(credential=Credential.ROLE_SESSION, account=ACCOUNT)
CHARTS = Ref(cloud=Cloud.AWS, kind=Kind.BUCKET, account=ACCOUNT, region="us-east-1", id="arn:aws:s3:::charts")


def signal(**fields: Any) -> Signal:  # noqa: ANN401  # a row changes any field
    known: dict[str, Any] = {
        "id": "1",
        "source": Source.CLOUDTRAIL,
        "event": "GetObject",
        "account": ACCOUNT,
        "region": "us-east-1",
    }
    return Signal(
        **(known | {"at": NOW - timedelta(minutes=2), "actor": THIEF, "resources": (CHARTS,), "raw_digest": "0"} | fields)
    )


def by(credential: Credential) -> Actor:
    return Actor(credential=credential, account=ACCOUNT)


@pytest.mark.parametrize(
    ("fields", "automatic", "words"),
    [
        pytest.param({}, True, None, id="a fresh success is acted upon"),
        pytest.param({"failed": True}, True, "an attempt without effect", id="a failed attempt is not"),
        pytest.param({"failed": True}, False, "an attempt without effect", id="nor is one that a person hands over"),
        pytest.param({"sample": True}, True, "no drill", id="a sample that comes by itself is not"),
        pytest.param({"sample": True}, False, None, id="a sample that a person hands over is"),
        pytest.param({"actor": by(Credential.SERVICE_LINKED)}, True, "service-linked role", id="a service-linked role is not"),
        pytest.param({"actor": by(Credential.SERVICE)}, True, "an AWS service acted", id="a service is not"),
        pytest.param({"actor": by(Credential.ROOT)}, True, None, id="the root user is: stores and keys can be fenced"),
        pytest.param({"actor": by(Credential.ANONYMOUS)}, True, None, id="nobody is: public access can be blocked"),
        pytest.param({"actor": None}, True, None, id="a named store is, without an actor"),
        pytest.param({"actor": None, "resources": ()}, True, "neither an actor nor a resource", id="nothing named is not"),
    ],
)
def test_a_reason_to_act(fields: dict[str, Any], automatic: bool, words: str | None) -> None:
    said = refusal(signal(**fields), automatic=automatic)
    assert (said is None) if words is None else (said is not None and words in said)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({}, None, id="a fresh fact raises no doubt"),
        pytest.param({"at": NOW - timedelta(hours=24)}, None, id="nor does one as old as the limit"),
        pytest.param({"at": NOW - timedelta(hours=26)}, "26 hours ago, longer than stale_after (24 hours)", id="an older one does"),
        pytest.param({"at": NOW - timedelta(days=9)}, "9 days ago", id="and a much older one"),
        pytest.param({"at": NOW + timedelta(minutes=4)}, None, id="clocks differ by minutes"),
        pytest.param({"at": NOW + timedelta(minutes=6)}, "6 minutes from now", id="but not by more"),
        pytest.param({"actor": None}, "names no actor", id="a fact without an actor raises doubt"),
    ],
)
def test_a_reason_to_ask(fields: dict[str, Any], words: str | None) -> None:
    said = doubt(signal(**fields), Policy(), NOW)
    assert (said is None) if words is None else (said is not None and words in said)


def test_the_policy_says_what_is_stale() -> None:
    policy = Policy.read('[limits]\nstale_after = "90s"')
    assert doubt(signal(), policy, NOW) == "it happened 2 minutes ago, longer than stale_after (90 seconds)"
