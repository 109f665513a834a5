"""What not even an account's administrator does: a service control policy and a resource control policy, attached before a breach.

The first binds everybody in the guarded accounts, their root users included; the second guards what is stored there against callers
of any account. Neither binds the management account or service-linked roles (Organizations user guide, "SCPs", "RCPs").

What holds once they are attached
1. The responder's roles and ears, the break-glass identities and whoever deploys are changed by who deploys, and by nobody else:
   whom a guardrail lets through by name, nobody else makes, edits or gives to compute.
2. A user or role that bears our seal is changed by the responder alone: no fence on it is taken off, no key is given to it.
3. The policies of the stores and keys that the policy file declares are changed by the responder and by whoever deploys.
4. The jobs' role is handed on by who orders jobs, and by who deploys; no other role of ours is by them.
5. Our roles are entered by our functions alone, whatever a trust policy says.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shared.adapters.aws.clients import SPOKE, spoke_of, worker_of
from shared.adapters.aws.job_names import ROLE
from shared.adapters.aws.own_policies import PATH
from shared.adapters.aws.seals import TAG
from shared.domain.errors import BadInput
from shared.settings import Policy
from shared.workflow.stages import Power

type Document = dict[str, Any]
"""A policy document as JSON gives it."""

LONGEST = 5120
"""Characters of a document (Organizations quotas); a service control policy may be longer by now, a resource control policy not."""

VERBS = ("Add", "Attach", "Change", "Create", "Deactivate", "Delete", "Detach", "Enable", "Put", "Remove", "Set", "Tag", "Untag")
CHANGES = tuple(f"iam:{verb}*" for verb in (*VERBS, "Update", "Upload"))
"""Every call of IAM that changes a user, role or policy; switching a key on again is one, and so is deleting the user."""

TAGS = ("iam:CreateRole", "iam:CreateUser", "iam:TagRole", "iam:TagUser", "iam:UntagRole", "iam:UntagUser")
EARS = ("events:DeleteRule", "events:DisableRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets")

STORES = (
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
)
"""What opens a store, or lets what is in it flow away or vanish."""

KEYS = ("kms:DisableKey", "kms:PutKeyPolicy", "kms:ReplicateKey", "kms:ScheduleKeyDeletion", "kms:UpdatePrimaryRegion")
ENTERS = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")

MARKED: Mapping[str, Mapping[str, str]] = {"ForAnyValue:StringEqualsIgnoreCase": {"aws:TagKeys": TAG}}
"""The seal in any case: users and roles have no two tags that differ in case alone, and `aws:ResourceTag` ignores it too (IAM)."""

PEOPLE: Mapping[str, Mapping[str, str]] = {"Bool": {"aws:PrincipalIsAWSService": "false"}}
"""Only where a caller is no service of AWS: those act for somebody who is judged by themselves."""


class Trusted(NamedTuple):
    """Whom the guardrails let through, by ARN: those who answer, and those who may change what answers.

    `home` is the responder's account, `accounts` all that it responds for. An ARN may have wildcards: nobody but a deployer makes a
    user or role under a name that is let through, so that a name is as good as an id here.
    """

    partition: str
    home: str
    accounts: Sequence[str]
    deployers: Sequence[str]
    break_glass: Sequence[str]
    roles: Sequence[str]

    @property
    def changers(self) -> list[str]:
        """Who may change the responder itself."""
        return sorted({*self.deployers, *self.break_glass})

    @property
    def responders(self) -> list[str]:
        """Who may change what is sealed, and the declared stores and keys."""
        return sorted({f"{self.iam('*')}:role/{SPOKE}*", self.functions, *self.roles, *self.changers})

    @property
    def named(self) -> list[str]:
        """Everybody and everything that is trusted by its name, our own policies among them."""
        ours = (f"{self.iam('*')}:{kind}/codeblue-*" for kind in ("policy", "role"))
        return sorted({*ours, *self.roles, *self.changers})

    @property
    def orderers(self) -> list[str]:
        """Who orders jobs of a store's own service, and has the jobs' role handed on for it."""
        return [f"{self.iam('*')}:role/{spoke_of(Power.MIGRATE)}", f"{self.iam(self.home)}:role/{worker_of(Power.MIGRATE)}"]

    @property
    def handed(self) -> list[str]:
        """What of it compute could be given: no policy is."""
        return [named for named in self.named if ":policy/" not in named]

    @property
    def functions(self) -> str:
        """The responder's own roles."""
        return f"{self.iam(self.home)}:role/codeblue-*"

    def iam(self, account: str) -> str:
        """The beginning of the ARNs of an account's identities."""
        return f"arn:{self.partition}:iam::{account}"


def trusted(policy: Policy, home: str, accounts: Sequence[str], deployers: Sequence[str], partition: str = "aws") -> Trusted:
    """Who is trusted by the policy file. Identities that it names by unique id have no ARN that a guardrail could know.

    Raises `BadInput` for such a break-glass identity: it would be locked out with everybody else.
    """
    glass, roles = policy.responder.break_glass, policy.responder.roles
    if by_id := [name for name in glass if not name.startswith("arn:")]:
        raise BadInput(f"response.toml, [responder]: guardrails know identities by ARN, and break_glass has {by_id[0]}")
    ours = tuple(role for role in roles if role.startswith("arn:"))
    return Trusted(partition, home, accounts, deployers, _together(glass), _together(ours))


