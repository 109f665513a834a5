"""Every single request on a store, as its log tells it, and the times of which it says nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.azure import log_rows, store_traffic
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.names import ref
from shared.adapters.azure.traffic import AzureTraffic
from shared.domain.actor import Credential
from shared.domain.exposure import Told
from shared.domain.resource import Kind
from shared.ports import Request, Watched
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.blob_operations import OPERATIONS
from shared.sandbox.azure.clinic import build
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.roles import Role
from shared.sandbox.azure.transport import transport
from shared.sandbox.azure.workspaces import add_workspace
from shared.workflow import exposing
from tests.contract.azure.scenes import Bearer
from tests.contract.azure.thief_scenes import empowered

STORE = ref(Kind.BUCKET, names.ACCOUNT_ID)
ROLE = "00000000-feed-4bad-8bad-00000000000c"
SETTING = f"{names.ACCOUNT_ID}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/night"


class Hours:
    """A clock that is so far ahead of the clinic's."""

    def __init__(self, cloud: Cloud, ahead: timedelta = timedelta()) -> None:
        self._cloud, self._ahead = cloud, ahead

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._cloud.clock.now(), UTC) + self._ahead

    def monotonic(self) -> float:
        return self._cloud.clock.now()

    def sleep(self, _: float) -> None:
        raise NotImplementedError


class Desk:
    """A clinic whose program reads a chart, and whoever counts what it read, with the declared rights."""

    def __init__(self) -> None:
        self.cloud = Cloud()
        build(self.cloud)
        self.thief = empowered(self.cloud)
        _, self.counter = self.cloud.entra.directory.add_application("counting", permissions=tuple(store_traffic.RIGHTS.graph))
        self.cloud.rbac.definitions[ROLE] = Role(ROLE, "counting", tuple(store_traffic.RIGHTS.actions), custom=True)
        self.cloud.rbac.assign(self.counter.id, ROLE, f"/subscriptions/{names.SUBSCRIPTION}")
        self.since = Hours(self.cloud).now() - timedelta(minutes=1)
        for path in ("0000.dcm", "0000.dcm", "0001.dcm", "none.dcm"):
            self.read(path)

    def read(self, path: str) -> None:
        url = f"{names.BLOB_URL}/{names.TENANTS[0]}/{path}"
        principal = self.cloud.entra.directory.principals[names.EXPORT_ID]
        token = self.cloud.entra.issue(principal, "https://storage.azure.com", 600).text
        headers = {"authorization": f"Bearer {token}", "x-ms-version": "2025-05-05", "x-codeblue-source-ip": names.THIEF_IP}
        self.cloud.answer(self._request(url, headers))

    @staticmethod
    def _request(url: str, headers: dict[str, str]) -> Any:  # noqa: ANN401 - the sandbox's own
        from shared.sandbox.azure.wire import Request as Wire  # noqa: PLC0415 - of the same name as the port's

        return Wire("GET", url, headers)

    def traffic(self, ahead: timedelta = timedelta()) -> AzureTraffic:
        return AzureTraffic(Clients(Bearer(self.cloud, self.counter), transport(self.cloud), retries=0), Hours(self.cloud, ahead))

    def requests(self) -> Iterator[Request]:
        found = self.traffic().requests([STORE], self.since, Hours(self.cloud).now() + timedelta(seconds=1))
        return (each for each in found if each.act.actor.unique_id == names.EXPORT_ID)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="module")
def lasting() -> Desk:
    return Desk()


