"""A new version of every key of a clinic on Azure, by the command line: wrapped anew, proved, and followed from then on."""

from pathlib import Path

from shared.adapters.azure.names import key as key_name
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.cloud import Cloud
from tests.contract.azure.respond_scenes import CHART, at_work, changes, night, read
from tests.contract.azure.test_respond import FENCE_ALONE, FOLDERS


def enabled(cloud: Cloud, key: str) -> bool:
    """Whether this version can be used."""
    name = key_name(key)
    found = cloud.vaults.find(name.vault_url, name.name, name.version)
    return found is not None and found[2].enabled


def test_every_key_gets_a_new_version_and_nobody_at_work_notices(tmp_path: Path) -> None:
    with night(tmp_path / "response.toml", FOLDERS.removeprefix(FENCE_ALONE).format(tmp_path)) as scene:
        scene.run("init")
        assert read(scene.thief_by_secret) == CHART
        before = scene.wrapped()
        with at_work(scene.clinician, scene.legacy) as failures:
            code, asked = scene.respond("defender-application-read.json")
            assert (code, asked["awaiting"]["wave"], scene.wrapped()) == (5, "rekey", before)
            code, found = scene.run("apply", asked["case"], "--yes")
        assert (code, found["status"], failures) == (0, "contained", [])
        assert {("replace-key", "successor"), ("repoint", "encrypted-with")} <= changes(found, "applied")
        after = scene.wrapped()
        assert after.keys() == before.keys() == {names.ACCOUNT, *names.TENANTS}
        assert all(told == "" for told, _ in after.values())  # the newest is followed again
        for name, (_, old) in before.items():
            new = after[name][1]
            assert (new.rpartition("/")[0], new == old) == (old.rpartition("/")[0], False)
        assert read(scene.clinician) == CHART
        assert all(enabled(scene.cloud, old) for _, old in before.values())  # recovery points and snapshots are under it
        assert scene.run("audit", found["case"], "--open")[0] == 0
        assert scene.run("apply", found["case"])[1]["status"] == "contained"
        assert scene.wrapped() == after
