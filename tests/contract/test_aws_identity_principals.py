"""Facets of users and roles against the service: what is written is there, once, and goes again."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from types_boto3_iam import IAMClient

from shared.adapters.aws.world import FACETS, AwsWorld
from shared.domain.errors import Absent, DoesNotFit, Refused
from shared.domain.facet import AccessKeyStatus, ConsoleLogin, DenyAll, Facet, Fence, PolicyStatement, SessionsRevoked
from shared.domain.resource import Kind, Ref
from shared.domain.value import canonical
from shared.sandbox.aws.server import Sandbox

from .aws_responder import document, fill_attached, fill_inline, padding, principal, put, responder

STAMP = datetime(2026, 11, 21, 20, 0, 0, 1, tzinfo=UTC)
STAMPED = datetime(2026, 11, 21, 20, 0, 1, tzinfo=UTC)
SID = "Codebluecafe01020100"


def deny(sid: str = SID, **more: object) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Deny", "Action": ["*"], "Resource": ["*"], **more}


def fence(sid: str = SID, **more: object) -> Fence:
    return Fence(sid=sid, body=canonical(deny(sid, **more)).decode())


TRUST = {"Sid": "Wards", "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
FROZEN = PolicyStatement(
    sid=SID, body=canonical({"Sid": SID, "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}).decode()
)


@pytest.fixture
def iam(sandbox: Sandbox) -> IAMClient:
    return sandbox.root().client("iam")


@pytest.fixture
def world(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AwsWorld:
    return AwsWorld(responder(sandbox, monkeypatch))


@pytest.fixture
def user(iam: IAMClient) -> Ref:
    iam.create_user(UserName="thief", Path="/staff/")
    iam.create_login_profile(UserName="thief", Password="correct horse battery 1!")  # pragma: allowlist secret
    return principal(Kind.USER, "thief", "/staff/")


@pytest.fixture
def role(iam: IAMClient) -> Ref:
    iam.create_role(RoleName="ward", AssumeRolePolicyDocument=document(TRUST))
    return principal(Kind.ROLE, "ward")


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Ref:
    ref: Ref = request.getfixturevalue(request.param)
    return ref


on_both = pytest.mark.parametrize("target", ["user", "role"], indirect=True, ids=["on a user", "on a role"])


def inline(iam: IAMClient, ref: Ref) -> dict[str, Any]:
    """The inline policies of a principal by name."""
    word = ref.kind.capitalize()
    names = getattr(iam, f"list_{ref.kind}_policies")(**{f"{word}Name": ref.name})["PolicyNames"]
    get = getattr(iam, f"get_{ref.kind}_policy")
    return {name: get(**{f"{word}Name": ref.name}, PolicyName=name)["PolicyDocument"] for name in names}


def attached(iam: IAMClient, ref: Ref) -> list[str]:
    listed = getattr(iam, f"list_attached_{ref.kind}_policies")(**{f"{ref.kind.capitalize()}Name": ref.name})
    return [policy["PolicyArn"] for policy in listed["AttachedPolicies"]]


WRITES = [
    pytest.param(fence(), fence(), id="a fence"),
    pytest.param(SessionsRevoked(before=STAMP), SessionsRevoked(before=STAMPED), id="old sessions, to the next whole second"),
    pytest.param(DenyAll(on=True), DenyAll(on=True, via="inline"), id="deny-all"),
]


@on_both
@pytest.mark.parametrize(("facet", "read_back"), WRITES)
def test_what_is_written_is_there_once_and_goes_again(
    world: AwsWorld, iam: IAMClient, target: Ref, facet: Facet, read_back: Facet
) -> None:
    put(iam, target, "their-own", {**deny(), "Effect": "Allow"})
    before = world.look(target, type(facet))
    untouched = inline(iam, target)
    receipt = world.write(target, [facet])
    assert receipt.request_ids
    assert world.look(target, type(facet)) == (read_back,)
    once = inline(iam, target)
    world.write(target, [facet])
    assert inline(iam, target) == once
    undo = facet.absent
    assert undo is not None
    world.write(target, [undo])
    assert world.look(target, type(facet)) == before
    assert inline(iam, target) == untouched


def test_every_request_id_of_a_receipt_is_one_that_the_service_knows(sandbox: Sandbox, world: AwsWorld, user: Ref) -> None:
    (number,) = world.write(user, [fence()]).request_ids
    logged = sandbox.cloud.calls.find(number)
    assert logged is not None
    assert logged.operation == "PutUserPolicy"


@on_both
def test_two_fences_are_two_documents(world: AwsWorld, target: Ref) -> None:
    first, second = fence(f"{SID}1"), fence(f"{SID}2", Condition={"StringLike": {"aws:userid": "AROA:thief"}})
    assert first.document != second.document
    world.write(target, [first])
    world.write(target, [second])
    assert world.look(target, Fence) == (first, second)


@on_both
def test_a_fence_moves_into_a_managed_policy_where_the_inline_ones_are_full(world: AwsWorld, iam: IAMClient, target: Ref) -> None:
    fill_inline(iam, target)
    receipt = world.write(target, [fence()])
    assert "is a managed policy" in receipt.notes[0]
    assert world.look(target, Fence) == (fence(),)
    world.write(target, [fence().absent])
    assert (world.look(target, Fence), attached(iam, target)) == ((), [])
    assert iam.list_policies(Scope="Local", PathPrefix="/codeblue/")["Policies"] == []


def test_a_later_stamp_replaces_the_one_in_a_managed_policy(world: AwsWorld, iam: IAMClient, user: Ref) -> None:
    fill_inline(iam, user)
    for minutes in range(7):
        later = SessionsRevoked(before=STAMPED + timedelta(minutes=minutes))
        world.write(user, [later])
        assert world.look(user, SessionsRevoked) == (later,)
    assert len(attached(iam, user)) == 1


def test_a_stamp_leaves_the_inline_policy_where_it_no_longer_fits_there(world: AwsWorld, iam: IAMClient, user: Ref) -> None:
    put(iam, user, "CodeblueRevokeSessions", deny())
    put(iam, user, "padding", padding(2048 - len(document(deny()))))
    world.write(user, [SessionsRevoked(before=STAMPED)])
    assert world.look(user, SessionsRevoked) == (SessionsRevoked(before=STAMPED),)
    assert list(inline(iam, user)) == ["padding"]


@on_both
def test_a_fence_that_fits_nowhere_says_so_and_leaves_nothing_behind(world: AwsWorld, iam: IAMClient, target: Ref) -> None:
    fill_inline(iam, target)
    fill_attached(iam, target)
    with pytest.raises(DoesNotFit):
        world.write(target, [fence()])
    assert iam.list_policies(Scope="Local", PathPrefix="/codeblue/")["Policies"] == []


@on_both
def test_deny_all_goes_on_to_the_managed_policy(world: AwsWorld, iam: IAMClient, target: Ref) -> None:
    fill_inline(iam, target)
    receipt = world.write(target, [DenyAll(on=True)])
    assert receipt.notes == ("everything is denied by the managed policy AWSDenyAll: the inline policies are full",)
    assert world.look(target, DenyAll) == (DenyAll(on=True, via="managed"),)
    world.write(target, [DenyAll(on=False)])
    assert (world.look(target, DenyAll), attached(iam, target)) == ((DenyAll(on=False),), [])


@on_both
@pytest.mark.parametrize("bounded", [False, True], ids=["there was none", "one is replaced and comes back"])
def test_deny_all_ends_at_the_permissions_boundary(world: AwsWorld, iam: IAMClient, target: Ref, bounded: bool) -> None:
    fill_inline(iam, target)
    fill_attached(iam, target)
    boundary = iam.create_policy(PolicyName="limits", PolicyDocument=document({**deny(), "Effect": "Allow"}))["Policy"]["Arn"]
    named = {f"{target.kind.capitalize()}Name": target.name}
    if bounded:
        getattr(iam, f"put_{target.kind}_permissions_boundary")(**named, PermissionsBoundary=boundary)
    before = DenyAll(on=False, boundary=boundary if bounded else "")
    assert world.look(target, DenyAll) == (before,)
    receipt = world.write(target, [DenyAll(on=True)])
    assert "as permissions boundary" in receipt.notes[0]
    assert (boundary in receipt.notes[0]) is bounded
    assert world.look(target, DenyAll) == (DenyAll(on=True, via="boundary"),)
    world.write(target, [before])
    assert world.look(target, DenyAll) == (before,)


@pytest.mark.parametrize(
    ("name", "facet", "nothing"),
    [
        pytest.param(f"CodeblueFence-{SID}", fence(), (), id="a fence"),
        pytest.param("CodeblueRevokeSessions", SessionsRevoked(before=STAMPED), (SessionsRevoked(before=None),), id="old sessions"),
        pytest.param("CodeblueDenyAll", DenyAll(on=True), (DenyAll(on=False),), id="deny-all"),
    ],
)
def test_a_policy_planted_under_our_name_is_not_ours(
    world: AwsWorld, iam: IAMClient, user: Ref, name: str, facet: Facet, nothing: tuple[Facet, ...]
) -> None:
    planted = {"Sid": SID, "Effect": "Allow", "Action": "*", "Resource": "*"}
    put(iam, user, name, planted)
    assert world.look(user, type(facet)) == nothing
    undo = facet.absent
    assert undo is not None
    world.write(user, [undo])
    assert name in inline(iam, user)
    receipt = world.write(user, [facet])
    assert receipt.notes[0] == f"a policy named {name} with other content was there and is replaced"
    assert facet.satisfied_by(world.look(user, type(facet))[0])


def test_a_managed_policy_planted_under_our_name_is_taken_over(world: AwsWorld, iam: IAMClient, user: Ref) -> None:
    planted = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    name = f"CodeblueFence-{SID}-user-thief"
    arn = iam.create_policy(PolicyName=name, Path="/codeblue/", PolicyDocument=planted)["Policy"]["Arn"]
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=planted, SetAsDefault=True)
    iam.attach_user_policy(UserName="thief", PolicyArn=arn)
    fill_inline(iam, user)
    assert world.look(user, Fence) == ()
    world.write(user, [fence()])
    assert world.look(user, Fence) == (fence(),)


def test_our_statement_with_another_condition_is_seen_as_it_is(world: AwsWorld, iam: IAMClient, user: Ref) -> None:
    toothless = fence(Condition={"StringEquals": {"aws:userid": "nobody"}})
    put(iam, user, f"CodeblueFence-{SID}", json.loads(toothless.body or ""))
    assert world.look(user, Fence) == (toothless,)
    assert not fence().satisfied_by(toothless)


def test_keys_are_parts_and_each_is_switched_alone(world: AwsWorld, iam: IAMClient, user: Ref) -> None:
    first, second = (iam.create_access_key(UserName="thief")["AccessKey"]["AccessKeyId"] for _ in range(2))
    off = AccessKeyStatus(key_id=first, active=False)
    world.write(user, [off])
    world.write(user, [off])
    assert {key.key_id: key.active for key in world.look(user, AccessKeyStatus)} == {first: False, second: True}
    world.write(user, [off.but(active=True)])
    assert {key.active for key in world.look(user, AccessKeyStatus)} == {True}


def test_a_deleted_key_is_absent(world: AwsWorld, user: Ref) -> None:
    with pytest.raises(Absent):
        world.write(user, [AccessKeyStatus(key_id="AKIAIOSFODNN7EXAMPLE", active=False)])  # pragma: allowlist secret


def test_a_console_password_goes_and_can_not_come_back(world: AwsWorld, user: Ref) -> None:
    assert world.look(user, ConsoleLogin) == (ConsoleLogin(present=True),)
    world.write(user, [ConsoleLogin(present=False)])
    assert world.look(user, ConsoleLogin) == (ConsoleLogin(present=False),)
    assert world.write(user, [ConsoleLogin(present=False)]).notes == ("there was no console password any more",)
    with pytest.raises(Refused, match="can not come back"):
        world.write(user, [ConsoleLogin(present=True)])


def test_freezing_trust_keeps_every_other_statement(world: AwsWorld, iam: IAMClient, role: Ref) -> None:
    def trusted() -> object:
        policy: Any = iam.get_role(RoleName="ward")["Role"]["AssumeRolePolicyDocument"]
        return policy["Statement"]

    world.write(role, [FROZEN])
    assert trusted() == [TRUST, json.loads(FROZEN.body or "")]
    assert FROZEN in world.look(role, PolicyStatement)
    assert world.write(role, [FROZEN]).request_ids == ()
    world.write(role, [FROZEN.absent])
    assert trusted() == [TRUST]


@pytest.mark.parametrize(("kind", "facet"), [slot for slot in FACETS if slot[0] in {Kind.USER, Kind.ROLE}], ids=str)
def test_a_principal_that_is_gone_is_absent(world: AwsWorld, kind: Kind, facet: type[Facet]) -> None:
    with pytest.raises(Absent):
        world.look(principal(kind, "nobody"), facet)


@pytest.mark.parametrize("facet", [fence(), SessionsRevoked(before=STAMP), DenyAll(on=True), FROZEN], ids=lambda f: f.facet)
@pytest.mark.parametrize(
    ("path", "advice"),
    [
        pytest.param("/aws-service-role/ecs.amazonaws.com/", "contain who makes the service act", id="a service-linked role"),
        pytest.param("/aws-reserved/sso.amazonaws.com/", "through its permission set", id="a role of Identity Center"),
    ],
)
def test_a_role_that_nobody_may_change_is_refused_in_words(
    sandbox: Sandbox, world: AwsWorld, path: str, advice: str, facet: Facet
) -> None:
    before = len(sandbox.cloud.calls)
    with pytest.raises(Refused, match=advice) as refused:
        world.write(principal(Kind.ROLE, "AWSServiceRoleForECS", path), [facet])
    assert (refused.value.code, len(sandbox.cloud.calls)) == ("UnmodifiableEntity", before)


def test_one_write_is_of_one_kind_of_facet(world: AwsWorld, user: Ref) -> None:
    with pytest.raises(Refused, match="one kind of facet"):
        world.write(user, [fence(), DenyAll(on=True)])
    with pytest.raises(Refused, match="has no access-key-status"):
        world.look(principal(Kind.ROLE, "ward"), AccessKeyStatus)
