"""A thief inside the clinicians' own role: out by the network, while the application goes on without one failure.

The record of that case lies in folders; an outsider's audit of it names every way in which somebody could have tampered with it.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import pytest

from shared.sandbox.aws import scenario_names as names
from tests.both.under_test import Ran
from tests.drills.respond_scene import EVENTS, Scene, opened, refusal

pytestmark = pytest.mark.timeout(400)

INSTANCE = EVENTS / "guardduty-instance-credential-exfiltration.json"


@dataclass(frozen=True, slots=True)
class Contained:
    """The run, what the application and the thief met, and where the record lies (`ledger`, `second`, `witness` in `folder`)."""

    ran: Ran
    failures: tuple[str, ...]
    thief: str
    folder: Path


@pytest.fixture(scope="module")
def contained(tmp_path_factory: pytest.TempPathFactory) -> Contained:
    folder = tmp_path_factory.mktemp("custody")
    with opened() as scene:
        assert scene.reads("thief_instance") == ""
        failures: list[str] = []
        stopped = Event()
        worker = Thread(target=at_work, args=(scene, failures, stopped))
        worker.start()
        ran = scene.respond(INSTANCE, "--policy", policy(folder))
        thief = scene.reads("thief_instance")
        stopped.set()
        worker.join()
    return Contained(ran, tuple(failures), thief, folder)


def at_work(scene: Scene, failures: list[str], stopped: Event) -> None:
    """The clinicians' application: charts are read and written until told to stop; the first line of `failures` counts calls."""
    s3 = scene.client("s3", "clinician_app")
    chart = {"Bucket": names.CHARTS, "Key": f"charts/{names.PATIENTS[1]}.pdf"}
    calls = 0
    while not stopped.wait(0.2):
        for call in (lambda: s3.get_object(**chart), lambda: s3.put_object(**chart, Body=b"seen today")):
            calls += 1
            if code := refusal(call):
                failures.append(code)
    assert calls > 0


def policy(folder: Path, second: Path | None = None) -> Path:
    """A policy file whose custody is this folder."""
    file = folder / "response.toml"
    places = {"directory": folder / "first", "second_directory": second or folder / "second", "witness": folder / "witness"}
    lines = [f'{name} = "{place}"' for name, place in places.items()]
    file.write_text("\n".join(["version = 1", "[modes]", 'rekey = "observe"', "[custody]", *lines]))
    return file


def test_the_thief_is_out_and_no_clinician_noticed(contained: Contained) -> None:
    assert contained.ran.status == (0, "contained"), contained.ran
    assert (contained.thief, contained.failures) == ("AccessDenied", ())


class Tampering:
    """What somebody does to a copy of the record; each returns what the audit must name."""

    @staticmethod
    def flipped(ledger: Path) -> str:
        entry = numbered(ledger, 1)
        content = bytearray(entry.read_bytes())
        content[len(content) // 2] ^= 1
        entry.write_bytes(content)
        return "entries/000000000001.json"

    @staticmethod
    def removed(ledger: Path) -> str:
        numbered(ledger, 2).unlink()
        return "entry 2 is missing"

    @staticmethod
    def reordered(ledger: Path) -> str:
        one, two = numbered(ledger, 1), numbered(ledger, 2)
        first, second = one.read_bytes(), two.read_bytes()
        one.write_bytes(second)
        two.write_bytes(first)
        return "entries/000000000001.json"

    @staticmethod
    def inserted(ledger: Path) -> str:
        last = max((ledger / "entries").iterdir())
        added = last.with_name(f"{int(last.stem) + 1:012d}.json")
        added.write_bytes(last.read_bytes())
        return f"entries/{added.name}"

    @staticmethod
    def truncated(ledger: Path) -> str:
        for file in [*(ledger / "checkpoints").iterdir(), *sorted((ledger / "entries").iterdir())[3:]]:
            file.unlink()
        return "the end was cut off"

    @staticmethod
    def with_evidence_exchanged(ledger: Path) -> str:
        one, two, *_ = sorted((ledger / "blobs").iterdir())
        one.write_bytes(two.read_bytes())
        return f"blobs/{one.name}"


KINDS = [Tampering.flipped, Tampering.removed, Tampering.reordered, Tampering.inserted, Tampering.truncated]


@pytest.fixture
def copy(contained: Contained, tmp_path: Path) -> Path:
    return Path(shutil.copytree(contained.folder, tmp_path / "copy"))


def audited(case: str, file: Path) -> Ran:
    """An outsider's audit of a record in folders: no cloud is asked."""
    return Scene({"credentials": {"nobody": {}}, "endpoint_url": "http://127.0.0.1:9", "region": names.REGION}).codeblue(
        "audit", case, "--open", "--json", "--policy", file, who="nobody"
    )


def numbered(ledger: Path, seq: int) -> Path:
    return ledger / "entries" / f"{seq:012d}.json"


def test_the_intact_record_is_found_intact(contained: Contained, copy: Path) -> None:
    audit = audited(contained.ran.result["case"], policy(copy))
    assert (audit.code, audit.result["findings"]) == (0, [])


@pytest.mark.parametrize("tamper", [*KINDS, Tampering.with_evidence_exchanged], ids=lambda tamper: tamper.__name__)
def test_a_record_that_was_tampered_with_is_named(contained: Contained, copy: Path, tamper: Callable[[Path], str]) -> None:
    case = contained.ran.result["case"]
    named = tamper(copy / "first" / "ledger" / case)
    audit = audited(case, policy(copy))
    assert (audit.code, audit.result["ok"]) == (6, False), audit
    assert named in "\n".join(audit.result["findings"])


def test_a_fork_is_named_by_the_sink_that_tells_it_otherwise(contained: Contained, copy: Path) -> None:
    case = contained.ran.result["case"]
    other = copy / "second" / case
    entry = json.loads(numbered(other, 1).read_bytes())
    entry["body"]["by"] = "somebody else"
    numbered(other, 1).write_bytes(json.dumps(entry, sort_keys=True, separators=(",", ":")).encode())
    audit = audited(case, policy(copy))
    assert audit.code == 6
    assert any("entries/000000000001.json" in each and "forked" in each for each in audit.result["findings"])
