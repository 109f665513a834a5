"""May this caller do this? The authoriser, fed from the sandbox's state, refusing in the service's own words."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.sandbox.aws.authoriser import Decision, Request, decide
from shared.sandbox.aws.cloud import Cloud
from shared.sandbox.aws.policies import collect
from shared.sandbox.aws.principals import Caller
from shared.sandbox.aws.refusals import denied


@dataclass(frozen=True, slots=True)
class Need:
    """A permission that a request needs. `account` owns the resource."""

    action: str
    resource: str
    account: str


def decision(cloud: Cloud, caller: Caller, context: Mapping[str, tuple[str, ...]], need: Need) -> Decision:
    """The authoriser's verdict, by the policies in force now."""
    service = need.action.partition(":")[0]
    policies = collect(cloud, caller, service, need.resource, need.account)
    return decide(Request(caller.principal, need.action, need.resource, need.account, context), policies)


def require(cloud: Cloud, caller: Caller, context: Mapping[str, tuple[str, ...]], need: Need, *, service: str = "") -> None:
    """Raise the refusal of `service` (default: the action's) unless the caller has the permission."""
    found = decision(cloud, caller, context, need)
    if not found.allowed:
        raise denied(service or need.action.partition(":")[0], sentence(caller, need, found))


def sentence(caller: Caller, need: Need, found: Decision) -> str:
    """The error text (IAM user guide, "Troubleshoot access denied error messages")."""
    who = caller.principal.arn or "anonymous"
    start = f"User: {who} is not authorized to perform: {need.action} on resource: {need.resource}"
    if found.effect == "explicit-deny":
        return f"{start} with an explicit deny in {_article(found.layer)} {found.layer}"
    return f"{start} because no {found.layer} allows the {need.action} action"


def _article(noun: str) -> str:
    return "an" if noun[:1] in "aeiou" else "a"
