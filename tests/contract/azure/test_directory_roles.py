"""Roles in the directory itself, by a responder with exactly the declared rights: active, for a time, and those that wait."""

from collections.abc import Callable
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.adapters.azure.directory_roles import FACETS
from shared.adapters.azure.world import AzureWorld
from shared.domain.errors import CloudError, Refused
from shared.domain.facet import DirectoryRole, DirectoryRoleEligible, Facet, Membership, SignIn
from shared.domain.facet.sign_ins import RoleInDirectory
from shared.domain.resource import Kind, Ref
from shared.sandbox.azure.directory import ADMIN_ROLES, Group, User
from shared.sandbox.azure.directory_pim import Ending, Latent
from tests.contract.azure.test_graph import Graph
from tests.contract.azure.test_principal_facets import Night

HEAD, OF_ROLES = ADMIN_ROLES["User Administrator"], ADMIN_ROLES["Privileged Role Administrator"]
LATER = datetime(2031, 5, 1, 12, tzinfo=UTC)
ENDS = "2031-05-01T12:00:00Z"
PLACE = "roleManagement/directory"


@pytest.fixture(scope="module")
def night() -> Night:
    return Night()


def responder(night: Night) -> AzureWorld:
    """With the rights for all that a directory's administrators are fenced by."""
    return night.world(*FACETS, (Kind.USER, Membership), (Kind.USER, SignIn))


def target(night: Night, kind: Kind) -> Ref:
    """A user, an application, or a group made for roles, each blank."""
    directory, made = night.scene.cloud.entra.directory, str(uuid4())
    if kind is Kind.USER:
        made = directory.add_user(f"{made}@hospital.example", "a-password-EXAMPLE").id
    elif kind is Kind.SERVICE_PRINCIPAL:
        made = directory.add_application(made)[1].id
    else:
        directory.groups[made] = Group(made, "heads", powerful=True)
    return night.user.but(kind=kind, id=made)


def active(night: Night, who: str, until: float | None = None) -> None:
    cloud = night.scene.cloud
    next(each for each in cloud.entra.directory.subjects() if each.id == who).directory_roles.add(HEAD)
    if until:
        cloud.entra.pim.active[who, HEAD] = Ending(cloud.clock.now(), until, activated=False)


def latent(night: Night, who: str, until: float | None = None) -> None:
    night.scene.cloud.entra.pim.allow(Latent(who, HEAD, night.scene.cloud.clock.now(), until))


@dataclass(frozen=True)
class Row:
    """A sentence, how somebody gets a role, and the role as it is seen then."""

    sentence: str
    give: Callable[[Night, str, float | None], None]
    role: RoleInDirectory


ROWS = (
    Row("an active role", active, DirectoryRole(role=HEAD, present=True)),
    Row("an active role for a time", active, DirectoryRole(role=HEAD, until=ENDS, present=True)),
    Row("a role that waits to be activated", latent, DirectoryRoleEligible(role=HEAD, present=True)),
    Row("one that waits until its end", latent, DirectoryRoleEligible(role=HEAD, until=ENDS, present=True)),
)
KINDS = (Kind.USER, Kind.SERVICE_PRINCIPAL, Kind.GROUP)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_it_is_taken_twice_as_once_and_given_back_for_as_long_as_before(night: Night, row: Row, kind: Kind) -> None:
    world, who = night.world((kind, type(row.role))), target(night, kind)
    row.give(night, who.id, LATER.timestamp() if row.role.until else None)
    assert world.look(who, type(row.role)) == (row.role,)
    gone = row.role.absent
    for wanted, left in ((gone, ()), (row.role, (row.role,))):
        for _ in range(2):
            assert world.write(who, [wanted]).notes == ()
            assert world.look(who, type(row.role)) == left


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_no_declared_right_can_be_spared(night: Night, row: Row) -> None:
    reads, writes = AzureWorld.permissions([(Kind.USER, type(row.role))])
    who = target(night, Kind.USER)
    row.give(night, who.id, LATER.timestamp() if row.role.until else None)
    for right in sorted(writes.graph):
        with pytest.raises(CloudError):
            night.world(rights=reads | replace(writes, graph=writes.graph - {right})).write(who, [row.role.absent])


def test_what_would_have_ended_by_now_is_not_given_back(night: Night) -> None:
    who, role = target(night, Kind.USER), DirectoryRoleEligible(role=HEAD, until="2026-01-01T00:00:00Z", present=True)
    assert responder(night).write(who, [role]).request_ids == ("",)
    assert responder(night).look(who, DirectoryRoleEligible) == ()


