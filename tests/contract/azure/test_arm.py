"""What Resource Manager itself decides: locks, who may at all, what is there, and how a Global Administrator gets everywhere."""

import pytest

from shared.sandbox.azure.workspaces import add_workspace
from tests.contract.azure.scenes import GROUP, SCOPE, Arm, Scene

GROUP_ID = f"{SCOPE}/resourceGroups/{GROUP}"
WORKSPACE = f"{GROUP_ID}/providers/Microsoft.OperationalInsights/workspaces/night"
IDENTITY = f"{GROUP_ID}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/viewer"


@pytest.mark.parametrize(("level", "write", "delete"), [("CanNotDelete", 201, 409), ("ReadOnly", 409, 409)])
def test_a_lock_counts_for_everything_below_it(level: str, write: int, delete: int) -> None:
    scene = Scene()
    add_workspace(scene.cloud, WORKSPACE)
    arm = Arm(scene)
    lock = f"{GROUP_ID}/providers/Microsoft.Authorization/locks/keep"
    assert arm("PUT", lock, {"properties": {"level": level}})[0] == 201
    assert arm("PUT", WORKSPACE, {"location": "eastus"})[0] == write
    status, answer = arm("DELETE", WORKSPACE)
    assert (status, answer["error"]["code"]) == (delete, "ScopeLocked")
    assert arm("GET", WORKSPACE)[0] == 200
    assert arm("DELETE", lock)[0] == 200
    assert arm("DELETE", WORKSPACE)[0] == 200


def test_a_contributor_neither_locks_nor_assigns() -> None:
    scene = Scene()
    _, contributor = scene.cloud.entra.directory.add_application("contributor")
    scene.cloud.rbac.assign(contributor.id, "Contributor", SCOPE)
    arm = Arm(scene, contributor)
    assert arm("PUT", WORKSPACE, {"location": "eastus"})[0] == 201
    status, answer = arm("PUT", f"{GROUP_ID}/providers/Microsoft.Authorization/locks/keep", {"properties": {"level": "ReadOnly"}})
    assert (status, answer["error"]["code"]) == (403, "AuthorizationFailed")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/subscriptions/00000000-0000-0000-0000-00000000dead", "AuthorizationFailed"),
        (f"{SCOPE}/resourceGroups/none/providers/Microsoft.Network/virtualNetworks/x", "ResourceGroupNotFound"),
        (f"{GROUP_ID}/providers/Microsoft.Network/virtualNetworks/x", "ResourceNotFound"),
        (f"{GROUP_ID}/providers/Microsoft.Nothing/things/x", "InvalidResourceNamespace"),
    ],
)
def test_what_is_not_there_says_what_is_missing(path: str, code: str) -> None:
    assert Arm(Scene())("GET", path)[1]["error"]["code"] == code


def test_a_global_administrator_elevates_and_then_assigns_anywhere() -> None:
    scene = Scene()
    boss = scene.cloud.entra.directory.add_user("boss@hospital.example", "a-boss-password-EXAMPLE", roles=("Global Administrator",))
    assert Arm(scene)("POST", "/providers/Microsoft.Authorization/elevateAccess")[0] == 403
    assert not scene.cloud.rbac.permits(boss.id, "Microsoft.Authorization/roleAssignments/write", SCOPE)
    assert Arm(scene, boss)("POST", "/providers/Microsoft.Authorization/elevateAccess")[0] == 200
    assert scene.cloud.rbac.permits(boss.id, "Microsoft.Authorization/roleAssignments/write", SCOPE)
    listed = Arm(scene, boss)("GET", "/providers/Microsoft.Authorization/roleAssignments")[1]["value"]
    assert [one["properties"]["principalId"] for one in listed if one["properties"]["scope"] == "/"] == [boss.id]


def test_an_identity_has_a_principal_for_as_long_as_it_is_there() -> None:
    scene = Scene()
    arm = Arm(scene)
    made = arm("PUT", IDENTITY, {"location": "eastus"})[1]["properties"]
    assert scene.cloud.rbac.kind_of(made["principalId"]) == "ServicePrincipal"
    assert arm("PUT", IDENTITY, {"location": "eastus"})[1]["properties"] == made
    assert arm("DELETE", IDENTITY)[0] == 200
    assert not scene.cloud.rbac.kind_of(made["principalId"])


def test_management_groups_say_what_is_below_them() -> None:
    scene = Scene()
    group = "/providers/Microsoft.Management/managementGroups/clinics"
    scene.cloud.rbac.assign(scene.owner.id, "Reader", group)
    assert Arm(scene)("GET", group)[1]["name"] == "clinics"
    assert [one["id"] for one in Arm(scene)("GET", f"{group}/descendants")[1]["value"]] == [SCOPE]
