"""A migration over HTTP, against S3's rules: every kind of object, every kind of bucket."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.versions import Engine
from shared.reencryption.lanes import Lane, Reason
from shared.sandbox.aws.server import Sandbox
from tests.contract.aws_objects import AWKWARD, CUSTOMER, MIB, Scene, scene

KEPT = ("ContentLength", "ContentType", "CacheControl", "Metadata", "ChecksumSHA256", "TagCount")
UNTOUCHED = (*KEPT, "ETag", "LastModified", "VersionId")


BY_ALL = pytest.mark.parametrize("charts", list(Engine), indirect=True)
"""For rows that hold whichever engine moves."""


@pytest.fixture
def charts(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Scene:
    by = getattr(request, "param", Engine.IN_PROCESS)
    made = scene(sandbox, monkeypatch, by=by, page=2 if by is Engine.MAP else 1000)
    made.versioning("Enabled")
    return made


@pytest.fixture
def unversioned(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return scene(sandbox, monkeypatch)


def close_updates(made: Scene, sandbox: Sandbox) -> None:
    """The responder's own bucket refuses the canary's update: the lane stays closed."""
    text = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:UpdateObjectEncryption",'
        '"Resource":"arn:aws:s3:::codeblue-responder/*"}]}'
    )
    made.s3.put_bucket_policy(Bucket="codeblue-responder", Policy=text)


def facts(head: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: head.get(name) for name in names}


DETAILED: dict[str, Any] = {
    "ContentType": "application/dicom",
    "CacheControl": "no-store",
    "Metadata": {"ward": "7"},
    "Tagging": "tenant=a&phi=yes",
    "ChecksumAlgorithm": "SHA256",
}


@BY_ALL
def test_names_of_any_spelling_move_in_place(charts: Scene) -> None:
    versions = {name: charts.put(name, **DETAILED) for name in AWKWARD}
    before = {name: charts.head(name, VersionId=version) for name, version in versions.items()}
    assert charts.migrate().moved == {Lane.UPDATE: len(AWKWARD)}
    for name, version in versions.items():
        after = charts.head(name, VersionId=version)
        assert (after["SSEKMSKeyId"], after["BucketKeyEnabled"]) == (charts.new, True)
        assert facts(after, UNTOUCHED) == facts(before[name], UNTOUCHED)
    assert charts.verify().done


@BY_ALL
def test_old_versions_and_delete_markers_keep_their_order(charts: Scene) -> None:
    versions = [charts.put("jane", content) for content in (b"one", b"two")]
    charts.s3.delete_object(Bucket="charts", Key="jane")
    assert charts.migrate().finished
    assert [line["VersionId"] for line in charts.versions()] == versions[::-1]
    assert [charts.content("jane", VersionId=version) for version in versions] == [b"one", b"two"]
    proof = charts.verify()
    assert (proof.done, proof.total, proof.keys) == (True, 3, {charts.new: 2})


@BY_ALL
def test_only_what_is_under_an_old_key_moves(charts: Scene) -> None:
    charts.put("sse-s3", ServerSideEncryption="AES256", SSEKMSKeyId="", BucketKeyEnabled=False)
    charts.s3.put_object(Bucket="charts", Key="customer", Body=b"phi", **CUSTOMER)
    charts.put("other", SSEKMSKeyId=charts.other)
    charts.put("jane")
    result = charts.migrate()
    assert (result.finished, result.moved) == (True, {Lane.UPDATE: 1})
    assert result.nothing == {Reason.OTHER_KEY: 2, Reason.SUCCESSOR: 1}
    assert result.blocked == {Reason.CUSTOMER_KEY: 1}
    assert charts.s3.get_object(Bucket="charts", Key="customer", **CUSTOMER)["Body"].read() == b"phi"
    assert charts.verify().keys == {charts.new: 1, charts.other: 1, "sse-s3": 1, "sse-c": 1}


@pytest.mark.parametrize("by", list(Engine))
def test_locks_are_kept_and_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, by: Engine) -> None:
    locked = scene(sandbox, monkeypatch, lock=True, by=by)
    until = datetime.now(UTC) + timedelta(days=30)
    locked.put("compliance", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)
    locked.put("governance", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
    locked.put("held", ObjectLockLegalHoldStatus="ON")
    locked.put("free")
    result = locked.migrate()
    assert (result.finished, result.moved) == (True, {Lane.UPDATE: 1})
    assert result.blocked == {Reason.COMPLIANCE: 1, Reason.GOVERNANCE: 1, Reason.LEGAL_HOLD: 1}
    assert {name: locked.head(name)["SSEKMSKeyId"] == locked.old for name in ("compliance", "governance", "held", "free")} == {
        "compliance": True,
        "governance": True,
        "held": True,
        "free": False,
    }
    proof = locked.verify()
    assert (proof.done, proof.keys) == (True, {locked.old: 3, locked.new: 1})


def test_workers_beside_each_other_copy_what_can_not_be_updated(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    made = scene(sandbox, monkeypatch, by=Engine.MAP, page=1)
    close_updates(made, sandbox)
    made.put("scan", b"x" * (6 * MIB), **DETAILED)
    for key in ("a", "b"):
        made.put(key, **DETAILED)
    before = {key: made.head(key) for key in ("a", "b", "scan")}
    result = made.migrate(copy_limit=5 * MIB, part=5 * MIB)
    assert (result.finished, result.moved) == (True, {Lane.COPY: 2, Lane.MULTIPART: 1})
    assert all(facts(made.head(key), KEPT[:3]) == facts(before[key], KEPT[:3]) for key in before)
    assert made.verify().done
    assert len(made.crew.seen if made.crew else ()) == 3


def test_a_suspended_bucket_loses_nothing(unversioned: Scene, sandbox: Sandbox) -> None:
    close_updates(unversioned, sandbox)
    unversioned.put("jane", b"null")
    unversioned.versioning("Enabled")
    latest = unversioned.put("jane", b"latest")
    john = unversioned.put("john", b"john")
    unversioned.versioning("Suspended")
    result = unversioned.migrate()
    assert (result.finished, result.moved) == (True, {Lane.COPY: 1})
    assert result.blocked == {Reason.NULL_BEHIND: 1, Reason.NONCURRENT: 2}
    assert unversioned.content("jane", VersionId="null") == b"null"
    assert unversioned.content("jane", VersionId=latest) == b"latest"
    assert unversioned.content("john") == unversioned.content("john", VersionId=john) == b"john"


def test_an_upload_that_fails_is_abandoned(unversioned: Scene, sandbox: Sandbox) -> None:
    close_updates(unversioned, sandbox)
    unversioned.put("scan", b"x" * (6 * MIB))
    unversioned.s3.put_bucket_policy(Bucket="charts", Policy=_deny_put_parts())
    result = unversioned.migrate(copy_limit=5 * MIB, part=5 * MIB)
    assert (result.finished, result.failed) == (False, {Reason.DENIED: 1})
    assert unversioned.s3.list_multipart_uploads(Bucket="charts").get("Uploads", []) == []


def _deny_put_parts() -> str:
    """Parts name a source and so does a copy; an upload's beginning and its end do not."""
    return (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:PutObject",'
        '"Resource":"arn:aws:s3:::charts/*","Condition":{"StringLike":{"s3:x-amz-copy-source":"*"}}}]}'
    )


