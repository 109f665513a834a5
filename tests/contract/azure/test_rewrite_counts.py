"""What an account holds before a rewrite, and its proof afterwards by another reader than the worker's."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient, StandardBlobTier

from shared.adapters.azure import blob_lines
from shared.adapters.azure.blob_proof import AzureProof
from shared.adapters.azure.capacity import AzureCapacity
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.objects import LOOKS, AzureObjects
from shared.adapters.local.clock import SystemClock
from shared.domain.errors import Refused, Unreachable
from shared.ports.capacity import Held, Holding
from shared.ports.objects import Page, Version
from shared.reencryption.verify import verify
from tests.contract.azure.objects import OLD, Estate, estate, swept
from tests.contract.azure.scenes import Scene


@pytest.fixture(scope="module")
def account() -> Estate:
    return estate(Scene(), page=2)


@pytest.fixture
def charts(account: Estate) -> Iterator[Estate]:
    made = swept(account)
    made.may(LOOKS)
    yield made
    made.configure(isVersioningEnabled=False, deleteRetentionPolicy={"enabled": False})


def clients(made: Estate) -> Any:  # noqa: ANN401 - what the objects were made with
    return made.objects._clients


def everything(objects: AzureObjects, made: Estate) -> list[Version]:
    """The whole listing, page by page."""
    found, page = list[Version](), Page((), None)
    while True:
        page = objects.list(made.plan.store, page.after)
        found += page.versions
        if page.after is None:
            return found


def fill(made: Estate) -> None:
    """Versions, a snapshot, what is deleted, names of any spelling, tiers, and a second container."""
    made.configure(isVersioningEnabled=True, deleteRetentionPolicy={"enabled": True, "days": 7})
    made.put("jane")
    made.put("jane", b"again")
    made.put("a&b <c>/d")
    made.put("cool", b"12345", standard_blob_tier=StandardBlobTier.COOL)
    made.blob("cool").create_snapshot()
    made.put("gone")
    made.blob("gone").delete_blob()
    made.contain("scans").upload_blob("x", b"123", encryption_scope=OLD)


def test_what_is_there_is_counted_by_container_and_tier(charts: Estate) -> None:
    fill(charts)
    found = AzureCapacity(clients(charts), page=2).holding(charts.plan.store)
    assert found.held == (
        Held(container="charts", tier="Cool", versions=2, snapshots=1, bytes=10),
        Held(container="charts", tier="Hot", versions=4, snapshots=0, bytes=14),
        Held(container="scans", tier="Hot", versions=1, snapshots=0, bytes=3),
    )
    assert (found.versions, found.classes, found.at_least) == (7, (("Cool", 10), ("Hot", 17)), False)


def test_counting_ends_somewhere_and_says_so(charts: Estate) -> None:
    for name in "abcdef":
        charts.put(name)
    found = AzureCapacity(clients(charts), page=2, pages=2).holding(charts.plan.store)
    assert (found.versions, found.at_least) == (4, True)


def test_empty_containers_and_one_that_sorts_first_keep_nothing_from_being_counted(charts: Estate) -> None:
    for name in "abcd":
        charts.put(name)
    charts.contain("aaa").upload_blob("x", b"123")
    charts.contain("aab")
    found = AzureCapacity(clients(charts), page=2, pages=2).holding(charts.plan.store)
    assert ({(each.container, each.versions) for each in found.held}, found.at_least) == ({("aaa", 1), ("charts", 2)}, True)


def test_counting_ends_by_the_clock(charts: Estate) -> None:
    for name in "abcdef":
        charts.put(name)
    found = AzureCapacity(clients(charts), page=2, seconds=0).holding(charts.plan.store)
    assert (found.versions, found.at_least) == (2, True)


def test_an_empty_account_holds_nothing(charts: Estate) -> None:
    assert AzureCapacity(clients(charts)).holding(charts.plan.store) == Holding(versions=0)
    assert AzureCapacity(clients(charts)).requests(charts.plan.store) is None


def test_who_may_not_list_is_told_so(charts: Estate) -> None:
    charts.may(Rights())
    with pytest.raises(Refused):
        AzureCapacity(clients(charts)).holding(charts.plan.store)


def test_both_readers_see_the_same(charts: Estate) -> None:
    fill(charts)
    worker, proof = (made(clients(charts), 2) for made in (AzureObjects, AzureProof))
    listed = everything(worker, charts)
    assert everything(proof, charts) == listed
    for each in worker.list(charts.plan.store, None).versions:
        asked = (charts.plan.store, each.key, each.id)
        assert proof.attributes(*asked) == worker.attributes(*asked)


def test_a_container_that_the_sdk_leaves_out_is_seen_by_the_proof(charts: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    charts.contain("scans").upload_blob("x", b"123", encryption_scope=OLD)
    listed: Any = BlobServiceClient.list_containers
    monkeypatch.setattr(BlobServiceClient, "list_containers", lambda self: [each for each in listed(self) if each.name != "scans"])
    worker, proof = (everything(made(clients(charts), 2), charts) for made in (AzureObjects, AzureProof))
    assert (len(worker), [each.key for each in proof]) == (0, ["scans/x"])


class Blind(AzureObjects):
    """A reader to whom one blob does not exist."""

    def list(self, store: Any, after: Any) -> Page:  # noqa: ANN401 - the port's
        page = super().list(store, after)
        return Page(tuple(each for each in page.versions if each.key != "charts/missed"), page.after)


def test_what_the_workers_reader_misses_is_found_by_the_proof(account: Estate) -> None:
    charts = swept(account)
    for name in ("jane", "missed"):
        charts.put(name)
    charts.objects = Blind(clients(charts), 2)
    assert charts.migrate().finished
    proof = verify(charts.plan, AzureProof(clients(charts), 2), charts.journal, SystemClock())
    assert proof is not None
    assert (proof.done, proof.eligible_left, proof.compared) == (False, 1, 1)


@pytest.mark.parametrize("body", [b"", b"<EnumerationResults><Blobs><Blob>", b"<Blob><Name/></Blob></EnumerationResults>"])
def test_half_an_answer_is_no_listing(body: bytes) -> None:
    with pytest.raises(Unreachable):
        blob_lines.lines(body)
