"""Policies under attack and under other people's hands: what is not ours stays, and what can not be written is said."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shared.adapters.aws import policies
from shared.domain.errors import Absent, CloudError, DoesNotFit, Poisoned, Refused
from shared.domain.facet import PolicyStatement
from shared.domain.resource import Ref
from shared.sandbox.aws.calls import Answered
from shared.sandbox.aws.faults import Fault
from tests.contract.aws_stores import Stage, allow, deny, document, fresh, staged

type Deletes = Callable[[Callable[[str], Any]], None]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def bucket(stage: Stage) -> Iterator[Ref]:
    """A bucket with a statement of somebody else's."""
    made = stage.bucket()
    put(stage, made, allow("Terraform", made.id, "s3:ListBucket"))
    yield made
    stage.client("s3").delete_bucket_policy(Bucket=made.name)


def put(stage: Stage, bucket: Ref, *statements: object) -> None:
    stage.client("s3").put_bucket_policy(Bucket=bucket.name, Policy=document(*statements))


def seen(stage: Stage, ref: Ref) -> dict[str, str | None]:
    return {statement.sid: statement.body for statement in stage.world.look(ref, PolicyStatement)}


def ours(bucket: Ref) -> PolicyStatement:
    return deny("CodeblueA1", f"{bucket.id}/*", "s3:*")


@contextmanager
def after(stage: Stage, operation: str, act: Callable[[], object], times: int = 1) -> Iterator[None]:
    """Somebody else acts right after the first `times` answers to our calls of this operation."""
    left = [times]

    def heard(call: Answered) -> None:
        if call.operation == operation and left[0] and not busy.locked():
            left[0] -= 1
            with busy:
                act()

    busy = threading.Lock()
    stage.sandbox.cloud.calls.listen(heard)
    yield
    left[0] = 0


def test_a_statement_that_someone_adds_meanwhile_stays_and_is_told(stage: Stage, bucket: Ref) -> None:
    pipeline = allow("Pipeline", bucket.id, "s3:GetBucketLocation")
    there = [allow("Terraform", bucket.id, "s3:ListBucket"), json.loads(ours(bucket).body or "")]
    with after(stage, "PutBucketPolicy", lambda: put(stage, bucket, *there, pipeline)):
        receipt = stage.world.write(bucket, [ours(bucket)])
    assert set(seen(stage, bucket)) == {"Terraform", "CodeblueA1", "Pipeline"}
    assert receipt.notes == ("statement Pipeline was added by someone else meanwhile",)


def test_a_pipeline_that_writes_its_own_copy_over_ours_is_told_and_the_next_write_keeps_both(stage: Stage, bucket: Ref) -> None:
    pipeline = [allow("Terraform", bucket.id, "s3:ListBucket"), allow("Pipeline", bucket.id, "s3:GetBucketLocation")]
    with after(stage, "PutBucketPolicy", lambda: put(stage, bucket, *pipeline)):
        receipt = stage.world.write(bucket, [ours(bucket)])
    assert receipt.notes == (
        "statement CodeblueA1, ours, did not stay",
        "statement Pipeline was added by someone else meanwhile",
    )
    stage.world.write(bucket, [ours(bucket)])
    assert set(seen(stage, bucket)) == {"Terraform", "CodeblueA1", "Pipeline"}


def test_a_thief_who_takes_our_statement_out_each_time_is_told_each_time(stage: Stage, bucket: Ref) -> None:
    thief = [allow("Terraform", bucket.id, "s3:ListBucket")]
    with after(stage, "PutBucketPolicy", lambda: put(stage, bucket, *thief), times=3):
        receipts = [stage.world.write(bucket, [ours(bucket)]) for _ in range(3)]
    assert all(len(receipt.request_ids) == 1 for receipt in receipts)
    assert all("did not stay" in receipt.notes[0] for receipt in receipts)


def test_a_write_that_can_not_be_read_back_keeps_its_request_id(stage: Stage, bucket: Ref) -> None:
    faults = stage.sandbox.cloud.faults
    with after(stage, "PutBucketPolicy", lambda: faults.add(Fault("throttle", operation="GetBucketPolicy"))):
        receipt = stage.world.write(bucket, [ours(bucket)])
    faults.clear()
    assert receipt.request_ids
    assert receipt.notes == ("written, but it could not be read back: GetBucketPolicy: SlowDown",)
    assert seen(stage, bucket)["CodeblueA1"] == ours(bucket).body


