"""What whoever deploys decides: the context values of the CDK app, as one validated model.

Every value is given as `-c name=value`, lists by commas, or in `cdk.context.json`. A name that is none of these is not looked at
by us, for the CDK has names of its own.
"""

import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from shared.adapters.aws.custody_places import SECOND_REGION
from shared.domain.call_list import Paging
from shared.domain.errors import BadInput
from shared.domain.value import Value
from shared.settings import Policy

Account = Annotated[str, Field(pattern=r"^\d{12}$")]
Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
Target = Annotated[str, Field(pattern=r"^(r-[a-z0-9]{4,32}|ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|\d{12})$")]
RolePattern = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::(\d{12}|\*):role/[\w+=,.@/*?-]+$")]
RoleArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")]

IRREVERSIBLE = "i-know-that-compliance-mode-cannot-be-undone"
"""What the context value `irreversible` must say."""

IAM_REGION = "us-east-1"
"""Where IAM's own events and those of the global endpoints come (EventBridge user guide, "Events from services")."""


class Parameters(Value):
    """Where the responder runs (`account`, `region`) and for whom.

    `accounts`: whose resources it responds for; more than that do not fit into a policy. `regions`: from which their events are
    forwarded; where IAM's come is added. `external_id`: what their roles ask for. `approvers`: roles whose sessions decide about
    cases. `email`: where pages go. `people`: roles that may write to custody besides the functions, for the command line on a bad
    night. `management`: the account that attaches guardrails to `guarded` (roots, organisational units, accounts); without it none
    are made. `deployers`: roles (ARNs, `*` allowed) that may change the responder's own while they are attached. `policy`: path of
    `response.toml`. `package`: the functions' code, as `python -m infra_cdk.package` makes it.
    """

    account: Account
    region: Region = "us-east-1"
    accounts: Annotated[tuple[Account, ...], Field(min_length=1, max_length=80)]
    regions: tuple[Region, ...] = ()
    external_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9+=,.@:/_-]+$", min_length=16, max_length=1224)]
    approvers: Annotated[tuple[RoleArn, ...], Field(min_length=1, max_length=10)]
    people: tuple[RoleArn, ...] = ()
    management: Annotated[str, Field(pattern=r"^(\d{12})?$")] = ""
    guarded: tuple[Target, ...] = ()
    deployers: tuple[RolePattern, ...] = ()
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    policy: str = ""
    package: str = "build/lambda/codeblue.zip"
    retention_days: Annotated[int, Field(ge=1, le=36500)] = 2192
    fence_concurrency: Annotated[int, Field(ge=1, le=500)] = 20
    irreversible: str = ""

    @field_validator("accounts", "regions", "approvers", "people", "guarded", "deployers", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        return tuple(filter(None, given.split(","))) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.irreversible != IRREVERSIBLE:
            raise ValueError(
                f"custody is locked in compliance mode for {self.retention_days} days, and nobody can undo that: "
                f"say so with `-c irreversible={IRREVERSIBLE}`"
            )
        if bool(self.management) is not bool(self.guarded):
            raise ValueError(
                "guardrails take both: `management`, whose organisation it is, and `guarded`, what they are attached to"
            )
        if self.region not in SECOND_REGION:
            raise ValueError(f"no second Region is known for {self.region}")
        return self

    @property
    def second_region(self) -> str:
        """Where the second record is kept."""
        return SECOND_REGION[self.region]

    @property
    def listening(self) -> tuple[str, ...]:
        """The Regions whose events are forwarded."""
        return tuple(sorted({self.region, IAM_REGION, *self.regions}))

    @classmethod
    def read(cls, context: Callable[[str], object]) -> Self:
        """The parameters in the app's context (`app.node.try_get_context`). Raises `BadInput` naming the first bad one."""
        given = {name: value for name in cls.model_fields if (value := context(name)) not in {None, ""}}
        try:
            return cls.model_validate(given)
        except ValidationError as why:
            error = why.errors()[0]
            where = ".".join(map(str, error["loc"]))
            raise BadInput(f"context {where}: {error['msg']}" if where else re.sub("^Value error, ", "", error["msg"])) from None

    @cached_property
    def paging(self) -> Paging:
        """The call list of the policy file. Raises `BadInput`, also for a secret that no function of ours is given."""
        paging = Policy.read(self.policy_text()).paging
        if strange := [level.secret for level in paging.call_list if level.secret.startswith("env:")]:
            raise BadInput(
                f"response.toml, [paging]: {strange[0]}: a deployed function reads secrets from Secrets Manager, by name"
            )
        return paging

    def policy_text(self) -> str:
        """The policy file as it is deployed; the defaults, where none is named. Raises `BadInput` where it cannot be read."""
        if not self.policy:
            return "version = 1\n"
        try:
            return Path(self.policy).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as why:
            raise BadInput(f"context policy: {self.policy} cannot be read: {type(why).__name__}") from None
