"""What whoever deploys has to say."""

import json
import re
from pathlib import Path

import pytest

from infra_cdk.parameters import IRREVERSIBLE, Parameters
from shared.domain.errors import BadInput
from shared.settings import Policy
from tests.infra.conftest import APPROVER, HOME, WARD, Assembly, given


def context(**other: str) -> dict[str, object]:
    usual = {
        "account": HOME,
        "accounts": WARD,
        "external_id": "EXAMPLE-external-id",
        "approvers": APPROVER,
        "email": "a@b.example",
    }
    return {**usual, "irreversible": IRREVERSIBLE, **other}


def test_what_can_not_be_undone_is_not_deployed_unasked() -> None:
    with pytest.raises(BadInput, match=IRREVERSIBLE):
        Parameters.read(context(irreversible="").get)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("account", "one", id="an account that is none"),
        pytest.param("accounts", "", id="no account to respond for"),
        pytest.param("approvers", "arn:aws:iam::111122223333:user/ann", id="a user, who has no session with MFA"),
        pytest.param("external_id", "short", id="an external id that can be guessed"),
        pytest.param("region", "mars-north-1", id="a Region without a second one"),
    ],
)
def test_it_is_refused_to_deploy_with(name: str, value: str) -> None:
    with pytest.raises(BadInput):
        Parameters.read(context(**{name: value}).get)


def test_an_account_that_the_policy_does_not_know_is_not_deployed_for(assembly: Assembly) -> None:
    from aws_cdk import App  # noqa: PLC0415  # what it imports, the assembly has

    from infra_cdk.app import compose  # noqa: PLC0415  # the same

    with pytest.raises(BadInput, match=WARD):
        compose(App(analytics_reporting=False), given(package=str(assembly.folder)))


def test_nothing_is_deployed_without_the_functions_code(assembly: Assembly, tmp_path: Path) -> None:
    from aws_cdk import App  # noqa: PLC0415  # what it imports, the assembly has

    from infra_cdk.app import compose  # noqa: PLC0415  # the same

    policy = tmp_path / "response.toml"
    policy.write_text(f'[tenants.st-brendan]\naccounts = ["{WARD}"]\n')
    with pytest.raises(BadInput, match=f"{assembly.folder}/none.zip; `make package` makes it"):
        compose(App(analytics_reporting=False), given(package=f"{assembly.folder}/none.zip", policy=str(policy)))


def test_a_policy_file_that_is_not_there_is_named() -> None:
    with pytest.raises(BadInput, match=r"context policy: nowhere\.toml cannot be read"):
        given(policy="nowhere.toml").policy_text()


def test_what_the_readme_says_to_write_is_taken() -> None:
    page = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    context = json.loads(re.findall(r"> cdk\.context\.json <<'EOF'\n(.*?)^EOF", page, re.MULTILINE | re.DOTALL)[0])
    read = Parameters.read({**context, "irreversible": IRREVERSIBLE}.get)
    watching = re.findall(r"> response\.toml <<'EOF'\n(.*?)^EOF", page, re.MULTILINE | re.DOTALL)[0]
    assert Policy.read(watching).tenants["st-brendan"].accounts == read.accounts
    assert {mode.value for mode in dict(Policy.read(watching).modes).values()} == {"observe"}
    named = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", page, re.MULTILINE))))
    assert Parameters.model_fields.keys() - {"package"} <= named


def test_lists_are_given_by_commas_and_iams_region_is_always_listened_to() -> None:
    read = Parameters.read(context(accounts=f"{HOME},{WARD}", region="eu-west-1", regions="eu-central-1").get)
    assert read.accounts == (HOME, WARD)
    assert read.listening == ("eu-central-1", "eu-west-1", "us-east-1")
