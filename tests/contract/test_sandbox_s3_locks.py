"""Object Lock and versions: what stays, whoever asks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from shared.sandbox.aws.server import Sandbox
from tests.contract.sandbox_scenes import Client, locked_bucket, put_locked, refused


class TestObjectLock:
    LOCKED = ("AccessDenied", "Access Denied because object protected by object lock.")

    def test_compliance_keeps_a_version_from_everybody(self, sandbox: Sandbox) -> None:
        s3 = locked_bucket(sandbox)
        put_locked(s3, "COMPLIANCE")
        version = s3.head_object(Bucket="vault", Key="x")["VersionId"]
        deletion = {"Bucket": "vault", "Key": "x", "VersionId": version}
        assert refused(s3.delete_object, **deletion)[0] == "AccessDenied"
        assert refused(s3.delete_object, **deletion, BypassGovernanceRetention=True)[0] == "AccessDenied"

    @pytest.mark.parametrize(("mode", "days"), [("COMPLIANCE", 5), ("GOVERNANCE", 20)])
    def test_compliance_is_never_shortened_nor_weakened(self, sandbox: Sandbox, mode: str, days: int) -> None:
        s3 = locked_bucket(sandbox)
        put_locked(s3, "COMPLIANCE")
        wanted = {"Mode": mode, "RetainUntilDate": datetime.now(UTC) + timedelta(days=days)}
        assert refused(s3.put_object_retention, Bucket="vault", Key="x", Retention=wanted) == self.LOCKED
        assert (
            refused(s3.put_object_retention, Bucket="vault", Key="x", Retention=wanted, BypassGovernanceRetention=True)
            == self.LOCKED
        )

    def test_compliance_can_be_lengthened_and_is_read_back(self, sandbox: Sandbox) -> None:
        s3 = locked_bucket(sandbox)
        put_locked(s3, "COMPLIANCE")
        until = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)
        s3.put_object_retention(Bucket="vault", Key="x", Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until})
        assert s3.get_object_retention(Bucket="vault", Key="x")["Retention"] == {"Mode": "COMPLIANCE", "RetainUntilDate": until}

    def test_an_object_without_retention_says_so(self, sandbox: Sandbox, s3: Client) -> None:
        vault = locked_bucket(sandbox)
        vault.put_object(Bucket="vault", Key="free", Body=b"")
        assert refused(vault.get_object_retention, Bucket="vault", Key="free")[0] == "NoSuchObjectLockConfiguration"
        s3.put_object(Bucket="records", Key="x", Body=b"")
        expected = ("InvalidRequest", "Bucket is missing Object Lock Configuration")
        assert refused(s3.get_object_retention, Bucket="records", Key="x") == expected

    def test_versioning_of_a_locked_bucket_cannot_be_suspended(self, sandbox: Sandbox) -> None:
        s3 = locked_bucket(sandbox)
        code, message = refused(s3.put_bucket_versioning, Bucket="vault", VersioningConfiguration={"Status": "Suspended"})
        assert code == "InvalidBucketState"
        assert message == "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."

    def test_of_sixteen_writers_of_one_name_exactly_one_wins(self, sandbox: Sandbox) -> None:
        s3 = locked_bucket(sandbox)

        def write(n: int) -> bool:
            try:
                s3.put_object(Bucket="vault", Key="entry", Body=str(n).encode(), IfNoneMatch="*")
            except ClientError as error:
                assert error.response["Error"]["Code"] == "PreconditionFailed"  # noqa: PT017 - in a thread
                return False
            return True

        with ThreadPoolExecutor(16) as pool:
            assert sum(pool.map(write, range(16))) == 1


def test_older_versions_survive_a_suspended_versioning(s3: Client) -> None:
    s3.put_bucket_versioning(Bucket="records", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="records", Key="x", Body=b"first")["VersionId"]
    s3.put_bucket_versioning(Bucket="records", VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket="records", Key="x", Body=b"second")
    s3.put_object(Bucket="records", Key="x", Body=b"third")
    assert len(s3.list_object_versions(Bucket="records")["Versions"]) == 2
    s3.delete_object(Bucket="records", Key="x")
    assert refused(s3.get_object, Bucket="records", Key="x")[0] == "NoSuchKey"
    assert s3.get_object(Bucket="records", Key="x", VersionId=first)["Body"].read() == b"first"
