"""Shared access signatures as the service's own client makes them: what each opens, and what it does not.

The same rows run against azurite (npm), a second emulator, but those of which `LACKS` says why not.
"""

from azure.storage.blob import (
    AccountSasPermissions,
    BlobSasPermissions,
    ContainerSasPermissions,
    ResourceTypes,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)
from azure.storage.blob._models import AccessPolicy

from tests.contract.azure.blob_accounts import BlobAccount
from tests.contract.azure.storage_scenes import refused

PERMISSION = (403, "AuthorizationPermissionMismatch")


def service_signature(blobs: BlobAccount, key: str = "key1", permission: str = "r") -> str:
    """For the one blob of the one container, which it makes where it is not there."""
    blobs.records().upload_blob("record", b"phi", overwrite=True)
    may = BlobSasPermissions.from_string(permission)
    return generate_blob_sas(blobs.name, "records", "record", account_key=blobs.key(key), permission=may, expiry=blobs.later())


def account_signature(blobs: BlobAccount, permission: str) -> str:
    blobs.records().upload_blob("record", b"phi", overwrite=True)
    may = AccountSasPermissions.from_string(permission)  # type: ignore[no-untyped-call]
    types = ResourceTypes(object=True, container=True)
    return generate_account_sas(blobs.name, blobs.key(), types, may, blobs.later())


def read(blobs: BlobAccount, signature: str, name: str = "record") -> bytes:
    return blobs.by_signature(signature).get_blob_client("records", name).download_blob().readall()


def test_each_key_signs_and_the_key_that_signed_is_told_by_nothing(blobs: BlobAccount) -> None:
    assert {read(blobs, service_signature(blobs, key)) for key in ("key1", "key2")} == {b"phi"}


def test_a_signature_gives_what_it_says(blobs: BlobAccount) -> None:
    signature = service_signature(blobs)
    assert read(blobs, signature) == b"phi"
    client = blobs.by_signature(signature)
    assert refused(client.get_blob_client("records", "record").delete_blob) == PERMISSION
    assert refused(lambda: read(blobs, signature, "another")) == blobs.unsigned


def test_an_accounts_signature_opens_its_containers_as_far_as_it_says(blobs: BlobAccount) -> None:
    records = blobs.by_signature(account_signature(blobs, "rl")).get_container_client("records")
    assert [each.name for each in records.list_blobs()] == ["record"]
    assert records.download_blob("record").readall() == b"phi"
    assert refused(lambda: records.upload_blob("new", b"x")) == PERMISSION


def test_a_signature_ends(blobs: BlobAccount) -> None:
    signature = service_signature(blobs)
    blobs.scene().cloud.clock.advance(3601)
    assert refused(lambda: read(blobs, signature)) == blobs.unsigned


def test_a_changed_signature_is_none(blobs: BlobAccount) -> None:
    widened = service_signature(blobs).replace("sp=r&", "sp=rd&")
    assert refused(blobs.by_signature(widened).get_blob_client("records", "record").delete_blob) == blobs.unsigned


def test_another_accounts_key_signs_nothing(blobs: BlobAccount) -> None:
    signature = service_signature(blobs).replace("sig=", "sig=AAAA")
    assert refused(lambda: read(blobs, signature)) == blobs.unsigned


def test_creating_is_not_overwriting(blobs: BlobAccount) -> None:
    blob = blobs.by_signature(service_signature(blobs, permission="c")).get_blob_client("records", "record")
    assert refused(lambda: blob.upload_blob(b"x", overwrite=True)) == (403, "UnauthorizedBlobOverwrite")


def test_a_stored_access_policy_taken_away_takes_its_signatures_with_it(blobs: BlobAccount) -> None:
    records = blobs.records()
    records.upload_blob("record", b"phi")
    policy = AccessPolicy(permission=ContainerSasPermissions(read=True), expiry=blobs.later())
    records.set_container_access_policy({"portal": policy})
    link = generate_container_sas(blobs.name, "records", account_key=blobs.key(), policy_id="portal")
    assert read(blobs, link) == b"phi"
    assert [each.id for each in records.get_container_access_policy()["signed_identifiers"]] == ["portal"]
    records.set_container_access_policy({})
    assert refused(lambda: read(blobs, link)) == blobs.unsigned
