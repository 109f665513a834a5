"""Custody in a folder: write-once, private, whole after a crash, shared by the processes of one machine."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from shared.adapters.local.clock import SystemClock
from shared.adapters.local.keyring import FileKeyring
from shared.adapters.local.signer import PemSigner
from shared.adapters.local.sinks import DirectorySink
from shared.adapters.memory.custody import MemoryKeyring, MemorySink
from shared.custody.audit import audit
from shared.custody.note import Checkpoint, sign
from shared.custody.record import Record
from shared.custody.signed import read
from shared.domain.errors import Absent, AlreadyRecorded, BadInput, CodeblueError, NotDurable, NotReady
from shared.ports import Keyring, Sink

CASE = "case-1"


@pytest.fixture(params=["memory", "folder"])
def sink(request: pytest.FixtureRequest, tmp_path: Path) -> Sink:
    return MemorySink() if request.param == "memory" else DirectorySink(tmp_path / "ledger")


def test_what_was_put_comes_back_and_is_listed(sink: Sink) -> None:
    sink.put("case-1/entries/1", b"one")
    sink.put("case-1/entries/0", b"zero")
    sink.put("case-10/entries/0", b"other")
    assert sink.get("case-1/entries/1") == b"one"
    assert sink.list("case-1/") == ("case-1/entries/0", "case-1/entries/1")
    assert sink.list("case-2/") == ()
    with pytest.raises(Absent):
        sink.get("case-1/entries/2")


def test_a_place_is_taken_once_and_the_same_bytes_again_are_no_error(sink: Sink) -> None:
    sink.put("case-1/x", b"one")
    sink.put("case-1/x", b"one")
    with pytest.raises(AlreadyRecorded):
        sink.put("case-1/x", b"two")
    assert sink.get("case-1/x") == b"one"


def test_of_sixteen_writers_one_gets_the_place(sink: Sink) -> None:
    def attempt(n: int) -> bool:
        try:
            sink.put("case-1/x", f"writer {n}".encode())
        except AlreadyRecorded:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(16))) == 1


def test_nobody_else_can_read_a_ledger(tmp_path: Path) -> None:
    DirectorySink(tmp_path / "custody" / "ledger").put("case-1/x", b"one")
    made = [path for path in (tmp_path / "custody").rglob("*") if path.name != ".unfinished"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_dir()} == {0o700}


def test_a_crash_while_writing_leaves_no_torn_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = DirectorySink(tmp_path)

    def crash(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", crash)
        with pytest.raises(NotDurable, match="No space left"):
            sink.put("case-1/x", b"one")
    assert sink.list("case-1/") == ()
    sink.put("case-1/x", b"two")
    assert sink.get("case-1/x") == b"two"


def test_a_folder_that_is_a_file_is_not_durable(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("in the way")
    with pytest.raises(CodeblueError):
        DirectorySink(tmp_path / "ledger").put("case-1/x", b"one")


def test_a_signing_key_is_made_once_and_stays_private(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "signing-key.pem"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: PemSigner.open(file).public_key(), range(8)))
    assert len(keys) == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    point = Checkpoint(CASE, 1, "ab" * 32)
    assert read(sign(point, PemSigner.open(file)), CASE, keys.pop()) == point


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"no key", id="no key at all"),
        pytest.param(
            rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), id="an RSA key"
        ),
        pytest.param(
            ec.generate_private_key(ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            id="a key on another curve",
        ),
    ],
)
def test_a_file_with_anything_else_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(content)
    with pytest.raises(NotReady):
        PemSigner.open(file)


@pytest.fixture(params=["memory", "folder"])
def keyring(request: pytest.FixtureRequest, tmp_path: Path) -> MemoryKeyring | FileKeyring:
    return MemoryKeyring() if request.param == "memory" else FileKeyring(tmp_path / "secrets")


def test_secrets_last_differ_by_case_and_by_use(keyring: Keyring) -> None:
    assert keyring.data_key(CASE) == keyring.data_key(CASE) != keyring.data_key("case-2")
    assert keyring.name_key(CASE) == keyring.name_key(CASE) != keyring.data_key(CASE)
    assert len(keyring.data_key(CASE)) == len(keyring.name_key(CASE)) == 32


def test_deleted_secrets_never_come_back(keyring: MemoryKeyring | FileKeyring) -> None:
    keyring.data_key(CASE)
    keyring.forget(CASE)
    for wanted in (keyring.data_key, keyring.name_key):
        with pytest.raises(Absent):
            wanted(CASE)


def test_workers_of_one_machine_share_secrets_and_their_deletion(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: FileKeyring(tmp_path).data_key(CASE), range(8)))) == 1
    FileKeyring(tmp_path).forget(CASE)
    with pytest.raises(Absent):
        FileKeyring(tmp_path).data_key(CASE)
    assert stat.S_IMODE((tmp_path / f"{CASE}.key").stat().st_mode) == 0o600


def test_secrets_are_never_looked_up_outside_their_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        FileKeyring(tmp_path / "secrets").data_key("../case")


WORKER = """
import sys
from pathlib import Path
from shared.adapters.local.clock import SystemClock
from shared.adapters.local.keyring import FileKeyring
from shared.adapters.local.signer import PemSigner
from shared.adapters.local.sinks import DirectorySink
from shared.custody.record import Record
home = Path(sys.argv[1])
record = Record.resume("case-1", [DirectorySink(home / "a"), DirectorySink(home / "b")], PemSigner.open(home / "key.pem"),
                       FileKeyring(home / "secrets"), SystemClock())
while True:
    record.blob(b"evidence")
    record.append("outcome", {"worker": sys.argv[2]})
    print(flush=True)
"""


def test_workers_that_are_killed_leave_a_record_that_is_whole(tmp_path: Path) -> None:
    for worker in range(3):
        command = [sys.executable, "-c", WORKER, str(tmp_path), str(worker)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout
            for _ in range(5):
                process.stdout.readline()
            process.kill()
    sinks = [DirectorySink(tmp_path / name) for name in ("a", "b")]
    signer = PemSigner.open(tmp_path / "key.pem")
    record = Record.resume(CASE, sinks, signer, FileKeyring(tmp_path / "secrets"), SystemClock())
    record.close({})
    result = audit(sinks[0], CASE, signer.public_key(), second=sinks[1])
    assert result.ok, result.findings
    assert {entry.body.get("worker") for entry in record.entries()} == {"0", "1", "2", None}
