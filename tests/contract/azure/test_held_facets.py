"""What principals hold besides roles, by a responder with exactly the declared rights."""

import json
from collections.abc import Callable
from copy import replace
from dataclasses import dataclass
from uuid import uuid4

import pytest

from shared.adapters.azure import memberships, schedules, vault_entries
from shared.adapters.azure.facets import FacetTable
from shared.adapters.azure.world import AzureWorld
from shared.domain.errors import CloudError
from shared.domain.facet import Facet, Membership, Ownership, RoleAssigned, RoleEligible, VaultAccess
from shared.domain.resource import Kind, Ref
from shared.sandbox.azure.directory import Group
from tests.contract.azure.scenes import SCOPE, Arm
from tests.contract.azure.test_principal_facets import Night
from tests.contract.azure.vault_scenes import make_vault

TABLE: FacetTable = {**vault_entries.FACETS, **schedules.FACETS, **memberships.FACETS}
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


@pytest.fixture(scope="module")
def night() -> Night:
    return Night()


def let_in(night: Night, who: str) -> str:
    """A vault with entries of this principal and of another one; its id."""
    permissions = {"keys": ["unwrapKey", "get"], "secrets": ["get"]}
    tenant = night.scene.cloud.entra.directory.tenant
    entries = [{"objectId": each, "permissions": permissions, "tenantId": tenant} for each in (who, night.scene.owner.id)]
    number = len(list(night.scene.cloud.vaults)) + 1
    vault = make_vault(night.scene, f"entries-{number}", enableRbacAuthorization=False, accessPolicies=entries)
    return str(vault.id).lower()


def eligible(night: Night, who: str) -> str:
    """A role that somebody may activate for two hours."""
    scope, arm = f"{SCOPE}/resourceGroups/hospital", Arm(night.scene)
    role = f"/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    ends = {"expiration": {"type": "AfterDuration", "duration": "PT2H"}}
    asked = {"principalId": who, "roleDefinitionId": role, "requestType": "AdminAssign", "scheduleInfo": ends}
    place = f"{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleRequests/{uuid4()}"
    arm("PUT", place, {"properties": asked})
    return f"eligible {READER} {scope}".lower()


def grouped(night: Night, who: str) -> str:
    """A group that can have roles in the directory, with somebody in it."""
    groups = night.scene.cloud.entra.directory.groups
    made = Group(str(uuid4()), f"heads {len(groups)}", {who}, powerful=True)
    groups[made.id] = made
    return made.id


def owning(night: Night, who: str) -> str:
    """An application of somebody's."""
    application, _ = night.scene.cloud.entra.directory.add_application("owned")
    application.owners.add(who)
    return application.id


@dataclass(frozen=True)
class Row:
    """A sentence, the kind of holder, and what makes it hold something: the part that it holds then."""

    sentence: str
    kind: Kind
    facet: type[Facet]
    give: Callable[[Night, str], str]


ROWS = (
    Row("an application's entry of a vault", Kind.SERVICE_PRINCIPAL, VaultAccess, lambda n, who: f"{let_in(n, who)}/"),
    Row("a role that an application may activate", Kind.SERVICE_PRINCIPAL, RoleEligible, eligible),
    Row("a role that a user may activate", Kind.USER, RoleEligible, eligible),
    Row("an application's place in a group", Kind.SERVICE_PRINCIPAL, Membership, grouped),
    Row("a user's place in a group", Kind.USER, Membership, grouped),
    Row("an application that an application owns", Kind.SERVICE_PRINCIPAL, Ownership, owning),
    Row("an application that a user owns", Kind.USER, Ownership, owning),
    Row("a user's entry of a vault", Kind.USER, VaultAccess, lambda n, who: f"{let_in(n, who)}/"),
)


def held(night: Night, row: Row) -> tuple[Ref, str]:
    target = night.user if row.kind is Kind.USER else night.application
    return target, row.give(night, target.id)


def now(world: AzureWorld, target: Ref, facet: type[Facet], part: str) -> Facet | None:
    return next((each for each in world.look(target, facet) if each.part == part), None)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_it_is_taken_twice_as_once_and_given_back_as_it_was(night: Night, row: Row) -> None:
    world, (target, part) = night.world((row.kind, row.facet)), held(night, row)
    found = now(world, target, row.facet, part)
    assert found
    gone = found.absent
    assert gone
    for wanted, left in ((gone, None), (found, found)):
        for _ in range(2):
            assert world.write(target, [wanted]).notes == ()
            assert now(world, target, row.facet, part) == left


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_no_declared_right_can_be_spared(night: Night, row: Row) -> None:
    reads, writes = AzureWorld.permissions([(row.kind, row.facet)])
    target, part = held(night, row)
    found = now(night.world((row.kind, row.facet)), target, row.facet, part)
    assert found
    assert found.absent
    for right in sorted((writes.actions | writes.graph) - (reads.actions | reads.graph)):
        less = replace(writes, actions=writes.actions - {right}, graph=writes.graph - {right})
        with pytest.raises(CloudError):
            _there_and_back(night.world(rights=reads | less), target, found)


def _there_and_back(world: AzureWorld, target: Ref, found: Facet) -> None:
    for each in (found.absent, found):
        assert each
        world.write(target, [each])


def test_nobody_elses_entry_of_a_vault_goes_with_it(night: Night) -> None:
    world, vault = night.world((Kind.SERVICE_PRINCIPAL, VaultAccess)), let_in(night, night.principal.id)
    entries = [each for each in world.look(night.application, VaultAccess) if each.vault == vault]
    world.write(night.application, [each.but(present=False) for each in entries])
    document = night.scene.cloud.resources.get(vault)["properties"]["accessPolicies"]
    assert [entry["objectId"] for entry in document] == [night.scene.owner.id]
    assert json.loads(entries[0].spec)["permissions"] == {"keys": ["get", "unwrapKey"], "secrets": ["get"]}


def test_nobody_is_taken_out_of_a_group_that_a_rule_fills(night: Night) -> None:
    groups, world = night.scene.cloud.entra.directory.groups, night.world((Kind.USER, Membership))
    groups["all"] = Group("all", "everybody", {night.nurse.id}, rule="user.userType -eq 'Member'")
    assert Membership(group="all", present=True) not in world.look(night.user, Membership)
    with pytest.raises(CloudError):
        world.write(night.user, [Membership(group="all", present=False)])


def test_a_groups_roles_are_read_and_taken_as_anybodys(night: Night) -> None:
    made = grouped(night, night.nurse.id)
    night.scene.cloud.rbac.assign(made, "Reader", f"{SCOPE}/resourceGroups/hospital")
    world, group = night.world((Kind.GROUP, RoleAssigned)), night.user.but(kind=Kind.GROUP, id=made)
    (role,) = world.look(group, RoleAssigned)
    for wanted, found in ((role.absent, ()), (role, (role,))):
        world.write(group, [wanted])
        assert world.look(group, RoleAssigned) == found


def test_every_facet_of_a_principal_has_a_row() -> None:
    assert {(row.kind, row.facet) for row in ROWS} == {slot for slot in TABLE if slot[0] is not Kind.GROUP}
