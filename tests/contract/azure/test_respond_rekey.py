"""A new version of every key of a clinic on Azure, by the command line: wrapped anew, proved, followed; then the old one's end."""

from pathlib import Path

from shared.adapters.azure.names import key as key_name
from shared.adapters.azure.own_vaults import called
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.vault_log import Use, record
from tests.contract.azure.respond_scenes import CHART, at_work, changes, night, read
from tests.contract.azure.test_respond import FENCE_ALONE, FOLDERS

BATCH = "00000000-dddd-4ddd-8ddd-000000000007"


def enabled(cloud: Cloud, key: str) -> bool:
    """Whether this version can be used."""
    name = key_name(key)
    found = cloud.vaults.find(name.vault_url, name.name, name.version)
    return found is not None and found[2].enabled


def used(cloud: Cloud, key: str) -> None:
    """A program of the hospital's has opened something of its own with this version."""
    vault = cloud.vaults.of_host(key_name(key).vault_url.removeprefix("https://"))
    assert vault
    record(cloud, vault, Use("KeyDecrypt", f"{key}/decrypt", BATCH, address="10.20.1.9"), cloud.clock.now())


def test_every_key_gets_a_new_version_and_nobody_at_work_notices(tmp_path: Path) -> None:
    with night(tmp_path / "response.toml", FOLDERS.removeprefix(FENCE_ALONE).format(tmp_path)) as scene:
        scene.run("init")
        assert read(scene.thief_by_secret) == CHART
        before = scene.wrapped()
        used(scene.cloud, before[names.TENANTS[0]][1])
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
        assert {name: enabled(scene.cloud, old) for name, (_, old) in before.items()} == {
            names.ACCOUNT: False,
            names.TENANTS[0]: True,
            names.TENANTS[1]: False,
        }
        (why,) = [left["reason"] for left in found["left_for_people"] if before[names.TENANTS[0]][1] in left["target"]]
        assert why.startswith(f"the old key is not disabled: {BATCH} used it 1 times and nothing explains it")
        assert {read(scene.clinician, tenant) for tenant in names.TENANTS} == {CHART, CHART.replace(b"cardio", b"radio")}
        assert scene.run("audit", found["case"], "--open")[0] == 0
        assert scene.run("apply", found["case"])[1]["status"] == "contained"
        assert scene.wrapped() == after


def test_a_key_whose_vault_the_thief_could_administer_gets_its_successor_in_another_and_a_rollback_goes_back(
    tmp_path: Path,
) -> None:
    with night(tmp_path / "response.toml", FOLDERS.removeprefix(FENCE_ALONE).format(tmp_path)) as scene:
        scene.run("init")
        scene.cloud.rbac.assign(names.EXPORT_ID, "Key Vault Contributor", names.SCOPE)
        assert read(scene.thief_by_secret) == CHART
        before = scene.wrapped()
        with at_work(scene.clinician, scene.legacy) as failures:
            code, asked = scene.respond("defender-application-read.json")
            assert (code, asked["awaiting"]["wave"], scene.roles(names.EXPORT_ID)) == (5, "rekey", [])
            code, found = scene.run("apply", asked["case"], "--yes")
        assert (code, found["status"], failures) == (0, "contained", [])
        made = changes(found, "applied")
        assert {("replace-key-apart", "successor-apart"), ("repoint", "encrypted-with")} <= made
        assert ("replace-key", "successor") not in made
        url = f"https://{called(found['case'], names.VAULT_URL)}.vault.azure.net/keys/"
        after = scene.wrapped()
        assert {(told, new.startswith(url)) for told, new in after.values()} == {("", True)}
        assert {name: enabled(scene.cloud, old) for name, (_, old) in before.items()} == dict.fromkeys(before, False)
        assert read(scene.clinician) == CHART
        _, undone = scene.run("rollback", found["case"])
        scene.run("rollback", found["case"], "--digest", undone["digest"])
        assert scene.wrapped() == before
        assert read(scene.clinician) == CHART
        assert url.removeprefix("https://").partition(".")[0] in scene.cloud.vaults.living
