"""Who works in the imaginary clinic: users and roles made through IAM, and the credentials that each of them holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.adapters.aws.permissions import responder_policies
from shared.sandbox.aws import clinic_policies as policies
from shared.sandbox.aws import scenario_ids as ids
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.server import Sandbox
from shared.sandbox.aws.sts_rules import instance_session

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

EVERYTHING = ("*",)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody signs with, and the network they call from (`address`, `vpc`, `endpoint`; empty: as it comes)."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    address: str = ""
    vpc: str = ""
    endpoint: str = ""

    @classmethod
    def of(cls, answer: Mapping[str, Any], **network: str) -> "Credentials":
        """From an answer of CreateAccessKey (`AccessKey`) or of STS (`Credentials`)."""
        return cls(answer["AccessKeyId"], answer["SecretAccessKey"], answer.get("SessionToken", ""), **network)

    @property
    def environment(self) -> dict[str, str]:
        """As the environment variables that every AWS SDK reads."""
        found = {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }
        return {name: value for name, value in found.items() if value}


def administrator(sandbox: Sandbox) -> Credentials:
    """The one user that root makes: everything else is made by it."""
    iam = sandbox.root().client("iam")
    return hired(iam, names.ADMINISTRATOR, policies.allow(EVERYTHING))


def users(sandbox: Sandbox, iam: "IAMClient") -> dict[str, Credentials]:
    """Two clinicians, one of them known by the ARN of one key, and two users for machines, one with far too many rights."""
    clinician = hired(iam, names.CLINICIAN, policies.allow((*policies.OBJECT_ACTIONS, "s3:ListBucket", *policies.KEY_USE)))
    one_key = (f"arn:aws:kms:{names.REGION}:{names.ACCOUNT}:key/{names.KEY_ID}",)
    reads = policies.allow(("s3:GetObject", "s3:ListBucket"))
    by_arn = hired(iam, names.CLINICIAN_BY_ARN, reads, policies.allow(policies.KEY_USE, one_key))
    export = hired(iam, names.EXPORT_USER, policies.allow(EVERYTHING))
    backup = hired(iam, names.BACKUP_USER, policies.allow(("s3:GetObject", "s3:ListBucket", "kms:Decrypt")))
    ids.user(sandbox.cloud, names.ACCOUNT, names.EXPORT_USER, unique_id=names.EXPORT_USER_ID, access_key=names.EXPORT_KEY)
    ids.user(sandbox.cloud, names.ACCOUNT, names.BACKUP_USER, access_key=names.BACKUP_KEY)
    return {
        "clinician": _from(clinician, clinician.access_key_id, names.CLINICIAN_ADDRESS),
        "clinician_by_arn": _from(by_arn, by_arn.access_key_id, names.CLINICIAN_ADDRESS),
        "thief": _from(export, names.EXPORT_KEY, names.THIEF_ADDRESS),
        "backup": _from(backup, names.BACKUP_KEY, names.CLINICIAN_ADDRESS),
    }


def roles(sandbox: Sandbox, iam: "IAMClient") -> None:
    """The application's, the nightly job's, the pipeline's, and those of the last resort and of the responder."""
    account = f"arn:aws:iam::{names.ACCOUNT}:root"
    ec2 = policies.trust(service="ec2.amazonaws.com")
    admitted = policies.trust(arns=[account])
    objects = (*policies.OBJECT_ACTIONS, "s3:ListBucket")
    role(iam, names.APP_ROLE, ec2, policies.document(policies.allow((*objects, *policies.KEY_USE))))
    role(iam, names.BATCH_ROLE, admitted, policies.document(policies.allow(EVERYTHING)))
    role(iam, names.PIPELINE, admitted, policies.document(policies.allow(policies.PIPELINE_ACTIONS)))
    role(iam, names.BREAK_GLASS, admitted, policies.document(policies.allow(EVERYTHING)))
    role(iam, names.RESPONDER, admitted)
    empower(iam, names.RESPONDER)
    iam.create_instance_profile(InstanceProfileName=names.APP_ROLE)
    iam.add_role_to_instance_profile(InstanceProfileName=names.APP_ROLE, RoleName=names.APP_ROLE)
    ids.role(sandbox.cloud, names.ACCOUNT, names.APP_ROLE, names.APP_ROLE_ID)
    ids.role(sandbox.cloud, names.ACCOUNT, names.BATCH_ROLE, names.BATCH_ROLE_ID)


