"""May this caller do this? The authoriser, fed from the sandbox's state, refusing in the service's own words."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.sandbox.aws.authoriser import Decision, Request, decide
from shared.sandbox.aws.cloud import Cloud
from shared.sandbox.aws.policies import collect
from shared.sandbox.aws.principals import Caller
from shared.sandbox.aws.refusals import denied
from shared.sandbox.aws.s3_acls import acl_allows

#: The root user of a bucket's owner can always do these, whatever the bucket policy denies (S3 API reference, DeleteBucketPolicy).
ROOT_KEEPS = frozenset({"s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy"})


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


def require(cloud: Cloud, caller: Caller, context: Mapping[str, tuple[str, ...]], need: Need, *, service: str) -> None:
    """Raise `service`'s refusal unless the caller has the permission."""
    found = decision(cloud, caller, context, need)
    if not found.allowed and not _excused(caller, need, found):
        raise denied(service, sentence(caller, need, found))


def _excused(caller: Caller, need: Need, found: Decision) -> bool:
    """S3's own ways past the policies: the owner's root keeps the bucket policy, and a public ACL lets everybody read."""
    if not need.action.startswith("s3:"):
        return False
    keeps = caller.principal.kind == "root" and caller.principal.account == need.account and need.action in ROOT_KEEPS
    return keeps or (found.effect == "implicit-deny" and acl_allows(caller, need.action, need.resource))


def sentence(caller: Caller, need: Need, found: Decision) -> str:
    """The error text (IAM user guide, "Troubleshoot access denied error messages")."""
    who = caller.principal.arn or "anonymous"
    start = f"User: {who} is not authorized to perform: {need.action} on resource: {need.resource}"
    if found.effect == "explicit-deny":
        return f"{start} with an explicit deny in {_article(found.layer)} {found.layer}"
    return f"{start} because no {found.layer} allows the {need.action} action"


def _article(noun: str) -> str:
    return "an" if noun[:1] in "aeiou" else "a"
