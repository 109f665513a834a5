"""What lies around a store: a disk and a snapshot that were handed out, a subscription that another tenant manages."""

from itertools import count
from typing import TYPE_CHECKING, Any

from azure.mgmt.compute import ComputeManagementClient

from shared.adapters.azure import names
from shared.domain.facet import Delegation, Facet, HandedOut, SoftDelete
from shared.domain.resource import Cloud, Kind, Ref
from shared.intake.azure_names import ref
from tests.contract.azure.scenes import GROUP, SCOPE, SUBSCRIPTION, Arm
from tests.contract.azure.storage_scenes import management

if TYPE_CHECKING:
    from tests.contract.azure.world_scenes import Stage

_NUMBERS = count(1)


def disk(stage: "Stage") -> tuple[Ref, Facet]:
    """A disk to which somebody has a link."""
    return _linked(stage, "disks", Kind.VOLUME)


def snapshot(stage: "Stage") -> tuple[Ref, Facet]:
    """The same of a snapshot."""
    return _linked(stage, "snapshots", Kind.SNAPSHOT)


def _linked(stage: "Stage", kind: str, of: Kind) -> tuple[Ref, Facet]:
    client = ComputeManagementClient(stage.scene.bearer(), SUBSCRIPTION, **stage.scene.options())
    operations: Any = getattr(client, kind)
    name = f"scans-{next(_NUMBERS)}"
    content = {"location": "eastus", "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 4}}
    made = operations.begin_create_or_update(GROUP, name, content).result()
    operations.begin_grant_access(GROUP, name, {"access": "Read", "durationInSeconds": 3600}).result()
    return names.ref(of, str(made.id)), HandedOut(on=False)


def delegated(stage: "Stage", group: str = "") -> tuple[Ref, Facet]:
    """A subscription that another tenant may manage, or a group in it."""
    place, arm = f"{SCOPE}/providers/Microsoft.ManagedServices", Arm(stage.scene)
    may = [{"principalId": "00000000-dead-4bad-8bad-000000000001", "roleDefinitionId": "acdd72a7-3385-48ef-bd42-f606fba81ae7"}]
    definition = f"{place}/registrationDefinitions/d1"
    arm("PUT", definition, {"properties": {"managedByTenantId": "another", "authorizations": may}})
    assignment = f"{SCOPE}{group}/providers/Microsoft.ManagedServices/registrationAssignments/a{next(_NUMBERS)}"
    arm("PUT", assignment, {"properties": {"registrationDefinitionId": definition}})
    account = ref(assignment)
    assert account == Ref(cloud=Cloud.AZURE, kind=Kind.ACCOUNT, account=SUBSCRIPTION, id=f"{SUBSCRIPTION}{group.lower()}")
    found = next(each for each in stage.world.look(account, Delegation) if each.assignment == assignment)
    return account, found.but(present=False)


def group_delegated(stage: "Stage") -> tuple[Ref, Facet]:
    """A group that another tenant may manage."""
    return delegated(stage, f"/resourceGroups/{GROUP}")


def purgeable(stage: "Stage") -> tuple[Ref, Facet]:
    """A store that keeps what is deleted, and lets it be destroyed all the same."""
    store = stage.store()
    body: Any = {"properties": {"deleteRetentionPolicy": {"enabled": True, "days": 30, "allowPermanentDelete": True}}}
    management(stage.scene).blob_services.set_service_properties(GROUP, store.name, body)
    return store, SoftDelete(days=30)
