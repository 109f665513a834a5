"""The imaginary hospital on Azure is what its alerts, its people and its thief need it to be."""

import json
from dataclasses import dataclass

import pytest

from shared.adapters.azure.custody_places import by_convention
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure import hospital_clients as clients
from shared.sandbox.azure import hospital_names as hospital
from shared.sandbox.azure.clinic import Clinic
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.delays import Delays
from shared.sandbox.azure.hospital import build, custody, response_policy
from shared.sandbox.azure.hospital_clock import SteppingClock
from shared.sandbox.azure.hospital_inventory import inventory, wrapped
from shared.sandbox.azure.hospital_lives import Lives
from shared.sandbox.azure.hospital_scene import alerts
from shared.sandbox.azure.hospital_survivors import survivors
from shared.sandbox.azure.thief import Thief
from shared.sandbox.azure.thief_hands import Bearer, Key, Link
from shared.sandbox.azure.thief_moves import MOVES
from shared.settings import Policy


@dataclass
class House:
    cloud: Cloud
    clinic: Clinic
    everybody: clients.Shift
    thief: Thief


@pytest.fixture(scope="module")
def house() -> House:
    cloud = Cloud(SteppingClock(behind=86400.0))
    clinic = build(cloud)
    return House(cloud, clinic, clients.shift(cloud, clinic), Thief(cloud, clinic, seed=7))


def test_everybody_who_works_there_reads_and_writes(house: House) -> None:
    for each in house.everybody.workers:
        each.once()
    assert house.everybody.failures == ()
    rows = house.cloud.logs.rows(names.WORKSPACE_ID.lower(), "StorageBlobLogs", house.cloud.clock.now())
    seen = {(str(row.columns["AuthenticationType"]), str(row.columns["CallerIpAddress"])) for row in rows}
    places = (names.VIEWER_IP, hospital.BENCH_IP, names.LEGACY_IP, hospital.PARTNER_IP)
    ways = ("OAuth", "OAuth", "AccountKey", "SAS")
    assert seen >= {(way, f"{place}:443") for way, place in zip(ways, places, strict=True)}


def test_there_are_versions_snapshots_and_what_nobody_changes(house: House) -> None:
    held = [each for each in inventory(house.cloud) if each.blob != "today.dcm"]
    assert {each.tenant for each in held if each.snapshot} == set(names.TENANTS)
    assert len([each for each in held if each.blob == "0002.dcm"]) == 4
    assert all(each.under for each in held)
    policy = house.cloud.storage.accounts[names.ACCOUNT].containers[hospital.CONSENTS].policy
    assert policy is not None
    assert policy.locked
    scopes = {f"{store}/{tenant}" for tenant, store in hospital.TENANTS.items()}
    assert {*wrapped(house.cloud)} == {*hospital.STORES, *scopes, hospital.DISKS}


def test_the_policy_is_one_that_the_program_reads_and_its_custody_is_made(house: House) -> None:
    policy = Policy.read(response_policy())
    assert set(policy.tenants["st-brendan"].buckets) == {place for place, _ in hospital.STORES.values()}
    custody(house.cloud, house.clinic)
    assert by_convention(names.SUBSCRIPTION, names.GROUP).account in house.cloud.storage.accounts


def test_each_alert_is_one_of_defenders(house: House) -> None:
    told = [json.loads(alert) for alert in alerts(house.cloud)]
    assert [each["ExtendedProperties"]["Authentication type"] for each in told] == ["Account key", "OAuth", "OAuth"]


def test_a_thief_fights_with_stolen_credentials_alone_and_each_dies_as_its_kind_does(house: House) -> None:
    cloud, thief = house.cloud, house.thief
    assert thief.begin() > 0
    program = next(hand for hand in thief.held if hand.name == names.EXPORT)
    for move in MOVES:
        thief.make(move, program)
    assert [deed.refused for deed in thief.deeds] == [""] * (len(MOVES) + 2)
    minted = {type(hand) for hand in thief.held[:-4]}
    assert minted == {Bearer, Key, Link}
    left = {f"{names.EXPORT} may still sign in", f"the network of {names.ACCOUNT} is open"}
    left.add(f"a link to {hospital.ARCHIVE} still opens it")
    assert set(survivors(cloud, thief)) >= left

    cloud.delays = Delays.documented()
    lives = Lives(cloud, thief)
    lives.look()
    began = cloud.clock.now()
    for held in [each for each in cloud.rbac.current() if each.principal_id in {names.EXPORT_ID, names.NURSE_ID}]:
        cloud.rbac.remove(held)
    cloud.clock.advance(599)
    lives.look()
    cloud.clock.advance(2)
    lives.look()
    last = {(each.name, each.kind): each.alive for each in lives.since(began)}
    assert 599 <= last[names.EXPORT, "role"] < 600.5
    assert 599 <= last["link-1", "link"] < 600.5
    assert last["key1", "key"] > 600
    assert not thief.gets(program, names.BLOB_URL, f"{names.TENANTS[0]}/0000.dcm")


def test_whoever_lives_on_a_key_goes_on_with_the_other_one(house: House) -> None:
    house.everybody.hand_over()
    keys = house.cloud.storage.accounts[names.ACCOUNT].keys
    assert house.everybody.keys.value == keys["key1"].value
    assert house.everybody.failures == ()
