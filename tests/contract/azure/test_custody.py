"""The record on Azure: locked, appended in order, signed, and with exactly the declared permissions."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from azure.core.exceptions import HttpResponseError

from shared.adapters.azure.custody_init import init
from shared.adapters.azure.keyring import VaultKeyring
from shared.adapters.azure.signer import VaultSigner
from shared.custody.audit import audit
from shared.custody.note import Checkpoint, sign
from shared.custody.record import Record
from shared.custody.signed import read
from shared.domain.errors import Absent, AlreadyRecorded, CodeblueError, NotReady, Tampered
from shared.sandbox.azure.entra import TENANT
from shared.sandbox.azure.faults import Fault
from tests.contract.azure.custody import CASE, DAYS, LEDGERS, PLACES, RECORDER, Custody, custody
from tests.contract.azure.scenes import GROUP, SUBSCRIPTION
from tests.custody_cases import case
from tests.custody_doubles import SteppingClock

__all__ = ["custody"]


@pytest.fixture
def name() -> str:
    """A case of the test's own: the places are made once for all of them."""
    return f"case-{uuid4()}"


def test_what_was_put_comes_back_and_is_listed(custody: Custody, name: str) -> None:
    custody.sink.put(f"{name}/entries/000000000001.json", b"one\n")
    custody.sink.put(f"{name}/entries/000000000000.json", b"")
    custody.sink.put(f"{name}/blobs/{'ab' * 32}", b"evidence")
    custody.sink.put(f"{name}0/entries/000000000000.json", b"other")
    assert custody.another_sink().get(f"{name}/entries/000000000001.json") == b"one\n"
    assert custody.another_sink().list(f"{name}/") == (
        f"{name}/blobs/{'ab' * 32}",
        f"{name}/entries/000000000000.json",
        f"{name}/entries/000000000001.json",
    )
    assert custody.sink.list("case-none/") == ()
    with pytest.raises(Absent):
        custody.sink.get(f"{name}/entries/000000000002.json")


@pytest.mark.parametrize("path", ["entries/000000000000.json", f"blobs/{'cd' * 32}"])
def test_a_place_is_taken_once_and_the_same_bytes_again_are_no_error(custody: Custody, name: str, path: str) -> None:
    custody.sink.put(f"{name}/{path}", b"one")
    custody.another_sink().put(f"{name}/{path}", b"one")
    with pytest.raises(AlreadyRecorded):
        custody.another_sink().put(f"{name}/{path}", b"two")
    assert custody.sink.get(f"{name}/{path}") == b"one"


def test_of_eight_writers_one_gets_the_place_and_each_keeps_its_own(custody: Custody, name: str) -> None:
    def attempt(n: int) -> bool:
        sink = custody.another_sink()
        sink.put(f"{name}/own-{n}", b"mine")
        try:
            sink.put(f"{name}/x", f"writer {n}".encode())
        except AlreadyRecorded:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1
    assert len(custody.another_sink().list(f"{name}/")) == 9


@pytest.mark.parametrize("path", ["x", f"blobs/{'cd' * 32}"])
def test_a_put_whose_answer_was_lost_is_kept_once(custody: Custody, name: str, path: str) -> None:
    custody.sink.put(f"{name}/first", b"0")
    custody.scene.cloud.faults.add(Fault("drop", "blob", "PUT", late=True, times=1))
    custody.sink.put(f"{name}/{path}", b"one")
    assert custody.another_sink().get(f"{name}/{path}") == b"one"
    assert len(custody.another_sink().list(f"{name}/")) == 2


def test_nobody_alters_or_deletes_a_ledger_not_even_the_owner(custody: Custody, name: str) -> None:
    custody.sink.put(f"{name}/x", b"one")
    custody.sink.put(f"{name}/blobs/{'ab' * 32}", b"evidence")
    container = custody.admin.blobs(PLACES.blob_url).get_container_client(LEDGERS)
    for blob in (f"{name}/ledger", f"{name}/blobs/{'ab' * 32}"):
        client = container.get_blob_client(blob)
        for attempt in (client.delete_blob, lambda client=client: client.upload_blob(b"two", overwrite=True)):
            with pytest.raises(HttpResponseError) as refused:
                attempt()
            assert refused.value.status_code == 409
    containers = custody.admin.storage(SUBSCRIPTION).blob_containers
    with pytest.raises(HttpResponseError):
        containers.delete(GROUP, PLACES.account, LEDGERS)


