"""What the policy declares in either cloud is known by the one name that alerts and adapters give it too."""

import pytest

from shared.adapters.azure.names import ref as shown
from shared.bootstrap import estate, protected
from shared.bootstrap.clouds import answered
from shared.domain.errors import BadInput, NotReady
from shared.domain.resource import Cloud, Kind
from shared.intake.azure_names import ref
from shared.settings import Policy
from tests.unit.action_rows_doors import SUBSCRIPTION

NAME = f"/subscriptions/{SUBSCRIPTION.upper()}/resourceGroups/Charts/providers/Microsoft.Storage/storageAccounts/stbrendan"
KEY = "https://st-brendan.vault.azure.net/keys/charts"


def policy(**tenant: str) -> Policy:
    lines = "\n".join(f"{name} = ['{value}']" for name, value in tenant.items())
    return Policy.read(f"[tenants.st-brendan]\n{lines}\n")


def test_a_store_and_a_key_of_azure_are_declared_with_their_subscription() -> None:
    found = estate(policy(buckets=NAME, keys=KEY, accounts=SUBSCRIPTION), frozenset(), "")
    assert found.stores == (shown(Kind.BUCKET, NAME),) == (ref(f"{NAME}/blobServices/default"),)
    assert [(key.account, key.id) for key in found.keys] == [(SUBSCRIPTION, KEY)]
    assert found.accounts == {SUBSCRIPTION}


@pytest.mark.parametrize(
    "declared",
    [{"buckets": KEY}, {"keys": KEY}, {"buckets": "/subscriptions/s"}, {"keys": "https://st-brendan.vault.azure.net/secrets/x"}],
    ids=["a key is no store", "a key without its subscription", "half an id", "a secret is no key"],
)
def test_what_is_no_such_thing_is_named(declared: dict[str, str]) -> None:
    with pytest.raises(NotReady, match="tenants"):
        estate(policy(**declared), frozenset(), "")


def test_an_account_is_a_number_or_a_subscription() -> None:
    with pytest.raises(BadInput, match="accounts"):
        policy(accounts="st-brendan")


def test_what_is_protected_is_known_however_it_is_written() -> None:
    found = protected(
        Policy.read(f"[protected]\nresources = ['{NAME}']\nprincipals = ['0b1ec701']"), frozenset({"us"}), [NAME, KEY]
    )
    assert found.resources == {NAME.lower(), KEY}
    assert found.ids == {"us", "0b1ec701"}


@pytest.mark.parametrize(
    ("text", "clouds"),
    [
        ("", [Cloud.AWS]),
        ("[custody]\nazure = '/subscriptions/s'", [Cloud.AZURE]),
        ("[responder]\nclouds = ['azure', 'aws', 'azure']", [Cloud.AZURE, Cloud.AWS]),
    ],
    ids=["AWS, where nothing is said", "where the record is", "those that are named"],
)
def test_a_responder_answers_for(text: str, clouds: list[Cloud]) -> None:
    assert list(answered(Policy.read(text))) == clouds
