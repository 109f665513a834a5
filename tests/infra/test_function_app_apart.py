"""Who administers a workload decides about none of its cases and writes none of its record: that takes a subscription apart."""

from pathlib import Path

import pytest

from azure_functions_app.infra import templates
from azure_functions_app.infra.apart import apart, workload
from azure_functions_app.infra.package import contents
from shared.domain.errors import BadInput
from shared.settings import Policy

WARD, HOME = "1c0deb1e-0000-4000-8000-00000000c11c", "0c0de5af-0000-4000-8000-00000000aaaa"
STORE = f"/subscriptions/{WARD.upper()}/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/charts"
BY_ACCOUNT = f'[tenants.st-brendan]\naccounts = ["{WARD}"]\n'
BY_STORE = f'[tenants.st-brendan]\nbuckets = ["{STORE}"]\n'
ELSEWHERE = '[tenants.st-brendan]\naccounts = ["111122223333"]\nbuckets = ["charts"]\n'


def kept_in(subscription: str) -> str:
    return f'[custody]\nazure = "/subscriptions/{subscription}/resourceGroups/custody"\n'


REFUSED = {
    "the app where a tenant is": (BY_ACCOUNT + kept_in(HOME), WARD, "the app"),
    "the app where a declared store is": (BY_STORE + kept_in(HOME), WARD, "the app"),
    "custody where a tenant is": (BY_ACCOUNT + kept_in(WARD), HOME, "custody"),
    "custody where a declared store is": (BY_STORE + kept_in(WARD.upper()), HOME, "custody"),
}
TAKEN = {
    "both in one of their own": (BY_ACCOUNT + BY_STORE.replace("st-brendan", "st-ita") + kept_in(HOME), HOME.upper()),
    "a record on the other cloud": (BY_ACCOUNT, HOME),
    "tenants of the other cloud": (ELSEWHERE + kept_in(HOME), HOME),
}


@pytest.mark.parametrize(("text", "home", "what"), REFUSED.values(), ids=REFUSED)
def test_refused_is(text: str, home: str, what: str) -> None:
    with pytest.raises(BadInput, match=f"^{what} is in {WARD}"):
        apart(Policy.read(text), home)


@pytest.mark.parametrize(("text", "home"), TAKEN.values(), ids=TAKEN)
def test_taken_is(text: str, home: str) -> None:
    apart(Policy.read(text), home)


INCOMPLETE = {
    "no word of where the record is": (BY_ACCOUNT, r"\[custody\] needs azure = "),
    "a word that is no resource group": ('[custody]\nazure = "custody"\n', r"\[custody\] needs azure = "),
    "a folder": (kept_in(HOME) + 'directory = "/mnt/custody"\n', r"\[custody\] directory has to go"),
    "the other cloud alone": (kept_in(HOME) + '[responder]\nclouds = ["aws"]\n', r"\[responder\] clouds needs \"azure\""),
    "all of it": (
        '[custody]\ndirectory = "/mnt/custody"\n[responder]\nclouds = ["aws"]\n',
        r"needs azure = .*directory has to go.*clouds needs .*Nothing was written",
    ),
}


@pytest.mark.parametrize(("text", "missing"), INCOMPLETE.values(), ids=INCOMPLETE)
def test_neither_templates_nor_package_are_made_of_a_policy_with(text: str, missing: str, tmp_path: Path) -> None:
    policy = tmp_path / "response.toml"
    policy.write_text(text)
    with pytest.raises(BadInput, match=missing):
        templates.main(policy, HOME, tmp_path / "out")
    with pytest.raises(BadInput, match=missing):
        list(contents(policy))
    assert not (tmp_path / "out").exists()


def test_what_is_declared_is_known_in_whatever_case_it_is_written() -> None:
    assert workload(Policy.read(BY_ACCOUNT)) == workload(Policy.read(BY_STORE)) == {WARD}


class TestGenerated:
    """What is written, and what is not."""

    @pytest.fixture
    def policy(self, tmp_path: Path) -> Path:
        path = tmp_path / "response.toml"
        path.write_text(BY_ACCOUNT + kept_in(HOME))
        return path

    def test_every_template_is_written(self, policy: Path, tmp_path: Path) -> None:
        templates.main(policy, HOME, tmp_path / "out")
        assert {path.name for path in (tmp_path / "out").iterdir()} == {"app.json", "custody.json", "roles.json", "alerts.json"}

    def test_a_role_to_write_blobs_anew_is_made_where_the_policy_wants_that(self, policy: Path, tmp_path: Path) -> None:
        policy.write_text(policy.read_text() + '[migration]\ndata_keys = "new"\n')
        templates.main(policy, HOME, tmp_path / "out")
        assert (tmp_path / "out" / "rewrite.json").exists()

    @pytest.mark.parametrize("home", [WARD, "st-brendan"], ids=["the workload's own subscription", "a subscription's name"])
    def test_nothing_is_written_for(self, policy: Path, tmp_path: Path, home: str) -> None:
        with pytest.raises(BadInput, match="subscription"):
            templates.main(policy, home, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_no_policy_is_packed_that_keeps_the_record_in_what_it_responds_for(self, policy: Path) -> None:
        policy.write_text(BY_ACCOUNT + kept_in(WARD))
        with pytest.raises(BadInput, match=r"^custody"):
            list(contents(policy))
