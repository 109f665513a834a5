"""Where the policy asks, nothing happens until a person has said yes to exactly what was shown, in time."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.drills.respond_scene import EVENTS, EXFILTRATION, Scene, opened, writes

ANOMALOUS = EVENTS / "guardduty-anomalous-iam.json"
SECONDS_TO_ANSWER = 4


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with opened() as clinic:
        yield clinic


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "response.toml"
    path.write_text('version = 1\n[modes]\nfence = "ask"\npreserve = "ask"\nsweep = "ask"\nrekey = "observe"\n')
    return path


@pytest.mark.timeout(400)
def test_one_approval_of_an_envelope_contains_the_thief(scene: Scene, policy: Path) -> None:
    before = len(scene.calls())
    asked = scene.respond(EXFILTRATION, "--policy", policy)
    assert asked.status == (5, "awaiting_approval")
    awaiting, case = asked.result["awaiting"], asked.result["case"]
    assert awaiting.keys() >= {"wave", "digest", "envelope", "expires"}
    assert datetime.fromisoformat(awaiting["expires"]).timestamp() > time.time() + 3600
    assert writes(scene.calls(before)) == []
    assert scene.reads() == ""

    wrong = scene.codeblue("approve", case, "--digest", "0" * 64, "--json", "--policy", policy)
    assert (wrong.code, writes(scene.calls(before))) == (4, [])
    assert scene.codeblue("apply", case, "--json", "--policy", policy).status == (5, "awaiting_approval")

    approved = scene.codeblue("approve", case, "--digest", awaiting["digest"], "--json", "--policy", policy)
    assert (approved.code, writes(scene.calls(before))) == (0, [])
    done = scene.codeblue("apply", case, "--json", "--policy", policy)
    assert done.status == (0, "contained"), done
    assert scene.reads() != ""
    assert scene.reads("clinician") == ""


def test_a_refusal_ends_it_and_nothing_is_changed(scene: Scene, policy: Path) -> None:
    before = len(scene.calls())
    asked = scene.respond(ANOMALOUS, "--policy", policy)
    assert asked.status == (5, "awaiting_approval")
    case, digest = asked.result["case"], asked.result["awaiting"]["digest"]
    refused = scene.codeblue("approve", case, "--digest", digest, "--refuse", "--json", "--policy", policy)
    assert refused.result["status"] == "refused"
    assert scene.codeblue("apply", case, "--json", "--policy", policy).status == (4, "refused")
    assert writes(scene.calls(before)) == []


def test_time_never_consents(scene: Scene, tmp_path: Path) -> None:
    policy = tmp_path / "hurried.toml"
    policy.write_text(f'version = 1\n[modes]\nfence = "ask"\n[approval]\nexpires = "{SECONDS_TO_ANSWER}s"\n')
    before = len(scene.calls())
    event = EVENTS / "guardduty-instance-credential-exfiltration.json"
    asked = scene.respond(event, "--policy", policy)
    assert asked.code == 5
    case, first = asked.result["case"], asked.result["awaiting"]
    time.sleep(SECONDS_TO_ANSWER)
    late = scene.codeblue("approve", case, "--digest", first["digest"], "--json", "--policy", policy)
    assert (late.code, "expired" in late.err) == (4, True)
    again = scene.codeblue("apply", case, "--json", "--policy", policy)
    assert again.status == (5, "awaiting_approval")
    assert again.result["awaiting"]["expires"] > first["expires"]
    assert writes(scene.calls(before)) == []
