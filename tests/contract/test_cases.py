"""Every store of cases keeps the same rules: in memory, in a folder, in DynamoDB, in blobs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from shared.adapters.aws import cases as aws
from shared.adapters.aws.cases import DynamoCases
from shared.adapters.azure.cases import BlobCases
from shared.adapters.local.cases import FileCases
from shared.adapters.memory.custody import MemoryCases
from shared.domain.case import MAX_BYTES, Case, LeftForPeople
from shared.domain.errors import Absent, CodeblueError, DoesNotFit, LeaseLost
from shared.ports import Cases, Lease
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.server import Sandbox
from tests.contract.azure.custody import custody
from tests.custody_cases import OPENED, case
from tests.custody_doubles import SteppingClock

from .aws_responder import responder

__all__ = ["custody"]

TABLE = "codeblue-cases"

type Stores = Callable[[], Cases]
"""Another worker's view of the same cases, under the same clock."""


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture(params=["memory", "folder", "dynamodb", "blobs"])
def stores(request: pytest.FixtureRequest, clock: SteppingClock, tmp_path: Path) -> Stores:
    match request.param:
        case "memory":
            store = MemoryCases(clock)
            return lambda: store
        case "folder":
            return lambda: FileCases(tmp_path / "cases", clock)
        case "blobs":
            documents = request.getfixturevalue("custody").container()
            return lambda: BlobCases(documents(), clock)
        case _:
            return _dynamodb(request.getfixturevalue("sandbox"), request.getfixturevalue("monkeypatch"), clock)


def _dynamodb(sandbox: Sandbox, patch: pytest.MonkeyPatch, clock: SteppingClock) -> Stores:
    sandbox.root().client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    clients = responder(sandbox, patch, *aws.ACTIONS)
    return lambda: DynamoCases(clients, TABLE, clock)


def taken(cases: Cases, owner: str = "worker") -> Lease:
    lease = cases.take("case-1", owner)
    assert lease
    return lease


def test_a_case_is_created_once(stores: Stores) -> None:
    assert stores().create(case("case-1"))
    assert not stores().create(case("case-1"))
    assert stores().load("case-1") == case("case-1")


def test_of_ten_deliveries_at_once_one_creates_the_case_and_one_gets_the_lease(stores: Stores) -> None:
    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(lambda _: stores().create(case("case-1")), range(10))) == 1
        leases = list(pool.map(lambda n: stores().take("case-1", f"worker {n}"), range(10)))
    assert sum(lease is not None for lease in leases) == 1


def test_of_ten_ids_for_one_name_at_once_one_is_everybodys(stores: Stores) -> None:
    with ThreadPoolExecutor(10) as pool:
        (one,) = set(pool.map(lambda n: stores().allot("ab12", f"case-{n}"), range(10)))
    assert (stores().allot("ab12", "case-11"), stores().allot("cd34", "case-11"), stores().all()) == (one, "case-11", ())


def test_cases_come_newest_first(stores: Stores) -> None:
    for n in (1, 3, 2):
        stores().create(case(f"case-{n}", OPENED + timedelta(hours=n)))
    stores().pause("nurse")
    stores().remember(["a-request"])
    assert [found.id for found in stores().all()] == ["case-3", "case-2", "case-1"]


def test_a_save_counts_the_version_up(stores: Stores) -> None:
    stores().create(case("case-1"))
    lease = taken(stores())
    saved = stores().save(case("case-1").but(why_ask="who?"), lease)
    again = stores().save(saved.but(why_ask=""), lease)
    assert (saved.version, again.version) == (1, 2)
    assert stores().load("case-1") == again


def test_a_save_of_an_older_version_is_refused(stores: Stores) -> None:
    stores().create(case("case-1"))
    lease = taken(stores())
    stores().save(case("case-1").but(why_ask="first"), lease)
    with pytest.raises(LeaseLost):
        stores().save(case("case-1").but(why_ask="second"), lease)
    assert stores().load("case-1").why_ask == "first"


def test_a_lease_is_held_for_ten_seconds(stores: Stores, clock: SteppingClock) -> None:
    stores().create(case("case-1"))
    taken(stores(), "one")
    assert stores().take("case-1", "other") is None
    clock.sleep(7)
    assert stores().take("case-1", "other") is None
    clock.sleep(10)
    assert stores().take("case-1", "other") is not None


def test_a_renewed_lease_is_held_for_longer(stores: Stores, clock: SteppingClock) -> None:
    stores().create(case("case-1"))
    lease = taken(stores(), "one")
    clock.sleep(7)
    renewed = stores().renew(lease)
    assert renewed.token == lease.token
    assert renewed.until > lease.until
    clock.sleep(6)
    assert stores().take("case-1", "other") is None


