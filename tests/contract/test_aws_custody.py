"""Custody on AWS against the sandbox: what the services refuse is what keeps the record whole.

Everything but `init` runs with exactly the permissions that the adapters declare.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from shared.adapters.aws import cases, keyring, signer, sinks
from shared.adapters.aws.cases import DynamoCases
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.custody_init import init
from shared.adapters.aws.keyring import KmsKeyring
from shared.adapters.aws.signer import KmsSigner
from shared.adapters.aws.sinks import S3Sink
from shared.adapters.local.clock import SystemClock
from shared.custody.audit import audit
from shared.custody.note import Checkpoint, read, sign
from shared.custody.record import Record
from shared.custody.witness import SinkWitness
from shared.domain.errors import Absent, AlreadyRecorded, CodeblueError, LeaseLost, NotReady, Tampered
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox
from shared.settings import CustodyPlaces
from tests.custody_cases import case

from .aws_responder import responder

CASE = "case-1"
PLACES = CustodyPlaces()
RECORDER = sinks.ACTIONS | signer.ACTIONS | keyring.ACTIONS | cases.ACTIONS


class Custody:
    """The places that `init` made, and the recorder's adapters over them."""

    def __init__(self, sandbox: Sandbox, patch: pytest.MonkeyPatch, actions: frozenset[str] = RECORDER) -> None:
        self.sandbox = sandbox
        self.admin = administrator(sandbox, patch)
        self.made = init(self.admin, PLACES)
        self.clients = responder(sandbox, patch, *actions)
        self.first = S3Sink(self.clients, self.made["bucket"])
        self.second = S3Sink(self.clients, self.made["second_bucket"], self.made["second_region"])
        self.signer = KmsSigner(self.clients, self.made["key"])
        self.keyring = KmsKeyring(self.clients, self.made["table"], self.made["data_key"])
        self.cases = DynamoCases(self.clients, self.made["table"], SystemClock())
        self.s3 = self.admin.s3("", "")

    def record(self) -> Record:
        return Record.resume(CASE, [self.first, self.second], self.signer, self.keyring, SystemClock())

    def lose_answers(self, service: str, operation: str, times: int = 1) -> None:
        """The service does the work, and its answer never arrives; the SDK asks again."""
        self.sandbox.cloud.faults.add(Fault("drop", service, operation, late=True, times=times))


def administrator(sandbox: Sandbox, patch: pytest.MonkeyPatch) -> Clients:
    caller = sandbox.cloud.principals.root(ACCOUNT)
    patch.setenv("AWS_ACCESS_KEY_ID", caller.access_key_id)
    patch.setenv("AWS_SECRET_ACCESS_KEY", caller.secret)
    patch.setenv("AWS_DEFAULT_REGION", REGION)
    patch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint_url)
    return Clients()