def test_what_somebody_else_appended_is_named_as_tampering(custody: Custody, name: str) -> None:
    custody.sink.put(f"{name}/x", b"one")
    client = custody.admin.blobs(PLACES.blob_url).get_container_client(LEDGERS).get_blob_client(f"{name}/ledger")
    client.append_block(b'{"path": "x", "size": 3}\ntwo\n')
    with pytest.raises(Tampered, match="twice"):
        custody.another_sink().list(f"{name}/")


def test_a_whole_record_is_kept_resumed_and_audited(custody: Custody) -> None:
    custody.sink.ready()
    record = custody.record()
    digest = record.blob(b"alert")
    record.append("opened", {})
    again = Record.resume(CASE, [custody.another_sink()], custody.signer, custody.keyring, SteppingClock())
    assert again.blobs(digest) == b"alert"
    again.append("fence", {"n": 1})
    again.close({})
    assert audit(custody.another_sink(), CASE, custody.signer.public_key()).ok


def test_a_container_without_a_locked_policy_is_not_ready(custody: Custody) -> None:
    containers = custody.admin.storage(SUBSCRIPTION).blob_containers
    containers.create(GROUP, PLACES.account, "unlocked", {"properties": {}})  # type: ignore[call-overload]
    with pytest.raises(NotReady, match="no locked policy"):
        type(custody.sink)(custody.clients, PLACES, "unlocked").ready()
    with pytest.raises(NotReady, match="absent"):
        type(custody.sink)(custody.clients, PLACES, "none").ready()


def test_init_may_be_run_again_and_lengthens_what_is_kept(custody: Custody) -> None:
    assert init(custody.admin, PLACES, TENANT, "eastus", DAYS) == custody.made
    init(custody.admin, PLACES, TENANT, "eastus", DAYS + 1)
    policy = custody.admin.storage(SUBSCRIPTION).blob_containers.get(GROUP, PLACES.account, LEDGERS).immutability_policy
    assert policy
    assert (policy.state, policy.immutability_period_since_creation_in_days) == ("Locked", DAYS + 1)


def test_a_signature_by_the_vault_verifies_outside(custody: Custody) -> None:
    for size in range(3):
        point = Checkpoint(CASE, size, "ab" * 32)
        assert read(sign(point, custody.signer), CASE, custody.signer.public_key()) == point


def test_a_key_of_another_kind_is_refused(custody: Custody) -> None:
    with pytest.raises(NotReady):
        VaultSigner(custody.clients, PLACES.data_key).public_key()


def test_secrets_are_the_same_for_every_worker_and_bound_to_their_case(custody: Custody, name: str) -> None:
    rings = [VaultKeyring(custody.clients, custody.documents, PLACES.data_key) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda ring: ring.data_key(name), rings))
    assert len(made) == 1
    assert custody.keyring.name_key(name) not in made
    kept, _ = custody.documents.read(f"secrets/{name}")
    assert made.pop() not in kept
    custody.documents.write(f"secrets/{name}-other", kept)
    with pytest.raises(Tampered):
        custody.keyring.data_key(f"{name}-other")
    custody.keyring.forget(name)
    with pytest.raises(Absent):
        custody.keyring.data_key(name)


def test_a_save_whose_answer_was_lost_counts(custody: Custody, name: str) -> None:
    cases = custody.cases()
    cases.create(case(name))
    lease = cases.take(name, "worker")
    assert lease
    before = cases.load(name)
    custody.scene.cloud.faults.add(Fault("drop", "blob", "PUT", late=True, times=1))
    assert cases.save(before, lease).version == before.version + 1
    assert cases.load(name).version == before.version + 1


def everything(custody: Custody, name: str) -> None:
    """Each thing that a recorder does, once, as a worker that has just begun."""
    sink, signer = custody.another_sink(), VaultSigner(custody.clients, PLACES.signing_key)
    ring = VaultKeyring(custody.clients, custody.documents, PLACES.data_key)
    sink.ready()
    cases = custody.cases()
    cases.create(case(name))
    lease = cases.take(name, "worker")
    assert lease
    cases.save(cases.load(name), lease)
    cases.all()
    cases.remember([f"{name}-request"])
    record = Record.resume(name, [sink], signer, ring, SteppingClock())
    digest = record.blob(b"alert")
    record.append("opened", {})
    record.close({})
    record.blobs(digest)
    VaultKeyring(custody.clients, custody.documents, PLACES.data_key).data_key(name)


def test_the_declared_permissions_are_enough(custody: Custody, name: str) -> None:
    everything(custody, name)


@pytest.mark.parametrize("taken", sorted({*RECORDER.actions, *RECORDER.data_actions}))
def test_no_declared_permission_can_be_spared(custody: Custody, name: str, taken: str) -> None:
    custody.grant(taken)
    try:
        with pytest.raises(CodeblueError):
            everything(custody, name)
    finally:
        custody.grant()
