"""The smaller services: access grants, Identity Center, and what moto does rightly and we rely on."""

from typing import Any

import pytest

from shared.sandbox.aws.server import ACCOUNT, Sandbox
from shared.sandbox.aws.sso_rules import sign_in
from tests.contract.sandbox_scenes import OTHER, document, refused, role, statement, user

PERSON = "11111111-2222-3333-4444-555555555555"


class TestAccessGrants:
    def test_without_an_instance_there_is_nothing_to_list(self, sandbox: Sandbox) -> None:
        control = sandbox.root().client("s3control")
        assert refused(control.list_access_grants, AccountId=ACCOUNT)[0] == "AccessGrantsInstanceNotExistsError"

    def test_a_grant_is_listed_until_it_is_deleted(self, sandbox: Sandbox) -> None:
        control = sandbox.root().client("s3control")
        control.create_access_grants_instance(AccountId=ACCOUNT)
        grantee: Any = {"GranteeType": "IAM", "GranteeIdentifier": f"arn:aws:iam::{OTHER}:role/thief"}
        made = control.create_access_grant(AccountId=ACCOUNT, AccessGrantsLocationId="default", Grantee=grantee, Permission="READ")
        (listed,) = control.list_access_grants(AccountId=ACCOUNT)["AccessGrantsList"]
        assert (listed["AccessGrantId"], listed["Grantee"], listed["Permission"]) == (made["AccessGrantId"], grantee, "READ")
        control.delete_access_grant(AccountId=ACCOUNT, AccessGrantId=made["AccessGrantId"])
        assert control.list_access_grants(AccountId=ACCOUNT)["AccessGrantsList"] == []
        assert refused(control.delete_access_grant, AccountId=ACCOUNT, AccessGrantId="x")[0] == "NoSuchAccessGrantError"


