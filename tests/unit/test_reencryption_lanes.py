"""Which way a version goes: each rule of the table is a row here."""

from copy import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from shared.adapters.memory.clock import BEGINNING
from shared.domain.errors import Absent, CloudError, Refused, Throttled, Unreachable
from shared.ports.objects import BARRED, NULL, Bar, Consumer, Encryption, Facts, Lock, Scheme, StoreFacts, Version, Versioning
from shared.reencryption.answers import Answer, meaning
from shared.reencryption.lanes import BARS, RULES, Lane, Reason, Situation, Unseen, decide
from tests.unit.reencryption import NEW, OLD, PLAN, UNDER_NEW, UNDER_OLD, UNDER_OTHER

NOW = BEGINNING
LATER, EARLIER = NOW + timedelta(days=1), NOW - timedelta(days=1)
VERSION = Version("ward/7/jane", "v1", latest=True, modified=NOW, size=10, etag="e")
OLDER = replace(VERSION, latest=False)
MARKER = replace(VERSION, delete_marker=True)
FACTS = Facts(10, "e", NOW, UNDER_OLD)
ALWAYS = StoreFacts(Versioning.ENABLED)
OPEN = Situation(frozenset({OLD}), NEW, ALWAYS, updatable=True, now=NOW, copy_limit=100, largest=1_000_000)
CLOSED = replace(OPEN, updatable=False)
SUSPENDED = replace(CLOSED, store=StoreFacts(Versioning.SUSPENDED))


def under(scheme: Scheme, key: str = "") -> Facts:
    return replace(FACTS, encryption=Encryption(scheme, key))


def locked(lock: Lock) -> Facts:
    return replace(FACTS, lock=lock)


def told(*events: str, prefix: str = "", suffix: str = "") -> Situation:
    return replace(CLOSED, store=replace(ALWAYS, consumers=(Consumer(events, prefix, suffix),)))


LARGE = replace(FACTS, size=101)

ROWS = [
    pytest.param(MARKER, Unseen.GONE, OPEN, Lane.NOTHING, Reason.DELETE_MARKER, id="a delete marker is left alone"),
    pytest.param(VERSION, Unseen.GONE, OPEN, Lane.NOTHING, Reason.GONE, id="what is gone is gone"),
    pytest.param(VERSION, Unseen.CUSTOMER_KEY, OPEN, Lane.BLOCKED, Reason.CUSTOMER_KEY, id="SSE-C is blocked"),
    pytest.param(VERSION, Unseen.DENIED, OPEN, Lane.BLOCKED, Reason.DENIED, id="what we may not look at is blocked"),
    pytest.param(VERSION, replace(FACTS, encryption=UNDER_NEW), OPEN, Lane.NOTHING, Reason.SUCCESSOR, id="what moved stays"),
    pytest.param(VERSION, replace(FACTS, encryption=UNDER_OTHER), OPEN, Lane.NOTHING, Reason.OTHER_KEY, id="other keys stay"),
    pytest.param(VERSION, under(Scheme.SSE_S3), OPEN, Lane.NOTHING, Reason.OTHER_KEY, id="SSE-S3 stays"),
    pytest.param(VERSION, under(Scheme.NONE), OPEN, Lane.NOTHING, Reason.OTHER_KEY, id="what was never encrypted stays"),
    pytest.param(VERSION, under(Scheme.DSSE, OLD), OPEN, Lane.BLOCKED, Reason.DUAL_LAYER, id="DSSE is blocked"),
    pytest.param(VERSION, locked(Lock("COMPLIANCE", LATER)), OPEN, Lane.BLOCKED, Reason.COMPLIANCE, id="compliance blocks"),
    pytest.param(VERSION, locked(Lock("GOVERNANCE", LATER)), OPEN, Lane.BLOCKED, Reason.GOVERNANCE, id="governance is not lifted"),
    pytest.param(VERSION, locked(Lock(legal_hold=True)), OPEN, Lane.BLOCKED, Reason.LEGAL_HOLD, id="a legal hold is not lifted"),
    pytest.param(
        VERSION, locked(Lock("COMPLIANCE", EARLIER)), OPEN, Lane.UPDATE, Reason.NONE, id="a lock that ended blocks nothing"
    ),
    pytest.param(VERSION, locked(Lock("COMPLIANCE", LATER)), CLOSED, Lane.BLOCKED, Reason.COMPLIANCE, id="no copy of a locked one"),
    pytest.param(VERSION, FACTS, OPEN, Lane.UPDATE, Reason.NONE, id="where updates are proved, the latest is updated"),
    pytest.param(OLDER, FACTS, OPEN, Lane.UPDATE, Reason.NONE, id="and so are older versions"),
    pytest.param(OLDER, replace(FACTS, archived=True), OPEN, Lane.UPDATE, Reason.NONE, id="and archived ones"),
    pytest.param(VERSION, LARGE, OPEN, Lane.UPDATE, Reason.NONE, id="and large ones"),
    pytest.param(VERSION, FACTS, told("s3:ObjectCreated:Copy"), Lane.BLOCKED, Reason.CONSUMERS, id="consumers of copies block"),
    pytest.param(VERSION, FACTS, replace(told("s3:ObjectCreated:*"), updatable=True), Lane.UPDATE, Reason.NONE, id="not an update"),
    pytest.param(VERSION, FACTS, told("s3:ObjectCreated:*"), Lane.BLOCKED, Reason.CONSUMERS, id="consumers of everything block"),
    pytest.param(VERSION, FACTS, told("s3:ObjectCreated:Put"), Lane.COPY, Reason.NONE, id="consumers of puts hear nothing"),
    pytest.param(VERSION, FACTS, told("s3:ObjectCreated:*", prefix="x"), Lane.COPY, Reason.NONE, id="nor do those of a prefix"),
    pytest.param(VERSION, FACTS, told("s3:ObjectCreated:*", suffix="x"), Lane.COPY, Reason.NONE, id="nor do those of a suffix"),
    pytest.param(
        VERSION,
        LARGE,
        told("s3:ObjectCreated:CompleteMultipartUpload"),
        Lane.BLOCKED,
        Reason.CONSUMERS,
        id="consumers of uploads in parts block a copy in parts",
    ),
    pytest.param(VERSION, LARGE, told("s3:ObjectCreated:Copy"), Lane.MULTIPART, Reason.NONE, id="which is no Copy to others"),
    pytest.param(OLDER, FACTS, CLOSED, Lane.BLOCKED, Reason.NONCURRENT, id="an older version is never copied"),
    pytest.param(VERSION, replace(FACTS, archived=True), CLOSED, Lane.BLOCKED, Reason.ARCHIVED, id="an archived one can not be"),
    pytest.param(VERSION, replace(FACTS, size=1_000_001), CLOSED, Lane.BLOCKED, Reason.TOO_LARGE, id="too many parts block"),
    pytest.param(VERSION, replace(FACTS, size=1_000_000), CLOSED, Lane.MULTIPART, Reason.NONE, id="10,000 parts do not"),
    pytest.param(VERSION, replace(FACTS, size=100), CLOSED, Lane.COPY, Reason.NONE, id="a copy holds what the limit says"),
    pytest.param(VERSION, FACTS, SUSPENDED, Lane.COPY, Reason.NONE, id="a suspended bucket gets a new null version"),
    pytest.param(
        VERSION,
        FACTS,
        replace(SUSPENDED, null_behind=True),
        Lane.BLOCKED,
        Reason.NULL_BEHIND,
        id="but not in the place of an older one",
    ),
    pytest.param(
        replace(VERSION, id=NULL), FACTS, replace(SUSPENDED, null_behind=True), Lane.COPY, Reason.NONE, id="its own it may replace"
    ),
    *(
        pytest.param(VERSION, replace(FACTS, bar=bar), CLOSED, Lane.BLOCKED, reason, id=f"{bar} stands against a copy")
        for bar, reason in BARS.items()
    ),
    pytest.param(OLDER, replace(FACTS, bar=Bar.SNAPSHOT), CLOSED, Lane.BLOCKED, Reason.SNAPSHOT, id="and says so of old ones"),
]