def empower(iam: "IAMClient", responder: str) -> None:
    """Let this role do what a responder does, and nothing else."""
    for name, document in responder_policies().items():
        powers = iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=responder, PolicyArn=powers)


def sessions(sandbox: Sandbox, admin: Credentials) -> dict[str, Credentials]:
    """Temporary credentials of the roles. The instance's are held twice: by the application, and by whoever stole them."""
    app = ids.session(
        sandbox.cloud,
        instance_session(sandbox.cloud, role_arn(names.APP_ROLE), names.APP_INSTANCE),
        names.APP_SESSION_KEY,
    )
    held = (app.access_key_id, app.secret, app.token)
    batch = assumed(sandbox, admin, names.BATCH_ROLE, names.BATCH_SESSION)
    known = ids.session(sandbox.cloud, _session_of(sandbox, batch.access_key_id), names.BATCH_SESSION_KEY)
    return {
        "clinician_app": Credentials(*held, address=names.APP_ADDRESS, vpc=names.APP_VPC, endpoint=names.APP_ENDPOINT),
        "thief_instance": Credentials(*held, address=names.THIEF_ADDRESS),
        "thief_session": Credentials(known.access_key_id, known.secret, known.token, names.THIEF_ADDRESS),
        "pipeline": assumed(sandbox, admin, names.PIPELINE, "apply"),
        "break_glass": assumed(sandbox, admin, names.BREAK_GLASS, "on-call"),
        "responder": assumed(sandbox, admin, names.RESPONDER, "codeblue"),
    }


def assumed(sandbox: Sandbox, holder: Credentials, name: str, session: str) -> Credentials:
    """A session of a role, asked for by `holder`."""
    sts = bound(sandbox, holder).client("sts")
    answer = sts.assume_role(RoleArn=role_arn(name), RoleSessionName=session, DurationSeconds=12 * 3600)
    return Credentials.of(answer["Credentials"])


def bound(sandbox: Sandbox, holder: Credentials, region: str = names.REGION) -> Any:  # noqa: ANN401 - boto3's clients are made by name
    """A boto3 session with these credentials, from their network, towards the sandbox."""
    return sandbox.session(
        holder.access_key_id,
        holder.secret_access_key,
        holder.session_token,
        region=region,
        ip=holder.address,
        vpc=holder.vpc,
        vpce=holder.endpoint,
    )


def role_arn(name: str, account: str = names.ACCOUNT) -> str:
    """The ARN of a role without path."""
    return f"arn:aws:iam::{account}:role/{name}"


def user_arn(name: str, account: str = names.ACCOUNT) -> str:
    """The ARN of a user without path."""
    return f"arn:aws:iam::{account}:user/{name}"


def hired(iam: "IAMClient", name: str, *statements: policies.Statement) -> Credentials:
    """A new user who may do this, with an access key."""
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=policies.document(*statements))
    return Credentials.of(iam.create_access_key(UserName=name)["AccessKey"])


def role(iam: "IAMClient", name: str, trust: str, policy: str = "") -> None:
    """A new role with sessions of up to twelve hours."""
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, MaxSessionDuration=12 * 3600)
    if policy:
        iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=policy)


def _from(made: Credentials, access_key: str, address: str) -> Credentials:
    return Credentials(access_key, made.secret_access_key, address=address)


def _session_of(sandbox: Sandbox, access_key: str) -> Any:  # noqa: ANN401
    return next(each for each in sandbox.cloud.principals.sessions() if each.access_key_id == access_key)
