"""What the function app is told by its settings, and everything it works with; made once for each worker."""

import os
from collections.abc import Iterator
from copy import replace
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from shared.bootstrap import deps, examined, memory, pager
from shared.bootstrap.variables import Variables
from shared.domain.check import Check
from shared.ports import Memory, Notifier
from shared.settings import Policy, load
from shared.workflow.deps import Deps
from shared.workflow.fresh import Fresh
from shared.workflow.judging import Judge

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""An object or tenant of Entra's: no namesake gets it."""

Audience = Annotated[str, Field(pattern=r"^[A-Za-z0-9:/._-]{1,256}$")]


ROOT = Path(__file__).parents[1]
"""The app's own folder: what a relative path of a setting begins at, wherever the worker was started."""


class Settings(Variables):
    """Every setting `CODEBLUE_*` of the app, and no other: a name that is none of these stops it.

    `policy` is the path of `response.toml`. `tenant` is the only one whose tokens count, `audiences` whom they are made out to (the
    app registration's id or URI). `senders` are object ids of those that may hand over alerts (the service principal of action
    groups, a playbook's managed identity), `approvers` of the people who may decide: without any, nobody may. `azure_endpoint` is
    read by the clients (`shared.adapters.azure.environment`).
    """

    policy: str = ""
    tenant: Id | None = None
    audiences: tuple[Audience, ...] = ()
    senders: tuple[Id, ...] = ()
    approvers: tuple[Id, ...] = ()
    azure_endpoint: str = ""


@cache
def settings() -> Settings:
    """This worker's settings."""
    return Settings.read(os.environ)


@cache
def policy() -> Policy:
    """The policy. The app's own identity is known to `deps` by its token."""
    return load(ROOT / settings().policy if settings().policy else None)


@cache
def opened() -> Deps:
    """Every door, opened once."""
    return deps(policy())


def ready() -> Deps:
    """Everything that one stage or delivery works with. A worker runs several side by side: none sees what another remembers."""
    return replace(opened(), fresh=Fresh())


def looked_at() -> Iterator[Check]:
    """Whether a response would work tonight, asked of custody and the clouds one after the other."""
    return examined(policy(), lambda: None, at_home=False)


def people() -> Notifier:
    """Who is paged, also where the record does not open."""
    return pager(policy())


@cache
def counted() -> Memory:
    """What triage has counted in this worker."""
    return memory(policy())


def judge() -> Judge:
    """What says of one delivery what it means; deliveries come side by side, and each has its own."""
    return Judge(ready().policy, ready().exempt, counted, automatic=True)
