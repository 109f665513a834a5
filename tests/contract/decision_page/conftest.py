"""The pool that people sign in at, the table of links, and a case that asks."""

from collections.abc import Iterator

import pytest

from functions import environment, page
from shared.adapters.aws.custody_init import make_memory
from shared.adapters.aws.links import ACTIONS, Links
from shared.adapters.memory.clock import MemoryClock
from shared.sandbox.aws.server import Sandbox
from tests.contract.aws_responder import responder
from tests.contract.decision_page.browser import ASK, TABLE, Browser, Scene, served
from tests.contract.decision_page.pool import Pool
from tests.hospital import built
from tests.workflow.driving import respond
from tests.workflow.test_functions_people import Nudges


@pytest.fixture(scope="package")
def running_pool() -> Iterator[Pool]:
    found = Pool()
    yield found
    found.door.stop()


@pytest.fixture
def pool(running_pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Pool:
    running_pool.says, running_pool.header, running_pool.signs, running_pool.down, running_pool.codes = {}, {}, None, False, {}
    monkeypatch.setattr(page, "provider", running_pool.provider)
    return running_pool


@pytest.fixture
def links(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Links:
    """A table of links, and a clock of its own, with exactly the permissions that are declared."""
    make_memory(sandbox.root().client("dynamodb"), TABLE)
    found = Links(responder(sandbox, monkeypatch, *ACTIONS), TABLE, MemoryClock(), ASK.approval.expires)
    monkeypatch.setattr(environment, "links", lambda: found)
    return found


@pytest.fixture
def scene(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Scene:
    deps = built().worker(ASK)
    return served(Scene(respond(deps), deps, pool, Nudges()), monkeypatch)


@pytest.fixture
def browser() -> Browser:
    return Browser()
