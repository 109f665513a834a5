"""Diagnostic settings, the activity log and LogsQueryClient: what is recorded, from when a query sees it, and to whom."""

import datetime as dt

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.monitor.query import LogsQueryClient

from shared.sandbox.azure.kql_stages import run
from shared.sandbox.azure.wire import Problem, Request
from shared.sandbox.azure.workspaces import add_workspace
from tests.contract.azure.scenes import GROUP, SCOPE, SUBSCRIPTION, Arm, Scene

DAY = dt.timedelta(days=1)
WORKSPACE = f"{SCOPE}/resourceGroups/{GROUP}/providers/Microsoft.OperationalInsights/workspaces/night"
STORE = f"{SCOPE}/resourceGroups/{GROUP}/providers/Microsoft.Storage/storageAccounts/charts"
SETTING = f"{STORE}/providers/Microsoft.Insights/diagnosticSettings/all"

ROWS = [
    {
        "TimeGenerated": "2026-11-22T01:00:00Z",
        "OperationName": "GetBlob",
        "AuthenticationType": "SAS",
        "Bytes": 3,
        "Ip": "203.0.113.9",
    },
    {
        "TimeGenerated": "2026-11-22T02:00:00Z",
        "OperationName": "GetBlob",
        "AuthenticationType": "OAuth",
        "Bytes": 5,
        "Ip": "10.0.0.4",
    },
    {
        "TimeGenerated": "2026-11-22T03:00:00Z",
        "OperationName": "PutBlob",
        "AuthenticationType": "SAS",
        "Bytes": 7,
        "Ip": "203.0.113.9",
    },
]
NOW = dt.datetime(2026, 11, 22, 4, tzinfo=dt.UTC).timestamp()

QUERIES = [
    ("equality and conjunction", 'T | where OperationName == "GetBlob" and AuthenticationType == "SAS" | count', [{"Count": 1}]),
    ("membership", "T | where AuthenticationType in ('SAS', 'AccountKey') | count", [{"Count": 2}]),
    ("no membership", "T | where AuthenticationType !in ('SAS') | count", [{"Count": 1}]),
    ("time before now", "T | where TimeGenerated > ago(90m) | project OperationName", [{"OperationName": "PutBlob"}]),
    ("a moment", "T | where TimeGenerated <= datetime(2026-11-22T01:00:00Z) | count", [{"Count": 1}]),
    ("either of two, not a third", 'T | where (Bytes < 4 or Bytes > 6) and not(Ip startswith "10.") | count', [{"Count": 2}]),
    (
        "groups",
        "T | summarize n = count(), most = max(Bytes) by Ip | order by n desc | take 1",
        [{"Ip": "203.0.113.9", "n": 2, "most": 7}],
    ),
    ("distinct", "T | distinct AuthenticationType", [{"AuthenticationType": "SAS"}, {"AuthenticationType": "OAuth"}]),
    (
        "a new column",
        'T | extend who = strcat(Ip, "/", OperationName) | top 1 by Bytes | project who',
        [{"who": "203.0.113.9/PutBlob"}],
    ),
]


@pytest.mark.parametrize(("query", "found"), [row[1:] for row in QUERIES], ids=[row[0] for row in QUERIES])
def test_the_query_language(query: str, found: list[dict[str, object]]) -> None:
    assert run(query, lambda _: ROWS, NOW) == found


@pytest.mark.parametrize("query", ["", "T | invent x", "T | where f(x)", "T | where a == 'x' b", "T where x"])
def test_a_query_that_cannot_be_read_is_refused(query: str) -> None:
    with pytest.raises(Problem, match="SYN0002"):
        run(query, lambda _: ROWS, NOW)


def setting(*categories: str) -> dict[str, object]:
    logs = [{"category": category, "enabled": True} for category in categories]
    return {"properties": {"workspaceId": WORKSPACE, "logs": logs}}


