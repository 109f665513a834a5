"""Where the policy asks, nothing happens until a person has said yes to exactly what was shown, in time."""

import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.both.under_test import ASKING, Clinic, respond, untouched

SECONDS_TO_ANSWER = 4
HURRIED = {"modes": {"fence": "ask"}, "approval": {"expires": f"{SECONDS_TO_ANSWER}s"}}


@pytest.mark.timeout(400)
def test_one_approval_of_an_envelope_contains_the_thief(clinic: Clinic, tmp_path: Path) -> None:
    policy, before = clinic.policy(tmp_path, ASKING), clinic.calls()
    asked = respond(clinic, clinic.theft, "--policy", policy)
    assert asked.status == (5, "awaiting_approval"), asked
    awaiting, case = asked.result["awaiting"], asked.result["case"]
    assert awaiting.keys() >= {"wave", "digest", "envelope", "expires"}
    assert datetime.fromisoformat(awaiting["expires"]).timestamp() > time.time() + 3600
    assert clinic.writes(before) == []
    assert clinic.reads(clinic.thief) == ""

    wrong = clinic.codeblue("approve", case, "--digest", "0" * 64, "--json", "--policy", policy)
    assert (wrong.code, clinic.writes(before)) == (4, [])
    assert clinic.codeblue("apply", case, "--json", "--policy", policy).status == (5, "awaiting_approval")

    approved = clinic.codeblue("approve", case, "--digest", awaiting["digest"], "--json", "--policy", policy)
    assert (approved.code, clinic.writes(before)) == (0, [])
    done = clinic.codeblue("apply", case, "--json", "--policy", policy)
    assert done.status == (0, "contained"), done
    assert clinic.reads(clinic.thief) != ""
    assert {clinic.reads(who) for who in clinic.people} == {""}


def test_a_refusal_ends_it_and_nothing_is_changed(clinic: Clinic, tmp_path: Path) -> None:
    policy, before = clinic.policy(tmp_path, ASKING), clinic.calls()
    asked = respond(clinic, clinic.theft, "--policy", policy)
    assert asked.status == (5, "awaiting_approval"), asked
    case, digest = asked.result["case"], asked.result["awaiting"]["digest"]
    refused = clinic.codeblue("approve", case, "--digest", digest, "--refuse", "--json", "--policy", policy)
    assert refused.result["status"] == "refused"
    assert clinic.codeblue("apply", case, "--json", "--policy", policy).status == (4, "refused")
    assert clinic.writes(before) == []


def test_time_never_consents(clinic: Clinic, tmp_path: Path) -> None:
    policy, before = clinic.policy(tmp_path, HURRIED), clinic.calls()
    asked = untouched(clinic, clinic.theft, "--policy", policy)
    assert asked.code == 5, asked
    case, first = asked.result["case"], asked.result["awaiting"]
    left = datetime.fromisoformat(first["expires"]).timestamp() - time.time()
    time.sleep(max(0.0, left))
    late = clinic.codeblue("approve", case, "--digest", first["digest"], "--json", "--policy", policy)
    assert (late.code, "expired" in late.err) == (4, True)
    again = clinic.codeblue("apply", case, "--json", "--policy", policy)
    assert again.status == (5, "awaiting_approval")
    assert again.result["awaiting"]["expires"] > first["expires"]
    assert clinic.writes(before) == []
