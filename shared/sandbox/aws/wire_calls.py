"""What a request needs in order to be judged: the values that pass between the readers of the wire."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from shared.sandbox.aws.authoriser import Principal
from shared.sandbox.aws.patterns import Context

type ResolveKey = Callable[[str, str, str], str]
"""(account, Region, key id, ARN, alias name or alias ARN) -> the key's ARN; raises what the server answers for an unknown key."""

type Parameters = Mapping[str, Any]

ANY: Final = "*"


class UnknownOperation(ValueError):
    """A request that no service model knows: refuse it, never hand it on."""


class UnknownSubresource(UnknownOperation):
    """An S3 request with a query parameter its operation does not have: S3 would not take it for the plain one."""


class Needed(NamedTuple):
    """A permission a call needs: an IAM action on a resource ARN, or on "*"."""

    action: str
    resource: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call comes from and goes to: the caller, the Region of its signature, and how to look up a key."""

    caller: Principal
    region: str
    resolve_key: ResolveKey = field(repr=False)

    @property
    def account(self) -> str:
        return self.caller.account

    def key(self, reference: str) -> str:
        return self.resolve_key(self.account, self.region, reference)

    def arn(self, template: str, value: str) -> str:
        """A resource ARN from a template with `{region}`, `{account}` and `{value}`; what is an ARN already stays one."""
        return value if value.startswith("arn:") else template.format(region=self.region, account=self.account, value=value)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, understood.

    `service` is its botocore name ("s3", "s3control", "sso-admin"), `signing_name` the one in its signature ("s3", "sso").
    `actions` are all permissions it needs. `context` holds the condition keys that the request itself gives, in lower case:
    who calls, from where and when is the server's to add. `parameters` are those of path, query, form or JSON body.
    """

    service: str
    signing_name: str
    region: str
    operation: str
    actions: tuple[Needed, ...]
    context: Context
    access_key_id: str
    presigned: bool
    parameters: Parameters = field(repr=False)
