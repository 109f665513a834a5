"""What a thief made of itself before anybody noticed, and makes while it is being shut out, by the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.directory import ADMIN_ROLES, Group
from tests.contract.azure.respond_scenes import CHART, Night, changes, night, read
from tests.contract.azure.test_respond import FOLDERS
from tests.contract.azure.thief_scenes import KEEPERS, Hand, empowered, portal


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Night]:
    with night(tmp_path / "response.toml", FOLDERS.format(tmp_path)) as scene:
        scene.run("init")
        assert read(scene.thief_by_secret) == CHART
        yield scene


def test_whoever_the_thief_made_is_shut_out_with_it_and_a_nurse_only_loses_what_it_gave_her(folders: Night) -> None:
    thief, directory = empowered(folders.cloud), folders.cloud.entra.directory
    user, application = thief.user(), thief.application()
    directory.users[user].directory_roles.add(ADMIN_ROLES["Global Administrator"])
    second = Hand(folders.cloud, directory.users[user], names.THIEF_IP).user("svc-second")
    secret = thief.secret_of_principal(application)
    machine = thief.identity("backup")
    thief.role(machine, "ServicePrincipal")
    thief.role(user, "User")
    thief.role(names.NURSE_ID, "User")
    thief.directory_role(names.NURSE_ID)
    thief.permission(application)
    thief.directory_scheduled(user)
    thief.directory_scheduled(directory.add_user("ward@st-brendan.example", "x-EXAMPLE").id)
    thief.directory_role_of_group()
    code, found = folders.respond("defender-application-read.json")
    assert (code, found["status"]) == (0, "contained")
    assert {action for action, _ in changes(found, "applied")} >= {
        "remove-directory-roles",
        "remove-eligible-directory-roles",
        "remove-permissions",
    }
    assert not list(folders.cloud.entra.pim.eligible())
    assert not directory.groups[KEEPERS].directory_roles
    # a head of the directory can be disabled when it is none any more
    assert not any(directory.users[each].enabled or directory.users[each].directory_roles for each in (user, second))
    assert not directory.principals[application].enabled
    assert secret not in {held.key_id for held in directory.principals[application].credentials.secrets}
    assert not directory.principals[application].permissions
    assert not folders.roles(user)
    assert not folders.roles(machine)
    nurse = directory.users[names.NURSE_ID]
    assert (nurse.enabled, nurse.directory_roles, len(folders.roles(nurse.id))) == (True, set(), 1)
    assert not directory.principals[names.EXPORT_ID].permissions

    _, planned = folders.run("rollback", found["case"])
    folders.run("rollback", found["case"], "--digest", planned["digest"])
    assert (nurse.directory_roles, len(folders.roles(nurse.id)), directory.users[user].enabled) == (set(), 1, False)


def test_a_call_in_the_directory_before_the_theft_lets_no_fence_wait(tmp_path: Path) -> None:
    with night(tmp_path / "response.toml", FOLDERS.format(tmp_path)) as scene:
        scene.run("init")
        thief, directory = empowered(scene.cloud), scene.cloud.entra.directory
        thief.member(names.NURSE_ID)
        assert read(scene.thief_by_secret) == CHART
        thief.directory_role(names.NURSE_ID)
        code, found = scene.respond("defender-application-read.json")
        assert (code, found["status"]) == (0, "contained")
        assert not directory.principals[names.EXPORT_ID].enabled
        assert not directory.users[names.NURSE_ID].directory_roles


def test_what_others_have_too_is_a_persons_to_decide_and_what_the_thief_gave_goes_alone(folders: Night) -> None:
    thief = empowered(folders.cloud)
    registration, holder = portal(folders.cloud)
    thief.secret(registration.id)
    thief.trust(registration.id)
    ward = Group("ward", "ward 7", {names.EXPORT_ID, names.NURSE_ID}, rule="user.department -eq 'ward 7'")
    folders.cloud.entra.directory.groups[ward.id] = ward
    folders.cloud.rbac.assign(ward.id, "Storage Blob Data Reader", names.ACCOUNT_ID)
    code, found = folders.respond("defender-application-read.json")
    assert (code, found["status"]) == (5, "awaiting_approval")
    assert [held.key_id for held in registration.credentials.secrets] == ["owners"]
    assert not registration.credentials.federated
    assert holder.enabled
    assert {action for action, _ in changes(found, "planned")} == {"disable-sign-in", "remove-group-roles"}
    assert len(folders.roles(ward.id)) == 1
