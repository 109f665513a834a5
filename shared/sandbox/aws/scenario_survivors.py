"""What of a thief's work still has effect when a fight is over: judged by trying, and by what the services say."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from shared.sandbox.aws import permission
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.authoriser import Principal
from shared.sandbox.aws.clinic_people import role_arn
from shared.sandbox.aws.cloud import Cloud
from shared.sandbox.aws.history import Identity
from shared.sandbox.aws.permission import Need
from shared.sandbox.aws.principals import Caller, user_principal
from shared.sandbox.aws.server import Sandbox
from shared.sandbox.aws.thief import Thief
from shared.sandbox.aws.thief_moves import FAR_REGIONS

WORKING = frozenset({names.EXPORT_USER, names.BACKUP_USER, names.BATCH_ROLE})
"""Users and roles that were there before the thief."""


def survivors(sandbox: Sandbox, thief: Thief) -> Iterator[str]:
    """Each in one sentence. Every change is in force by now."""
    sandbox.cloud.history.settle()
    for hand in (*thief.held, thief.abroad):
        if thief.reads(hand):
            yield f"{hand.identity} still reads health data"
    yield from _identities(sandbox.cloud, thief)
    yield from _stores(sandbox)
    yield from _keys(sandbox, thief)
    yield from _records(sandbox, thief)


def _identities(cloud: Cloud, thief: Thief) -> Iterator[str]:
    """Users and roles that the thief made, or stole as a whole, and that may still do something; roles that still let it in."""
    for user in sorted(set(thief.users) - WORKING | thief.stolen):
        identity = cloud.history.newest(names.ACCOUNT, "user", user)
        if identity and _may_act(cloud, identity, user_principal(identity)):
            yield f"user {user} may still act"
    for role in sorted(set(thief.roles) - WORKING):
        identity = cloud.history.newest(names.ACCOUNT, "role", role)
        if identity and _may_act(cloud, identity, _session_of(identity)):
            yield f"role {role} may still act"
    for role in thief.roles:
        with suppress(ClientError):
            back = thief.client(thief.abroad, "sts").assume_role(RoleArn=role_arn(role), RoleSessionName="back")
            hand = thief.take("back", back["Credentials"])
            if thief.reads(hand) or thief.lists(hand):
                yield f"role {role} still lets the thief's own account in"


def _may_act(cloud: Cloud, identity: Identity, principal: Principal) -> bool:
    caller = Caller(principal, holder=(identity.account, identity.kind, identity.name, identity.id))
    need = Need("iam:CreateUser", f"arn:aws:iam::{names.ACCOUNT}:user/anybody", names.ACCOUNT)
    return permission.decision(cloud, caller, {}, need).allowed


def _session_of(role: Identity) -> Principal:
    arn = f"arn:aws:sts::{role.account}:assumed-role/{role.name}/any"
    return Principal(kind="role", account=role.account, arn=arn, user_id=f"{role.id}:any", issuer=role.arn)


def _stores(sandbox: Sandbox) -> Iterator[str]:
    """Doors to the charts that need no stolen credential, and rules that carry charts away or delete the log."""
    s3 = sandbox.root().client("s3")
    anybody = boto3.client(
        "s3", endpoint_url=sandbox.endpoint_url, region_name=names.REGION, config=Config(signature_version=UNSIGNED)
    )
    with suppress(ClientError):
        anybody.get_object(Bucket=names.CHARTS, Key=f"charts/{names.PATIENTS[0]}.pdf")
        yield "anybody reads charts"
    with suppress(ClientError):
        rules = s3.get_bucket_replication(Bucket=names.CHARTS)["ReplicationConfiguration"]["Rules"]
        if any(rule["Status"] == "Enabled" and rule["Destination"].get("Account") == names.THIEF_ACCOUNT for rule in rules):
            yield "charts are still replicated to the thief"
    with suppress(ClientError):
        expiring = s3.get_bucket_lifecycle_configuration(Bucket=names.AUDIT_LOG)["Rules"]
        if any(rule["Status"] == "Enabled" for rule in expiring):
            yield "the audit log still expires"


def _keys(sandbox: Sandbox, thief: Thief) -> Iterator[str]:
    """Use of the key by the thief's own account, in any Region, and a key that cannot be used."""
    key = thief.clinic.resources["key"]
    state = sandbox.root().client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    if state != "Enabled":
        yield f"the key is {state}"
    for region in (names.REGION, names.SECOND_REGION, *FAR_REGIONS):
        for hand in (thief.held[-1], thief.abroad):
            with suppress(ClientError):
                arn = key.replace(names.REGION, region)
                thief.client(hand, "kms", region).generate_data_key(KeyId=arn, KeySpec="AES_256")
                yield f"{hand.identity} still uses the key in {region}"


def _records(sandbox: Sandbox, thief: Thief) -> Iterator[str]:
    session: Any = sandbox.root()
    if not session.client("cloudtrail").get_trail_status(Name=names.TRAIL)["IsLogging"]:
        yield "the audit trail is off"
    shared = session.client("ec2").describe_snapshot_attribute(
        SnapshotId=thief.clinic.resources["snapshot"], Attribute="createVolumePermission"
    )["CreateVolumePermissions"]
    if shared:
        yield "the snapshot is still shared"
