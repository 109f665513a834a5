"""A blank embedded Azure for each test, and an account with one record in it; for rows about blobs, azurite's as well."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from shared.sandbox.azure.storage_state import Account
from tests.contract.azure.blob_accounts import LACKS, BlobAccount, Embedded, OfAzurite, azurite, program
from tests.contract.azure.scenes import Scene
from tests.contract.azure.storage_scenes import container, make_account

ROOT = Path(__file__).parents[3]
NAMES = tuple(f"store{number:02}" for number in range(60))


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def account(scene: Scene) -> Account:
    made = make_account(scene)
    container(scene, made).upload_blob("record", b"phi")
    return made


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What azurite lacks has to fail there: a gap that it closes is found."""
    if "blobs" in metafunc.fixturenames:
        lacking = LACKS.get(metafunc.function.__name__)
        marks = [pytest.mark.xfail(strict=True, reason=lacking)] if lacking else []
        metafunc.parametrize("blobs", ["embedded", pytest.param("azurite", marks=marks)], indirect=True)


@pytest.fixture(scope="session")
def second_blobs() -> Iterator[Iterator[BlobAccount]]:
    """Blank accounts of an azurite, without end."""
    command = program(ROOT)
    if command is None:
        pytest.skip("azurite is absent: `make test` installs it where npm is")
    with azurite(command, NAMES) as address:
        yield (OfAzurite(address, NAMES[number]) for number in count())


@pytest.fixture
def blobs(request: pytest.FixtureRequest) -> BlobAccount:
    """A blank account of one emulator."""
    if request.param == "azurite":
        made: BlobAccount = next(request.getfixturevalue("second_blobs"))
        return made
    scene = Scene()
    return Embedded(scene, make_account(scene))