def test_each_request_is_told_with_blob_bytes_and_how_it_ended(desk: Desk) -> None:
    found = sorted(desk.requests(), key=lambda each: each.act.at)
    tenant = names.TENANTS[0]
    assert [(each.act.name, each.key, each.act.failed) for each in found] == [
        ("GetBlob", f"{tenant}/0000.dcm", False),
        ("GetBlob", f"{tenant}/0000.dcm", False),
        ("GetBlob", f"{tenant}/0001.dcm", False),
        ("GetBlob", f"{tenant}/none.dcm", True),
    ]
    assert [each.sent for each in found] == [len(b"chart 0 of cardiology")] * 3 + [0]
    assert {(each.told, each.tls, each.store, each.act.actor.credential) for each in found} == {
        (Told.STORAGE_LOGS, "TLSv1.3", STORE, Credential.SERVICE_PRINCIPAL)
    }
    assert len({each.act.request_id for each in found}) == 4
    assert tenant not in repr(found)


def test_a_month_is_a_few_ways_and_each_caller_operation_and_tls_is_among_them(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = list(desk.requests())
    monkeypatch.setattr(log_rows, "MOST_ROWS", 3)
    monkeypatch.setattr(store_traffic, "LEAST", timedelta(days=1))
    everyday = f"where RequesterObjectId == '{names.EXPORT_ID}' | {store_traffic.COUNTED}"
    monkeypatch.setattr(store_traffic, "COUNTED", everyday)
    found = desk.traffic().ways([STORE], desk.since, Hours(desk.cloud).now() + timedelta(seconds=1))
    told = [(each.act.name, each.act.failed, each.act.source_address, each.tls, each.key, each.sent) for each in found]
    single = {(each.act.name, each.act.failed, each.act.source_address, each.tls, "", 0) for each in everything}
    assert (len(told), set(told)) == (2, single)


def test_a_long_answer_is_asked_for_in_parts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_traffic, "LEAST", timedelta(microseconds=10))
    whole = {each.act.id for each in desk.requests()}
    monkeypatch.setattr(log_rows, "MOST_ROWS", 2)
    assert {each.act.id for each in desk.requests()} == whole


def test_the_last_minutes_can_not_be_excluded_and_later_they_can(desk: Desk) -> None:
    until = Hours(desk.cloud).now()
    early = desk.traffic().watched(STORE, desk.since, until)
    assert (early.told, [each.why for each in early.blind]) == ((Told.STORAGE_LOGS,), [store_traffic.NOT_YET])
    assert desk.traffic(timedelta(hours=1)).watched(STORE, desk.since, until).blind == ()


ROWS = {
    "what is copied away is read at its source": ("CopyBlobSource", "StorageRead", True),
    "a copy as a whole is not counted again": ("CopyBlob", "StorageWrite", False),
    "nor is what it wrote": ("CopyBlobDestination", "StorageWrite", False),
    "a file of a data lake is read": ("ReadFile", "StorageRead", True),
    "directories of a data lake are listed": ("ListFilesystemDir", "StorageRead", True),
    "so are its files": ("ListFilesystemFile", "StorageRead", True),
    "what nobody knows may have been read": ("ReadByNextYearsWay", "StorageRead", True),
    "a look at a blob's properties shows nothing of it": ("GetBlobProperties", "StorageRead", False),
    "nor does a container's": ("GetContainerProperties", "StorageRead", False),
}


@pytest.mark.parametrize(("operation", "category", "counted"), ROWS.values(), ids=ROWS)
def test_what_counts_as_read(lasting: Desk, operation: str, category: str, *, counted: bool) -> None:
    logs, workspace = lasting.cloud.logs, names.WORKSPACE_ID.lower()
    rows = logs.rows(workspace, "StorageBlobLogs", lasting.cloud.clock.now())
    first = next(row.columns for row in rows if row.columns["RequesterObjectId"] == names.EXPORT_ID)
    row = {**first, "OperationName": operation, "Category": category, "CorrelationId": operation}
    logs.record(f"{names.ACCOUNT_ID}/blobServices/default", category, row)
    (found,) = [each for each in lasting.requests() if each.act.request_id == operation]
    assert (found.copied or found.act.name in exposing.READS | exposing.LISTS) is counted