def test_nothing_is_written_where_it_holds_already(stage: Stage, bucket: Ref) -> None:
    stage.world.write(bucket, [ours(bucket)])
    assert stage.world.write(bucket, [ours(bucket)]).request_ids == ()


def test_the_ids_on_a_receipt_are_those_of_the_services_log(stage: Stage, bucket: Ref) -> None:
    (written,) = stage.world.write(bucket, [ours(bucket)]).request_ids
    call = stage.sandbox.cloud.calls.find(written)
    assert call is not None
    assert call.operation == "PutBucketPolicy"


def test_several_statements_of_one_document_are_one_write(stage: Stage, bucket: Ref) -> None:
    changes = [ours(bucket), deny("CodeblueA2", bucket.id, "s3:DeleteBucket"), PolicyStatement(sid="Terraform", body=None)]
    assert len(stage.world.write(bucket, changes).request_ids) == 1
    assert set(seen(stage, bucket)) == {"CodeblueA1", "CodeblueA2"}


def test_our_sid_with_the_thiefs_content_is_replaced(stage: Stage, bucket: Ref) -> None:
    put(stage, bucket, allow("Terraform", bucket.id, "s3:ListBucket"), allow("CodeblueA1", bucket.id, "s3:ListBucketVersions"))
    stage.world.write(bucket, [ours(bucket)])
    assert seen(stage, bucket)["CodeblueA1"] == ours(bucket).body


def test_a_statement_without_a_sid_can_be_removed_and_put_back(stage: Stage, bucket: Ref) -> None:
    nameless = {k: v for k, v in allow("", bucket.id, "s3:ListBucketVersions").items() if k != "Sid"}
    put(stage, bucket, allow("Terraform", bucket.id, "s3:ListBucket"), nameless)
    before = seen(stage, bucket)
    (part,) = (part for part in before if part.startswith("~"))
    stage.world.write(bucket, [PolicyStatement(sid=part, body=None)])
    assert set(seen(stage, bucket)) == {"Terraform"}
    stage.world.write(bucket, [PolicyStatement(sid=part, body=before[part])])
    assert seen(stage, bucket) == before


@pytest.fixture
def gone(stage: Stage) -> Deletes:
    """Does something with a user's ARN, and then deletes the user."""

    def forget(use: Callable[[str], Any]) -> None:
        name = fresh("locum")
        use(stage.client("iam").create_user(UserName=name)["User"]["Arn"])
        stage.client("iam").delete_user(UserName=name)

    return forget


def test_a_deleted_principal_in_a_bucket_policy_is_named_and_can_be_dropped(stage: Stage, bucket: Ref, gone: Deletes) -> None:
    gone(lambda arn: put(stage, bucket, {**allow("Locum", bucket.id, "s3:ListBucket"), "Principal": {"AWS": arn}}))
    with pytest.raises(Poisoned, match="Locum") as poisoned:
        stage.world.write(bucket, [ours(bucket)])
    assert poisoned.value.code == "MalformedPolicy"
    stage.world.write(bucket, [ours(bucket), PolicyStatement(sid="Locum", body=None)])
    assert set(seen(stage, bucket)) == {"CodeblueA1"}


def test_a_deleted_principal_in_a_key_policy_is_named_and_can_be_dropped(stage: Stage, gone: Deletes) -> None:
    key, kms = stage.key(), stage.client("kms")

    def use(arn: str) -> None:
        theirs = [allow("Root", "*", "kms:*"), {**allow("Locum", "*", "kms:Decrypt"), "Principal": {"AWS": arn}}]
        kms.put_key_policy(KeyId=key.id, PolicyName="default", Policy=document(*theirs))

    gone(use)
    fence = deny("CodeblueA1", "*", "kms:Decrypt")
    with pytest.raises(Poisoned, match="Locum"):
        stage.world.write(key, [fence])
    stage.world.write(key, [fence, PolicyStatement(sid="Locum", body=None)])
    assert set(seen(stage, key)) == {"Root", "CodeblueA1"}