def _together(arns: Sequence[str]) -> tuple[str, ...]:
    """The same identity of several accounts as one pattern, which the guardrails then keep in all of them."""
    named: dict[str, set[str]] = {}
    for arn in arns:
        named.setdefault(arn.split(":", 5)[5], set()).add(arn)
    return tuple(min(same) if len(same) == 1 else f"{min(same).rsplit(':', 2)[0]}:*:{name}" for name, same in named.items())


def service_control(who: Trusted) -> Document:
    """The service control policy. Raises `BadInput` where it is too long."""
    return _document("the service control policy", _binds(who))


def resource_control(who: Trusted, policy: Policy) -> Document:
    """The resource control policy. Raises `BadInput` where it is too long: then declare by pattern (`charts-*`)."""
    return _document("the resource control policy", _guards(who, policy))


def _binds(who: Trusted) -> Iterator[Document]:
    everywhere = who.iam("*")
    yield _deny("CodeblueOurs", CHANGES, who.named, who.changers)
    yield _deny("CodeblueHanded", ["iam:PassRole"], who.handed, [*who.changers, *who.orderers])
    lent = {"Sid": "CodeblueLent", "Effect": "Deny", "Action": ["iam:PassRole"], "NotResource": [f"{everywhere}:role/{ROLE}"]}
    yield {**lent, "Condition": {"ArnLike": {"aws:PrincipalArn": who.orderers}}}
    sealed = {"Null": {f"aws:ResourceTag/{TAG}": "false"}}
    yield _deny("CodeblueSealed", CHANGES, [f"{everywhere}:role/*", f"{everywhere}:user/*"], who.responders, sealed)
    yield _deny("CodeblueSeals", TAGS, "*", who.responders, MARKED)
    yield _deny("CodeblueFences", CHANGES, [f"{everywhere}:policy{PATH}*"], who.responders)
    yield _deny("CodeblueEars", EARS, [f"arn:{who.partition}:events:*:*:rule/codeblue-*"], who.changers)
    yield _deny("CodeblueStay", ["organizations:LeaveOrganization"], "*")


def _guards(who: Trusted, policy: Policy) -> Iterator[Document]:
    yield _deny("CodeblueEnter", ENTERS, [f"{who.iam('*')}:role/{SPOKE}*"], [who.functions, *who.roles])
    yield _deny("CodeblueFunctions", ENTERS, [who.functions], (), PEOPLE)
    custody = [f"arn:{who.partition}:s3:::codeblue-custody-{who.home}-*"]
    yield _deny("CodeblueCustody", STORES, custody, who.changers, PEOPLE)
    if declared := _declared(policy, who.partition):
        opens = (*STORES, *KEYS)
        yield _deny("CodeblueDeclared", opens, declared, who.responders, PEOPLE)
        # a role abroad that bears the name of one of ours is none
        own = {"StringNotEquals": {"aws:PrincipalAccount": sorted({who.home, *who.accounts})}}
        yield _deny("CodeblueAbroad", opens, declared, (), {**PEOPLE, **own})


def _declared(policy: Policy, partition: str) -> list[str]:
    """The ARNs of the tenants' buckets and keys; what is of the other cloud is not meant."""
    buckets = {bucket for tenant in policy.tenants.values() for bucket in tenant.buckets if not bucket.startswith("/")}
    keys = {key for tenant in policy.tenants.values() for key in tenant.keys if key.startswith("arn:")}
    return sorted({*(b if b.startswith("arn:") else f"arn:{partition}:s3:::{b}" for b in buckets), *keys})


def _deny(
    sid: str,
    actions: Collection[str],
    resources: Sequence[str] | str,
    but: Sequence[str] = (),
    only: Mapping[str, Mapping[str, object]] | None = None,
) -> Document:
    """Deny it to all but these. A resource control policy has to name its principal, and a service control policy must not."""
    condition: Document = dict(only or {})
    if but:
        condition["ArnNotLike"] = {"aws:PrincipalArn": list(but)}
    said: Document = {"Sid": sid, "Effect": "Deny", "Action": list(actions), "Resource": resources}
    return {**said, "Condition": condition} if condition else said


def _document(what: str, statements: Iterator[Document]) -> Document:
    made = list(statements)
    if what.startswith("the resource"):
        made = [{**statement, "Principal": "*"} for statement in made]
    document = {"Version": "2012-10-17", "Statement": made}
    if (length := len(text(document))) > LONGEST:
        raise BadInput(f"{what} has {length} characters of at most {LONGEST}: name fewer identities, or stores and keys by pattern")
    return document


def text(document: Document) -> str:
    """The document as it is counted."""
    return json.dumps(document, separators=(",", ":"))
