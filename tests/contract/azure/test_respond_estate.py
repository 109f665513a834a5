"""What a thief did to everything around the store, and what becomes of it: one breach, by the command line."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.arm import Arm
from shared.sandbox.azure.wire import Request
from tests.contract.azure.respond_scenes import Night, changes, night
from tests.contract.azure.test_respond import FOLDERS
from tests.contract.azure.thief_scenes import DISK, consented, empowered, portal, scans

FORBIDDEN = 403


class Answered(NamedTuple):
    """The clinic after the first answer, what the command said, and the thief's link to a disk."""

    scene: Night
    found: dict[str, Any]
    link: str


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answered]:
    """The clinic after the first answer, before anybody was asked."""
    folder = tmp_path_factory.mktemp("estate")
    with night(folder / "response.toml", FOLDERS.format(folder)) as scene:
        scene.run("init")
        thief = empowered(scene.cloud)
        scene.cloud.storage.accounts[names.ACCOUNT].properties["isSftpEnabled"] = True
        scene.cloud.rbac.assign(names.EXPORT_ID, "Key Vault Crypto Officer", names.VAULT_ID)
        thief.vault_entry(names.EXPORT_ID)
        thief.unwrap()
        scans(scene.cloud)
        link = thief.disk()
        thief.policy()
        thief.sftp()
        thief.weaken()
        thief.delegate()
        thief.rule()
        registration, holder = portal(scene.cloud)
        consented(scene.cloud, holder.id)
        thief.widen(holder.id)
        thief.consent_for(names.NURSE_ID, holder.id)
        thief.member(names.NURSE_ID)
        thief.group_role()
        thief.owner(names.NURSE_ID, registration.id)
        for who in (names.EXPORT_ID, names.NURSE_ID):
            thief.scheduled(who)
        thief.scheduled(names.NURSE_ID, "roleAssignment")
        _, found = scene.respond("defender-application-read.json")
        yield Answered(scene, found, link)


def test_its_entry_of_the_vault_is_gone_and_nothing_behind_it_was_asked_for(answered: Answered) -> None:
    scene, found, _ = answered
    assert ("remove-vault-access", "vault-access") in changes(found, "applied")
    assert not scene.cloud.vaults.living[names.VAULT].properties["accessPolicies"]


def test_the_vault_is_closed_by_a_person_where_we_would_shut_ourselves_out(answered: Answered) -> None:
    found = answered.found
    assert ("restrict-vault-network", "network-rules") not in changes(found, "applied")
    assert "the responder itself" in found["awaiting"]["why"]


def test_a_link_to_a_disk_is_dead_and_the_disk_is_handed_out_no_more(answered: Answered) -> None:
    scene, found, _ = answered
    assert ("revoke-disk-links", "handed-out") in changes(found, "applied")
    assert scene.cloud.resources.get(DISK)["properties"]["diskState"] == "Unattached"
    assert scene.cloud.answer(Request("GET", answered.link)).status == FORBIDDEN


def test_policies_that_links_name_are_a_persons_decision_where_a_program_lives_on_keys(answered: Answered) -> None:
    found = answered.found
    assert ("remove-stored-access", "stored-access") not in changes(found, "applied")
    assert names.LEGACY_IP in found["awaiting"]["why"]


def test_nobody_comes_by_sftp_any_more_and_no_tenant_gets_copies(answered: Answered) -> None:
    scene, found, _ = answered
    assert changes(found, "applied") >= {("refuse-local-users", "local-users"), ("forbid-foreign-copies", "cross-tenant-copy")}
    properties = scene.cloud.storage.accounts[names.ACCOUNT].properties
    assert (properties["isLocalUserEnabled"], properties["allowCrossTenantReplication"]) == (False, False)


def test_no_role_waits_to_be_activated_and_none_for_a_time_is_left(answered: Answered) -> None:
    scene, found, _ = answered
    assert ("remove-eligible-roles", "role-eligible") in changes(found, "applied")
    assert len(scene.roles(names.NURSE_ID)) == 1, "what the nurse had before"
    arm = scene.cloud.planes["arm"]
    assert isinstance(arm, Arm)
    assert not arm.authorization.pim.eligible


def test_what_it_gave_to_a_group_a_nurse_or_an_application_of_others_goes_alone(answered: Answered) -> None:
    scene, found, _ = answered
    assert changes(found, "applied") >= {
        ("remove-memberships", "membership"),
        ("remove-ownerships", "ownership"),
        ("remove-permissions", "app-permission"),
    }
    directory = scene.cloud.entra.directory
    assert (directory.groups["heads"].members, scene.roles("nurses")) == (set(), [])
    assert directory.groups["nurses"].members == {names.NURSE_ID}
    everybodys, persons = scene.cloud.entra.grants.values()
    assert (everybodys["consentType"], everybodys["scope"]) == ("AllPrincipals", "User.Read")
    assert persons["principalId"] == names.NURSE_ID, "the log does not say whose it was"
    assert ("remove-permissions", "app-permission") in changes(found, "planned")
    assert not any(each.owners for each in directory.applications.values())
    assert directory.users[names.NURSE_ID].enabled


def test_no_other_tenant_manages_the_subscription_and_a_second_factor_is_asked_for_again(answered: Answered) -> None:
    scene, found, _ = answered
    assert changes(found, "applied") >= {("end-delegations", "delegation"), ("return-sign-in-rule", "sign-in-rule")}
    assert not scene.cloud.resources.under("", "Microsoft.ManagedServices/registrationAssignments")
    assert scene.cloud.entra.policies["mfa"]["state"] == "enabled"
