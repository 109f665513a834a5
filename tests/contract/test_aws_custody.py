"""The record on AWS: locked, conditional, signed, and with exactly the declared permissions."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from shared.adapters.aws.keyring import KmsKeyring
from shared.adapters.aws.signer import KmsSigner
from shared.adapters.local.clock import SystemClock
from shared.custody.audit import audit
from shared.custody.note import Checkpoint, sign
from shared.custody.record import Record
from shared.custody.signed import read
from shared.custody.witness import SinkWitness
from shared.domain.errors import Absent, AlreadyRecorded, CodeblueError, LeaseLost, NotReady, Tampered
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.server import Sandbox
from tests.contract.aws_custody import CASE, RECORDER, Custody, everything

if TYPE_CHECKING:
    from types_boto3_kms.literals import KeySpecType


def test_what_was_put_comes_back_and_is_listed(custody: Custody) -> None:
    custody.first.put("case-1/entries/000000000000.json", b"{}")
    custody.first.put("case-1/entries/000000000001.json", b"{ }")
    custody.first.put("case-10/entries/000000000000.json", b"{}")
    assert custody.first.get("case-1/entries/000000000001.json") == b"{ }"
    assert custody.first.list("case-1/") == ("case-1/entries/000000000000.json", "case-1/entries/000000000001.json")
    with pytest.raises(Absent):
        custody.first.get("case-1/entries/000000000002.json")


def test_a_place_is_taken_once_and_the_same_bytes_again_are_no_error(custody: Custody) -> None:
    custody.first.put("case-1/x", b"one")
    custody.first.put("case-1/x", b"one")
    with pytest.raises(AlreadyRecorded):
        custody.first.put("case-1/x", b"two")
    assert custody.first.get("case-1/x") == b"one"


def test_of_sixteen_writers_one_gets_the_place(custody: Custody) -> None:
    def attempt(n: int) -> bool:
        try:
            custody.first.put("case-1/x", f"writer {n}".encode())
        except CodeblueError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(16))) == 1


def test_a_put_whose_answer_was_lost_is_kept(custody: Custody) -> None:
    custody.lose_answers("s3", "PutObject")
    custody.first.put("case-1/x", b"one")
    assert custody.first.get("case-1/x") == b"one"
    assert len(custody.sandbox.cloud.calls.of("s3:PutObject")) > 1


def test_nobody_can_delete_an_entry_not_even_root(custody: Custody) -> None:
    custody.first.put("case-1/x", b"one")
    version = custody.s3.list_object_versions(Bucket=custody.made["bucket"])["Versions"][0]["VersionId"]
    for which in ({}, {"VersionId": version}, {"VersionId": version, "BypassGovernanceRetention": True}):
        with pytest.raises(ClientError, match="AccessDenied"):
            custody.s3.delete_object(Bucket=custody.made["bucket"], Key="case-1/x", **which)
    assert custody.first.get("case-1/x") == b"one"


@pytest.mark.parametrize("how", ["deleted", "overwritten"])
def test_an_entry_that_the_accounts_owner_hides_is_named(custody: Custody, how: str) -> None:
    custody.first.put("case-1/x", b"one")
    custody.s3.delete_bucket_policy(Bucket=custody.made["bucket"])
    if how == "deleted":
        custody.s3.delete_object(Bucket=custody.made["bucket"], Key="case-1/x")
    else:
        custody.s3.put_object(Bucket=custody.made["bucket"], Key="case-1/x", Body=b"two")
    with pytest.raises(Tampered, match="case-1/x"):
        custody.first.list("case-1/")
    assert not audit(custody.first, CASE, custody.signer.public_key()).ok


def test_objects_are_encrypted_by_s3_itself_so_that_no_key_deletion_shreds_them(custody: Custody) -> None:
    custody.first.put("case-1/x", b"one")
    head = custody.s3.head_object(Bucket=custody.made["bucket"], Key="case-1/x", ChecksumMode="ENABLED")
    assert head["ServerSideEncryption"] == "AES256"
    assert head["ObjectLockMode"] == "COMPLIANCE"


# keys


def test_a_signature_by_kms_verifies_outside(custody: Custody) -> None:
    for size in range(4):
        point = Checkpoint(CASE, size, "ab" * 32)
        assert read(sign(point, custody.signer), CASE, custody.signer.public_key()) == point


@pytest.mark.parametrize("kind", ["RSA_2048", "ECC_NIST_P384", "ECC_SECG_P256K1"])
def test_a_key_of_another_kind_is_refused(custody: Custody, kind: "KeySpecType") -> None:
    other = custody.admin.kms("", "").create_key(KeySpec=kind, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    with pytest.raises(NotReady):
        KmsSigner(custody.admin, other).public_key()


def test_secrets_are_the_same_for_every_worker_and_differ_by_case(custody: Custody) -> None:
    other = KmsKeyring(custody.admin, custody.made["table"], custody.made["data_key"])
    assert custody.keyring.data_key(CASE) == other.data_key(CASE) != other.data_key("case-2")
    assert custody.keyring.name_key(CASE) == other.name_key(CASE) != other.data_key(CASE)
    assert len(other.data_key(CASE)) == len(other.name_key(CASE)) == 32


def test_workers_that_make_secrets_at_once_agree(custody: Custody) -> None:
    rings = [KmsKeyring(custody.admin, custody.made["table"], custody.made["data_key"]) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda ring: ring.data_key(CASE), rings))) == 1


def test_secrets_are_not_kept_in_clear_and_are_bound_to_their_case(custody: Custody) -> None:
    secret = custody.keyring.data_key(CASE)
    dynamodb = custody.admin.dynamodb("", "")
    row = dynamodb.get_item(TableName=custody.made["table"], Key={"id": {"S": f"secrets#{CASE}"}})["Item"]
    assert secret not in bytes(row["wrapped"]["B"])
    dynamodb.put_item(TableName=custody.made["table"], Item={**row, "id": {"S": "secrets#case-2"}})
    with pytest.raises(CodeblueError):
        custody.keyring.data_key("case-2")


def test_deleted_secrets_never_come_back(custody: Custody) -> None:
    custody.keyring.data_key(CASE)
    custody.keyring.forget(CASE)
    for ring in (custody.keyring, KmsKeyring(custody.admin, custody.made["table"], custody.made["data_key"])):
        with pytest.raises(Absent):
            ring.data_key(CASE)


# the whole


def test_a_whole_case_in_two_regions_satisfies_the_auditor(custody: Custody) -> None:
    record = custody.record()
    digest = record.blob(b"Jane Roe, MRI.dcm")
    record.append("opened", {"who": record.name("Jane Roe")})
    record.checkpoint()
    record.close({"verdict": "contained"})
    result = audit(custody.first, CASE, custody.signer.public_key(), second=custody.second)
    assert result.ok, result.findings
    assert record.blobs(digest) == b"Jane Roe, MRI.dcm"
    kept = b"".join(custody.first.get(path) for path in custody.first.list(""))
    assert b"Jane" not in kept
    assert b"MRI" not in kept


def test_a_region_that_answers_503_does_not_stop_a_fence(custody: Custody) -> None:
    record = custody.record()
    record.append("opened", {})
    down = custody.sandbox.cloud.faults.add(Fault("error", "s3", "PutObject", status=503, code="ServiceUnavailable", times=3))
    record.append("intended", {}, need=1)
    record.settle()
    custody.sandbox.cloud.faults.remove(down)
    record.close({})
    assert audit(custody.first, CASE, custody.signer.public_key(), second=custody.second).ok


def test_a_successor_goes_on_and_the_former_writer_stops(custody: Custody) -> None:
    former = custody.record()
    former.append("opened", {})
    successor = custody.record()
    assert successor.append("intended", {}).seq == 1
    with pytest.raises(LeaseLost):
        former.append("intended", {"late": True})


def test_a_witness_can_be_a_bucket(custody: Custody) -> None:
    witness = SinkWitness(custody.second)
    record = Record("case-7", [custody.first], custody.signer, custody.keyring, SystemClock(), [witness])
    record.append("opened", {})
    record.close({})
    assert audit(custody.first, "case-7", custody.signer.public_key(), witness).guarantees[3].holds


def test_the_declared_permissions_are_enough(custody: Custody) -> None:
    everything(custody)


@pytest.mark.parametrize("taken", sorted(RECORDER))
def test_no_declared_permission_can_be_spared(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, taken: str) -> None:
    with pytest.raises(CodeblueError):
        everything(Custody(sandbox, monkeypatch, RECORDER - {taken}))