def test_what_no_setting_sends_is_lost_and_the_rest_comes_late() -> None:
    scene = Scene()
    customer = add_workspace(scene.cloud, WORKSPACE)["properties"]["customerId"]
    scene.cloud.delays.log = 120
    assert scene.cloud.logs.record(STORE, "StorageRead", {"_ResourceId": STORE, "OperationName": "GetBlob"}) == 0
    assert Arm(scene)("PUT", SETTING, setting("StorageRead"))[0] == 200
    assert scene.cloud.logs.record(STORE, "StorageRead", {"_ResourceId": STORE, "OperationName": "GetBlob"}) == 1
    client = LogsQueryClient(scene.bearer(), **scene.options())
    assert not client.query_workspace(customer, "StorageBlobLogs", timespan=DAY).tables[0].rows  # type: ignore[union-attr]
    scene.cloud.clock.advance(121)
    rows = client.query_workspace(customer, "StorageBlobLogs", timespan=DAY).tables[0].rows  # type: ignore[union-attr]
    assert [row["OperationName"] for row in rows] == ["GetBlob"]
    assert client.query_resource(STORE, "StorageBlobLogs | count", timespan=DAY).tables[0].rows[0][0] == 1  # type: ignore[union-attr]


def test_a_workspace_is_closed_to_strangers() -> None:
    scene = Scene()
    customer = add_workspace(scene.cloud, WORKSPACE)["properties"]["customerId"]
    _, stranger = scene.cloud.entra.directory.add_application("stranger")
    with pytest.raises(HttpResponseError) as refused:
        LogsQueryClient(scene.bearer(stranger), **scene.options()).query_workspace(customer, "StorageBlobLogs", timespan=DAY)
    assert refused.value.status_code == 403


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"properties": {"logs": []}}, "BadRequest"),
        (setting("NoSuchCategory"), "BadRequest"),
        ({"properties": {"workspaceId": f"{WORKSPACE}-none"}}, "ResourceNotFound"),
    ],
)
def test_a_setting_needs_a_sink_that_is_there_and_categories_that_exist(content: object, code: str) -> None:
    scene = Scene()
    add_workspace(scene.cloud, WORKSPACE)
    assert Arm(scene)("PUT", SETTING, content)[1]["error"]["code"] == code


def test_two_settings_do_not_share_category_and_workspace_and_a_deleted_one_comes_back() -> None:
    scene = Scene()
    add_workspace(scene.cloud, WORKSPACE)
    arm = Arm(scene)
    before = arm("PUT", SETTING, setting("StorageRead"))[1]
    assert arm("PUT", f"{SETTING}-2", setting("StorageRead"))[0] == 409
    assert arm("DELETE", SETTING)[0] == 200
    assert arm("GET", f"{STORE}/providers/Microsoft.Insights/diagnosticSettings")[1] == {"value": []}
    assert arm("PUT", SETTING, {"properties": before["properties"]})[1] == before


def test_the_activity_log_has_writes_and_refusals_by_request_id() -> None:
    scene = Scene()
    _, thief = scene.cloud.entra.directory.add_application("thief")
    client = AuthorizationManagementClient(scene.bearer(thief), SUBSCRIPTION, **scene.options())
    body = {"properties": {"roleDefinitionId": "x", "principalId": thief.id}}
    with pytest.raises(HttpResponseError):
        client.role_assignments.create(SCOPE, "11111111-aaaa-4bbb-8ccc-000000000009", body)
    answered = scene.cloud.calls.of("arm", caller=thief.id)[-1]
    query = "/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter="
    token = scene.bearer().get_token("https://management.azure.com/.default").token
    url = f"https://management.azure.com{SCOPE}{query}eventTimestamp ge '2026-01-01T00:00:00Z'"
    events = scene.cloud.answer(Request("GET", url, {"authorization": f"Bearer {token}"})).json()["value"]
    assert [(one["correlationId"], one["caller"], one["subStatus"]["value"]) for one in events] == [
        (answered.id, thief.id, "AuthorizationFailed")
    ]