@BY_ALL
def test_an_object_that_was_uploaded_in_parts_moves_whole(charts: Scene) -> None:
    begun = charts.s3.create_multipart_upload(Bucket="charts", Key="scan", Metadata={"ward": "7"}, **charts.under_old)
    named = {"Bucket": "charts", "Key": "scan", "UploadId": begun["UploadId"]}
    contents = (b"a" * (5 * MIB), b"b")
    parts = [
        {"PartNumber": n, "ETag": charts.s3.upload_part(**named, PartNumber=n, Body=body)["ETag"]}
        for n, body in enumerate(contents, start=1)
    ]
    charts.s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
    before = charts.head("scan")
    assert charts.migrate().moved == {Lane.UPDATE: 1}
    after = charts.head("scan")
    assert after["SSEKMSKeyId"] == charts.new
    assert after["ETag"] == before["ETag"]
    assert charts.content("scan") == b"".join(contents)


def test_consumers_of_copies_are_asked_for(unversioned: Scene, sandbox: Sandbox) -> None:
    close_updates(unversioned, sandbox)
    queue = sandbox.root().client("sqs").create_queue(QueueName="new-charts")["QueueUrl"]
    arn = sandbox.root().client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    told = {
        "QueueArn": arn,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "a/"}]}},
    }
    configuration = {"QueueConfigurations": [told]}
    unversioned.s3.put_bucket_notification_configuration(Bucket="charts", NotificationConfiguration=configuration)
    unversioned.put("a/jane")
    unversioned.put("b/john")
    result = unversioned.migrate()
    assert (result.moved, result.blocked) == ({Lane.COPY: 1}, {Reason.CONSUMERS: 1})