@pytest.mark.parametrize("late", ["save", "renew"])
def test_a_worker_that_slept_through_its_lease_is_refused(stores: Stores, clock: SteppingClock, late: str) -> None:
    stores().create(case("case-1"))
    old = taken(stores(), "one")
    clock.sleep(11)
    new = taken(stores(), "other")
    assert new.token > old.token
    with pytest.raises(LeaseLost):
        stores().save(case("case-1"), old) if late == "save" else stores().renew(old)
    stores().give_back(old)
    assert stores().take("case-1", "third") is None, "giving back what one has lost frees nothing"
    assert stores().save(case("case-1"), new).version == 1


def test_a_lease_that_ran_out_and_that_nobody_took_is_still_good(stores: Stores, clock: SteppingClock) -> None:
    stores().create(case("case-1"))
    lease = taken(stores())
    clock.sleep(60)
    assert stores().save(case("case-1"), lease).version == 1
    assert stores().renew(lease).until > clock.time


def test_a_lease_given_back_is_free_at_once_and_good_for_nothing(stores: Stores) -> None:
    stores().create(case("case-1"))
    lease = taken(stores(), "one")
    stores().give_back(lease)
    with pytest.raises(LeaseLost):
        stores().save(case("case-1"), lease)
    assert taken(stores(), "other").token > lease.token


def test_a_holder_may_take_again_and_its_older_lease_ends(stores: Stores) -> None:
    stores().create(case("case-1"))
    old, new = taken(stores()), taken(stores())
    assert new.token > old.token
    with pytest.raises(LeaseLost):
        stores().save(case("case-1"), old)


def large() -> Case:
    left = LeftForPeople(target="bucket", reason="x" * MAX_BYTES, next="-")
    return case("case-1").but(left=(left,))


def test_a_case_too_large_is_refused(stores: Stores) -> None:
    with pytest.raises(DoesNotFit):
        stores().create(large())
    stores().create(case("case-1"))
    lease = taken(stores())
    with pytest.raises(DoesNotFit):
        stores().save(large(), lease)


@pytest.mark.parametrize("call", ["load", "take"])
def test_a_case_that_is_not_there_is_absent(stores: Stores, call: str) -> None:
    with pytest.raises(Absent):
        stores().load("case-9") if call == "load" else stores().take("case-9", "worker")
    assert stores().all() == ()


def test_a_stop_holds_for_every_worker_until_it_is_lifted(stores: Stores) -> None:
    assert not stores().paused()
    stores().pause("nurse")
    assert stores().paused()
    stores().resume("nurse")
    assert not stores().paused()


def test_our_own_calls_are_remembered(stores: Stores) -> None:
    ours = [f"request-{n}" for n in range(130)]
    assert stores().remembered(ours[:1]) == frozenset()
    stores().remember(ours)
    stores().remember(ours[:1])
    assert stores().remembered([*ours, ours[0], "request-61"]) == frozenset(ours)
    assert stores().remembered([]) == frozenset()


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem"])
def test_a_dynamodb_write_whose_answer_was_lost_counts(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, clock: SteppingClock, operation: str
) -> None:
    store = _dynamodb(sandbox, monkeypatch, clock)()
    lose = Fault("drop", "dynamodb", operation, late=True, times=1)
    if operation == "PutItem":
        sandbox.cloud.faults.add(lose)
    store.create(case("case-1"))
    lease = taken(store)
    if operation == "UpdateItem":
        sandbox.cloud.faults.add(lose)
    assert store.save(case("case-1").but(why_ask="who?"), lease).version == 1
    assert store.load("case-1").why_ask == "who?"


def test_a_dynamodb_lease_whose_answer_was_lost_is_taken_all_the_same(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, clock: SteppingClock
) -> None:
    store = _dynamodb(sandbox, monkeypatch, clock)()
    store.create(case("case-1"))
    sandbox.cloud.faults.add(Fault("drop", "dynamodb", "UpdateItem", late=True, times=1))
    assert store.save(case("case-1"), taken(store)).version == 1


def test_a_dynamodb_table_that_is_not_there_is_an_error_and_no_lost_race(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, clock: SteppingClock
) -> None:
    store = DynamoCases(responder(sandbox, monkeypatch, *aws.ACTIONS), TABLE, clock)
    with pytest.raises(CodeblueError) as error:
        store.create(case("case-1"))
    assert not isinstance(error.value, LeaseLost)
