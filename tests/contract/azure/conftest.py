"""A blank embedded Azure for each test, and an account with one record in it."""

import pytest

from shared.sandbox.azure.storage_state import Account
from tests.contract.azure.scenes import Scene
from tests.contract.azure.storage_scenes import container, make_account


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def account(scene: Scene) -> Account:
    made = make_account(scene)
    container(scene, made).upload_blob("record", b"phi")
    return made
