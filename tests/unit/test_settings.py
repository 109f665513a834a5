"""`response.toml`, key by key."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.case import Mode
from shared.domain.duration import duration
from shared.domain.errors import BadInput
from shared.domain.plan import Wave
from shared.settings import Policy, load

WHOLE = """
version = 1
[modes]
preserve = "auto"
fence = "ask"
sweep = "observe"
rekey = "ask"
migrate = "ask"
enforce = "ask"
retire = "ask"
[approval]
expires = "2h"
at_limit = "stop"
[phi]
tags = ["data-class=phi"]
names = ["*-charts"]
[protected]
principals = ["AROAPROTECTEDEXAMPLE"]
resources = ["arn:aws:s3:::st-brendan-emergency"]
[responder]
roles = ["AROARESPONDEREXAMPLE"]
break_glass = ["AIDABREAKGLASEXAMPLE"]
[limits]
lineages = 3
window = "5m"
stale_after = "12h"
evidence_days = 14
[custody]
bucket = "record"
second_bucket = "record-2"
table = "cases"
key = "alias/record"
witness = "arn:aws:sns:us-east-1:444455556666:witness"
retention_days = 3000
mode = "fence"
[tenants.north-wing]
principals = ["arn:aws:iam::111122223333:role/clinician-app"]
buckets = ["arn:aws:s3:::st-brendan-charts"]
keys = ["arn:aws:kms:us-east-1:111122223333:key/1"]
accounts = ["111122223333"]
[one_way]
mode = "ask"
second_person = "never"
[keys]
sound = "rotate"
[fence]
tls_floor = "1.3"
quarantine = "role"
[paging]
repeat = 1
[[paging.call_list]]
to = "topic"
[[paging.call_list]]
to = "webhook"
form = "pagerduty"
secret = "codeblue/pagerduty"
wait = "20m"
[[paging.call_list]]
to = "arn:aws:sns:us-east-1:111122223333:consultants"
"""


def test_every_documented_key_is_read() -> None:
    policy = Policy.read(WHOLE)
    assert policy.mode(Wave.FENCE) is Mode.ASK
    assert policy.approval.expires == timedelta(hours=2)
    assert policy.limits.window == timedelta(minutes=5)
    assert policy.tenants["north-wing"].accounts == ("111122223333",)
    assert policy.fence.tls_floor == "1.3"
    assert not policy.one_way.takes_two(reversible=False, grave=True)
    assert policy.keys.sound == "rotate"
    assert policy.custody.retention_days == 3000
    assert [(step.level, step.after.seconds // 60) for step in policy.paging.steps] == [
        (0, 0),
        (1, 10),
        (2, 30),
        (0, 40),
        (1, 50),
        (2, 70),
    ]


def test_no_file_means_the_documented_defaults() -> None:
    policy = load(None)
    assert [policy.mode(wave) for wave in (Wave.PRESERVE, Wave.FENCE, Wave.SWEEP)] == [Mode.AUTO] * 3
    assert {policy.modes.rekey, policy.modes.migrate, policy.modes.enforce, policy.modes.retire, policy.one_way.mode} == {Mode.ASK}
    assert (policy.approval.expires, policy.limits.stale_after) == (timedelta(hours=4), timedelta(hours=24))
    assert (policy.paging.steps, policy.paging.due(timedelta(days=1))) == ((), 1)
    assert (policy.limits.lineages, policy.limits.window, policy.limits.evidence_days) == (5, timedelta(minutes=10), 30)
    assert policy.custody.retention_days == 2192
    assert policy.one_way.takes_two(reversible=True, grave=True)
    assert not policy.one_way.takes_two(reversible=False, grave=False)


def test_a_rollback_is_always_asked_for() -> None:
    assert Policy.read(WHOLE).mode(Wave.ROLLBACK) is Mode.ASK


REFUSED = {
    "an unknown table": ("[limit]\n", "limit is no key of this file; allowed there: version, modes,"),
    "an unknown key": ("[limits]\nlineage = 3", "limits.lineage is no key of this file; allowed there: lineages, window"),
    "an unknown key of a tenant": (
        "[tenants.a]\nbucket = []",
        "tenants.a.bucket is no key of this file; allowed there: principals, buckets",
    ),
    "a mode that is none": ('[modes]\nfence = "maybe"', "modes.fence must be 'observe', 'ask' or 'auto'"),
    "a mode for rolling back": ('[modes]\nrollback = "auto"', "modes.rollback is no key"),
    "a duration without a unit": ('[limits]\nwindow = "10"', 'limits.window must be a duration such as "90s"'),
    "a duration as a number": ("[approval]\nexpires = 4", "approval.expires must be a duration"),
    "no duration at all": ('[approval]\nexpires = "0h"', "approval.expires must be a duration"),
    "consent by waiting": ('[approval]\nat_limit = "go"', "approval.at_limit must be 'stop'"),
    "none of something": ("[limits]\nlineages = 0", "limits.lineages must be 1 or more"),
    "more days than CloudTrail keeps": ("[limits]\nevidence_days = 91", "limits.evidence_days must be 90 or less"),
    "half of something": ("[limits]\nlineages = 1.5", "limits.lineages must be a whole number"),
    "yes for a number": ("[limits]\nlineages = true", "limits.lineages must be a whole number"),
    "a TLS version as a number": ("[fence]\ntls_floor = 1.2", "fence.tls_floor must be '1.2', '1.3' or 'off'"),
    "text for a list": ('[phi]\ntags = "phi"', "phi.tags must be a list"),
    "numbers in a list of names": ("[protected]\nresources = [1]", "protected.resources.0 must be text in quotes"),
    "a value for a table": ("limits = 3", "limits must be a table"),
    "an account that is none": ('[tenants.a]\naccounts = ["1"]', "tenants.a.accounts.0 must match"),
    "a tenant with a space": ('[tenants."a b"]\n', "tenants.a b must match"),
    "somebody to be paged who is none": ('[[paging.call_list]]\nto = "ann"', "paging.call_list.0.to must match"),
    "nobody to be paged": ('[[paging.call_list]]\nwait = "5m"', "paging.call_list.0.to is missing"),
    "an unknown key of a level": (
        '[[paging.call_list]]\nto = "topic"\nminutes = 5',
        "paging.call_list.0.minutes is no key of this file; allowed there: to, wait, form, secret",
    ),
    "a webhook without its secret": (
        '[[paging.call_list]]\nto = "webhook"',
        'paging.call_list.0 must be `to = "webhook"` together',
    ),
    "a topic with a secret": ('[[paging.call_list]]\nto = "topic"\nsecret = "x"', "paging.call_list.0 must be"),
    "an address in the place of a secret's name": (
        '[[paging.call_list]]\nto = "webhook"\nsecret = "https://tool.example/key"',
        "paging.call_list.0.secret must match",
    ),
    "a list that is gone through for ever": ("[paging]\nrepeat = 10", "paging.repeat must be 9 or less"),
    "another version": ("version = 2", "version must be 1"),
    "no TOML": ("modes", "response.toml is not TOML"),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_is_half_understood_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(BadInput) as refusal:
        Policy.read(text)
    assert sentence in str(refusal.value)


def test_a_file_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "response.toml"
    path.write_text(WHOLE)
    assert load(path) == Policy.read(WHOLE)


@pytest.mark.parametrize("content", [None, b"\xff"], ids=["is not there", "is no text"])
def test_a_file_that_cannot_be_read_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "response.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=r"response\.toml cannot be read"):
        load(path)


def test_the_digest_is_of_what_the_file_says_and_not_of_how() -> None:
    assert Policy.read('[limits]\nstale_after = "1d"').digest == Policy().digest
    assert Policy.read('[limits]\nstale_after = "2d"').digest != Policy().digest


@given(st.integers(1, 99_999), st.sampled_from([("s", 1), ("m", 60), ("h", 3600), ("d", 86400)]))
def test_a_duration_is_its_number_of_units(number: int, unit: tuple[str, int]) -> None:
    assert duration(f"{number}{unit[0]}") == timedelta(seconds=number * unit[1])
