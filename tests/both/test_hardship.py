"""A fence in hard times: throttling in the midst of it, and no place left for the record."""

from pathlib import Path

import pytest

from tests.both.under_test import FENCING, Clinic, respond, untouched

pytestmark = pytest.mark.timeout(400)

HELD = (3, "held")


def test_throttling_in_the_middle_takes_nothing_back_and_delays_the_rest(clinic: Clinic, tmp_path: Path) -> None:
    policy = clinic.policy(tmp_path, FENCING)
    clinic.throttle()
    held = respond(clinic, clinic.theft, "--policy", policy, "--wait", "1")
    assert held.status == HELD, held
    assert held.result["left_for_people"]
    assert "A fence is incomplete" in clinic.pages()

    clinic.relent()
    written = clinic.fences()
    assert written
    done = clinic.codeblue("apply", held.result["case"], "--json", "--policy", policy)
    assert done.status == (0, "contained"), done
    assert written < clinic.fences()
    assert clinic.reads(clinic.thief) != ""


def test_without_any_place_for_the_record_nothing_is_changed_and_people_are_paged(clinic: Clinic, tmp_path: Path) -> None:
    clinic.lose_record()
    held = untouched(clinic, clinic.theft, "--policy", clinic.policy(tmp_path, FENCING), "--wait", "1")
    assert held.status == HELD, held
    assert clinic.pages() == ["The custody record can not be written"]
