"""How clients reach the sandbox: in process or on loopback, through faults, with every call on record."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.mgmt.authorization import AuthorizationManagementClient

from shared.sandbox.azure.faults import Fault
from shared.sandbox.azure.server import Server
from shared.sandbox.azure.transport import transport
from tests.contract.azure.scenes import SCOPE, SUBSCRIPTION, Scene


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


@pytest.fixture(scope="module")
def server(scene: Scene) -> Iterator[Server]:
    with Server(scene.cloud) as server:
        yield server


@pytest.fixture(autouse=True)
def _no_faults(scene: Scene) -> Iterator[None]:
    yield
    scene.cloud.faults.clear()


def client(scene: Scene, reach: Any = None, **options: Any) -> AuthorizationManagementClient:  # noqa: ANN401 - a cloud or an address
    options = {"transport": transport(reach or scene.cloud), "retry_total": 0, **options}
    return AuthorizationManagementClient(scene.bearer(), SUBSCRIPTION, **options)


def listed(of: AuthorizationManagementClient) -> int:
    return len(list(of.role_assignments.list_for_scope(SCOPE)))


def test_a_client_in_another_place_sees_the_same_cloud(scene: Scene, server: Server) -> None:
    assert listed(client(scene, server.endpoint_url)) == listed(client(scene)) == 1


def test_every_call_is_on_record_under_the_id_that_its_client_saw(scene: Scene, server: Server) -> None:
    seen: list[str] = []
    client(scene, server.endpoint_url).role_assignments.list_for_scope(
        SCOPE, raw_response_hook=lambda answer: seen.append(answer.http_response.headers["x-ms-request-id"])
    ).next()
    call = scene.cloud.calls.find(seen[0])
    assert call is not None
    assert (call.plane, call.caller, call.status) == ("arm", scene.owner.id, 200)
    assert "authorization" not in call.name.lower().split()


def test_throttling_says_when_to_come_again_and_the_client_does(scene: Scene) -> None:
    scene.cloud.faults.add(Fault("throttle", plane="arm", seconds=1, times=1))
    with pytest.raises(HttpResponseError) as refused:
        listed(client(scene))
    assert refused.value.status_code == 429
    assert refused.value.response is not None
    scene.cloud.faults.add(Fault("throttle", plane="arm", seconds=0, times=1))
    assert listed(client(scene, retry_total=2)) == 1


@pytest.mark.parametrize("served", [False, True])
def test_a_cut_connection_is_an_error_of_the_request(scene: Scene, server: Server, *, served: bool) -> None:
    scene.cloud.faults.add(Fault("drop", plane="arm", times=1))
    with pytest.raises(ServiceRequestError):
        listed(client(scene, server.endpoint_url if served else None))


def test_an_answer_lost_on_its_way_back_was_work_done(scene: Scene) -> None:
    before = len(scene.cloud.calls.of("arm", ok=True))
    scene.cloud.faults.add(Fault("drop", plane="arm", late=True, times=1))
    with pytest.raises(ServiceRequestError):
        listed(client(scene))
    assert len(scene.cloud.calls.of("arm", ok=True)) == before + 1


def test_a_server_error_has_the_status_and_code_that_were_asked_for(scene: Scene) -> None:
    scene.cloud.faults.add(Fault("error", plane="arm", status=503, code="ServiceUnavailable", times=1))
    with pytest.raises(HttpResponseError, match="ServiceUnavailable"):
        listed(client(scene))


def test_a_host_that_is_not_there_does_not_answer(scene: Scene) -> None:
    with pytest.raises(ServiceRequestError):
        listed(client(scene, base_url="https://management.example"))


def test_other_processes_turn_the_clock_and_the_faults(scene: Scene, server: Server) -> None:
    def control(path: str, **given: object) -> Any:  # noqa: ANN401 - whatever JSON there is
        answer = urllib3.request("POST", f"{server.endpoint_url}/_sandbox/{path}", body=json.dumps(given).encode())
        return answer.status, json.loads(json.loads(answer.headers["x-codeblue-target"]) and answer.data)

    before = scene.cloud.clock.now()
    assert control("advance", seconds=10)[1]["now"] >= before + 10
    assert control("delays", log=5)[1]["log"] == 5
    assert control("faults", kind="latency", seconds=0)[1]["fault"] > 0
    assert control("calls", since=0)[1][0]["name"].startswith("arm GET")
    assert len(scene.cloud.faults.listed()) == 1
