"""What each identity facet declares is exactly what it uses: a responder with these actions and no others gets through."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from types_boto3_iam import IAMClient

from shared.adapters.aws.world import FACETS, AwsWorld
from shared.domain.facet import (
    AccessKeyStatus,
    ConsoleLogin,
    DenyAll,
    Facet,
    Fence,
    KeyAccess,
    PolicyStatement,
    Sealed,
    SessionsRevoked,
)
from shared.domain.resource import Kind, Ref
from shared.domain.value import canonical
from shared.sandbox.aws.server import Sandbox

from .aws_responder import document, fill_attached, fill_inline, principal, responder

type Setting = Callable[[IAMClient, Ref], tuple[Facet, ...]]
"""Prepares a principal and says what is to be written on it, one after the other."""

TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
FROZEN = PolicyStatement(sid="Codeblue1", body=canonical({**TRUST, "Sid": "Codeblue1", "Effect": "Deny"}).decode())
STAMP = SessionsRevoked(before=datetime(2026, 11, 21, 20, tzinfo=UTC))
LATER = SessionsRevoked(before=datetime(2026, 11, 21, 21, tzinfo=UTC))
ON, OFF = DenyAll(on=True), DenyAll(on=False)


def fence(action: str) -> Fence:
    statement = {"Sid": "Codeblue1", "Effect": "Deny", "Action": action, "Resource": "*"}
    return Fence(sid="Codeblue1", body=canonical(statement).decode())


def access(action: str) -> KeyAccess:
    statement = {"Sid": "Codeblue1", "Effect": "Allow", "Action": action, "Resource": "*"}
    return KeyAccess(sid="Codeblue1", body=canonical(statement).decode())


def simply(*facets: Facet) -> Setting:
    return lambda _iam, _ref: facets


def without_room(*facets: Facet) -> Setting:
    def prepare(iam: IAMClient, ref: Ref) -> tuple[Facet, ...]:
        fill_inline(iam, ref)
        return facets

    return prepare


def cornered(iam: IAMClient, ref: Ref) -> tuple[Facet, ...]:
    fill_inline(iam, ref)
    fill_attached(iam, ref)
    return (ON, DenyAll(on=False, boundary="arn:aws:iam::aws:policy/AWSDenyAll"), OFF)


def with_a_key(iam: IAMClient, ref: Ref) -> tuple[Facet, ...]:
    key = iam.create_access_key(UserName=ref.name)["AccessKey"]["AccessKeyId"]
    return (AccessKeyStatus(key_id=key, active=False), AccessKeyStatus(key_id=key, active=True))


def with_a_password(iam: IAMClient, ref: Ref) -> tuple[Facet, ...]:
    iam.create_login_profile(UserName=ref.name, Password="correct horse battery 1!")  # pragma: allowlist secret
    return (ConsoleLogin(present=False),)


SETTINGS: dict[type[Facet], list[Setting]] = {
    Fence: [
        simply(fence("*"), fence("*").absent),
        without_room(fence("*"), fence("s3:*"), fence("kms:*"), fence("kms:*").absent),
    ],
    KeyAccess: [
        simply(access("kms:Decrypt"), access("kms:Decrypt").absent),
        without_room(access("kms:Decrypt"), access("kms:Encrypt"), access("kms:ReEncrypt*"), access("kms:ReEncrypt*").absent),
    ],
    SessionsRevoked: [simply(STAMP, STAMP.absent), without_room(STAMP, LATER, STAMP, STAMP.absent)],
    DenyAll: [simply(ON, OFF), without_room(ON, OFF), cornered],
    Sealed: [simply(Sealed(on=True), Sealed(on=False))],
    AccessKeyStatus: [with_a_key],
    ConsoleLogin: [with_a_password],
    PolicyStatement: [simply(FROZEN, FROZEN.absent)],
}
SLOTS = [slot for slot in FACETS if slot[0] in {Kind.USER, Kind.ROLE}]


def made(iam: IAMClient, kind: Kind, number: int) -> Ref:
    name = f"thief{number}"
    if kind is Kind.USER:
        iam.create_user(UserName=name)
    else:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(TRUST))
    return principal(kind, name)


@pytest.mark.parametrize(("kind", "facet"), SLOTS, ids=lambda part: part.__name__ if isinstance(part, type) else str(part))
def test_the_declared_actions_are_the_used_ones(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, kind: Kind, facet: type[Facet]
) -> None:
    iam = sandbox.root().client("iam")
    reads, writes = AwsWorld.permissions([(kind, facet)])
    clients = responder(sandbox, monkeypatch, *reads, *writes)
    clients.warm("iam").join()  # asks STS whose credentials these are, which needs no permission
    world, ours = AwsWorld(clients), sandbox.cloud.calls

    def used(work: Callable[[], object]) -> frozenset[str]:
        before = len(ours)
        work()
        return frozenset(call.action for call in tuple(ours)[before:])

    looked, written = frozenset[str](), frozenset[str]()
    for number, prepare in enumerate(SETTINGS[facet]):
        target = made(iam, kind, number)
        for wanted in prepare(iam, target):
            looked |= used(lambda: world.look(target, facet))  # noqa: B023  # called at once
            written |= used(lambda: world.write(target, [wanted]))  # noqa: B023  # the same
            looked |= used(lambda: world.look(target, facet))  # noqa: B023  # the same
    assert (looked, written) == (reads, writes)
