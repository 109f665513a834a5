"""A forged alert is the cheapest denial of service: whatever it names, nothing is changed, and the reason is said."""

from pathlib import Path

import pytest

from tests.both.under_test import PAGED, Clinic, untouched

REFUSED = (4, "refused")


@pytest.fixture
def clinic(shared_clinic: Clinic) -> Clinic:
    """Nothing is changed in it, so all rows have one."""
    return shared_clinic


@pytest.fixture
def policy(clinic: Clinic, tmp_path: Path) -> Path:
    return clinic.policy(tmp_path, {"responder": {"break_glass": [clinic.break_glass]}})


def test_one_that_its_source_does_not_know_and_that_names_a_rightful_user_is_put_to_a_person(clinic: Clinic, policy: Path) -> None:
    ran = untouched(clinic, clinic.forged().user, "--policy", policy)
    assert ran.status == (5, "awaiting_approval"), ran
    assert "could not be confirmed at its source" in ran.result["awaiting"]["why"]
    assert {clinic.reads(who) for who in clinic.people} == {""}


def test_one_under_a_true_alerts_id_that_names_a_rightful_user_is_refused(clinic: Clinic, policy: Path) -> None:
    ran = untouched(clinic, clinic.forged().known_user, "--policy", policy)
    assert ran.status == REFUSED, ran
    assert "forged or altered" in ran.result["left_for_people"][0]["reason"]


def test_one_that_names_the_responder_is_refused_and_people_are_paged(clinic: Clinic, policy: Path) -> None:
    clinic.pages()
    ran = untouched(clinic, clinic.forged().ourselves, "--policy", policy)
    assert ran.status == REFUSED, ran
    assert "responder identity" in ran.result["left_for_people"][0]["reason"]
    assert clinic.pages() == [PAGED]


def test_one_that_names_a_break_glass_identity_of_the_policy_is_refused(clinic: Clinic, policy: Path) -> None:
    ran = untouched(clinic, clinic.forged().last_resort, "--policy", policy)
    assert ran.status == REFUSED, ran


def test_one_that_names_a_break_glass_identity_by_its_name_alone_plans_nothing_against_it(clinic: Clinic, policy: Path) -> None:
    ran = untouched(clinic, clinic.forged().last_resort_by_name, "--policy", policy)
    assert {change["status"] for change in ran.changes if change["target"] == clinic.break_glass} <= {"refused"}
    assert ran.result["status"] in {"refused", "awaiting_approval"}


def test_one_under_a_true_alerts_id_that_names_custodys_store_is_refused(clinic: Clinic, policy: Path) -> None:
    ran = untouched(clinic, clinic.forged().known_custody, "--policy", policy)
    assert ran.status == REFUSED, ran


def test_what_is_out_of_reach_stays_so_where_the_source_itself_names_it(clinic: Clinic, tmp_path: Path) -> None:
    alert, protected, targets = clinic.out_of_reach()
    policy = clinic.policy(tmp_path, {"modes": {"fence": "ask"}, **protected})
    ran = untouched(clinic, alert, "--policy", policy)
    assert ran.status == (5, "awaiting_approval"), ran
    for target in targets:
        assert {change["status"] for change in ran.changes if change["target"] == target} == {"refused"}, target
