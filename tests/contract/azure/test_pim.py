"""PIM through azure-mgmt-authorization: an eligible role is activated by its holder, and taken away twice."""

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.authorization import AuthorizationManagementClient

from shared.sandbox.azure.roles import BUILT_IN
from tests.contract.azure.scenes import SCOPE, SUBSCRIPTION, Scene

CONTRIBUTOR = next(role for role in BUILT_IN if role.name == "Contributor").resource_id
WRITE = "Microsoft.Storage/storageAccounts/write"


def client(scene: Scene, who: object = None) -> AuthorizationManagementClient:
    return AuthorizationManagementClient(scene.bearer(who), SUBSCRIPTION, **scene.options())  # type: ignore[arg-type]


def request(kind: str, principal: str, hours: int = 0) -> dict[str, object]:
    expiration = {"type": "AfterDuration", "duration": f"PT{hours}H"} if hours else {"type": "NoExpiration"}
    asked = {
        "principalId": principal,
        "roleDefinitionId": CONTRIBUTOR,
        "requestType": kind,
        "scheduleInfo": {"expiration": expiration},
    }
    return {"properties": asked}


def name(number: int) -> str:
    return f"22222222-aaaa-4bbb-8ccc-{number:012}"


def test_the_eligible_activate_by_themselves_and_both_halves_are_taken_away() -> None:
    scene = Scene()
    nurse = scene.cloud.entra.directory.add_user("nurse@hospital.example", "a-nurses-password-EXAMPLE")
    owner, own = client(scene), client(scene, nurse)
    owner.role_eligibility_schedule_requests.create(SCOPE, name(1), request("AdminAssign", nurse.id))
    assert not scene.cloud.rbac.permits(nurse.id, WRITE, SCOPE)
    own.role_assignment_schedule_requests.create(SCOPE, name(2), request("SelfActivate", nurse.id, 4))
    assert scene.cloud.rbac.permits(nurse.id, WRITE, SCOPE)
    active = list(owner.role_assignment_schedule_instances.list_for_scope(SCOPE, filter=f"principalId eq '{nurse.id}'"))
    assert [one.assignment_type for one in active] == ["Activated"]
    owner.role_assignment_schedule_requests.create(SCOPE, name(3), request("AdminRemove", nurse.id))
    assert not scene.cloud.rbac.permits(nurse.id, WRITE, SCOPE)
    own.role_assignment_schedule_requests.create(SCOPE, name(4), request("SelfActivate", nurse.id, 4))
    owner.role_assignment_schedule_requests.create(SCOPE, name(5), request("AdminRemove", nurse.id))
    owner.role_eligibility_schedule_requests.create(SCOPE, name(6), request("AdminRemove", nurse.id))
    assert not list(owner.role_eligibility_schedule_instances.list_for_scope(SCOPE))
    with pytest.raises(HttpResponseError) as refused:
        own.role_assignment_schedule_requests.create(SCOPE, name(7), request("SelfActivate", nurse.id, 4))
    assert refused.value.error is not None
    assert refused.value.error.code == "RoleAssignmentDoesNotExist"


def test_an_activation_ends_by_itself_and_not_in_its_first_five_minutes() -> None:
    scene = Scene()
    nurse = scene.cloud.entra.directory.add_user("nurse@hospital.example", "a-nurses-password-EXAMPLE")
    client(scene).role_eligibility_schedule_requests.create(SCOPE, name(1), request("AdminAssign", nurse.id))
    own = client(scene, nurse)
    own.role_assignment_schedule_requests.create(SCOPE, name(2), request("SelfActivate", nurse.id, 1))
    with pytest.raises(HttpResponseError) as refused:
        own.role_assignment_schedule_requests.create(SCOPE, name(3), request("SelfDeactivate", nurse.id))
    assert refused.value.error is not None
    assert refused.value.error.code == "ActiveDurationTooShort"
    scene.cloud.clock.advance(3601)
    assert not scene.cloud.rbac.permits(nurse.id, WRITE, SCOPE)


def test_nobody_makes_others_active_or_eligible_without_the_right() -> None:
    scene = Scene()
    nurse = scene.cloud.entra.directory.add_user("nurse@hospital.example", "a-nurses-password-EXAMPLE")
    with pytest.raises(HttpResponseError) as refused:
        client(scene, nurse).role_eligibility_schedule_requests.create(SCOPE, name(1), request("AdminAssign", nurse.id))
    assert refused.value.status_code == 403
