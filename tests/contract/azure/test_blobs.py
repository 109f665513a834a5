"""Blobs as the service's own client meets them: content, conditions, versions, copies, leases.

The same rows run against azurite (npm), a second emulator, but those of which `LACKS` says why not.
"""

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobBlock, BlobType, ContainerClient, ContentSettings

from shared.sandbox.azure.vault_state import DAY
from tests.contract.azure.blob_accounts import BlobAccount, settings
from tests.contract.azure.storage_scenes import by_key, container, make_account, refused


@pytest.fixture
def records(blobs: BlobAccount) -> ContainerClient:
    return blobs.records()


def test_a_blob_comes_back_with_content_headers_metadata_and_tags(records: ContainerClient) -> None:
    blob = records.get_blob_client("ward 7/åsa & co.json")
    settings = ContentSettings(content_type="application/json", content_encoding="utf-8", cache_control="no-store")
    blob.upload_blob(b"{}", content_settings=settings, metadata={"Patient": "7"}, tags={"phi": "yes"})
    found = blob.get_blob_properties()
    assert (found.content_settings.content_type, found.content_settings.cache_control) == ("application/json", "no-store")
    assert (found.metadata, blob.get_blob_tags()) == ({"Patient": "7"}, {"phi": "yes"})
    assert blob.download_blob().readall() == b"{}"
    assert [each.name for each in records.list_blobs()] == ["ward 7/åsa & co.json"]


def test_a_name_that_xml_cannot_write_is_listed_encoded(records: ContainerClient) -> None:
    records.upload_blob("a\x01b", b"x")
    assert [each.name for each in records.list_blobs()] == ["a\x01b"]


def test_large_content_goes_up_in_blocks_and_comes_down_in_ranges(blobs: BlobAccount) -> None:
    blobs.records()
    client = blobs.by_key()
    client._config.max_single_put_size, client._config.max_block_size = 1024, 1024
    client._config.max_single_get_size = client._config.max_chunk_get_size = 1000
    blob = client.get_blob_client("records", "scan")
    content = bytes(range(256)) * 17
    blob.upload_blob(content)
    assert blob.download_blob().readall() == content
    assert blob.download_blob(offset=10, length=5).readall() == content[10:15]
    assert len(blob.get_block_list("committed")[0]) == 5


def test_a_block_list_takes_staged_and_committed_blocks_and_no_others(records: ContainerClient) -> None:
    blob = records.get_blob_client("notes")
    blob.stage_block("a", b"one")
    blob.commit_block_list([BlobBlock("a")])
    blob.stage_block("b", b"two")
    blob.commit_block_list([BlobBlock("a"), BlobBlock("b")])
    assert blob.download_blob().readall() == b"onetwo"
    assert refused(lambda: blob.commit_block_list([BlobBlock("c")])) == (400, "InvalidBlockList")


class TestConditions:
    def test_what_was_changed_meanwhile_is_not_overwritten(self, records: ContainerClient) -> None:
        blob = records.get_blob_client("case")
        first = blob.upload_blob(b"1")["etag"]
        blob.upload_blob(b"2", overwrite=True, etag=first, match_condition=MatchConditions.IfNotModified)
        stale = refused(lambda: blob.upload_blob(b"3", overwrite=True, etag=first, match_condition=MatchConditions.IfNotModified))
        assert stale == (412, "ConditionNotMet")
        assert refused(lambda: blob.upload_blob(b"4")) == (409, "BlobAlreadyExists")

    def test_an_append_names_the_position_that_it_expects(self, records: ContainerClient) -> None:
        log = records.get_blob_client("ledger")
        log.create_append_blob()
        assert log.append_block(b"one\n", appendpos_condition=0)["blob_append_offset"] == "0"
        assert refused(lambda: log.append_block(b"fork\n", appendpos_condition=0)) == (412, "AppendPositionConditionNotMet")
        assert log.append_block(b"two\n", appendpos_condition=4)["blob_committed_block_count"] == 2
        assert refused(lambda: log.append_block(b"x", maxsize_condition=8)) == (412, "MaxBlobSizeConditionNotMet")
        assert log.download_blob().readall() == b"one\ntwo\n"

    def test_a_lease_has_one_holder(self, records: ContainerClient) -> None:
        blob = records.get_blob_client("case")
        blob.upload_blob(b"1")
        lease = blob.acquire_lease(15)
        assert refused(lambda: blob.acquire_lease(15)) == (409, "LeaseAlreadyPresent")
        assert refused(lambda: blob.upload_blob(b"2", overwrite=True)) == (412, "LeaseIdMissing")
        blob.upload_blob(b"2", overwrite=True, lease=lease)
        lease.break_lease(0)
        assert refused(lease.renew)[0] == 409
        assert blob.acquire_lease(15).id != lease.id

    def test_a_lease_ends(self, blobs: BlobAccount, records: ContainerClient) -> None:
        blob = records.get_blob_client("case")
        blob.upload_blob(b"1")
        lease = blob.acquire_lease(15)
        blobs.scene().cloud.clock.advance(16)
        assert blob.acquire_lease(15).id != lease.id
        assert refused(lease.renew)[0] == 409


