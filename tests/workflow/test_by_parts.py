"""A store moved by workers beside each other: by the local driver, and by Durable Functions, whose loop knows nothing of it."""

import json
from collections.abc import Iterator
from copy import replace
from itertools import cycle
from typing import TYPE_CHECKING, cast

import pytest

from azure_functions_app import environment
from shared.adapters.memory.traffic import MemoryTraffic
from shared.bootstrap.clouds import _rewriting
from shared.domain.case import Case, Mode, Verdict
from shared.domain.exposure import Told
from shared.domain.resource import Ref
from shared.ports.objects import Encryption, Facts, Moved, Scheme, Version
from shared.ports.record import TAKEN_IN
from shared.reencryption.by_parts import CUT
from shared.reencryption.result import Proof
from shared.settings import MigrationRules, Modes, OneWay, Policy
from shared.workflow.deps import Deps
from shared.workflow.foreseeing import most
from tests.doubles import Life, mortal
from tests.hospital import CHARTS, THIEF, Hospital, built, signal
from tests.workflow.driving import YES, respond
from tests.workflow.function_app_scene import OF_THE_SDK, Duty, on_duty
from tests.workflow.test_exposure import read
from tests.workflow.test_renewing import Blobs, filled, parts, worker

if TYPE_CHECKING:
    from shared.adapters.azure.clients import Clients as AzureClients

pytestmark = OF_THE_SDK

BESIDE = Policy(
    modes=Modes(rekey=Mode.AUTO, migrate=Mode.AUTO, enforce=Mode.OBSERVE, retire=Mode.OBSERVE),
    one_way=OneWay(mode=Mode.AUTO),
    migration=MigrationRules(data_keys="new", engine="distributed map"),
)
MANY = 25
"""Blobs, a page each: several parts."""


@pytest.fixture
def duty() -> Iterator[Duty]:
    with on_duty(built()) as scene:
        yield scene


class Ordered(Blobs):
    """Remembers in which order blobs were copied."""

    def __init__(self, page: int) -> None:
        super().__init__(page)
        self.copied: list[str] = []

    def copy(self, store: Ref, version: Version, facts: Facts, encryption: Encryption) -> Moved:
        self.copied.append(version.key)
        return super().copy(store, version, facts, encryption)


def stocked[B: Ordered](hospital: Hospital, blobs: B) -> B:
    filled(hospital, blobs)
    for number in range(MANY):
        blobs.write(CHARTS, f"c/{number:02}", b"x" * number, Encryption(Scheme.SCOPE, CHARTS.id))
    return blobs


def kinds(deps: Deps, case: Case) -> list[str]:
    return [entry.kind for entry in deps.journal(case.id).entries()]


def assert_all_is_moved(case: Case, blobs: Blobs, deps: Deps) -> None:
    renewed = {s.old: s.new.id for s in case.scope.renewed}
    assert {parts(blobs)[f"c/{number:02}"] for number in range(MANY)} == {renewed[CHARTS]}
    assert sum(v.copied for v in case.versions) == MANY + 3
    assert all(v.done for v in case.versions)
    assert kinds(deps, case).count(CUT) == len(case.versions)
    assert kinds(deps, case).count(TAKEN_IN) >= 3


def test_the_local_driver_works_on_the_parts_itself() -> None:
    hospital = built()
    blobs = stocked(hospital, Ordered(page=1))
    deps = worker(hospital, blobs, BESIDE, beside=True)
    case = respond(deps, asks=YES)
    assert_all_is_moved(case, blobs, deps)


def test_what_the_actor_read_is_written_again_before_any_part_is() -> None:
    hospital = built()
    blobs, alert, traffic = stocked(hospital, Ordered(page=1)), signal(THIEF, CHARTS), MemoryTraffic(hospital.clock)
    hospital.sources.learn(alert)
    traffic.watch = {CHARTS: (Told.DATA_EVENTS,)}
    traffic.requested(read(f"c/{MANY - 1}"))
    deps = replace(worker(hospital, blobs, BESIDE, beside=True), traffic=lambda: traffic)
    assert_all_is_moved(respond(deps, alert, asks=YES), blobs, deps)
    assert blobs.copied[0] == f"c/{MANY - 1}"
    assert len(blobs.copied) == len(set(blobs.copied))


