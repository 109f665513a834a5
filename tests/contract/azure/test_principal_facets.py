"""Facets of users and service principals on Azure, by a responder with exactly the declared rights."""

from collections.abc import Sequence
from copy import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from azure.identity import ClientSecretCredential

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.principals import FACETS
from shared.adapters.azure.world import AzureWorld
from shared.domain.errors import Absent, CodeblueError, Refused
from shared.domain.facet import AppCredential, Facet, RoleAssigned, RoleEligible, SessionsRevoked, SignIn
from shared.domain.resource import Cloud as Where
from shared.domain.resource import Kind, Ref
from shared.sandbox.azure.clock import utc
from shared.sandbox.azure.directory import Application, Certificate, Federated, Secret, ServicePrincipal, User
from shared.sandbox.azure.entra import TENANT, signing_key
from shared.sandbox.azure.roles import Role
from shared.sandbox.azure.transport import transport
from tests.contract.azure.scenes import SCOPE, Scene

FOREVER = 2.0**33
SECRET = "a-client-secret-EXAMPLE"


class Night:
    """A nurse, an application with one credential of each kind and a role, and a responder."""

    def __init__(self) -> None:
        self.scene = Scene()
        directory = self.scene.cloud.entra.directory
        self.nurse: User = directory.add_user("nurse@hospital.example", "a-nurses-password-EXAMPLE")
        self.app: Application
        self.principal: ServicePrincipal
        self.app, self.principal = directory.add_application("imaging")
        self.app.credentials.secrets.append(Secret.of(SECRET, 0, FOREVER))
        self.app.credentials.certificates.append(Certificate.of(b"der", signing_key().public_key(), 0, FOREVER))
        self.app.credentials.federated.append(Federated("f1", "ci", "https://ci.example", "main"))
        self.principal.credentials.secrets.append(Secret.of("another-secret-EXAMPLE", 0, FOREVER))
        for who in (self.nurse, self.principal):
            self.scene.cloud.rbac.assign(who.id, "Contributor", "/providers/Microsoft.Management/managementGroups/clinics")
            self.scene.cloud.rbac.assign(who.id, "Reader", f"{SCOPE}/resourceGroups/hospital")
            ending = self.scene.cloud.rbac.assign(who.id, "Key Vault Administrator", f"{SCOPE}/resourceGroups/hospital")
            ending.until, ending.how = FOREVER, "Activated"
        self.user = Ref(cloud=Where.AZURE, kind=Kind.USER, account=TENANT, id=self.nurse.id)
        self.application = Ref(cloud=Where.AZURE, kind=Kind.SERVICE_PRINCIPAL, account=TENANT, id=self.principal.id)

    def world(self, *slots: tuple[Kind, type[Facet]], rights: Rights | None = None) -> AzureWorld:
        """The responder's view, with the rights for these facets and no other."""
        if rights is None:
            reads, writes = AzureWorld.permissions(slots or FACETS)
            rights = reads | writes
        _, responder = self.scene.cloud.entra.directory.add_application("responder", permissions=tuple(rights.graph))
        role = Role(str(uuid4()), "responder", actions=tuple(rights.actions), custom=True)
        self.scene.cloud.rbac.definitions[role.id] = role
        self.scene.cloud.rbac.assign(responder.id, role.id, "/providers/Microsoft.Management/managementGroups/clinics")
        return AzureWorld(Clients(self.scene.bearer(responder), transport(self.scene.cloud), retries=0))


@pytest.fixture
def night() -> Night:
    return Night()


@pytest.mark.parametrize("kind", [Kind.USER, Kind.SERVICE_PRINCIPAL])
def test_sign_in_is_switched_off_twice_as_once_and_on_again(night: Night, kind: Kind) -> None:
    target = night.user if kind is Kind.USER else night.application
    world = night.world((kind, SignIn))
    assert world.look(target, SignIn) == (SignIn(enabled=True),)
    for enabled in (False, False, True):
        assert world.write(target, [SignIn(enabled=enabled)]).request_ids[0]
        assert world.look(target, SignIn) == (SignIn(enabled=enabled),)


def test_an_administrator_is_refused_and_said_so(night: Night) -> None:
    directory = night.scene.cloud.entra.directory
    admin = directory.add_user("admin@hospital.example", "an-admins-password-EXAMPLE", roles=("Global Administrator",))
    target = night.user.but(id=admin.id)
    with pytest.raises(Refused) as refused:
        night.world().write(target, [SignIn(enabled=False)])
    assert refused.value.code == "Authorization_RequestDenied"
    assert night.world().look(target, SignIn) == (SignIn(enabled=True),)


def test_sessions_end_at_the_services_present_and_do_not_come_back(night: Night) -> None:
    world = night.world((Kind.USER, SessionsRevoked))
    asked = SessionsRevoked(before=utc(night.scene.cloud.clock.now()))
    world.write(night.user, [asked])
    assert asked.satisfied_by(world.look(night.user, SessionsRevoked)[0])
    with pytest.raises(Refused):
        world.write(night.user, [SessionsRevoked(before=None)])