def test_a_grant_that_a_copy_loses_is_told(unversioned: Scene, sandbox: Sandbox) -> None:
    close_updates(unversioned, sandbox)
    unversioned.owned_by("ObjectWriter")
    unversioned.put("jane", GrantRead='id="75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06b"')
    unversioned.put("john")
    assert unversioned.migrate().lost == 1


@pytest.mark.parametrize(
    ("rule", "hidden", "read"),
    [
        pytest.param("BucketOwnerEnforced", (), False, id="no ACL is read where ACLs are off"),
        pytest.param("BucketOwnerPreferred", (), True, id="each is read where an object can have one"),
        pytest.param("", (), True, id="each is read where nothing says who owns objects"),
        pytest.param(
            "BucketOwnerEnforced", ("s3:GetBucketOwnershipControls",), True, id="each is read where we may not ask who owns them"
        ),
    ],
)
def test_an_acl_is_read_where_it_can_grant_something(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, rule: str, hidden: tuple[str, ...], read: bool
) -> None:
    """Nobody may read ACLs here: what moves all the same, by the wire or in parts by the SDK, was moved without."""
    made = scene(sandbox, monkeypatch)
    close_updates(made, sandbox)
    made.put("scan", b"parts")
    made.put("jane", b"phi")
    made.owned_by(rule)
    denied = {"Effect": "Deny", "Principal": "*", "Resource": ["arn:aws:s3:::charts", "arn:aws:s3:::charts/*"]}
    policy = {"Version": "2012-10-17", "Statement": [{**denied, "Action": ["s3:GetObjectVersionAcl", *hidden]}]}
    made.s3.put_bucket_policy(Bucket="charts", Policy=json.dumps(policy))
    result = made.migrate(copy_limit=4, part=5 * MIB)
    assert result.moved == ({} if read else {Lane.COPY: 1, Lane.MULTIPART: 1})
    assert result.failed == ({Reason.DENIED: 2} if read else {})


def test_a_listing_in_small_parts_is_whole(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    charts = scene(sandbox, monkeypatch, page=3)
    charts.versioning("Enabled")
    for n in range(4):
        for name in AWKWARD[:2]:
            charts.put(f"{name}/{n % 2}")
    result = charts.migrate()
    assert (result.finished, result.total, result.moved) == (True, 8, {Lane.UPDATE: 8})
    assert charts.verify().keys == {charts.new: 8}


@BY_ALL
def test_a_disabled_old_key_is_no_missing_object(charts: Scene, sandbox: Sandbox) -> None:
    charts.put("jane")
    sandbox.root().client("kms").disable_key(KeyId=charts.old)
    result = charts.migrate()
    assert (result.finished, result.why) == (False, "the store, or a key, can not be used now: KMS.DisabledException")
