"""Role assignments as ARM has them, through azure-mgmt-authorization."""

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.authorization import AuthorizationManagementClient

from shared.sandbox.azure.delays import Delays
from shared.sandbox.azure.roles import BUILT_IN
from tests.contract.azure.scenes import GROUP, SCOPE, SUBSCRIPTION, Scene

READER, CONTRIBUTOR = (next(role for role in BUILT_IN if role.name == name) for name in ("Reader", "Contributor"))


def client(scene: Scene, who: object = None) -> AuthorizationManagementClient:
    return AuthorizationManagementClient(scene.bearer(who), SUBSCRIPTION, **scene.options())  # type: ignore[arg-type]


def body(principal: str, role: str = READER.resource_id) -> dict[str, object]:
    return {"properties": {"roleDefinitionId": role, "principalId": principal}}


def test_an_assignment_is_made_read_back_and_removed_with_its_body() -> None:
    scene = Scene()
    _, principal = scene.cloud.entra.directory.add_application("imaging")
    name = "11111111-aaaa-4bbb-8ccc-000000000001"
    made = client(scene).role_assignments.create(SCOPE, name, body(principal.id))
    assert made.principal_type == "ServicePrincipal"
    listed = list(client(scene).role_assignments.list_for_scope(SCOPE, filter=f"principalId eq '{principal.id}'"))
    assert [held.name for held in listed] == [name]
    assert client(scene).role_assignments.delete(SCOPE, name).principal_id == principal.id
    assert client(scene).role_assignments.delete(SCOPE, name) is None


def test_a_role_counts_below_its_scope_and_management_groups_are_above_subscriptions() -> None:
    scene = Scene()
    _, principal = scene.cloud.entra.directory.add_application("imaging")
    group = "/providers/Microsoft.Management/managementGroups/clinics"
    scene.cloud.rbac.assign(principal.id, "Reader", group)
    assert scene.cloud.rbac.permits(principal.id, "Microsoft.Storage/storageAccounts/read", f"{SCOPE}/resourceGroups/{GROUP}")
    assert not scene.cloud.rbac.permits(principal.id, "Microsoft.Storage/storageAccounts/listKeys/action", SCOPE)
    found = client(scene).role_assignments.list_for_scope(SCOPE, filter="atScope()")
    assert group in {held.scope for held in found}


def test_without_a_role_the_answer_is_authorization_failed() -> None:
    scene = Scene()
    _, principal = scene.cloud.entra.directory.add_application("thief")
    with pytest.raises(HttpResponseError) as refused:
        list(client(scene, principal).role_assignments.list_for_scope(SCOPE))
    assert refused.value.status_code == 403
    assert refused.value.error is not None
    assert refused.value.error.code == "AuthorizationFailed"


def test_a_removed_role_goes_on_for_as_long_as_removals_take() -> None:
    scene = Scene(Delays(rbac=600))
    _, principal = scene.cloud.entra.directory.add_application("thief")
    held = scene.cloud.rbac.assign(principal.id, "Contributor", SCOPE)
    client(scene).role_assignments.delete(SCOPE, held.name)
    assert scene.cloud.rbac.permits(principal.id, "Microsoft.Storage/storageAccounts/listKeys/action", SCOPE)
    scene.cloud.clock.advance(601)
    assert not scene.cloud.rbac.permits(principal.id, "Microsoft.Storage/storageAccounts/listKeys/action", SCOPE)


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (body("00000000-0000-0000-0000-000000000099"), "PrincipalNotFound"),
        (body("", "/providers/Microsoft.Authorization/roleDefinitions/none"), "RoleDefinitionDoesNotExist"),
    ],
)
def test_what_is_not_there_cannot_be_assigned(what: dict[str, object], code: str) -> None:
    with pytest.raises(HttpResponseError) as refused:
        client(Scene()).role_assignments.create(SCOPE, "11111111-aaaa-4bbb-8ccc-000000000002", what)
    assert refused.value.error is not None
    assert refused.value.error.code == code


def test_the_same_assignment_under_another_name_exists_already() -> None:
    scene = Scene()
    owner = next(role for role in BUILT_IN if role.name == "Owner")
    with pytest.raises(HttpResponseError) as refused:
        client(scene).role_assignments.create(
            SCOPE, "11111111-aaaa-4bbb-8ccc-000000000003", body(scene.owner.id, owner.resource_id)
        )
    assert refused.value.status_code == 409
