"""A sandbox for contract tests: one server per session, and a blank cloud for each test."""

from collections.abc import Iterator

import pytest

from shared.sandbox.aws.server import Sandbox


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.cloud.reset()
    return running_sandbox
