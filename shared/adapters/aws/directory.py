"""The `Directory` port on AWS: who exists according to IAM, and what compute was given a role.

IAM actions are listed beside each method. CloudTrail is not asked: it is minutes late, and IAM is not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages
from shared.adapters.aws.job_names import lent
from shared.adapters.aws.principal import RESERVED, SERVICE_LINKED, Principal
from shared.containment.parallel import NARROW, in_parallel
from shared.domain.actor import Actor, Credential, Lineage
from shared.domain.errors import Absent, Refused
from shared.domain.resource import Cloud, Kind, Ref

ELSEWHERE = frozenset({Credential.ANONYMOUS, Credential.FOREIGN, Credential.ROOT, Credential.SERVICE})
"""Credentials that no user or role of our accounts stands behind."""

RESOLVE = frozenset({"iam:GetAccessKeyLastUsed", "iam:GetRole", "iam:GetUser"})
MADE_SINCE = frozenset({"iam:ListRoles", "iam:ListUsers"})
GIVEN_SINCE = frozenset(
    {"ec2:DescribeInstances", "ec2:DescribeRegions", "iam:GetInstanceProfile", "iam:GetRole", "lambda:ListFunctions"}
)

FORWARDS, FORWARDER = "codeblue-forward-", "events.amazonaws.com"
"""How the roles begin that forward alerts to us from each Region, and the service that has them."""

type Find = Callable[[str, str, datetime], Iterator[Actor]]
"""What compute was given a role since, in an account and Region."""


class AwsDirectory:
    """IAM, EC2 and Lambda of every account that `clients` can enter. Raises `CloudError` as any call does."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def resolve(self, actor: Actor) -> Actor:
        """IAM GetUser or GetRole; an access key without a name is looked up by GetAccessKeyLastUsed (`RESOLVE`)."""
        if actor.credential in ELSEWHERE:
            return actor
        principal = actor.principal or self._owner(actor)
        if principal is None or principal.kind not in {Kind.USER, Kind.ROLE}:
            return actor
        found = Principal.of(self._clients, principal).ask("get_{}")[principal.kind.capitalize()]
        unique_id = found["UserId" if principal.kind is Kind.USER else "RoleId"]
        # a session's ARN lacks the path of its role: IAM's own ARN is the name under which the role is known
        return actor.but(principal=principal.but(id=found["Arn"]), unique_id=unique_id)

    def made_since(self, lineage: Lineage, since: datetime) -> tuple[Actor, ...]:
        """IAM ListUsers and ListRoles of each account (`MADE_SINCE`). Roles of AWS itself are nobody's work.

        Nor is one that forwards alerts to us, and that the service alone can have: refused everything, its account falls silent.
        One that the log shows the lineage making is fenced all the same.
        """
        wanted = [(account, kind) for account in _accounts(lineage) for kind in (Kind.USER, Kind.ROLE)]
        found = in_parallel(lambda one: tuple(self._made(*one, since)), wanted)
        return tuple(actor for actors in found for actor in actors)

    def given_since(self, lineage: Lineage, since: datetime) -> tuple[Actor, ...]:
        """EC2 DescribeInstances and Lambda ListFunctions of each account and enabled Region (`GIVEN_SINCE`).

        A Region that refuses us a question that others answer is left out: service control policies close Regions to everybody.
        """
        accounts = _accounts(lineage)
        regions = in_parallel(self._regions, accounts)
        places = [(account, region) for account, enabled in zip(accounts, regions, strict=True) for region in enabled]
        questions = [(find, *place) for find in (self._instances, self._functions) for place in places]
        answers = in_parallel(lambda question: _unless_refused(*question, since), questions, NARROW)
        given = [*_answered(answers[: len(places)]), *_answered(answers[len(places) :])]
        return tuple(filter(None, in_parallel(self._alive, given)))

    def role_of(self, account: str, profile: str) -> Ref | None:
        """The role in an instance profile, named by ARN or name (iam:GetInstanceProfile); None where it is gone or empty."""
        name = profile.rsplit("/", 1)[-1]
        try:
            roles = call(self._clients.iam(account).get_instance_profile, InstanceProfileName=name)["InstanceProfile"]["Roles"]
        except Absent:
            return None
        return next((_ref(Kind.ROLE, role["Arn"]) for role in roles), None)

    def _alive(self, actor: Actor) -> Actor | None:
        """The actor resolved, None where its role is gone: such compute can do nothing any more."""
        try:
            return self.resolve(actor)
        except Absent:
            return None

    def _owner(self, actor: Actor) -> Ref | None:
        if not actor.access_key:
            return None
        used = call(self._clients.iam(actor.account).get_access_key_last_used, AccessKeyId=actor.access_key)
        account = actor.account or self._clients.home
        return Ref(cloud=Cloud.AWS, kind=Kind.USER, account=account, id=f"arn:aws:iam::{account}:user/{used['UserName']}")

    def _made(self, account: str, kind: Kind, since: datetime) -> Iterator[Actor]:
        word = kind.capitalize()
        credential = Credential.LONG_TERM_KEY if kind is Kind.USER else Credential.ROLE_SESSION
        paginator: Any = self._clients.iam(account).get_paginator(f"list_{kind}s")  # type: ignore[call-overload]  # named at run time
        for page in pages(paginator, PaginationConfig={"PageSize": 1000}):
            for made in page[f"{word}s"]:
                if made["CreateDate"] >= since and not _services_own(made):
                    yield Actor(
                        credential=credential, account=account, principal=_ref(kind, made["Arn"]), unique_id=made[f"{word}Id"]
                    )

    def _regions(self, account: str) -> tuple[str, ...]:
        """The Regions that are enabled in the account, which is what DescribeRegions lists."""
        listed = call(self._clients.ec2(account, "").describe_regions)["Regions"]
        return tuple(region["RegionName"] for region in listed)

    def _instances(self, account: str, region: str, since: datetime) -> Iterator[Actor]:
        alive = {"Name": "instance-state-name", "Values": ["pending", "running"]}
        for page in pages(self._clients.ec2(account, region).get_paginator("describe_instances"), Filters=[alive]):
            for instance in (one for reservation in page["Reservations"] for one in reservation["Instances"]):
                profile = instance.get("IamInstanceProfile", {}).get("Arn", "")
                role = self.role_of(account, profile) if profile and instance["LaunchTime"] >= since else None
                if role:
                    yield _session(Credential.INSTANCE_SESSION, role, instance["InstanceId"])

    def _functions(self, account: str, region: str, since: datetime) -> Iterator[Actor]:
        for page in pages(self._clients.lambda_(account, region).get_paginator("list_functions")):
            for function in page["Functions"]:
                if datetime.fromisoformat(function["LastModified"]) >= since:
                    yield _session(Credential.ROLE_SESSION, _ref(Kind.ROLE, function["Role"]), function["FunctionName"])


