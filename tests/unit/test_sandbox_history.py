"""The sandbox's memory: what was in force when, and what a policy's principals become."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sandbox.aws.history import AccessKey, Identity, Kind, Timeline
from shared.sandbox.aws.resource_policies import InvalidPrincipal, ResourcePolicies, Stored, bind, by_arn, readable

ACCOUNT = "111122223333"
ARN = f"arn:aws:iam::{ACCOUNT}:user/x"


class StoppedClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds

    advance = sleep


class KnownIdentities:
    """The part of a history that policies ask: who exists, as last written."""

    def __init__(self, *known: Identity) -> None:
        self.known = {(each.account, each.kind, each.name): each for each in known}

    def newest(self, account: str, kind: Kind, name: str) -> Identity | None:
        return self.known.get((account, kind, name))

    def accounts(self) -> frozenset[str]:
        return frozenset({ACCOUNT})


def identity(unique_id: str = "AIDA1") -> Identity:
    return Identity("user", ACCOUNT, "x", unique_id, ARN, keys=(AccessKey("AKIA1", "secret"),))


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 3)), max_size=20), st.floats(0, 1e6))
def test_a_timeline_tells_the_last_value_put_at_or_before_a_moment(changes: list[tuple[float, int]], moment: float) -> None:
    line: Timeline[int] = Timeline()
    ordered = sorted(changes, key=lambda change: change[0])
    for at, value in ordered:
        line.put(at, value)
    expected = [value for at, value in ordered if at <= moment]
    assert line.at(moment) == (expected[-1] if expected else None)


def test_a_secret_is_not_in_what_is_printed() -> None:
    assert "secret" not in repr(identity())


def policy(*principals: str) -> str:
    named: object = principals[0] if len(principals) == 1 else list(principals)
    return json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": named}, "Action": "*", "Resource": "*"}]})


@pytest.mark.parametrize("principal", ["*", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "arn:aws:iam::999999999999:role/anyone"])
def test_who_cannot_be_looked_up_is_taken_as_existing(principal: str) -> None:
    assert bind(json.loads(policy(principal)), KnownIdentities()) == {}  # type: ignore[arg-type]


@pytest.mark.parametrize("principal", [ARN, "AIDA1", "AROA1", f"arn:aws:iam::{ACCOUNT}:role/x"])
def test_a_policy_may_not_name_who_does_not_exist(principal: str) -> None:
    with pytest.raises(InvalidPrincipal, match=principal):
        bind(json.loads(policy(principal)), KnownIdentities())  # type: ignore[arg-type]


def test_a_policy_reads_as_written_while_its_principals_exist() -> None:
    text = policy(ARN, "*")
    stored = Stored(text, bind(json.loads(text), KnownIdentities(identity())))  # type: ignore[arg-type]
    assert readable(stored, KnownIdentities(identity())) == text  # type: ignore[arg-type]


@pytest.mark.parametrize("now", [KnownIdentities(), KnownIdentities(identity("AIDA2"))], ids=["deleted", "made anew"])
def test_a_principal_that_is_gone_reads_as_its_id(now: KnownIdentities) -> None:
    text = policy(ARN, "*")
    stored = Stored(text, bind(json.loads(text), KnownIdentities(identity())))  # type: ignore[arg-type]
    assert json.loads(readable(stored, now))["Statement"][0]["Principal"] == {"AWS": ["AIDA1", "*"]}  # type: ignore[arg-type]


def test_a_session_stands_for_its_role() -> None:
    role = Identity("role", ACCOUNT, "r", "AROA1", f"arn:aws:iam::{ACCOUNT}:role/path/r")
    assert by_arn(f"arn:aws:sts::{ACCOUNT}:assumed-role/r/session", KnownIdentities(role)) == role  # type: ignore[arg-type]


def test_a_resource_policy_comes_into_force_after_its_delay() -> None:
    clock = StoppedClock()
    policies = ResourcePolicies(clock, KnownIdentities())  # type: ignore[arg-type]
    policies.delay = 5
    policies.put("arn", policy("*"))
    assert policies.text("arn") == policy("*")
    assert policies.in_force("arn", "policy") is None
    clock.advance(5)
    held = policies.in_force("arn", "policy")
    assert held is not None
    assert held.document == json.loads(policy("*"))
    policies.delete("arn")
    assert policies.text("arn") == ""
    assert policies.in_force("arn", "policy") == held
