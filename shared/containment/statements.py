"""Deny statements of ours, in the policy language of IAM (its elements and condition operators are named as AWS names them).

Rules
1. `Principal` is `*` and conditions say who: a principal's ARN in a policy turns into an id when the principal is deleted.
2. Our own and break-glass identities are exempt by unique id: a workload administrator can re-create a role with our ARN. Only
   whose account does not say the id is exempt by ARN: to lock the last resort out is worse.
3. AWS services and service-linked roles are exempt from every "all but" deny: Deny beats grants, and volumes and logs would stop.
4. A negated operator matches where its key is absent, so every "all but" names each way in which a rightful caller shows itself.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import IntEnum

from shared.domain.actor import Actor, Credential
from shared.domain.case import Reach, Standing
from shared.domain.value import canonical, digest

type Condition = dict[str, dict[str, str | list[str]]]
type Statement = dict[str, object]

SERVICE_LINKED = "arn:aws:iam::*:role/aws-service-role/*"


class Ordinal(IntEnum):
    """Which of our statements: the last part of its Sid."""

    ACTORS = 1
    NETWORK = 2
    RIGHTFUL = 3
    OUTSIDERS = 4
    ADMINISTRATION = 5
    DELETION = 6
    TRUST = 7
    NEW_SESSIONS = 8
    SUCCESSOR = 9
    LASTING = 10
    RETIRED = 11
    RESTORE = 12


def sid(case: str, ordinal: Ordinal, number: int = 0) -> str:
    """A Sid of ours: `Codeblue`, eight digits of the case's hash, ordinal and number. Letters and digits only (IAM)."""
    return f"Codeblue{digest({'case': case})[:8]}{ordinal:02d}{number:02d}"


def body(statement: Statement) -> str:
    """A statement as facets carry it: canonical JSON."""
    return canonical(statement).decode()


def deny(name: str, actions: Sequence[str], resources: Sequence[str], condition: Condition, *, principal: bool) -> str:
    """A deny statement. `principal` for resource policies; identity policies have none."""
    statement: Statement = {"Sid": name, "Effect": "Deny", "Action": list(actions), "Resource": list(resources)}
    if principal:
        statement["Principal"] = "*"
    if condition:
        statement["Condition"] = condition
    return body(statement)


def trust_deny(name: str, actions: Sequence[str], condition: Condition) -> str:
    """A deny statement of a trust policy, which names no resource: it is the role's own."""
    statement: Statement = {"Sid": name, "Effect": "Deny", "Principal": "*", "Action": list(actions), "Condition": condition}
    return body(statement)


def user_ids(actor: Actor, reach: Reach) -> list[str]:
    """What `aws:userid` is compared with (IAM identifiers): a user's id, one session of a role, or all of its sessions.

    Never an account's root user: whoever denies it a key has lost the key.
    """
    if not actor.unique_id or actor.credential is Credential.ROOT:
        return []
    if actor.session and reach is not Reach.PRINCIPAL:
        return [actor.user_id]
    # a federation token goes by the account and a name of its own
    token = [actor.user_id] if actor.credential is Credential.FEDERATION_TOKEN else []
    return [actor.unique_id, f"{actor.unique_id}:*", *token]


def the_actors(standings: Iterable[Standing]) -> Condition:
    """Whoever is fenced as a session or as a principal; empty where nobody is."""
    ids = sorted({i for s in standings if s.reach in {Reach.SESSION, Reach.PRINCIPAL} for i in user_ids(s.actor, s.reach)})
    return {"StringLike": {"aws:userid": ids}} if ids else {}


def elsewhere(standing: Standing) -> Condition:
    """These credentials from anywhere but the networks where their rightful user was seen."""
    vpcs = [n for n in standing.networks if n.startswith("vpc-")]
    endpoints = [n for n in standing.networks if n.startswith("vpce-")]
    addresses = [n for n in standing.networks if not n.startswith("vpc")]
    condition: Condition = {
        "StringLike": {"aws:userid": user_ids(standing.actor, standing.reach)},
        # forward access sessions carry the service's address, not the workload's
        "BoolIfExists": {"aws:ViaAWSService": "false"},
    }
    absent = {"aws:SourceVpc": vpcs, "aws:SourceVpce": endpoints}
    if any(absent.values()):
        condition["StringNotEquals"] = {key: values for key, values in absent.items() if values}
    if addresses:
        condition["NotIpAddress"] = {"aws:SourceIp": addresses}
    return condition


def all_but(arns: Iterable[str], ids: Iterable[str]) -> Condition:
    """Everyone but these ARNs, these unique ids (or ARNs, of whom nobody knows it), AWS services and service-linked roles."""
    ids = set(ids)
    return {
        "ArnNotLike": {"aws:PrincipalArn": sorted({*arns, *_by_name(ids), SERVICE_LINKED})},
        "StringNotLike": {"aws:userid": _with_sessions(ids)},
        "Bool": {"aws:PrincipalIsAWSService": "false"},
    }


def new_sessions(actor: Actor, known: Iterable[str], since: datetime) -> Condition:
    """Sessions of a role that began after `since`, under names never seen, and were not handed to compute by AWS itself.

    The last two keys are in the credentials that EC2 and Lambda deliver, and in no session that a caller opens.
    """
    return {
        "StringLike": {"aws:userid": [f"{actor.unique_id}:*"]},
        "StringNotEquals": {"aws:userid": sorted(f"{actor.unique_id}:{name}" for name in known) or ["-"]},
        "DateGreaterThan": {"aws:TokenIssueTime": since.strftime("%Y-%m-%dT%H:%M:%SZ")},
        "Null": {"ec2:SourceInstanceArn": "true", "lambda:SourceFunctionArn": "true"},
    }


def all_but_ids(ids: Iterable[str]) -> Condition:
    """Everyone but these unique ids (or ARNs, of whom nobody knows the id) and AWS services."""
    ids = set(ids)
    named: Condition = {"ArnNotLike": {"aws:PrincipalArn": by_name}} if (by_name := _by_name(ids)) else {}
    return {**named, "StringNotLike": {"aws:userid": _with_sessions(ids)}, "Bool": {"aws:PrincipalIsAWSService": "false"}}


def outsiders(accounts: Iterable[str]) -> Condition:
    """Principals of accounts that are not the organisation's own."""
    return {
        "StringNotEquals": {"aws:PrincipalAccount": sorted(accounts)},
        "Bool": {"aws:PrincipalIsAWSService": "false"},
    }


def _with_sessions(ids: Iterable[str]) -> list[str]:
    return sorted({form for i in set(ids).difference(_by_name(ids)) for form in (i, f"{i}:*")}) or ["-"]


def _by_name(ids: Iterable[str]) -> list[str]:
    return sorted(each for each in ids if each.startswith("arn:"))


def parsed(statement: str) -> Statement:
    """The statement that a facet carries."""
    content: Statement = json.loads(statement)
    return content
