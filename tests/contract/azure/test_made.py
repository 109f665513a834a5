"""What a thief makes of itself in a directory, as the directory and its log tell it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from shared.adapters.azure import directory, evidence
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.directory import AzureDirectory
from shared.adapters.azure.evidence import AzureEvidence
from shared.adapters.azure.names import ref as names_of
from shared.adapters.azure.world import AzureWorld
from shared.domain.actor import Actor, Credential, Lineage
from shared.domain.errors import Refused
from shared.domain.facet import LogSent
from shared.domain.resource import Kind
from shared.intake.azure_names import principal
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.clinic import build
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.directory import ADMIN_ROLES
from shared.sandbox.azure.directory_pim import Latent
from shared.sandbox.azure.roles import Role
from shared.sandbox.azure.transport import transport
from tests.contract.azure.scenes import Bearer
from tests.contract.azure.thief_scenes import KEEPERS, PROGRAM, Hand, consented, empowered, portal

ROLE = "00000000-feed-4bad-8bad-00000000000b"
BEGUN = datetime.now(UTC) - timedelta(minutes=5)


class Desk:
    """A clinic whose program was stolen, an application of others, and a responder with the declared rights."""

    def __init__(self) -> None:
        self.cloud = Cloud()
        build(self.cloud)
        self.thief = empowered(self.cloud)
        self.registration, self.portal = portal(self.cloud)
        consented(self.cloud, self.portal.id)
        self.viewer = self.cloud.entra.directory.add_user("viewer@st-brendan.example", "x-EXAMPLE").id
        _, self.responder = self.cloud.entra.directory.add_application("asking")
        self.cloud.rbac.assign(self.responder.id, self._role(), f"/subscriptions/{names.SUBSCRIPTION}")
        self._clients = Clients(Bearer(self.cloud, self.responder), transport(self.cloud), retries=0)
        self.directory, self.world = AzureDirectory(self._clients), AzureWorld(self._clients)

    @property
    def log(self) -> AzureEvidence:
        """The logs as a new worker reads them."""
        return AzureEvidence(self._clients)

    def _role(self) -> str:
        rights = evidence.RIGHTS | directory.RIGHTS
        self.responder.permissions = set(rights.graph)
        self.cloud.rbac.definitions[ROLE] = Role(ROLE, "asking", tuple(rights.actions), custom=True)
        return ROLE


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


class Told(NamedTuple):
    """Whom the log shows as made, and who was given what."""

    created: set[tuple[str, Credential, str]]
    gave: set[tuple[str, str]]


def told(desk: Desk, by: Actor = PROGRAM) -> Told:
    acts = desk.log.by(by, BEGUN)
    created = {(c.principal.id, c.credential, c.access_key) for a in acts for c in a.created if c.principal}
    return Told(created, {(who.id, part) for a in acts for who, part in a.gave})


type Move = Callable[[Hand, Desk], tuple[str, str]]
"""A move of the thief's: whom it is about, and the id of what was given."""

GIVEN: dict[str, tuple[Move, bool]] = {
    "a secret for the registration of others": (lambda t, d: (d.portal.id, t.secret(d.registration.id)), True),
    "a secret for the principal of others": (lambda t, d: (d.portal.id, t.secret_of_principal(d.portal.id)), True),
    "an issuer who speaks for others": (lambda t, d: (d.portal.id, t.trust(d.registration.id)), True),
    "a role of the directory": (lambda t, _: (names.NURSE_ID, t.directory_role(names.NURSE_ID)), False),
    "a role of the directory for the taking": (lambda t, d: (d.portal.id, t.directory_scheduled(d.portal.id)), False),
    "a role of the directory for a time": (
        lambda t, d: (d.viewer, t.directory_scheduled(d.viewer, "roleAssignment")),
        False,
    ),
    "a role of the directory for a group": (lambda t, _: (KEEPERS, t.directory_role_of_group()), False),
    "a role at a scope": (lambda t, _: (names.NURSE_ID, t.role(names.NURSE_ID, "User")), False),
    "a place in a group": (lambda t, _: (names.NURSE_ID, t.member(names.NURSE_ID)), False),
    "an application to own": (lambda t, d: (names.NURSE_ID, t.owner(names.NURSE_ID, d.registration.id)), False),
    "a service principal to own": (
        lambda t, d: (names.NURSE_ID, t.owner(names.NURSE_ID, d.portal.id, "servicePrincipals")),
        False,
    ),
    "a role for a group": (lambda t, _: ("nurses", t.group_role()), False),
    "a wider consent": (lambda t, d: (d.portal.id, t.widen(d.portal.id)), False),
    "a role for the taking": (lambda t, d: (d.portal.id, t.scheduled(d.portal.id)), False),
    "a role for a time": (lambda t, _: (names.NURSE_ID, t.scheduled(names.NURSE_ID, "roleAssignment")), False),
    "a role at a scope for an application": (lambda t, d: (d.portal.id, t.role(d.portal.id, "ServicePrincipal")), False),
    "a permission of an application": (lambda t, d: (d.portal.id, t.permission(d.portal.id)), False),
    "a consent for one person": (lambda t, d: (d.portal.id, t.consent_for(names.NURSE_ID, d.portal.id)), False),
    "a consent for everybody": (lambda t, d: (d.portal.id, t.consent(d.portal.id)), False),
}


