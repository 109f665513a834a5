"""A sandbox for contract tests: one server per session, and a blank cloud for each test."""

from collections.abc import Iterator

import pytest

from shared.sandbox.aws.server import Sandbox
from tests.contract.aws_custody import Custody
from tests.contract.sandbox_scenes import Client


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.cloud.reset()
    return running_sandbox


@pytest.fixture
def s3(sandbox: Sandbox) -> Client:
    """A client of the root user, and the bucket `records`."""
    client = sandbox.root().client("s3")
    client.create_bucket(Bucket="records")
    return client


@pytest.fixture
def key(sandbox: Sandbox) -> str:
    """The ARN of a key with the default policy."""
    return str(sandbox.root().client("kms").create_key()["KeyMetadata"]["Arn"])


@pytest.fixture
def custody(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Custody:
    """Custody as `codeblue init` makes it, and a recorder with exactly the declared permissions."""
    return Custody(sandbox, monkeypatch)
