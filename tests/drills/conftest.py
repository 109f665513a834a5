"""Drills run at the program's own pace: tracing halves it, for the clouds of a drill too, and a thief does not wait.

What drills alone execute counts as not covered; the other tests have to reach it.
"""

from collections.abc import Iterator

import pytest

TRACED = "COVERAGE_PROCESS_CONFIG"
"""What makes a child process measure itself."""


@pytest.fixture(scope="package", autouse=True)
def children_at_their_own_pace() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(TRACED, raising=False)
        yield


@pytest.fixture(autouse=True)
def at_its_own_pace(no_cover: None) -> None:
    """pytest-cov measures nothing during a test that asks for `no_cover`."""