@pytest.mark.parametrize(("version", "facts", "situation", "lane", "reason"), ROWS)
def test_each_version_has_one_lane(
    version: Version, facts: Facts | Unseen, situation: Situation, lane: Lane, reason: Reason
) -> None:
    decision = decide(version, facts, situation)
    assert (decision.lane, decision.reason) == (lane, reason)


def test_every_rule_of_the_table_has_a_row() -> None:
    tested = {(row.values[3], row.values[4]) for row in ROWS}
    assert {(decision.lane, decision.reason) for decision, _ in RULES} <= tested


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        pytest.param(Throttled("", "SlowDown"), Answer.RETRY, id="slow down is for later"),
        pytest.param(Throttled("", "NotImplemented"), Answer.WRONG_LANE, id="a 501 is not"),
        pytest.param(Unreachable("", "ReadTimeoutError"), Answer.RETRY, id="no answer is for later"),
        pytest.param(Absent("", "KMS.NotFoundException"), Answer.FATAL, id="a missing key is no missing object"),
        pytest.param(Refused("", "KMS.DisabledException"), Answer.FATAL, id="a disabled key ends the run"),
        pytest.param(Absent("", "NoSuchBucket"), Answer.FATAL, id="a missing bucket ends the run"),
        pytest.param(Absent("", "404"), Answer.GONE, id="a missing object is gone"),
        pytest.param(Refused("", "PreconditionFailed"), Answer.CHANGED, id="a failed condition is a change"),
        pytest.param(Refused("", "InvalidRequest"), Answer.WRONG_LANE, id="an invalid request is the wrong lane"),
        pytest.param(Refused("", "403"), Answer.DENIED, id="a HEAD is denied by number"),
        pytest.param(Refused("", "AccessDenied"), Answer.DENIED, id="others by name"),
        pytest.param(Refused("", "InvalidObjectState"), Answer.REFUSED, id="what we do not know is a refusal"),
        pytest.param(Refused("", f"{BARRED}{Bar.LEASED}"), Answer.BARRED, id="a lease stands in the way of one version"),
    ],
)
def test_an_answer_means_one_thing(error: CloudError, answer: Answer) -> None:
    assert meaning(error) is answer


def test_a_successor_can_not_be_an_old_key() -> None:
    with pytest.raises(ValidationError, match="the successor is one of the old keys"):
        PLAN.but(successor=OLD)


def test_parts_grow_until_ten_thousand_suffice() -> None:
    plan = PLAN.but(part=10, copy_limit=100)
    assert (plan.part_of(101), plan.part_of(200_001)) == (10, 21)


def test_a_version_does_not_show_its_key() -> None:
    assert "jane" not in repr(VERSION)