@pytest.mark.parametrize(("move", "proves"), GIVEN.values(), ids=GIVEN)
def test_the_log_tells_who_was_given_what(desk: Desk, move: Move, proves: bool) -> None:
    who, part = move(desk.thief, desk)
    found = told(desk)
    assert (who, part) in found.gave
    assert ((who, Credential.SERVICE_PRINCIPAL, part) in found.created) is proves


MADE: dict[str, tuple[Callable[[Hand], str], Kind, Credential]] = {
    "a user": (Hand.user, Kind.USER, Credential.ENTRA_USER),
    "an application": (Hand.application, Kind.SERVICE_PRINCIPAL, Credential.SERVICE_PRINCIPAL),
}


@pytest.mark.parametrize(("move", "kind", "credential"), MADE.values(), ids=MADE)
def test_whoever_is_new_is_listed_and_the_log_tells_by_whom(
    desk: Desk, move: Callable[[Hand], str], kind: Kind, credential: Credential
) -> None:
    made = move(desk.thief)
    assert (made, credential, "") in told(desk).created
    listed = desk.directory.made_since(Lineage(root=PROGRAM), BEGUN)
    assert (principal(kind, made), credential) in {(a.principal, a.credential) for a in listed}
    assert names.NURSE_ID not in {a.unique_id for a in listed}
    makers = [a for a in desk.log.on(principal(kind, made), BEGUN) if a.created]
    assert [a.actor.unique_id for a in makers] == [names.EXPORT_ID]


def test_a_machines_identity_is_of_whoever_made_the_machine(desk: Desk) -> None:
    administrator = desk.cloud.entra.directory.add_user("ops@st-brendan.example", "x-EXAMPLE")
    desk.cloud.rbac.assign(administrator.id, "Owner", f"/subscriptions/{names.SUBSCRIPTION}")
    hands = {names.EXPORT_ID: desk.thief, administrator.id: Hand(desk.cloud, administrator, "203.0.113.9")}
    made = {who: hand.identity(f"machine-{number}") for number, (who, hand) in enumerate(hands.items())}
    listed = {a.unique_id: a.credential for a in desk.directory.made_since(Lineage(root=PROGRAM), BEGUN)}
    for who, identity in made.items():
        makers = [a for a in desk.log.on(principal(Kind.SERVICE_PRINCIPAL, identity), BEGUN) if a.created]
        assert [a.actor.unique_id for a in makers] == [who]
        assert {c.principal for a in makers for c in a.created} == {principal(Kind.SERVICE_PRINCIPAL, identity)}
        assert listed[identity] is Credential.MANAGED_IDENTITY


def test_what_an_administrator_makes_is_told_as_the_administrators(desk: Desk) -> None:
    rightful = desk.cloud.entra.directory.add_user("admin@st-brendan.example", "x-EXAMPLE", roles=("Global Administrator",))
    made = Hand(desk.cloud, rightful, "203.0.113.9").user("nora.new")
    (maker,) = [a for a in desk.log.on(principal(Kind.USER, made), BEGUN) if a.created]
    assert (maker.actor.unique_id, maker.source_address) == (rightful.id, "203.0.113.9")
    assert (made, Credential.ENTRA_USER, "") not in told(desk).created
    admin = Actor(credential=Credential.ENTRA_USER, account="", principal=principal(Kind.USER, rightful.id), unique_id=rightful.id)
    assert (made, Credential.ENTRA_USER, "") in told(desk, admin).created