def _services_own(made: Mapping[str, Any]) -> bool:
    """Whether this user or role (of ListUsers, ListRoles) belongs to AWS itself, or forwards our alerts."""
    if made["Path"].startswith((SERVICE_LINKED, RESERVED)):
        return True
    return made.get("RoleName", "").startswith(FORWARDS) and lent(made["AssumeRolePolicyDocument"], FORWARDER)


def _unless_refused(find: Find, account: str, region: str, since: datetime) -> tuple[Actor, ...] | Refused:
    try:
        return tuple(find(account, region, since))
    except Refused as refusal:
        return refusal


def _answered(answers: Sequence[tuple[Actor, ...] | Refused]) -> list[Actor]:
    """What the Regions answered to one question. Raises `Refused` where none did."""
    refusals = [answer for answer in answers if isinstance(answer, Refused)]
    if refusals and len(refusals) == len(answers):
        raise refusals[0]
    return [actor for answer in answers if not isinstance(answer, Refused) for actor in answer]


def _accounts(lineage: Lineage) -> list[str]:
    """The accounts in which the lineage holds principals."""
    return list(dict.fromkeys(principal.account for principal in lineage.principals))


def _session(credential: Credential, role: Ref, name: str) -> Actor:
    """The session under which compute calls: named like the instance or the function."""
    return Actor(credential=credential, account=role.account, principal=role, session=name)


def _ref(kind: Kind, arn: str) -> Ref:
    return Ref(cloud=Cloud.AWS, kind=kind, account=arn.split(":")[4], id=arn)
