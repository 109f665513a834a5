"""Permission sets and assignments of Identity Center, which do their work while we wait."""

from collections.abc import Callable

import pytest
from types_boto3_sso_admin import SSOAdminClient

from shared.adapters.aws import identity_center
from shared.adapters.aws.world import FACETS, RELATIONS, AwsWorld
from shared.domain.errors import Absent, Refused, Throttled, Unreachable
from shared.domain.facet import Assignment, DenyAll, Facet, Fence
from shared.domain.resource import Cloud, Kind, Ref
from shared.domain.value import canonical
from shared.ports import Relation
from shared.sandbox.aws.server import ACCOUNT, REGION, Sandbox

from .aws_identity_center import IdentityCenter, installed
from .aws_responder import document, principal, responder

WARD = "222233334444"
SLOTS = [slot for slot in FACETS if slot[0] is Kind.PERMISSION_SET]


def fence(sid: str = "Codeblue1") -> Fence:
    return Fence(sid=sid, body=canonical({"Sid": sid, "Effect": "Deny", "Action": "*", "Resource": "*"}).decode())


def assignment(account: str, *, present: bool = True) -> Assignment:
    return Assignment(account=account, principal_type="USER", principal_id="9067642ac8-thief", present=present)


@pytest.fixture
def center(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> IdentityCenter:
    monkeypatch.setattr(identity_center, "PAUSE", 0.01)
    return installed(monkeypatch)


@pytest.fixture
def sso(sandbox: Sandbox, center: IdentityCenter) -> SSOAdminClient:
    return sandbox.root().client("sso-admin")


@pytest.fixture
def clinicians(sso: SSOAdminClient) -> Ref:
    """A permission set that is assigned in two accounts."""
    instance = sso.list_instances()["Instances"][0]["InstanceArn"]
    arn = sso.create_permission_set(InstanceArn=instance, Name="Clinicians")["PermissionSet"]["PermissionSetArn"]
    for account in (ACCOUNT, WARD):
        sso.create_account_assignment(
            InstanceArn=instance,
            PermissionSetArn=arn,
            TargetId=account,
            TargetType="AWS_ACCOUNT",
            PrincipalType="USER",
            PrincipalId="9067642ac8-thief",
        )
    return Ref(cloud=Cloud.AWS, kind=Kind.PERMISSION_SET, account=ACCOUNT, region=REGION, id=arn)


@pytest.fixture
def world(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AwsWorld:
    return AwsWorld(responder(sandbox, monkeypatch))


def policy(sso: SSOAdminClient, ref: Ref) -> str:
    return sso.get_inline_policy_for_permission_set(InstanceArn=instance_of(ref), PermissionSetArn=ref.id)["InlinePolicy"]


def instance_of(ref: Ref) -> str:
    return f"arn:aws:sso:::instance/{ref.id.split('/')[1]}"


def test_fences_and_deny_all_share_the_sets_own_policy_and_go_again(world: AwsWorld, sso: SSOAdminClient, clinicians: Ref) -> None:
    theirs = document({"Sid": "Theirs", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    sso.put_inline_policy_to_permission_set(
        InstanceArn=instance_of(clinicians), PermissionSetArn=clinicians.id, InlinePolicy=theirs
    )
    world.write(clinicians, [fence("Codeblue1"), fence("Codeblue2")])
    world.write(clinicians, [DenyAll(on=True)])
    assert world.look(clinicians, Fence) == (fence("Codeblue1"), fence("Codeblue2"))
    assert world.look(clinicians, DenyAll) == (DenyAll(on=True, via="inline"),)
    world.write(clinicians, [fence("Codeblue1").absent, fence("Codeblue2").absent])
    world.write(clinicians, [DenyAll(on=False)])
    assert (world.look(clinicians, Fence), world.look(clinicians, DenyAll)) == ((), (DenyAll(on=False),))
    assert policy(sso, clinicians) == theirs


def test_a_set_without_a_policy_is_left_without_one(world: AwsWorld, sso: SSOAdminClient, clinicians: Ref) -> None:
    world.write(clinicians, [DenyAll(on=True)])
    world.write(clinicians, [DenyAll(on=False)])
    assert policy(sso, clinicians) == ""


def test_a_fence_counts_only_once_every_account_has_it(world: AwsWorld, center: IdentityCenter, clinicians: Ref) -> None:
    world.write(clinicians, [fence()])
    center.behind[clinicians.id] = [WARD]
    assert world.look(clinicians, Fence) == ()
    world.write(clinicians, [fence()])
    assert world.look(clinicians, Fence) == (fence(),)


def test_provisioning_that_fails_is_refused(world: AwsWorld, center: IdentityCenter, clinicians: Ref) -> None:
    center.ending = "FAILED"
    with pytest.raises(Refused, match="could not do it"):
        world.write(clinicians, [fence()])
    assert world.look(clinicians, Fence) == ()


def test_provisioning_that_takes_too_long_is_to_be_tried_later(
    world: AwsWorld, center: IdentityCenter, clinicians: Ref, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity_center, "PATIENCE", 0.05)
    center.ending = "IN_PROGRESS"
    with pytest.raises(Throttled, match="still at it"):
        world.write(clinicians, [fence()])


def test_an_assignment_goes_once_and_comes_back(world: AwsWorld, clinicians: Ref) -> None:
    gone = assignment(WARD, present=False)
    assert set(world.look(clinicians, Assignment)) == {assignment(ACCOUNT), assignment(WARD)}
    assert world.write(clinicians, [gone]).request_ids
    assert world.look(clinicians, Assignment) == (assignment(ACCOUNT),)
    assert world.write(clinicians, [gone]).notes == ("the assignment was so already",)
    world.write(clinicians, [assignment(WARD)])
    assert set(world.look(clinicians, Assignment)) == {assignment(ACCOUNT), assignment(WARD)}


@pytest.mark.parametrize("facet", [Fence, DenyAll, Assignment], ids=lambda facet: f"asked for its {facet.__name__}")
def test_a_set_that_is_gone_is_absent(world: AwsWorld, clinicians: Ref, facet: type[Facet]) -> None:
    with pytest.raises(Absent):
        world.look(clinicians.but(id=clinicians.id[:-4] + "gone"), facet)


@pytest.mark.parametrize(
    ("path", "name", "found"),
    [
        pytest.param("/aws-reserved/sso.amazonaws.com/", "AWSReservedSSO_Clinicians_0123456789abcdef", True, id="its own"),
        pytest.param(
            "/aws-reserved/sso.amazonaws.com/us-east-1/", "AWSReservedSSO_Clinicians_0123456789abcdef", True, id="by Region"
        ),
        pytest.param("/aws-reserved/sso.amazonaws.com/", "AWSReservedSSO_Clinic_0123456789abcdef", False, id="a shorter name"),
        pytest.param("/", "AWSReservedSSO_Clinicians_0123456789abcdef", False, id="a namesake that is not reserved"),
    ],
)
def test_a_reserved_role_leads_to_its_permission_set(world: AwsWorld, clinicians: Ref, path: str, name: str, found: bool) -> None:
    sets = world.related(principal(Kind.ROLE, name, path), Relation.ASSIGNED)
    assert sets == ((clinicians,) if found else ())


def test_the_declared_actions_are_the_used_ones(sandbox: Sandbox, clinicians: Ref, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = {slot: AwsWorld.permissions([slot]) for slot in SLOTS}
    relation = RELATIONS[Kind.ROLE, Relation.ASSIGNED].reads
    clients = responder(
        sandbox, monkeypatch, *relation, *(action for both in declared.values() for set_ in both for action in set_)
    )
    clients.warm("sso-admin").join()
    world, calls = AwsWorld(clients), sandbox.cloud.calls

    def used(work: Callable[[], object]) -> frozenset[str]:
        before = len(calls)
        work()
        return frozenset(call.action for call in tuple(calls)[before:])

    for facet in (fence(), DenyAll(on=True), assignment(WARD, present=False)):
        undo = assignment(WARD) if isinstance(facet, Assignment) else facet.absent
        written = used(lambda: world.write(clinicians, [facet]))  # noqa: B023  # called at once
        looked = used(lambda: world.look(clinicians, type(facet)))  # noqa: B023  # the same
        written |= used(lambda: world.write(clinicians, [undo]))  # noqa: B023  # the same
        assert (looked, written) == declared[Kind.PERMISSION_SET, type(facet)]
    reserved = principal(Kind.ROLE, "AWSReservedSSO_Clinicians_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/")
    assert used(lambda: world.related(reserved, Relation.ASSIGNED)) == relation


def test_where_identity_center_is_run_elsewhere_the_set_is_unreachable(world: AwsWorld, center: IdentityCenter) -> None:
    center.administered = False
    reserved = principal(Kind.ROLE, "AWSReservedSSO_Clinicians_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/")
    with pytest.raises(Unreachable, match=f"not administered from account {ACCOUNT}"):
        world.related(reserved, Relation.ASSIGNED)