class TestIdentityCenter:
    @pytest.fixture
    def sso(self, sandbox: Sandbox) -> Any:  # noqa: ANN401 - a boto3 client
        return sandbox.root().client("sso-admin")

    @pytest.fixture
    def made(self, sso: Any) -> dict[str, str]:  # noqa: ANN401 - a boto3 client
        """A permission set that allows S3, assigned to a person in another account."""
        instance = sso.list_instances()["Instances"][0]["InstanceArn"]
        permission_set = sso.create_permission_set(Name="Clinicians", InstanceArn=instance)["PermissionSet"]["PermissionSetArn"]
        made = {"InstanceArn": instance, "PermissionSetArn": permission_set}
        sso.put_inline_policy_to_permission_set(**made, InlinePolicy=document(statement("Allow", "s3:*")))
        assignment = {"TargetId": OTHER, "TargetType": "AWS_ACCOUNT", "PrincipalType": "USER", "PrincipalId": PERSON}
        sso.create_account_assignment(**made, **assignment)
        return made

    def signed_in(self, sandbox: Sandbox) -> Any:  # noqa: ANN401 - a boto3 session
        roles = sandbox.root(OTHER).client("iam").list_roles()["Roles"]
        (arn,) = (role["Arn"] for role in roles if role["RoleName"].startswith("AWSReservedSSO_Clinicians_"))
        session = sign_in(sandbox.cloud, arn, "alice")
        return sandbox.session(session.access_key_id, session.secret, session.token)

    def test_a_change_works_only_once_it_is_provisioned(self, sandbox: Sandbox, sso: Any, made: dict[str, str]) -> None:  # noqa: ANN401
        clinician = self.signed_in(sandbox).client("s3")
        clinician.list_buckets()
        sso.put_inline_policy_to_permission_set(**made, InlinePolicy=document(statement("Deny", "*")))
        behind = {"ProvisioningStatus": "LATEST_PERMISSION_SET_NOT_PROVISIONED"}
        assert sso.list_accounts_for_provisioned_permission_set(**made, **behind)["AccountIds"] == [OTHER]
        clinician.list_buckets()
        begun = sso.provision_permission_set(**made, TargetType="ALL_PROVISIONED_ACCOUNTS")["PermissionSetProvisioningStatus"]
        asked = {"InstanceArn": made["InstanceArn"], "ProvisionPermissionSetRequestId": begun["RequestId"]}
        done = sso.describe_permission_set_provisioning_status(**asked)["PermissionSetProvisioningStatus"]
        assert (begun["Status"], done["Status"]) == ("IN_PROGRESS", "SUCCEEDED")
        assert sso.list_accounts_for_provisioned_permission_set(**made, **behind)["AccountIds"] == []
        assert refused(clinician.list_buckets)[0] == "AccessDenied"

    def test_ending_an_assignment_ends_no_session(self, sandbox: Sandbox, sso: Any, made: dict[str, str]) -> None:  # noqa: ANN401
        clinician = self.signed_in(sandbox).client("s3")
        assignment = {"TargetId": OTHER, "TargetType": "AWS_ACCOUNT", "PrincipalType": "USER", "PrincipalId": PERSON}
        sso.delete_account_assignment(**made, **assignment)
        assert sso.list_accounts_for_provisioned_permission_set(**made)["AccountIds"] == []
        clinician.list_buckets()

    def test_its_role_cannot_be_changed_in_iam(self, sandbox: Sandbox, made: dict[str, str]) -> None:
        arn = self.signed_in(sandbox).client("sts").get_caller_identity()["Arn"]
        attach = sandbox.root(OTHER).client("iam").attach_role_policy
        answer = refused(attach, RoleName=arn.split("/")[1], PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll")
        assert (made["InstanceArn"] != "", answer[0]) == (True, "UnmodifiableEntity")


def test_a_snapshot_is_shared_and_unshared(sandbox: Sandbox) -> None:
    ec2 = sandbox.root().client("ec2")
    volume = ec2.create_volume(Size=1, AvailabilityZone="us-east-1a")["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    asked: Any = {"SnapshotId": snapshot, "Attribute": "createVolumePermission"}
    ec2.modify_snapshot_attribute(**asked, OperationType="add", UserIds=[OTHER])
    assert ec2.describe_snapshot_attribute(**asked)["CreateVolumePermissions"] == [{"UserId": OTHER}]
    ec2.modify_snapshot_attribute(**asked, OperationType="remove", UserIds=[OTHER])
    assert ec2.describe_snapshot_attribute(**asked)["CreateVolumePermissions"] == []


def test_a_trail_can_be_stopped_and_started_and_told_what_to_record(sandbox: Sandbox) -> None:
    sandbox.root().client("s3").create_bucket(Bucket="trail-logs")
    trail = sandbox.root().client("cloudtrail")
    trail.create_trail(Name="clinic", S3BucketName="trail-logs")
    for start in (True, False, True):
        (trail.start_logging if start else trail.stop_logging)(Name="clinic")
        assert trail.get_trail_status(Name="clinic")["IsLogging"] is start
    selector: Any = {"ReadWriteType": "All", "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}
    trail.put_event_selectors(TrailName="clinic", EventSelectors=[selector])
    assert trail.get_event_selectors(TrailName="clinic")["EventSelectors"][0]["DataResources"] == selector["DataResources"]


def test_of_two_conditional_writes_the_second_is_refused(sandbox: Sandbox) -> None:
    table: Any = sandbox.root().client("dynamodb")
    schema = {"KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}
    types = {"AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}]}
    table.create_table(TableName="cases", BillingMode="PAY_PER_REQUEST", **schema, **types)
    write = {"TableName": "cases", "Item": {"k": {"S": "1"}}, "ConditionExpression": "attribute_not_exists(k)"}
    table.put_item(**write)
    assert refused(table.put_item, **write)[0] == "ConditionalCheckFailedException"


def test_what_no_part_of_the_sandbox_knows_is_refused(sandbox: Sandbox) -> None:
    backup = sandbox.root().client("backup")
    assert refused(backup.list_frameworks)[0] == "NotImplemented"


def test_a_role_passed_in_an_instance_profile_needs_the_right_to_pass_it(sandbox: Sandbox) -> None:
    arn = role(sandbox, "app", {"Service": "ec2.amazonaws.com"})
    iam = sandbox.root().client("iam")
    iam.create_instance_profile(InstanceProfileName="app")
    iam.add_role_to_instance_profile(InstanceProfileName="app", RoleName="app")
    launch: Any = {"ImageId": "ami-12345678", "MinCount": 1, "MaxCount": 1, "IamInstanceProfile": {"Name": "app"}}
    thief = user(sandbox, policy=document(statement("Allow", "ec2:*"))).client("ec2")
    code, message = refused(thief.run_instances, **launch)
    assert (code, arn in message) == ("UnauthorizedOperation", True)
    both = document(statement("Allow", "ec2:*"), statement("Allow", "iam:PassRole", arn))
    iam.put_user_policy(UserName="mallory", PolicyName="given", PolicyDocument=both)
    thief.run_instances(**launch)
