"""What tests of several modules are run with."""

from collections.abc import Iterator

import pytest

from shared.domain.versions import Engine
from tests.unit import reencryption


@pytest.fixture(params=[Engine.IN_PROCESS, Engine.BATCH], scope="module")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine in turn, for `tests.unit.reencryption.run`: the same rows for all of them."""
    reencryption.BY[0] = request.param
    yield request.param
    reencryption.BY[0] = Engine.IN_PROCESS


@pytest.fixture(params=[Engine.IN_PROCESS, Engine.BATCH, Engine.MAP], scope="module")
def every_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The same, with workers beside each other: for rows that say nothing of a single run."""
    reencryption.BY[0] = request.param
    yield request.param
    reencryption.BY[0] = Engine.IN_PROCESS