def test_what_is_named_as_read_here_is_counted_so() -> None:
    assert store_traffic.TOLD <= exposing.READS | exposing.LISTS
    assert {each.name for each in OPERATIONS if each.category == "StorageRead"} <= store_traffic.TOLD | store_traffic.BARE


def test_a_store_that_is_open_to_other_protocols_is_known_to_be_read_by_nobody_knows_whom(desk: Desk) -> None:
    desk.thief(
        "PATCH", f"https://management.azure.com{names.ACCOUNT_ID}?api-version=2025-01-01", {"properties": {"isSftpEnabled": True}}
    )
    until = Hours(desk.cloud).now()
    assert store_traffic.OTHER_WAYS in [
        each.why for each in desk.traffic(timedelta(days=1)).watched(STORE, desk.since, until).blind
    ]


def retold(desk: Desk, *turns: tuple[str, dict[str, Any] | None]) -> Watched:
    """What can be said the day after a thief changed where the log goes, an hour between."""
    for number, (name, properties) in enumerate(turns):
        desk.cloud.clock.advance(3600 if number else 0)
        place = f"https://management.azure.com{SETTING.rpartition('/')[0]}/{name}?api-version=2021-05-01-preview"
        desk.thief("DELETE" if properties is None else "PUT", place, *([] if properties is None else [{"properties": properties}]))
    until = Hours(desk.cloud).now() + timedelta(hours=2)
    return desk.traffic(timedelta(days=1)).watched(STORE, desk.since, until)


def sent(desk: Desk, workspace: str = "", *, on: bool = True) -> dict[str, Any]:
    """The clinic's setting, or what a thief makes of it."""
    before = desk.cloud.resources.get(SETTING)["properties"]
    logs = [{**log, "enabled": on} for log in before["logs"]]
    return {"workspaceId": workspace or before["workspaceId"], "logs": logs}


def test_a_log_that_was_stopped_says_nothing_of_all_the_time(desk: Desk) -> None:
    stopped = retold(desk, ("night", None))
    assert (stopped.told, [each.why for each in stopped.blind]) == ((), [store_traffic.NOT_SENT])


@pytest.mark.parametrize("way", ["deleted", "every category off"])
def test_from_the_hour_that_the_thief_stopped_the_log_nothing_can_be_excluded_until_it_goes_again(desk: Desk, way: str) -> None:
    again = sent(desk)
    off = None if way == "deleted" else sent(desk, on=False)
    found = retold(desk, ("night", off), ("night", again))
    assert found.told == (Told.STORAGE_LOGS,)
    assert [(each.why, round(each.seconds / 3600)) for each in found.blind] == [(store_traffic.CHANGED, 1)]


STOLEN = names.WORKSPACE_ID.replace("/workspaces/", "/workspaces/thiefs-")


def test_a_log_that_is_sent_to_a_workspace_of_the_thiefs_says_nothing_to_the_end(desk: Desk) -> None:
    add_workspace(desk.cloud, STOLEN)
    found = retold(desk, ("night", sent(desk, STOLEN)))
    assert [(each.why, round(each.seconds / 3600)) for each in found.blind] == [(store_traffic.CHANGED, 2)]


def test_what_the_thiefs_workspace_gets_does_not_stand_for_what_ours_lacks(desk: Desk) -> None:
    add_workspace(desk.cloud, STOLEN)
    writes = {**sent(desk), "logs": [{"category": "StorageWrite", "enabled": True}]}
    found = retold(desk, ("own", sent(desk, STOLEN)), ("night", writes))
    assert [round(each.seconds / 3600) for each in found.blind] == [3]


def test_where_nobody_knows_what_was_there_before_nothing_can_be_excluded(desk: Desk) -> None:
    desk.cloud.activity.age("Microsoft.Insights/diagnosticSettings", timedelta(days=90).total_seconds())
    desk.cloud.clock.advance(3600)
    found = retold(desk, ("night", sent(desk)))
    assert [round(each.seconds / 3600) for each in found.blind] == [3]
