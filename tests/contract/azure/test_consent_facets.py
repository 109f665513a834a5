"""Permissions of applications, by a responder with exactly the declared rights."""

from copy import replace

import pytest

from shared.adapters.azure.consents import FACETS
from shared.adapters.azure.world import AzureWorld
from shared.domain.errors import CloudError
from shared.domain.facet import AppPermission, Facet
from shared.domain.resource import Kind, Ref
from shared.sandbox.azure.graph_policies import GRAPH_APP, app_role
from tests.contract.azure.test_principal_facets import Night

MAIL = AppPermission(kind="application", resource=GRAPH_APP, what=app_role("Mail.Read"), present=True)
FILES = AppPermission(kind="delegated", resource=GRAPH_APP, what="Files.Read.All", present=True)


@pytest.fixture(scope="module")
def night() -> Night:
    return Night()


ROWS: tuple[tuple[str, Kind, Facet], ...] = (
    ("what an application may do by itself", Kind.SERVICE_PRINCIPAL, MAIL),
    ("what it may do for everybody", Kind.SERVICE_PRINCIPAL, FILES),
    ("what it may do for one person", Kind.SERVICE_PRINCIPAL, FILES.but(whose="00000000-0000-4000-8000-00000000a5e1")),
)


@pytest.mark.parametrize(("kind", "facet"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_it_is_given_and_taken_twice_as_once(night: Night, kind: Kind, facet: Facet) -> None:
    target, world = _target(night, kind), night.world((kind, type(facet)))
    there = world.look(target, type(facet))
    for wanted, found in ((facet, (facet,)), (facet.absent, ())):
        assert wanted
        for _ in range(2):
            assert world.write(target, [wanted]).notes == ()
        assert set(world.look(target, type(facet))) - set(there) == set(found)


def _target(night: Night, kind: Kind) -> Ref:
    return night.user if kind is Kind.USER else night.application


RIGHTS = [(slot, right) for slot, adapter in FACETS.items() for right in sorted(adapter.writes.graph)]


@pytest.mark.parametrize(("slot", "taken"), RIGHTS, ids=[f"{slot[0]}-{slot[1].__name__}-{taken}" for slot, taken in RIGHTS])
def test_no_declared_right_can_be_spared(night: Night, slot: tuple[Kind, type[Facet]], taken: str) -> None:
    reads, writes = AzureWorld.permissions([slot])
    world = night.world(rights=reads | replace(writes, graph=writes.graph - {taken}))
    wanted = [each for _, kind, each in ROWS if kind is slot[0] and isinstance(each, slot[1])]
    with pytest.raises(CloudError):
        _all(world, _target(night, slot[0]), wanted)


def _all(world: AzureWorld, target: Ref, wanted: list[Facet]) -> None:
    for each in wanted:
        world.write(target, [each])


def test_one_scope_of_a_consent_goes_and_the_others_stay(night: Night) -> None:
    target, world = night.application, night.world((Kind.SERVICE_PRINCIPAL, AppPermission))
    both = [FILES, FILES.but(what="Mail.Send")]
    world.write(target, both)
    before = dict(night.scene.cloud.entra.grants)
    world.write(target, [both[1].but(present=False)])
    assert FILES in world.look(target, AppPermission)
    assert both[1] not in world.look(target, AppPermission)
    world.write(target, [both[1]])
    assert set(both) <= set(world.look(target, AppPermission))
    assert list(night.scene.cloud.entra.grants) == list(before), "the consent is the same one"
    world.write(target, [each.but(present=False) for each in both])
    assert not set(both) & set(world.look(target, AppPermission))
