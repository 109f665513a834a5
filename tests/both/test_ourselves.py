"""Our own calls as events: what we journaled is dropped, what we did not is an attack on us, and a namesake is a stranger."""

from pathlib import Path

from tests.both.under_test import FENCING, PAGED, Clinic, respond, untouched


def test_what_we_did_ourselves_and_put_on_record_is_dropped(clinic: Clinic, tmp_path: Path) -> None:
    policy = clinic.policy(tmp_path, FENCING)
    assert respond(clinic, clinic.theft, "--policy", policy).status == (0, "contained")
    clinic.pages()
    for record in clinic.ours():
        dropped = untouched(clinic, record, "--policy", policy)
        assert dropped.status == (0, "dropped"), (record, dropped)
    assert clinic.pages() == []


def test_what_was_done_with_our_credentials_and_is_not_on_record_pages_and_is_refused(clinic: Clinic, tmp_path: Path) -> None:
    theirs = clinic.with_our_credentials()
    clinic.pages()
    refused = untouched(clinic, theirs, "--policy", clinic.policy(tmp_path, FENCING))
    assert refused.status == (4, "refused"), refused
    assert clinic.pages() == [PAGED]


def test_a_namesake_of_a_responder_with_another_id_is_a_stranger_and_is_fenced(clinic: Clinic, tmp_path: Path) -> None:
    namesake = clinic.namesake()
    policy = clinic.policy(tmp_path, {**FENCING, "responder": {"roles": [namesake.known]}})
    done = respond(clinic, namesake.record, "--policy", policy)
    assert done.status == (0, "contained"), done
    assert namesake.name in {change["target"] for change in done.changes if change["status"] == "applied"}
    assert namesake.enters() != ""
