"""What a function is told by its environment, and everything it works with; made once for each worker."""

import os
from functools import cache
from pathlib import Path

from shared.bootstrap import deps, executions, memory
from shared.domain.errors import NotReady
from shared.settings import Policy, load
from shared.workflow.deps import Deps
from shared.workflow.judging import Judge

from .starter import Starter


@cache
def ready() -> Deps:
    """Everything that a stage works with. `CODEBLUE_POLICY`: path of `response.toml`, the defaults where it is not set."""
    return deps(_policy())


@cache
def judge() -> Judge:
    """What says of an alert what it means. What it has counted, other workers know too."""
    return Judge(ready().policy, ready().exempt, lambda: memory(ready().policy), automatic=True)


def _policy() -> Policy:
    named = os.environ.get("CODEBLUE_POLICY")
    return load(Path(named) if named else None)


@cache
def starter() -> Starter:
    """What starts workflows. Raises `NotReady` where `CODEBLUE_STATE_MACHINE`, an ARN, is not set."""
    machine = os.environ.get("CODEBLUE_STATE_MACHINE")
    if not machine:
        raise NotReady("CODEBLUE_STATE_MACHINE is not set: it is the ARN of the workflow's state machine")
    return executions(machine)
