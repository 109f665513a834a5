"""What a function is told by its environment, and everything it works with; made once for each worker."""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from shared.bootstrap import audited, deps, linked, memory, pager, relay, workflow
from shared.bootstrap.variables import Variables
from shared.domain.case import Case, Stage
from shared.domain.errors import NotReady
from shared.ports import Channels, Memory, Notifier
from shared.settings import Policy, load
from shared.workflow.deps import Deps
from shared.workflow.stages import Power

from .doors import Links, Tokens, Workflows

if TYPE_CHECKING:
    from shared.custody.audit import Audit
    from shared.workflow.judging import Judge
    from shared.workflow.rehearsing import Looking

PATTERNS = {
    "machine": r"^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[A-Za-z0-9_-]{1,80}$",
    "approver": r"^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]+$",
    "console": r"^https://[a-z0-9.-]+/systems-manager/[A-Za-z0-9/?=-]+$",
    "page": r"^https://[a-z0-9.-]+$",
    "issuer": r"^https://[A-Za-z0-9./_-]+$",
    "topic": r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$",
}
Role = Annotated[str, Field(pattern=r"^AROA[A-Z0-9]+$")]


class Settings(Variables):
    """Every variable `CODEBLUE_*` of a function, and no other: a name that is none of these stops it.

    `policy` is the path of `response.toml`, `state_machine` and `topic` are ARNs, `relayed` says that `notify` passes pages
    on to the call list, `console` the address of the runbook that decides, `page` that of the decision page, `power` is the only
    one that the function has, `external_id` what other accounts' roles ask for, `roles` the unique ids of all functions' roles, by
    commas, and `approvers` the ARNs of the roles whose sessions may decide: without any, nobody may. `sso_…`: with whom people sign
    in for the page, who of them decides, and by which claims they show that (`functions/sign_in.py`). `rehearse_…`: in which
    account there are rehearsals, and how many days apart.
    """

    policy: str = ""
    state_machine: Annotated[str, Field(pattern=PATTERNS["machine"])] | None = None
    topic: Annotated[str, Field(pattern=PATTERNS["topic"])] | None = None
    relayed: bool = False
    console: Annotated[str, Field(pattern=PATTERNS["console"])] | None = None
    power: Power | None = None
    external_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+=,.@:/-]+$", min_length=2, max_length=1224)] | None = None
    roles: tuple[Role, ...] = ()
    approvers: tuple[Annotated[str, Field(pattern=PATTERNS["approver"])], ...] = ()
    page: Annotated[str, Field(pattern=PATTERNS["page"])] = ""
    sso_issuer: Annotated[str, Field(pattern=PATTERNS["issuer"])] = ""
    sso_domain: Annotated[str, Field(pattern=PATTERNS["page"])] = ""
    sso_client: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")] = ""
    sso_groups: tuple[str, ...] = ()
    sso_groups_claim: str = "custom:groups"
    sso_mfa: tuple[str, ...] = ()
    sso_mfa_claim: str = "custom:mfa"
    rehearse_account: Annotated[str, Field(pattern=r"^(\d{12})?$")] = ""
    rehearse_days: Annotated[int, Field(ge=7, le=365)] = 30


@cache
def settings() -> Settings:
    """This worker's settings."""
    return Settings.read(os.environ)


@cache
def policy() -> Policy:
    """The policy, the functions' own roles among the responders."""
    given = load(Path(settings().policy) if settings().policy else None)
    return given.but(responder=given.responder.but(roles=(*given.responder.roles, *settings().roles)))


@cache
def ready() -> Deps:
    """Everything that a stage works with."""
    return deps(policy())


@cache
def reader() -> Deps:
    """The same for whoever looks at cases that others work on: a record that was opened once would not grow any more."""
    return deps(policy(), reading=True)


@cache
def looking() -> "Looking":
    """Custody, for whoever only looks."""
    from shared.bootstrap import rehearsals

    return rehearsals.looking(policy())


@cache
def judge() -> "Judge":
    """What says of an alert what it means. What it has counted, other workers know too."""
    from shared.workflow.judging import Judge

    return Judge(ready().policy, ready().exempt, lambda: memory(ready().policy), automatic=True)


@cache
def remembered() -> Memory:
    """What people were told already, known to all workers."""
    return memory(ready().policy)


def by_hand() -> "Judge":
    """The same for what a person hands over: of patterns within one input, and of nothing before it."""
    from shared.adapters.memory.windows import BoundedMemory
    from shared.workflow.judging import Judge

    return Judge(ready().policy, ready().exempt, BoundedMemory, automatic=False)


@cache
def workflows() -> Workflows:
    """What starts workflows and lets them go on."""
    return _workflow()[0]


@cache
def tokens() -> Tokens:
    """Where workflows wait for people."""
    return _workflow()[1]


@cache
def links() -> Links:
    """What opens the decision page."""
    return linked(policy())


@cache
def _workflow() -> tuple[Workflows, Tokens]:
    """Raises `NotReady` where `CODEBLUE_STATE_MACHINE` is not set."""
    machine = settings().state_machine
    if not machine:
        raise NotReady("CODEBLUE_STATE_MACHINE is not set: it is the ARN of the workflow's state machine")
    return workflow(machine, policy())


def checked(case: Case) -> "Audit":
    """The audit of a case's record, sealed or not."""
    return audited(case.id, policy(), open_case=case.stage is not Stage.CLOSE, public_key=None, folder=None)


@cache
def people() -> Notifier:
    """Who is paged, where nothing else is needed."""
    return pager(policy())


def call_list() -> tuple[Channels, Notifier]:
    """The call list by level, and who hears of a level that cannot be told; opened each time, for secrets change."""
    return relay(policy())
