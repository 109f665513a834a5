"""What a migration is planned from, as AWS tells it; and what is left out where it does not."""

import pytest

from shared.adapters.aws.capacity import PERMISSIONS, REQUESTS, AwsCapacity
from shared.adapters.aws.s3 import bucket_ref
from shared.adapters.local.clock import SystemClock
from shared.domain.errors import Refused
from shared.domain.resource import Ref
from shared.ports.capacity import Holding
from shared.sandbox.aws.server import ACCOUNT, Sandbox
from tests.contract.aws_responder import responder
from tests.contract.sandbox_scenes import Client


def bucket(name: str) -> Ref:
    return bucket_ref(ACCOUNT, "us-east-1", name)


@pytest.fixture
def filled(s3: Client, key: str) -> Client:
    """Records of two wards, one of them twice and archived once."""
    s3.put_bucket_versioning(Bucket="records", VersioningConfiguration={"Status": "Enabled"})
    for name, options in (("7/a", {}), ("7/a", {"StorageClass": "GLACIER_IR"}), ("8/b", {}), ("c", {})):
        s3.put_object(Bucket="records", Key=name, Body=b"12345", **options)
    s3.delete_object(Bucket="records", Key="c")
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket="records", ServerSideEncryptionConfiguration={"Rules": [default]})
    return s3


def capacity(sandbox: Sandbox, patch: pytest.MonkeyPatch, *actions: str) -> AwsCapacity:
    return AwsCapacity(responder(sandbox, patch, *actions), SystemClock())


def test_versions_bytes_by_class_prefixes_and_bucket_key_are_counted(
    filled: Client, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = capacity(sandbox, monkeypatch, *PERMISSIONS).holding(bucket("records"))
    # a delete marker is counted with the versions
    assert found == Holding(versions=5, classes=(("STANDARD", 15), ("GLACIER_IR", 5)), prefixes=2, bucket_key=True)


def test_a_store_under_object_lock_is_known(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.root().client("s3").create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    found = capacity(sandbox, monkeypatch, *PERMISSIONS).holding(bucket("locked"))
    assert found == Holding(locks=True, versions=None)


def test_what_may_not_be_asked_is_left_out(filled: Client, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    one = capacity(sandbox, monkeypatch, "s3:ListBucketVersions")
    assert one.holding(bucket("records")) == Holding(prefixes=2)
    with pytest.raises(Refused):
        one.requests(bucket("records"))


def test_the_quota_of_kms_and_its_busiest_minute_are_told(key: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    kms = sandbox.root().client("kms")
    for _ in range(6):
        kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    found = capacity(sandbox, monkeypatch, *REQUESTS).requests(bucket("records"))
    assert found is not None
    assert (found.limit, found.used) == (100_000, 0.1)
