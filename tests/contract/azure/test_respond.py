"""The whole response on Azure by the command line: who has to be refused is, and who works there works on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from shared.sandbox.azure import clinic_names as names
from tests.contract.azure.respond_scenes import CHART, Night, at_work, changes, claims, night, read, signed

FENCE_ALONE = '[modes]\nrekey = "observe"\n'
FOLDERS = FENCE_ALONE + '[custody]\ndirectory = "{0}/custody"\n[responder]\nclouds = ["azure"]\n'
ON_AZURE = f'{FENCE_ALONE}[custody]\nazure = "{names.SCOPE}"\n'


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Night]:
    with night(tmp_path / "response.toml", FOLDERS.format(tmp_path)) as scene:
        scene.run("init")
        yield scene


def test_a_stolen_key_dies_and_the_other_goes_on(folders: Night) -> None:
    assert read(folders.thief_by_key) == CHART
    with at_work(folders.clinician, folders.legacy) as failures:
        code, found = folders.respond("defender-store-key-read.json")
    assert (code, found["status"], failures) == (0, "contained", [])
    unread, keys = (left["reason"] for left in found["left_for_people"])
    assert "cannot be excluded: its log is minutes late" in unread
    assert keys.startswith("the policy only observes")
    assert changes(found, "applied") == {("regenerate-store-key", "store-key"), ("restrict-network", "network-rules")}
    with pytest.raises(HttpResponseError, match="AuthenticationFailed"):
        read(folders.thief_by_key)
    with pytest.raises(HttpResponseError, match="AuthorizationFailure"):
        read(folders.thief_by_secret)  # another credential of the thief's, which nobody knows to be stolen


def test_a_link_in_nobody_knows_whose_name_dies_with_all_such_links(folders: Night) -> None:
    link, _ = signed(folders.thief_by_secret), signed(folders.clinician)
    assert read(folders.by_link(names.THIEF_IP, link)) == CHART
    code, found = folders.respond("defender-store-key-read.json")
    assert (code, found["status"]) == (0, "contained")
    assert changes(found, "applied") == {("revoke-delegation-keys", "delegation-keys"), ("restrict-network", "network-rules")}
    with pytest.raises(HttpResponseError, match="AuthenticationFailed"):
        read(folders.by_link(names.LEGACY_IP, link))
    assert {read(folders.clinician), read(folders.legacy)} == {CHART}


def test_a_stolen_secret_opens_nothing_and_nothing_is_claimed_before_it_is_so(folders: Night) -> None:
    folders.cloud.delays.rbac, folders.cloud.delays.directory = 600.0, 5.0
    assert read(folders.thief_by_secret) == CHART
    with at_work(folders.clinician, folders.legacy) as failures:
        code, found = folders.respond("defender-application-read.json")
    assert (code, found["status"], failures) == (0, "contained", [])
    assert changes(found, "applied") == {
        ("disable-sign-in", "sign-in"),
        ("remove-credentials", "app-credential"),
        ("remove-roles", "role-assigned"),
        ("restrict-network", "network-rules"),
    }
    ends = claims(found)
    assert ends["sign-in"] - datetime.now(UTC) > timedelta(minutes=60)
    assert timedelta(minutes=9) < ends["role-assigned"] - datetime.now(UTC) <= timedelta(minutes=10)
    folders.cloud.clock.advance(6)
    with pytest.raises(ClientAuthenticationError):
        folders.program.get_token("https://graph.microsoft.com/.default")
    with pytest.raises(HttpResponseError, match="AuthorizationFailure"):
        read(folders.thief_by_secret)  # the token lives, and its roles are still believed in: the network keeps it out
    folders.cloud.clock.advance(600)
    assert not folders.roles(names.EXPORT_ID)
    assert {read(folders.clinician), read(folders.legacy)} == {CHART}


def test_a_stolen_session_ends_with_its_users_sign_in_and_a_person_gives_it_back(folders: Night) -> None:
    assert read(folders.thief_by_session) == CHART
    code, found = folders.respond("defender-session-read.json")
    assert (code, found["status"]) == (0, "contained")
    assert not folders.may_sign_in(names.NURSE_ID)
    with pytest.raises(HttpResponseError):
        read(folders.thief_by_session)
    _, planned = folders.run("release", found["case"], names.NURSE_ID)
    folders.run("release", found["case"], names.NURSE_ID, "--digest", planned["digest"])
    assert folders.may_sign_in(names.NURSE_ID)
    assert len(folders.roles(names.NURSE_ID)) == 1


def test_a_key_that_somebody_else_uses_too_is_a_persons_decision_and_the_network_is_closed_meanwhile(folders: Night) -> None:
    shared = folders.at(names.LEGACY_IP, "thief-key")
    assert {read(shared), read(folders.thief_by_key)} == {CHART}
    with at_work(shared, folders.clinician) as failures:
        code, found = folders.respond("defender-store-key-read.json")
    assert (code, found["status"], failures) == (5, "awaiting_approval", [])
    assert changes(found, "planned") == {("regenerate-store-key", "store-key")}
    assert names.LEGACY_IP in found["awaiting"]["why"]
    with pytest.raises(HttpResponseError, match="AuthorizationFailure"):
        read(folders.thief_by_key)
    code, after = folders.run("apply", found["case"], "--yes")  # that program has been given the other key
    assert (code, after["status"]) == (0, "contained")
    with pytest.raises(HttpResponseError, match="AuthenticationFailed"):
        read(shared)
    assert read(folders.legacy) == CHART


def test_where_nothing_is_recorded_a_person_is_asked_and_nothing_is_changed(folders: Night) -> None:
    folders.forget_log()
    code, found = folders.respond("defender-store-key-read.json")
    assert (code, found["status"]) == (5, "awaiting_approval")
    assert changes(found, "applied") == set()
    assert ("regenerate-store-key", "store-key") in changes(found, "planned")
    assert {read(folders.thief_by_key), read(folders.legacy)} == {CHART}


def test_keys_that_the_actor_had_shown_are_made_anew_as_often_as_it_has_them_shown(folders: Night) -> None:
    folders.cloud.delays.rbac = 600.0
    known = {folders.list_keys()["key1"]}
    code, found = folders.respond("defender-application-read.json")
    assert (code, found["status"]) == (5, "awaiting_approval")
    assert ("regenerate-store-key", "store-key") in changes(found, "applied")
    assert changes(found, "planned") == {("regenerate-store-key", "store-key")}  # the key that a program lives on
    known.add(folders.list_keys()["key1"])  # its roles are still believed in
    folders.run("apply", found["case"])
    assert folders.cloud.storage.accounts[names.ACCOUNT].keys["key1"].value not in known
    assert len(known) == 2  # it was shown two
    assert read(folders.legacy) == CHART
