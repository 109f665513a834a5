"""Drills run at the program's own pace: tracing halves it, for the clouds of a drill too, and a thief does not wait.

What drills alone execute counts as not covered; the other tests have to reach it.
"""

import os

import pytest

TRACED = "COVERAGE_PROCESS_CONFIG"
"""What makes a child process measure itself."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Before any fixture: coverage sets it anew whenever it goes on, which is after every test that it paused for."""
    os.environ.pop(TRACED, None)


@pytest.fixture(autouse=True)
def at_its_own_pace(no_cover: None) -> None:
    """pytest-cov measures nothing during a test that asks for `no_cover`."""