def test_on_azure_a_store_has_a_ceiling_though_nobody_measures_what_it_takes() -> None:
    azure = _rewriting(cast("AzureClients", None))
    hospital = built()
    deps = worker(hospital, stocked(hospital, Ordered(page=1)), BESIDE)
    assert azure.capacity is not None
    assert azure.to_prove is not azure.objects
    assert most(deps, azure, CHARTS) == 4_000


def test_where_nobody_has_workers_one_does_it_and_the_question_says_why() -> None:
    hospital = built()
    blobs = stocked(hospital, Ordered(page=1))
    deps = worker(hospital, blobs, BESIDE)
    case = respond(deps, asks=YES)
    assert CUT not in kinds(deps, case)
    assert sum(v.copied for v in case.versions) == MANY + 3


def on_azure(duty: Duty) -> tuple[Blobs, str]:
    """The store is full, and a thief is reported."""
    blobs = stocked(duty.hospital, Ordered(page=1))
    duty.works_with(worker(duty.hospital, blobs, BESIDE, beside=True))
    case = duty.alarm()
    return blobs, case


def given_out(duty: Duty, case: str) -> list[dict[str, object]]:
    """Everything that workers were given, as it stood in the history."""
    calls = [action for _, action in duty.host.instances[case].seen if action.get("functionName") == "move_part"]
    return [json.loads(call["input"]) for call in calls]


def test_durable_functions_give_each_part_to_a_worker_and_nothing_else_travels(duty: Duty) -> None:
    blobs, case = on_azure(duty)
    duty.host.run()
    found = duty.case(case)
    assert (duty.host.instances[case].status, duty.host.instances[case].error) == ("Completed", "")
    assert_all_is_moved(found, blobs, worker(duty.hospital, blobs, BESIDE))
    given = given_out(duty, case)
    assert len({(each["migration"], each["number"]) for each in given}) >= 3
    assert all(each.keys() == {"case", "migration", "number"} for each in given)
    assert not any("c/" in json.dumps(event) for event in duty.host.instances[case].history)


def test_what_one_process_writes_the_others_read_though_each_has_opened_the_records_before(duty: Duty) -> None:
    blobs, case = on_azure(duty)
    processes = cycle([worker(duty.hospital, blobs, BESIDE, beside=True) for _ in range(3)])
    duty.patch.setattr(environment, "ready", lambda: next(processes))
    duty.host.run()
    found, deps = duty.case(case), worker(duty.hospital, blobs, BESIDE)
    assert_all_is_moved(found, blobs, deps)
    entries = list(deps.journal(case).entries())
    taken = [entry.body for entry in entries if entry.kind == TAKEN_IN]
    assert sum(int(str(body["moved"])) for body in taken) == MANY + 3
    assert all(int(str(body["entries"])) for body in taken)
    proofs = [Proof.model_validate_json(deps.journal(case).blobs(str(e.body["blob"]))) for e in entries if e.kind == "verified"]
    assert sum(proof.compared for proof in proofs) == MANY + 3


@pytest.mark.parametrize("last", [40, 90])
def test_workers_of_parts_may_die(duty: Duty, last: int) -> None:
    blobs, case = on_azure(duty)
    usual = worker(duty.hospital, blobs, BESIDE, beside=True)
    life = Life(last)
    dying = mortal(blobs, life)
    duty.works_with(worker(duty.hospital, dying, BESIDE, beside=True))
    duty.host.revived = lambda: duty.works_with(usual)
    duty.host.run()
    assert duty.host.deaths == 1
    assert_all_is_moved(duty.case(case), blobs, usual)


def test_a_paused_case_gives_no_part_to_anybody(duty: Duty) -> None:
    blobs, case = on_azure(duty)
    duty.host.until(lambda: bool(given_out(duty, case)))
    duty.hospital.cases.pause("dr-no")
    before = parts(blobs)
    duty.host.settle()
    assert parts(blobs) == before
    duty.hospital.cases.resume("dr-no")
    duty.host.run()
    assert duty.case(case).verdict is not Verdict.OPEN
