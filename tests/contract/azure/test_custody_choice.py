"""A policy that names a resource group has its record on Azure; a record in either place may have its witness there."""

from pathlib import Path

import pytest

from shared import bootstrap
from shared.adapters.azure.custody_places import by_convention
from shared.adapters.local.clock import SystemClock
from shared.domain.errors import NotReady
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.clinic import build
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.server import Server
from shared.settings import CustodyPlaces, Policy

AZURE = Policy(custody=CustodyPlaces(azure=names.SCOPE))


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def act(patch: pytest.MonkeyPatch, held: dict[str, str]) -> None:
    """The environment names whoever holds these credentials."""
    for name, value in held.items():
        patch.setenv(name.upper(), value)


def test_the_record_is_made_kept_and_audited_on_azure_with_a_witness_there(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clinic = build(cloud, empty=True)
    act(monkeypatch, clinic.credentials["administrator"])
    with Server(cloud) as server:
        monkeypatch.setenv("CODEBLUE_AZURE_ENDPOINT", server.endpoint_url)
        with pytest.raises(NotReady, match="absent"):
            bootstrap.custody(AZURE, SystemClock())
        made = bootstrap.create_custody(AZURE)
        act(monkeypatch, clinic.credentials["responder"])
        kept = bootstrap.custody(AZURE, SystemClock())
        record = kept.journal(SystemClock())("case-1")
        record.append("opened", {})
        record.close({})
        assert str(made["public_key"]).startswith("-----BEGIN PUBLIC KEY-----")
        assert bootstrap.audited("case-1", AZURE, open_case=False, public_key=None, folder=None).ok
        assert kept.place == made["ledgers"]

        witness = by_convention(names.SUBSCRIPTION, names.GROUP).blob_url
        folders = Policy(custody=CustodyPlaces(directory=str(tmp_path), witness=witness))
        elsewhere = bootstrap.custody(folders, SystemClock())
        record = elsewhere.journal(SystemClock())("case-2")
        record.append("opened", {})
        record.close({})
        assert len(elsewhere.witnesses[0].remembered("case-2")) == 1
        assert bootstrap.audited("case-2", folders, open_case=False, public_key=None, folder=None).ok


@pytest.mark.parametrize("group", ["hospital", "/subscriptions/x/resourceGroups/y"])
def test_what_is_no_resource_group_is_named(group: str) -> None:
    with pytest.raises(NotReady, match="resource group"):
        bootstrap.custody(Policy(custody=CustodyPlaces(azure=group)), SystemClock())