@pytest.fixture
def vault(stage: Stage, gone: Deletes) -> Ref:
    """A vault whose policy names a deleted user."""
    made = stage.vault()

    def use(arn: str) -> None:
        locum = {**allow("Locum", "*", "backup:CopyIntoBackupVault"), "Principal": {"AWS": arn}}
        stage.client("backup").put_backup_vault_access_policy(BackupVaultName=made.name, Policy=document(locum))

    gone(use)
    return made


FENCED = deny("CodeblueA1", "*", "backup:DeleteRecoveryPoint")


def test_a_deleted_principal_in_a_vaults_policy_is_named_and_can_be_dropped(stage: Stage, vault: Ref) -> None:
    with pytest.raises(Poisoned, match="Locum"):
        stage.world.write(vault, [FENCED])
    stage.world.write(vault, [FENCED, PolicyStatement(sid="Locum", body=None)])
    assert set(seen(stage, vault)) == {"CodeblueA1"}


def test_who_may_not_write_is_refused_whatever_the_policy_holds(stage: Stage, vault: Ref) -> None:
    faults = stage.sandbox.cloud.faults
    faults.add(Fault("error", operation="PutBackupVaultAccessPolicy", status=403, code="AccessDeniedException"))
    with pytest.raises(Refused) as refused:
        stage.world.write(vault, [FENCED])
    faults.clear()
    assert refused.value.code == "AccessDeniedException"


def _padding(resource: str, size: int) -> dict[str, object]:
    return {**allow("Padding", resource, "s3:ListBucket"), "Condition": {"StringEquals": {"aws:PrincipalTag/pad": "x" * size}}}


def test_a_bucket_policy_padded_to_its_quota_has_no_room(stage: Stage, bucket: Ref) -> None:
    put(stage, bucket, _padding(bucket.id, 20_200))
    with pytest.raises(DoesNotFit, match="20480"):
        stage.world.write(bucket, [ours(bucket)])
    assert set(seen(stage, bucket)) == {"Padding"}
    stage.world.write(bucket, [ours(bucket), PolicyStatement(sid="Padding", body=None)])
    assert set(seen(stage, bucket)) == {"CodeblueA1"}


def test_a_key_policy_padded_to_its_quota_has_no_room(stage: Stage) -> None:
    key = stage.key()
    padded = document(allow("Root", "*", "kms:*"), _padding("*", 32_350))
    stage.client("kms").put_key_policy(KeyId=key.id, PolicyName="default", Policy=padded)
    with pytest.raises(DoesNotFit, match="32768"):
        stage.world.write(key, [deny("CodeblueA1", "*", "kms:Decrypt")])


def test_a_key_policy_that_would_shut_everybody_out_is_refused_by_kms(stage: Stage) -> None:
    key = stage.key()
    before = seen(stage, key)
    shut = {"Sid": "CodeblueA1", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    with pytest.raises(CloudError) as refused:
        stage.world.write(key, [PolicyStatement(sid="CodeblueA1", body=policies.body(shut))])
    assert refused.value.code == "MalformedPolicyDocumentException"
    assert seen(stage, key) == before


def test_a_deny_for_everyone_locks_us_out_and_is_said_with_its_code(stage: Stage) -> None:
    key, kms = stage.key(), stage.client("kms")
    shut = {"Sid": "Thief", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    kms.put_key_policy(KeyId=key.id, PolicyName="default", Policy=document(shut), BypassPolicyLockoutSafetyCheck=True)
    with pytest.raises(Refused) as refused:
        stage.world.write(key, [deny("CodeblueA1", "*", "kms:Decrypt")])
    assert refused.value.code == "AccessDeniedException"


def test_a_bucket_that_is_gone_is_absent(stage: Stage) -> None:
    nowhere = stage.bucket_ref(fresh("nowhere"))
    with pytest.raises(Absent):
        stage.world.look(nowhere, PolicyStatement)
    with pytest.raises(Absent):
        stage.world.write(nowhere, [ours(nowhere)])


def test_no_refusal_repeats_what_the_policy_says(stage: Stage, bucket: Ref, gone: Deletes) -> None:
    chart = {**allow("Locum", f"{bucket.id}/mary-jones/*", "s3:GetObject")}
    gone(lambda arn: put(stage, bucket, {**chart, "Principal": {"AWS": arn}}))
    with pytest.raises(Poisoned) as refused:
        stage.world.write(bucket, [ours(bucket)])
    assert "mary" not in str(refused.value)
    assert refused.value.__cause__ is None