def test_who_activates_what_waited_was_given_nothing_by_that(desk: Desk) -> None:
    user = desk.cloud.entra.directory.add_user("waiting@st-brendan.example", "x-EXAMPLE")
    desk.cloud.entra.pim.allow(Latent(user.id, ADMIN_ROLES["User Administrator"], desk.cloud.clock.now()))
    Hand(desk.cloud, user, "203.0.113.9").activate(user.id)
    actor = Actor(credential=Credential.ENTRA_USER, account="", principal=principal(Kind.USER, user.id), unique_id=user.id)
    (act,) = desk.log.by(actor, BEGUN)
    assert (act.name, act.gave) == ("Add member to role completed (PIM activation)", ())


def test_what_was_taken_away_was_not_given(desk: Desk) -> None:
    gone = desk.thief.secret(desk.registration.id)
    desk.thief.graph("POST", f"applications/{desk.registration.id}/removePassword", {"keyId": gone})
    parts = [part for act in desk.log.by(PROGRAM, BEGUN) for _, part in act.gave]
    assert parts.count(gone) == 1


def test_the_directory_is_asked_once_about_a_whole_lineage(desk: Desk) -> None:
    made, log = principal(Kind.SERVICE_PRINCIPAL, desk.thief.application("second")), desk.log
    before = len(desk.cloud.calls)
    for who in (PROGRAM, PROGRAM.but(principal=made, unique_id=made.id)):
        log.by(who, BEGUN)
    asked = [call.name for call in tuple(desk.cloud.calls)[before:] if "directoryAudits" in call.name]
    assert len(asked) == 1


def test_a_guest_is_who_was_invited_and_came_and_not_whose_type_says_so(desk: Desk) -> None:
    posing, came = (
        desk.thief.user("posing"),
        desk.cloud.entra.directory.add_user("ann@elsewhere.example", "x-EXAMPLE", guest=True).id,
    )
    desk.thief.graph("PATCH", f"users/{posing}", {"userType": "Guest"})
    assert desk.thief.graph("GET", f"users/{posing}?$select=userType")["userType"] == "Guest"
    found = [desk.directory.resolve(PROGRAM.but(principal=principal(Kind.USER, who))).credential for who in (posing, came)]
    assert found == [Credential.ENTRA_USER, Credential.ENTRA_GUEST]


@pytest.mark.parametrize("kind", ["roleAssignment", "roleEligibility"])
def test_who_lost_a_role_for_a_time_was_not_given_it(desk: Desk, kind: str) -> None:
    who = desk.cloud.entra.directory.add_user(f"{kind}@st-brendan.example", "x-EXAMPLE").id
    part = desk.thief.scheduled(who, kind)
    desk.thief.scheduled(who, kind, "AdminRemove")
    assert [given for act in desk.log.by(PROGRAM, BEGUN) for holder, given in act.gave if holder.id == who] == [part]


def test_a_user_is_asked_about_as_far_back_as_the_log_goes(desk: Desk) -> None:
    nurse = Actor(
        credential=Credential.ENTRA_USER, account="", principal=principal(Kind.USER, names.NURSE_ID), unique_id=names.NURSE_ID
    )
    assert desk.log.by(nurse, BEGUN - timedelta(days=40)) == ()


def test_a_log_that_the_thief_switched_off_is_its_deed_and_known(desk: Desk) -> None:
    place = f"{names.ACCOUNT_ID}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/night"
    desk.thief("DELETE", f"https://management.azure.com{place}?api-version=2021-05-01-preview")
    store = names_of(Kind.BUCKET, names.ACCOUNT_ID)
    deeds = {a.name for a in desk.log.by(PROGRAM, BEGUN) if store in a.resources}
    traits = desk.world.traits(store, LogSent)
    assert traits
    assert deeds & traits.calls == {"microsoft.insights/diagnosticsettings/delete"}
    (gone,) = desk.world.look(store, LogSent)
    assert (gone.on, gone.categories) == (False, ("StorageDelete", "StorageRead", "StorageWrite"))


def test_a_thief_without_a_name_made_nobody(desk: Desk) -> None:
    key = Actor(credential=Credential.STORE_KEY, account="", access_key=names.ACCOUNT, unique_id=names.ACCOUNT)
    assert desk.directory.made_since(Lineage(root=key), BEGUN) == ()


def test_without_the_right_to_the_log_it_is_said(desk: Desk) -> None:
    _, nobody = desk.cloud.entra.directory.add_application("unpermitted")
    desk.cloud.rbac.assign(nobody.id, ROLE, f"/subscriptions/{names.SUBSCRIPTION}")
    with pytest.raises(Refused):
        AzureEvidence(Clients(Bearer(desk.cloud, nobody), transport(desk.cloud), retries=0)).by(PROGRAM, BEGUN)
