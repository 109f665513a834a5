"""New data keys by the command line: every blob of a clinic is written again under an encryption scope of its tenant's new key."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.sandbox.azure import clinic_names as names
from tests.contract.azure.respond_scenes import CHART, Night, at_work, changes, night, read
from tests.contract.azure.test_respond import FENCE_ALONE, FOLDERS

NEW_KEYS = FOLDERS.removeprefix(FENCE_ALONE) + '[migration]\ndata_keys = "new"\nengine = "distributed map"\n'


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Night]:
    with night(tmp_path / "response.toml", NEW_KEYS.format(tmp_path)) as made:
        made.run("init")
        assert read(made.thief_by_secret) == CHART
        yield made


def scopes(scene: Night) -> dict[str, str]:
    """By container and name: the encryption scope that the newest version of each blob is under."""
    account = scene.cloud.storage.accounts[names.ACCOUNT]
    return {
        f"{container.name}/{blob.name}": blob.current.scope
        for container in account.containers.values()
        for blob in container.blobs.values()
        if blob.current
    }


def test_every_blob_is_under_new_data_keys_and_nobody_at_work_notices(scene: Night) -> None:
    account, before = scene.cloud.storage.accounts[names.ACCOUNT], scopes(scene)
    assert set(before.values()) == set(names.TENANTS)
    with at_work(scene.clinician, scene.legacy) as failures:
        code, asked = scene.respond("defender-application-read.json")
        assert (code, asked["awaiting"]["wave"]) == (5, "rekey")
        code, found = scene.run("apply", asked["case"], "--yes")
    assert failures == []
    assert {("renew-data-keys", "successor"), ("migrate", "migrated")} <= changes(found, "applied")
    after = scopes(scene)
    assert after.keys() == before.keys()
    assert len(set(after.values())) == len(names.TENANTS)
    for blob, scope in after.items():
        assert scope.startswith(found["case"])
        new, old = account.scopes[scope].wrapping, account.scopes[before[blob]].wrapping
        assert new
        assert old
        assert new.current == old.current  # each tenant's new scope is under its own key's newest version
    assert (code, found["status"]) == (0, "contained")
    assert found["versions"]["copied"] == len(before)
    assert read(scene.clinician) == CHART
    code, audited = scene.run("audit", found["case"], "--open")
    assert (code, any("workers of parts" in each["what"] and each["holds"] for each in audited["guarantees"])) == (0, True)
    assert scene.run("apply", found["case"])[1]["status"] == "contained"
    assert scopes(scene) == after