@pytest.fixture
def custody(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Custody:
    return Custody(sandbox, monkeypatch)


# init


def test_init_makes_everything_once_and_changes_nothing_the_second_time(custody: Custody) -> None:
    creations = ("s3:CreateBucket", "kms:CreateKey", "kms:CreateAlias", "s3:PutBucketPolicy", "s3:PutObjectLockConfiguration")
    made = len(custody.sandbox.cloud.calls.of(*creations, ok=True))
    assert init(custody.admin, PLACES) == custody.made
    assert len(custody.sandbox.cloud.calls.of(*creations, ok=True)) == made > 0
    custody.first.ready()
    custody.second.ready()
    assert "BEGIN PUBLIC KEY" in custody.made["public_key"]


def test_init_names_places_by_convention_in_two_regions(custody: Custody) -> None:
    assert custody.made["bucket"] == f"codeblue-custody-{ACCOUNT}-us-east-1"
    assert custody.made["second_bucket"] == f"codeblue-custody-{ACCOUNT}-us-west-2"
    assert custody.s3.get_bucket_location(Bucket=custody.made["second_bucket"])["LocationConstraint"] == "us-west-2"


def test_init_never_shortens_a_retention(custody: Custody) -> None:
    init(custody.admin, CustodyPlaces(retention_days=1))
    lock = custody.s3.get_object_lock_configuration(Bucket=custody.made["bucket"])["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"]["Days"] == 2192


def test_init_keeps_what_others_put_into_the_bucket_policy(custody: Custody) -> None:
    policy = custody.s3.get_bucket_policy(Bucket=custody.made["bucket"])["Policy"]
    theirs = '{"Sid":"Theirs","Effect":"Deny","Principal":"*","Action":"s3:PutObjectAcl","Resource":"arn:aws:s3:::%s/*"}'
    changed = policy.replace('"Statement":[', f'"Statement":[{theirs % custody.made["bucket"]},').replace(
        "CodeblueCustodyTls", "Mine"
    )
    custody.s3.put_bucket_policy(Bucket=custody.made["bucket"], Policy=changed)
    init(custody.admin, PLACES)
    again = custody.s3.get_bucket_policy(Bucket=custody.made["bucket"])["Policy"]
    assert all(sid in again for sid in ("Theirs", "CodeblueCustodyTls", "CodeblueCustodyKeep"))


def test_init_refuses_a_name_that_another_account_has(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.root("444455556666").client("s3").create_bucket(Bucket=f"codeblue-custody-{ACCOUNT}-{REGION}")
    with pytest.raises(NotReady, match="another account"):
        init(administrator(sandbox, monkeypatch), PLACES)


def test_init_asks_for_a_second_bucket_where_no_second_region_is_known(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    administrator(sandbox, monkeypatch)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    with pytest.raises(NotReady, match="second_bucket"):
        init(Clients(), PLACES)
    assert "codeblue-second" in init(Clients(), CustodyPlaces(second_bucket="codeblue-second")).values()


@pytest.mark.parametrize("mode", ["GOVERNANCE", "none", "no bucket"])
def test_a_bucket_that_is_no_evidence_is_refused(custody: Custody, mode: str) -> None:
    if mode == "GOVERNANCE":
        custody.s3.create_bucket(Bucket=mode.lower(), ObjectLockEnabledForBucket=True)
        rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": mode, "Days": 1}}}
        custody.s3.put_object_lock_configuration(Bucket=mode.lower(), ObjectLockConfiguration=rule)  # type: ignore[arg-type]
    elif mode == "none":
        custody.s3.create_bucket(Bucket=mode)
    with pytest.raises(NotReady):
        S3Sink(custody.admin, mode.lower().replace(" ", "-")).ready()


def test_a_bucket_that_does_not_answer_is_not_judged(custody: Custody) -> None:
    custody.sandbox.cloud.faults.add(Fault("error", "s3", "GetObjectLockConfiguration", status=503, code="ServiceUnavailable"))
    custody.first.ready()


# the bucket


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


def test_a_key_of_another_kind_is_refused(custody: Custody) -> None:
    other = custody.admin.kms("", "").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
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


def everything(custody: Custody) -> None:
    """Each thing that a recorder does, once."""
    custody.first.ready()
    custody.cases.create(case(CASE))
    lease = custody.cases.take(CASE, "worker")
    assert lease
    custody.cases.save(custody.cases.load(CASE), lease)
    custody.cases.all()
    custody.cases.remember(["a-request"])
    record = custody.record()
    digest = record.blob(b"alert")
    record.append("opened", {})
    record.close({})
    record.blobs(digest)
    with pytest.raises(Absent):
        custody.first.get(f"{CASE}/entries/none")
    KmsKeyring(custody.clients, custody.made["table"], custody.made["data_key"]).data_key(CASE)


def test_the_declared_permissions_are_enough(custody: Custody) -> None:
    everything(custody)


@pytest.mark.parametrize("taken", sorted(RECORDER))
def test_no_declared_permission_can_be_spared(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, taken: str) -> None:
    with pytest.raises(CodeblueError):
        everything(Custody(sandbox, monkeypatch, RECORDER - {taken}))