def test_a_guests_sessions_go_on_and_the_read_back_says_so(night: Night) -> None:
    guest = night.scene.cloud.entra.directory.add_user("guest@elsewhere.example", "a-guests-password-EXAMPLE", guest=True)
    target, world = night.user.but(id=guest.id), night.world()
    asked = SessionsRevoked(before=utc(night.scene.cloud.clock.now()) - timedelta(seconds=1))
    world.write(target, [asked])
    assert not asked.satisfied_by(world.look(target, SessionsRevoked)[0])


def test_every_credential_is_seen_where_it_hangs_and_taken_away_for_good(night: Night) -> None:
    world = night.world((Kind.SERVICE_PRINCIPAL, AppCredential))
    found = world.look(night.application, AppCredential)
    assert sorted((one.holder, one.kind) for one in found) == [
        ("application", "certificate"),
        ("application", "federated"),
        ("application", "secret"),
        ("principal", "secret"),
    ]
    for one in found:
        world.write(night.application, [one.absent])
    assert world.look(night.application, AppCredential) == ()
    with pytest.raises(Refused):
        world.write(night.application, [found[0]])
    credential = ClientSecretCredential(TENANT, night.app.app_id, SECRET, **night.scene.options())
    with pytest.raises(Exception, match="AADSTS7000215"):
        credential.get_token("https://graph.microsoft.com/.default")


@pytest.mark.parametrize("kind", [Kind.USER, Kind.SERVICE_PRINCIPAL])
def test_roles_are_found_at_every_scope_taken_away_and_given_back(night: Night, kind: Kind) -> None:
    target = night.user if kind is Kind.USER else night.application
    world = night.world((kind, RoleAssigned))
    found = world.look(target, RoleAssigned)
    assert {one.scope.rpartition("/")[2] for one in found} == {"clinics", "hospital"}
    for _ in range(2):
        world.write(target, [one.absent for one in found])
    assert world.look(target, RoleAssigned) == ()
    for _ in range(2):
        world.write(target, found)
    assert set(world.look(target, RoleAssigned)) == set(found)


def test_a_role_for_a_time_is_given_back_for_as_long_and_not_for_ever(night: Night) -> None:
    world = night.world((Kind.USER, RoleAssigned))
    (ending,) = [one for one in world.look(night.user, RoleAssigned) if one.until]
    world.write(night.user, [ending.but(present=False)])
    assert ending not in world.look(night.user, RoleAssigned)
    assert world.write(night.user, [ending.but(until="2026-01-01T00:00:00Z")]).request_ids == ("",)
    world.write(night.user, [ending])
    held = [one for one in night.scene.cloud.rbac.current() if one.principal_id == night.nurse.id and one.until]
    assert [one.until for one in held] == [FOREVER]


def test_a_tenant_without_the_licence_has_roles_and_none_for_a_time(night: Night) -> None:
    night.scene.cloud.entra.premium = False
    world = night.world((Kind.USER, RoleAssigned), (Kind.USER, RoleEligible))
    assert len(world.look(night.user, RoleAssigned)) == 3
    assert world.look(night.user, RoleEligible) == ()


def test_who_is_gone_is_absent(night: Night) -> None:
    for target in (night.user, night.application):
        with pytest.raises(Absent):
            night.world().look(target.but(id=str(uuid4())), SignIn)


SLOTS = [(slot, right) for slot, adapter in FACETS.items() for right in sorted(adapter.writes.graph | adapter.writes.actions)]


@pytest.mark.parametrize(("slot", "taken"), SLOTS, ids=[f"{slot[0]}-{slot[1].__name__}-{taken}" for slot, taken in SLOTS])
def test_no_declared_right_can_be_spared(night: Night, slot: tuple[Kind, type[Facet]], taken: str) -> None:
    reads, writes = AzureWorld.permissions([slot])
    less = replace(writes, actions=writes.actions - {taken}, graph=writes.graph - {taken})
    world, target = night.world(rights=reads | less), night.user if slot[0] is Kind.USER else night.application
    found = world.look(target, slot[1])
    wanted: dict[type[Facet], list[Facet]] = {
        SignIn: [SignIn(enabled=False)],
        SessionsRevoked: [SessionsRevoked(before=utc(night.scene.cloud.clock.now()))],
        AppCredential: [one.absent for one in found if isinstance(one, AppCredential)],
        RoleAssigned: [one.absent for one in found if isinstance(one, RoleAssigned)],
    }
    with pytest.raises(CodeblueError):
        _there_and_back(world, target, wanted[slot[1]], found)


def _there_and_back(world: AzureWorld, target: Ref, wanted: Sequence[Facet], found: Sequence[Facet]) -> None:
    world.write(target, wanted)
    world.write(target, found)
