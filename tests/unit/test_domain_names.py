"""What people read of actors and resources: as each cloud's own people call them."""

import pytest

from shared.domain.actor import Actor, Credential
from shared.domain.resource import Cloud, Kind, Ref
from tests.hospital import CHARTS, HOME, KEY

ACCOUNT = Ref(
    cloud=Cloud.AZURE, kind=Kind.BUCKET, account="s", id="/subscriptions/s/providers/microsoft.storage/storageaccounts/charts"
)
CREDENTIALS = {
    "a store's key is told by its store": (
        Actor(credential=Credential.STORE_KEY, account="", access_key="charts/key1"),
        "store-key key1 of charts",
    ),
    "so is one of which nobody says which it is": (
        Actor(credential=Credential.STORE_KEY, account="", access_key="charts"),
        "store-key of charts",
    ),
    "and a link": (
        Actor(credential=Credential.DELEGATED_LINK, account="", access_key="charts/user-delegation"),
        "delegated-link user-delegation of charts",
    ),
    "whoever is nobody, by the account": (
        Actor(credential=Credential.ANONYMOUS, account=HOME),
        f"anonymous caller of account {HOME}",
    ),
    "and where there is none, that is said": (
        Actor(credential=Credential.ANONYMOUS, account=""),
        "anonymous caller of account unknown",
    ),
}


@pytest.mark.parametrize(("actor", "words"), CREDENTIALS.values(), ids=CREDENTIALS)
def test_who_names_nobody(actor: Actor, words: str) -> None:
    assert str(actor) == words


@pytest.mark.parametrize(
    ("ref", "words"),
    [(CHARTS, f"bucket {CHARTS.id}"), (KEY, f"key {KEY.id}"), (ACCOUNT, f"storage account {ACCOUNT.id}")],
    ids=["a bucket of S3", "a key", "an account of Azure Storage"],
)
def test_a_resource(ref: Ref, words: str) -> None:
    assert str(ref) == words