def test_a_tenant_without_the_licence_has_roles_and_none_that_wait(night: Night) -> None:
    who, world = target(night, Kind.USER), responder(night)
    active(night, who.id)
    night.scene.cloud.entra.premium = False
    try:
        assert world.look(who, DirectoryRole) == (DirectoryRole(role=HEAD, present=True),)
        assert world.look(who, DirectoryRoleEligible) == ()
    finally:
        night.scene.cloud.entra.premium = True


def test_every_facet_here_is_held_by_everybody_who_can() -> None:
    assert set(FACETS) == {(kind, type(row.role)) for kind in KINDS for row in ROWS}


def asked(action: str, who: str, role: str = HEAD, **end: str) -> dict[str, object]:
    schedule = {"startDateTime": None, "expiration": end or {"type": "noExpiration"}}
    return {"action": action, "principalId": who, "roleDefinitionId": role, "directoryScopeId": "/", "scheduleInfo": schedule}


def nurse(night: Night) -> User:
    return night.scene.cloud.entra.directory.users[target(night, Kind.USER).id]


def test_who_is_eligible_activates_without_a_right_and_comes_back_until_both_are_gone(night: Night) -> None:
    who = nurse(night)
    own, ref = Graph(night.scene, who), night.user.but(id=who.id)
    assert own("POST", f"{PLACE}/roleAssignmentScheduleRequests", asked("selfActivate", who.id))[0] == 400
    latent(night, who.id)
    for_hours = asked("selfActivate", who.id, type="afterDuration", duration="PT8H")
    assert own("POST", f"{PLACE}/roleAssignmentScheduleRequests", for_hours)[0] == 201
    world = responder(night)
    (role,) = world.look(ref, DirectoryRole)
    assert role.until, "what was activated ends by itself"
    world.write(ref, [role.absent])
    assert own("POST", f"{PLACE}/roleAssignmentScheduleRequests", for_hours)[0] == 201
    world.write(ref, [role.absent])
    world.write(ref, [each.absent for each in world.look(ref, DirectoryRoleEligible)])
    status, refusal = own("POST", f"{PLACE}/roleAssignmentScheduleRequests", for_hours)
    assert (status, refusal["error"]["code"]) == (400, "RoleAssignmentDoesNotExist")


def test_an_activated_role_ends_and_nobody_makes_others_eligible_without_the_right(night: Night) -> None:
    who = nurse(night)
    own = Graph(night.scene, who)
    assert own("POST", f"{PLACE}/roleEligibilityScheduleRequests", asked("adminAssign", who.id))[0] == 403
    latent(night, who.id)
    for_an_hour = asked("selfActivate", who.id, type="afterDuration", duration="PT1H")
    assert own("POST", f"{PLACE}/roleAssignmentScheduleRequests", for_an_hour)[0] == 201
    status, refusal = own("POST", f"{PLACE}/roleAssignmentScheduleRequests", asked("selfDeactivate", who.id))
    assert (status, refusal["error"]["code"]) == (400, "ActiveDurationTooShort")
    night.scene.cloud.clock.advance(3601)
    assert responder(night).look(night.user.but(id=who.id), DirectoryRole) == ()


def by_role(night: Night, who: User) -> Facet:
    active(night, who.id)
    return DirectoryRole(role=HEAD, present=False)


def by_waiting_role(night: Night, who: User) -> Facet:
    latent(night, who.id)
    return DirectoryRoleEligible(role=HEAD, present=False)


def by_group(night: Night, who: User) -> Facet:
    group = target(night, Kind.GROUP)
    night.scene.cloud.entra.directory.groups[group.id].members.add(who.id)
    return Membership(group=group.id, present=False)


@pytest.mark.parametrize("give", [by_role, by_waiting_role, by_group])
def test_an_administrator_is_disabled_once_it_is_none(night: Night, give: Callable[[Night, User], Facet]) -> None:
    who, world = nurse(night), responder(night)
    gone, ref = give(night, who), night.user.but(id=who.id)
    with pytest.raises(Refused, match="Privileged Authentication Administrator") as refused:
        world.write(ref, [SignIn(enabled=False)])
    assert refused.value.code == "Authorization_RequestDenied"
    world.write(ref, [gone])
    world.write(ref, [SignIn(enabled=False)])
    assert not who.enabled


def test_a_groups_role_is_its_members_and_goes_with_the_place_in_it(night: Night) -> None:
    who, group = nurse(night), target(night, Kind.GROUP)
    responder(night).write(group, [DirectoryRole(role=OF_ROLES, present=True)])
    directory = night.scene.cloud.entra.directory
    directory.groups[group.id].members.add(who.id)
    assert night.scene.cloud.entra.issue(who, "https://graph.microsoft.com", 60).caller.directory_roles == {OF_ROLES}
    responder(night).write(night.user.but(id=who.id), [Membership(group=group.id, present=False)])
    assert not night.scene.cloud.entra.issue(who, "https://graph.microsoft.com", 60).caller.directory_roles
