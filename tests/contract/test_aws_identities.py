"""Who is named as responder or break-glass, looked up in the embedded AWS: who is not found stops nothing that goes on at night."""

from typing import Any

import pytest

from shared import bootstrap
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.identities import known, unique_ids
from shared.adapters.local.clock import SystemClock
from shared.bootstrap.clouds import in_aws
from shared.domain.errors import NotReady
from shared.sandbox.aws.server import ACCOUNT, Sandbox
from shared.settings import Policy, Responder
from tests.contract.aws_responder import responder
from tests.contract.sandbox_scenes import role

GONE = f"arn:aws:iam::{ACCOUNT}:role/deleted-tonight"
ABROAD = "arn:aws:iam::555566667777:role/break-glass"


@pytest.fixture
def clients(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Clients:
    return responder(sandbox, monkeypatch)


@pytest.fixture
def glass(sandbox: Sandbox) -> str:
    return role(sandbox, "break-glass")


def named(*arns: str) -> Policy:
    return Policy(responder=Responder(break_glass=arns, roles=("AROABYIDEXAMPLE",)))


def test_whoever_is_found_is_spared_whoever_else_is_not(sandbox: Sandbox, clients: Clients, glass: str) -> None:
    found = known(clients, ("AROABYIDEXAMPLE", GONE, glass, ABROAD))
    theirs = sandbox.root().client("iam").get_role(RoleName="break-glass")["Role"]["RoleId"]
    assert found.ids == {"AROABYIDEXAMPLE", theirs}
    assert (list(found.gone), list(found.unasked)) == ([GONE], [ABROAD])


def test_the_responder_goes_on_and_says_so(clients: Clients, glass: str) -> None:
    present = in_aws(named(glass, GONE, ABROAD), SystemClock(), clients)
    assert ABROAD in present.exempt
    assert GONE not in present.exempt
    assert [doubt.partition(" ")[0] for doubt in present.doubts] == [GONE, ABROAD]


def test_nobody_is_told_anything_where_all_are_found(clients: Clients, glass: str) -> None:
    assert in_aws(named(glass), SystemClock(), clients).doubts == ()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        pytest.param(GONE, "does not exist", id="who is gone"),
        pytest.param(ABROAD, "has no role", id="whose account does not let us in"),
    ],
)
def test_looked_at_beforehand_it_is_an_error(clients: Clients, name: str, why: str) -> None:
    with pytest.raises(NotReady, match=why):
        unique_ids(clients, [name])


@pytest.mark.usefixtures("clients")
class TestInit:
    """What whoever makes custody is told."""

    def test_it_makes_nothing_for_a_policy_that_names_nobody(self, sandbox: Sandbox) -> None:
        with pytest.raises(NotReady, match="deleted-tonight"):
            bootstrap.create_custody(named(GONE))
        assert sandbox.root().client("s3").list_buckets()["Buckets"] == []

    def test_it_says_who_could_not_be_asked_about(self, glass: str) -> None:
        made: Any = bootstrap.create_custody(named(glass, ABROAD))
        assert made["not_looked_up"] == [ABROAD]


def test_everything_is_ready_although_one_is_gone(
    clients: Clients, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, glass: str
) -> None:
    bootstrap.create_custody(Policy())
    working = bootstrap.deps(named(glass, GONE, ABROAD))
    assert ABROAD in working.protected.ids
    assert clients.identity["UserId"] in working.exempt
    assert sum(GONE in line for line in caplog.messages) == 1
