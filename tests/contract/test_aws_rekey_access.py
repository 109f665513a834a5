"""Who would lose access if data moved to another key: what principals' own policies say of it, and what the simulator proves."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from shared.adapters.aws.access import PERMISSIONS, AwsAccess
from shared.adapters.aws.clients import Clients
from shared.domain.actor import Actor, Credential
from shared.domain.errors import Refused
from shared.domain.resource import Kind, Ref
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.server import ACCOUNT
from tests.contract.aws_responder import principal
from tests.contract.aws_stores import Stage, allow, document, fresh, staged

USE = ["kms:Decrypt", "kms:GenerateDataKey"]

type Give = Callable[[Any, str, Mapping[str, object]], object]
"""Gives a user of this name a policy with one statement."""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


def _actor(ref: Ref) -> Actor:
    return Actor(credential=Credential.LONG_TERM_KEY, account=ref.account, principal=ref)


def _user(stage: Stage) -> Actor:
    name = fresh("nurse")
    stage.client("iam").create_user(UserName=name)
    return _actor(principal(Kind.USER, name))


def _name(actor: Actor) -> str:
    assert actor.principal
    return actor.principal.name


def _use(resource: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": USE, "Resource": resource}


def _managed(iam: Any, statement: Mapping[str, object]) -> str:  # noqa: ANN401  # boto3 makes its classes at run time
    return str(iam.create_policy(PolicyName=fresh("reads"), PolicyDocument=document(statement))["Policy"]["Arn"])


def _inline(iam: Any, name: str, statement: Mapping[str, object]) -> None:  # noqa: ANN401
    iam.put_user_policy(UserName=name, PolicyName="reads", PolicyDocument=document(statement))


def _attached(iam: Any, name: str, statement: Mapping[str, object]) -> None:  # noqa: ANN401
    iam.attach_user_policy(UserName=name, PolicyArn=_managed(iam, statement))


def _of_group(iam: Any, name: str, statement: Mapping[str, object]) -> None:  # noqa: ANN401
    group = fresh("ward")
    iam.create_group(GroupName=group)
    iam.put_group_policy(GroupName=group, PolicyName="reads", PolicyDocument=document(statement))
    iam.add_user_to_group(GroupName=group, UserName=name)


def _attached_to_group(iam: Any, name: str, statement: Mapping[str, object]) -> None:  # noqa: ANN401
    group = fresh("ward")
    iam.create_group(GroupName=group)
    iam.attach_group_policy(GroupName=group, PolicyArn=_managed(iam, statement))
    iam.add_user_to_group(GroupName=group, UserName=name)


def _boundary(iam: Any, name: str, statement: Mapping[str, object]) -> None:  # noqa: ANN401
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=_managed(iam, statement))


PLACES = [
    pytest.param(_inline, id="an inline policy"),
    pytest.param(_attached, id="an attached policy"),
    pytest.param(_of_group, id="a group's inline policy"),
    pytest.param(_attached_to_group, id="a group's attached policy"),
    pytest.param(_boundary, id="a permissions boundary"),
]


@pytest.mark.parametrize("give", PLACES)
def test_a_user_known_by_the_old_keys_arn_is_found_wherever_it_stands(stage: Stage, give: Give) -> None:
    access, key, actor = AwsAccess(stage.clients), stage.key(), _user(stage)
    give(stage.client("iam"), _name(actor), _use(stage.key().id))
    assert not access.names_key(actor, key)
    give(stage.client("iam"), _name(actor), _use(key.id))
    assert access.names_key(actor, key)


def test_a_role_known_by_the_old_keys_arn_is_found(stage: Stage) -> None:
    iam, name, key = stage.client("iam"), fresh("letters"), stage.key()
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    iam.put_role_policy(RoleName=name, PolicyName="reads", PolicyDocument=document(_use(key.id)))
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    access, actor = AwsAccess(stage.clients), _actor(principal(Kind.ROLE, name))
    assert access.names_key(actor, key)
    assert not access.names_key(actor, stage.key())
    assert access.can_use(actor, key) is True
    assert access.can_use(actor, stage.key()) is False


def test_who_is_no_user_or_role_is_named_by_no_policy_of_its_own(stage: Stage) -> None:
    access, key = AwsAccess(stage.clients), stage.key()
    anonymous = Actor(credential=Credential.ANONYMOUS, account="")
    assert access.names_key(anonymous, key) is False
    assert access.can_use(anonymous, key) is None


ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@pytest.mark.parametrize(
    ("own", "of_key", "answer"),
    [
        pytest.param("{key}", None, True, id="allowed by both the user's policy and the key's account"),
        pytest.param("arn:aws:kms:us-east-1:111122223333:key/old", None, False, id="known by another key's ARN only"),
        pytest.param("{key}", "{user}", None, id="a key that leaves nothing to the account and names the user"),
        pytest.param("{key}", "arn:aws:iam::111122223333:user/other", False, id="a key that leaves nothing to the account"),
        pytest.param("arn:aws:kms:us-east-1:111122223333:key/old", "*", None, id="a key that lets in whoever meets a condition"),
    ],
)
def test_only_what_is_certain_is_claimed(stage: Stage, own: str, of_key: str | None, answer: bool | None) -> None:
    key, actor = stage.key(), _user(stage)
    assert actor.principal
    _inline(stage.client("iam"), _name(actor), _use(own.replace("{key}", key.id)))
    stage.client("iam").create_user(UserName="other") if of_key and of_key.endswith("/other") else None
    if of_key:
        named = {**allow("Named", "*", "kms:Decrypt"), "Principal": {"AWS": of_key.replace("{user}", actor.principal.id)}}
        keeps = allow("Keeps", "*", "kms:PutKeyPolicy")
        looks = allow("Looks", "*", "kms:Get*")
        stage.client("kms").put_key_policy(KeyId=key.id, PolicyName="default", Policy=document(named, keeps, looks))
    assert AwsAccess(stage.clients).can_use(actor, key) is answer


def test_a_deny_of_the_users_own_is_certain(stage: Stage) -> None:
    key, actor = stage.key(), _user(stage)
    _inline(stage.client("iam"), _name(actor), _use("*"))
    _attached(stage.client("iam"), _name(actor), {**_use("*"), "Effect": "Deny"})
    assert AwsAccess(stage.clients).can_use(actor, key) is False


def test_an_endpoint_without_a_simulator_proves_nothing(stage: Stage) -> None:
    key, actor = stage.key(), _user(stage)
    missing = Fault("error", operation="SimulatePrincipalPolicy", status=501, code="NotImplemented")
    number = stage.sandbox.cloud.faults.add(missing)
    try:
        assert AwsAccess(stage.clients).can_use(actor, key) is None
    finally:
        stage.sandbox.cloud.faults.remove(number)


def _looked_up(access: AwsAccess, actors: tuple[Actor, ...], key: Ref) -> None:
    for actor in actors:
        access.names_key(actor, key)
        access.can_use(actor, key)


def test_the_declared_permissions_are_enough_and_none_of_them_in_vain(stage: Stage) -> None:
    iam, key, user = stage.client("iam"), stage.key(), _user(stage)
    for give in (_inline, _attached, _of_group, _attached_to_group):
        give(iam, _name(user), _use("*"))
    role = fresh("letters")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=document(trust))
    iam.put_role_policy(RoleName=role, PolicyName="reads", PolicyDocument=document(_use("*")))
    actors = (user, _actor(principal(Kind.ROLE, role)))
    iam.create_user(UserName="asker")
    made = iam.create_access_key(UserName="asker")["AccessKey"]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", made["AccessKeyId"])
        environment.setenv("AWS_SECRET_ACCESS_KEY", made["SecretAccessKey"])
        clients = Clients()
        clients.warm("iam").join()
    for left_out in ("", *sorted(PERMISSIONS)):
        statement = {"Effect": "Allow", "Action": sorted(PERMISSIONS - {left_out}), "Resource": "*"}
        iam.put_user_policy(
            UserName="asker", PolicyName="only", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        )
        if not left_out:
            _looked_up(AwsAccess(clients), actors, key)
            continue
        with pytest.raises(Refused, match="Denied"):
            _looked_up(AwsAccess(clients), actors, key)
