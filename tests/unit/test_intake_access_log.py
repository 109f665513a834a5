"""One line of a server access log, as S3 and the caller write it between them."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.actor import Credential
from shared.domain.exposure import Told
from shared.intake.access_log import bucket, request
from shared.ports import PLAINTEXT, Request
from tests.hospital import CHARTS

THIEF = "arn:aws:iam::111122223333:user/imaging-export"
KEY = "charts/Mary Malone+1.pdf"


def line(**fields: str) -> str:
    """A read of a chart that worked; `fields` stand in the place of its own."""
    said = {
        "requester": THIEF,
        "id": "3E57427F3EXAMPLE",
        "operation": "REST.GET.OBJECT",
        "key": quote(quote(KEY, safe="/"), safe="/"),
        "uri": "GET /charts/Mary%20Malone%2B1.pdf HTTP/1.1",
        "outcome": "200 - 2662992 3462992 70 10",
        "referer": "-",
        "agent": "aws-cli/2.0",
        "version": "3HL4kqtJvjVBH40Nrjfkd",
        "tls": "TLSv1.2",
    } | fields
    return (
        "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be st-brendan-charts "
        "[21/Nov/2026:02:58:30 +0000] 198.51.100.23 "
        f'{said["requester"]} {said["id"]} {said["operation"]} {said["key"]} "{said["uri"]}" {said["outcome"]} "{said["referer"]}" '
        f'"{said["agent"]}" {said["version"]} s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 '
        f"ECDHE-RSA-AES128-GCM-SHA256 AuthHeader charts.example {said['tls']} - Yes"
    )


def read(**fields: str) -> Request:
    found = request(line(**fields), CHARTS)
    assert found is not None
    return found


def test_who_what_when_and_how_much() -> None:
    found = read()
    assert (found.key, found.version, found.sent, found.told) == (KEY, "3HL4kqtJvjVBH40Nrjfkd", 2662992, Told.ACCESS_LOGS)
    assert (found.act.name, found.act.at, found.act.failed) == ("GetObject", datetime(2026, 11, 21, 2, 58, 30, tzinfo=UTC), False)
    assert (found.act.source_address, found.act.request_id, found.tls) == ("198.51.100.23", "3E57427F3EXAMPLE", "TLSv1.2")
    assert found.act.actor.principal
    assert (found.act.actor.principal.id, found.act.actor.session) == (THIEF, "")
    assert (bucket(line()), "Malone" in repr(found)) == ("st-brendan-charts", False)


CALLERS = {
    "a session of a role": (
        "arn:aws:sts::111122223333:assumed-role/clinician-app/mallory",
        ("arn:aws:iam::111122223333:role/clinician-app", "mallory", Credential.ROLE_SESSION),
    ),
    "nobody in particular": ("-", ("", "", Credential.ANONYMOUS)),
    "some account's root, by its canonical id": ("79a59df900b949e55d96a1e698fbaced", ("", "", Credential.FOREIGN)),
    "a service": ("svc:backup.amazonaws.com", ("", "", Credential.SERVICE)),
}


@pytest.mark.parametrize(("requester", "expected"), CALLERS.values(), ids=CALLERS)
def test_the_caller_is(requester: str, expected: tuple[str, str, Credential]) -> None:
    actor = read(requester=requester).act.actor
    assert (actor.principal.id if actor.principal else "", actor.session, actor.credential) == expected


OPERATIONS = {
    "a listing": ({"operation": "REST.GET.BUCKET", "key": "-"}, ("ListObjects", "", False)),
    "a listing of versions": ({"operation": "REST.GET.BUCKETVERSIONS", "key": "-"}, ("ListObjectVersions", "", False)),
    "content that was copied away": ({"operation": "REST.COPY.OBJECT_GET"}, ("CopyObject", KEY, True)),
    "a write": ({"operation": "REST.PUT.OBJECT"}, ("PutObject", KEY, False)),
    "what nobody has heard of": ({"operation": "REST.NEW.THING"}, ("REST.NEW.THING", KEY, False)),
}


@pytest.mark.parametrize(("fields", "expected"), OPERATIONS.values(), ids=OPERATIONS)
def test_the_operation_is(fields: dict[str, str], expected: tuple[str, str, bool]) -> None:
    found = read(**fields)
    assert (found.act.name, found.key, found.copied) == expected


OUTCOMES = {
    "refused": ({"outcome": "403 AccessDenied 243 - 9 -"}, (True, 243)),
    "not changed since": ({"outcome": "304 - - 100 9 -"}, (True, 0)),
    "a part of it": ({"outcome": "206 - 10 100 9 -"}, (False, 10)),
    "nothing sent": ({"outcome": "200 - - - 9 -"}, (False, 0)),
    "a caller who calls himself refused": (
        {"agent": 'x" 403 AccessDenied - - 1 1 "-" "y', "outcome": "200 - 7 7 1 1"},
        (False, 7),
    ),
    "a caller who asks for it as if refused": (
        {"uri": 'GET /a" 403 AccessDenied - - 1 1 "-" "y HTTP/1.1', "outcome": "200 - 7 7 1 1"},
        (False, 7),
    ),
}


@pytest.mark.parametrize(("fields", "expected"), OUTCOMES.values(), ids=OUTCOMES)
def test_the_outcome_is(fields: dict[str, str], expected: tuple[bool, int]) -> None:
    found = read(**fields)
    assert (found.act.failed, found.sent) == expected


def test_what_came_in_clear_and_what_names_no_version() -> None:
    assert (read(tls="-").tls, read(version="-").version) == (PLAINTEXT, "")


def test_a_write_shows_no_headers() -> None:
    assert read(operation="REST.PUT.OBJECT").asked is None


@pytest.mark.parametrize("text", ["", "a b c", '{"Records": []}', line().replace("21/Nov", "31/Feb"), line()[:120]])
def test_what_is_no_line_is_none(text: str) -> None:
    assert request(text, CHARTS) is None


AGENTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"))


@given(st.text(min_size=1).filter(lambda key: key != "-"), AGENTS)
def test_any_key_comes_back_whatever_the_caller_calls_himself(key: str, agent: str) -> None:
    found = request(line(key=quote(quote(key.encode(errors="replace"), safe="/"), safe="/"), agent=agent), CHARTS)
    assert found is not None
    assert found.key == key.encode(errors="replace").decode()
    assert not found.act.failed