class TestVersions:
    def test_each_write_leaves_the_state_before_it_and_a_deletion_too(self, blobs: BlobAccount, records: ContainerClient) -> None:
        settings(blobs, isVersioningEnabled=True)
        blob = records.get_blob_client("record")
        first = blob.upload_blob(b"1")["version_id"]
        second = blob.upload_blob(b"2", overwrite=True)["version_id"]
        assert first < second
        blob.delete_blob()
        with pytest.raises(ResourceNotFoundError):
            blob.download_blob()
        assert blob.download_blob(version_id=first).readall() == b"1"
        listed = [(each.version_id, bool(each.is_current_version)) for each in records.list_blobs(include=["versions"])]
        assert listed == [(first, False), (second, False)]
        blob.delete_blob(version_id=first)
        assert len(list(records.list_blobs(include=["versions"]))) == 1

    def test_metadata_makes_a_version_and_an_append_does_not(self, blobs: BlobAccount, records: ContainerClient) -> None:
        settings(blobs, isVersioningEnabled=True)
        log = records.get_blob_client("log")
        log.create_append_blob()
        log.append_block(b"1")
        log.append_block(b"2")
        assert len(list(records.list_blobs(include=["versions"]))) == 1
        log.set_blob_metadata({"a": "b"})
        assert len(list(records.list_blobs(include=["versions"]))) == 2

    def test_a_snapshot_stays_as_it_was_and_stands_against_deletion(self, records: ContainerClient) -> None:
        blob = records.get_blob_client("record")
        blob.upload_blob(b"1", tags={"phi": "yes"})
        kept = str(blob.create_snapshot()["snapshot"])
        blob.upload_blob(b"2", overwrite=True)
        assert records.get_blob_client("record", snapshot=kept).download_blob().readall() == b"1"
        assert refused(blob.delete_blob) == (409, "SnapshotsPresent")
        blob.delete_blob(delete_snapshots="include")
        assert list(records.list_blobs(include=["snapshots"])) == []

    def test_soft_delete_gives_back_for_as_long_as_it_was_set(self, blobs: BlobAccount, records: ContainerClient) -> None:
        settings(blobs, deleteRetentionPolicy={"enabled": True, "days": 7})
        blob = records.get_blob_client("record")
        blob.upload_blob(b"1")
        blob.delete_blob()
        assert [each.deleted for each in records.list_blobs(include=["deleted"])] == [True]
        blob.undelete_blob()
        assert blob.download_blob().readall() == b"1"
        blob.delete_blob()
        blobs.scene().cloud.clock.advance(8 * DAY)
        assert list(records.list_blobs(include=["deleted"])) == []


class TestCopies:
    def test_a_copy_keeps_headers_and_metadata_and_tags_only_if_asked(self, records: ContainerClient) -> None:
        source, target = records.get_blob_client("from"), records.get_blob_client("to")
        source.upload_blob(b"x", content_settings=ContentSettings(content_type="text/plain"), metadata={"a": "b"}, tags={"t": "1"})
        done = target.start_copy_from_url(source.url, requires_sync=True)
        assert done["copy_status"] == "success"
        found = target.get_blob_properties()
        assert (found.content_settings.content_type, found.metadata, found.tag_count) == ("text/plain", {"a": "b"}, None)
        target.start_copy_from_url(source.url, requires_sync=True, tags="COPY")
        assert target.get_blob_tags() == {"t": "1"}

    def test_a_source_that_changed_is_not_copied(self, records: ContainerClient) -> None:
        source, target = records.get_blob_client("from"), records.get_blob_client("to")
        etag = source.upload_blob(b"1")["etag"]
        source.upload_blob(b"2", overwrite=True)
        copy = {"source_etag": etag, "source_match_condition": MatchConditions.IfNotModified}
        assert refused(lambda: target.start_copy_from_url(source.url, requires_sync=True, **copy))[0] == 412

    def test_a_source_elsewhere_needs_rights_of_its_own(self, blobs: BlobAccount, records: ContainerClient) -> None:
        scene = blobs.scene()
        other = make_account(scene, "elsewhere")
        container(scene, other)
        records.upload_blob("from", b"x")
        target = by_key(scene, other).get_blob_client("records", "to")
        url = records.get_blob_client("from").url
        assert refused(lambda: target.start_copy_from_url(url, requires_sync=True)) == (401, "CannotVerifyCopySource")
        token = scene.bearer().get_token("https://storage.azure.com/.default").token
        target.start_copy_from_url(url, requires_sync=True, source_authorization=f"Bearer {token}")
        assert target.download_blob().readall() == b"x"


def test_listing_goes_on_over_pages_and_folds_at_a_delimiter(blobs: BlobAccount, records: ContainerClient) -> None:
    for name in ("a/1", "a/2", "b/1", "c"):
        records.upload_blob(name, b"")
    pages = [[each.name for each in page] for page in records.list_blobs(results_per_page=3).by_page()]
    assert pages == [["a/1", "a/2", "b/1"], ["c"]]
    assert [each.name for each in records.walk_blobs()] == ["a/", "b/", "c"]
    assert [each.name for each in blobs.by_key().list_containers()] == ["records"]


def test_page_and_block_blobs_take_no_appends(records: ContainerClient) -> None:
    records.upload_blob("record", b"x", blob_type=BlobType.BLOCKBLOB)
    assert refused(lambda: records.get_blob_client("record").append_block(b"y")) == (409, "InvalidBlobType")
