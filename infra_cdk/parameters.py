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

Group = Annotated[str, Field(pattern=r"^(([0-9a-f]{10}-)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|00g[0-9A-Za-z]{17})$")]
"""An id of Entra's, IAM Identity Center's or Okta's: what a group is called anybody may choose who can make one."""
"""A group's id, as the identity provider sends it; names that people choose can hold commas and so look like two."""

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

    People sign in for the decision page at the organisation's identity provider, by OpenID Connect (`sso_issuer`, `sso_client`,
    and `sso_secret`, a secret of Secrets Manager that holds the client's) or by SAML (`sso_metadata`, its address); with neither
    there is no such page. `sso_groups`: whose members decide, by ids in the provider's claim `sso_groups_claim`; `sso_mfa`: what
    its claim `sso_mfa_claim` says of a second factor. `rehearse_account`: where there are rehearsals, `rehearse_days` apart; with
    none there are none.
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
    sso_issuer: Annotated[str, Field(pattern=r"^(https://[A-Za-z0-9./_-]+)?$")] = ""
    sso_client: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:/-]*$")] = ""
    sso_secret: Annotated[str, Field(pattern=r"^[A-Za-z0-9/_+=.@:-]*$")] = ""
    sso_metadata: Annotated[str, Field(pattern=r"^(https://[^\s\"<>]+)?$")] = ""
    sso_groups: tuple[Group, ...] = ()
    sso_groups_claim: str = "groups"
    sso_mfa: tuple[str, ...] = ("mfa",)
    sso_mfa_claim: str = "amr"
    fence_concurrency: Annotated[int, Field(ge=1, le=500)] = 20
    rehearse_account: Annotated[str, Field(pattern=r"^(\d{12})?$")] = ""
    rehearse_days: Annotated[int, Field(ge=7, le=365)] = 30
    irreversible: str = ""

    @field_validator("accounts", "regions", "approvers", "people", "guarded", "deployers", "sso_groups", "sso_mfa", mode="before")
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
        if self.sso_issuer and self.sso_metadata:
            raise ValueError("people sign in by OpenID Connect (`sso_issuer`) or by SAML (`sso_metadata`): give one of them")
        if self.sso_issuer and not (self.sso_client and self.sso_secret):
            raise ValueError(
                "`sso_issuer` takes `sso_client`, and `sso_secret`, the name or ARN of the secret that holds its secret"
            )
        if self.sign_in is not bool(self.sso_groups) or not self.sso_mfa:
            raise ValueError("the decision page takes a sign-in (`sso_issuer` or `sso_metadata`), `sso_groups` and `sso_mfa`")
        if self.rehearse_account and self.rehearse_account not in self.accounts:
            raise ValueError(f"nothing would answer a rehearsal in {self.rehearse_account}: it is none of `accounts`")
        if self.region not in SECOND_REGION:
            raise ValueError(f"no second Region is known for {self.region}")
        return self

    @property
    def sign_in(self) -> bool:
        """Whether people can sign in, and so whether there is a page to decide on."""
        return bool(self.sso_issuer or self.sso_metadata)

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
