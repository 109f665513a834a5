"""What can not be read, or must not be acted on, is said in one sentence with its own exit code, and nothing is done."""

import gzip
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.cli import main
from tests.both.under_test import Ran
from tests.drills.respond_scene import EXFILTRATION, Scene, opened, writes

SECURITY_HUB = {
    "version": "0",
    "id": "7c2a0b1e-1111-2222-3333-444455556666",
    "detail-type": "Security Hub Findings - Imported",
    "source": "aws.securityhub",
    "account": "111122223333",
    "time": "2026-11-21T00:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {"findings": [{"SchemaVersion": "2018-10-08", "Id": "x", "AwsAccountId": "111122223333"}]},
}

UNREADABLE = {
    "nothing at all": b"",
    "text that is no JSON": b"{'service': guardduty}",
    "JSON that is no event": b"[1, 2, 3]",
    "JSON without an end": b'{"detail": ' * 50_000,
    "bytes of a program": bytes(range(256)) * 64,
    "gzip that breaks off": gzip.compress(b'{"Records": []}' * 100)[:40],
    "a finding of Security Hub that says too little to be known as one": json.dumps(SECURITY_HUB).encode(),
    "a batch of no records": b'{"Records": []}',
}

POLICIES = {
    "an unknown table": ('version = 1\n[modez]\nfence = "auto"\n', "modez"),
    "an unknown key": ('version = 1\n[modes]\nfencing = "auto"\n', "fencing"),
    "a bad value": ('version = 1\n[modes]\nfence = "yes"\n', "modes.fence"),
    "no TOML": ("version: 1\n", "TOML"),
}


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with opened() as clinic:
        yield clinic


@pytest.fixture
def here(scene: Scene, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """`codeblue` in this process: what never gets as far as a cloud needs none of its own."""

    def run(*args: object) -> Ran:
        for name, value in scene.environment("responder").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["codeblue", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return run


def in_one_sentence(ran: Ran) -> str:
    """What the program said on stderr, which is one line; fails where it said anything else."""
    (line,) = ran.err.strip().splitlines()
    assert line.startswith("codeblue: ")
    assert ran.out == ""
    return line


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_can_not_be_read_is_bad_input(scene: Scene, here: Callable[..., Ran], tmp_path: Path, content: bytes) -> None:
    event = tmp_path / "event.json"
    event.write_bytes(content)
    before = len(scene.calls())
    ran = here("respond", event, "--json")
    assert ran.code == 2, ran
    in_one_sentence(ran)
    assert scene.calls()[before:] == []


def test_a_file_larger_than_any_alert_is_bad_input(here: Callable[..., Ran], tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    with event.open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    ran = here("respond", event, "--json")
    assert (ran.code, "larger than any alert" in in_one_sentence(ran)) == (2, True)


def test_a_file_that_is_not_there_is_bad_input(here: Callable[..., Ran], tmp_path: Path) -> None:
    ran = here("respond", tmp_path / "nowhere.json", "--json")
    assert (ran.code, "can not be read" in in_one_sentence(ran)) == (2, True)


@pytest.mark.parametrize(("text", "named"), POLICIES.values(), ids=POLICIES.keys())
def test_a_policy_that_is_half_understood_stops_everything(
    scene: Scene, here: Callable[..., Ran], tmp_path: Path, text: str, named: str
) -> None:
    policy = tmp_path / "response.toml"
    policy.write_text(text)
    before = len(scene.calls())
    ran = here("respond", EXFILTRATION, "--render", "--json", "--policy", policy)
    assert (ran.code, named in in_one_sentence(ran)) == (2, True)
    assert scene.calls()[before:] == []


ENDS = {
    "azure/key-vault-key-deleted": (3, "partial", "this responder does not answer for azure"),
    "azure/key-vault-refused": (0, "dropped", "nothing was changed"),
    "aws/cloudwatch-alarm-root": (0, "observed", "rule alarm-of-access"),
    "aws/cloudtrail-get-object-burst": (0, "dropped", "(5 records alike)"),
    "aws/access-analyzer-resolved": (0, "dropped", "the access is gone"),
}


@pytest.mark.parametrize(("event", "end"), ENDS.items(), ids=ENDS.keys())
def test_what_opens_no_case_ends_with_a_sentence(
    scene: Scene, here: Callable[..., Ran], event: str, end: tuple[int, str, str]
) -> None:
    before = len(scene.calls())
    ran = here("respond", EXFILTRATION.parents[1] / f"{event}.json", "--render", "--json")
    code, status, words = end
    assert ran.status == (code, status), ran
    assert words in ran.result["left_for_people"][0]["reason"]
    assert writes(scene.calls(before)) == []


def test_people_are_told_in_words_what_is_theirs(here: Callable[..., Ran]) -> None:
    ran = here("respond", EXFILTRATION.parents[1] / "azure" / "key-vault-key-deleted.json", "--render")
    assert ran.out.startswith("\nno case: NOT CONTAINED: this is for people")
    assert "next: name the cloud in response.toml, [responder] clouds, or act by hand" in ran.out


@pytest.mark.parametrize("command", ["status", "apply", "rollback"])
def test_a_case_that_nobody_knows_is_an_error_in_words(scene: Scene, command: str) -> None:
    ran = scene.codeblue(command, "cb-000000000000", "--json")
    assert (ran.code, "cb-000000000000" in in_one_sentence(ran)) == (1, True)


def test_without_custody_nothing_is_done() -> None:
    with opened(empty=True) as scene:
        table = scene.client("dynamodb")
        table.update_table(TableName="codeblue-cases", DeletionProtectionEnabled=False)
        table.delete_table(TableName="codeblue-cases")
        before = len(scene.calls())
        ran = scene.respond()
        assert ran.code == 1, ran
        in_one_sentence(ran)
        assert writes(scene.calls(before)) == []
