"""STS, answered at the boundary: the emulator's sessions know no trust policy, no session policy and no source identity."""

from typing import Any

from shared.sandbox.aws.authoriser import Named, Policies, Principal, Request, decide
from shared.sandbox.aws.clock import utc
from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.history import Identity
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.policies import trust_policy
from shared.sandbox.aws.principals import Caller, Session
from shared.sandbox.aws.refusals import FORBIDDEN, Refusal
from shared.sandbox.aws.resource_policies import by_arn, document

HOUR = 3600
CHAINED_LIMIT = HOUR


def assume_role(cloud: Cloud, ask: Ask) -> Reply:
    """AssumeRole; its trust policy was authorised before. Sessions chained from a role last at most an hour (STS API reference)."""
    params = ask.params
    role = _role(cloud, params["RoleArn"], ask)
    seconds = int(params.get("DurationSeconds", HOUR))
    if ask.caller.principal.kind == "role" and seconds > CHAINED_LIMIT:
        sentence = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        raise Refusal("ValidationError", sentence)
    session = role_session(cloud, role, params["RoleSessionName"], seconds, caller=ask.caller, params=params)
    return ask.answer(
        {
            "Credentials": _credentials(session),
            "AssumedRoleUser": {"AssumedRoleId": session.principal.user_id, "Arn": session.principal.arn},
            "SourceIdentity": session.source_identity or None,
            "PackedPolicySize": 6,
        }
    )


def _role(cloud: Cloud, arn: str, ask: Ask) -> Identity:
    newest = by_arn(arn, cloud.history)
    role = cloud.history.find(newest.account, "role", newest.name) if newest else None
    if role is None:
        sentence = f"User: {ask.caller.principal.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        raise Refusal("AccessDenied", sentence, FORBIDDEN)
    return role


def role_session(
    cloud: Cloud, role: Identity, name: str, seconds: float, *, caller: Caller | None = None, params: dict[str, Any] | None = None
) -> Session:
    """Credentials of an assumed role. Source identity and transitive tags come down from the caller's own session."""
    given = params or {}
    parent = caller.session if caller else None
    inherited = {key: value for key, value in parent.tags.items() if key in parent.transitive} if parent else {}
    principal = Principal(
        kind="role",
        account=role.account,
        arn=f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{name}",
        user_id=f"{role.id}:{name}",
        issuer=role.arn,
    )
    return cloud.principals.issue(
        principal,
        (role.account, "role", role.name, role.id),
        seconds,
        source_identity=str(given.get("SourceIdentity") or (parent.source_identity if parent else "")),
        tags={**inherited, **{tag["Key"]: tag["Value"] for tag in given.get("Tags", ())}},
        transitive=(*inherited, *given.get("TransitiveTagKeys", ())),
        policies=_session_policies(cloud, role.account, given),
        instance=name if caller is None and name.startswith("i-") else "",
    )


def _session_policies(cloud: Cloud, account: str, params: dict[str, Any]) -> tuple[Named, ...] | None:
    inline = (Named("session policy", _policy(params["Policy"])),) if params.get("Policy") else ()
    named = (cloud.history.find(account, "policy", each["arn"]) for each in params.get("PolicyArns", ()))
    managed = tuple(Named(f"session policy {policy.name}", document(policy.documents[0][1])) for policy in named if policy)
    return inline + managed or None


def _policy(text: str) -> dict[str, Any]:
    try:
        return document(text)
    except ValueError as unreadable:
        raise Refusal("MalformedPolicyDocument", "This policy contains invalid Json") from unreadable


def _credentials(session: Session) -> dict[str, Any]:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
        "Expiration": utc(session.expires_at),
    }


def get_federation_token(cloud: Cloud, ask: Ask) -> Reply:
    """GetFederationToken: long-term keys of a user or root only; without a policy the session may do nothing by itself."""
    caller, params = ask.caller, ask.params
    if caller.session is not None:
        raise Refusal("AccessDenied", "Cannot call GetFederationToken with session credentials", FORBIDDEN)
    account, name = caller.principal.account, params["Name"]
    principal = Principal(
        kind="federated",
        account=account,
        arn=f"arn:aws:sts::{account}:federated-user/{name}",
        user_id=f"{account}:{name}",
        issuer=caller.principal.arn,
    )
    holder = caller.holder or (account, "user", "", "")
    policies = _session_policies(cloud, account, params) or ()
    session = cloud.principals.issue(principal, holder, int(params.get("DurationSeconds", 12 * HOUR)), policies=policies)
    user = {"FederatedUserId": principal.user_id, "Arn": principal.arn}
    return ask.answer({"Credentials": _credentials(session), "FederatedUser": user, "PackedPolicySize": 6})


def get_session_token(cloud: Cloud, ask: Ask) -> Reply:
    """GetSessionToken: the user's own permissions, under temporary credentials."""
    caller = ask.caller
    if caller.session is not None or caller.holder is None:
        raise Refusal("AccessDenied", "Cannot call GetSessionToken with session credentials", FORBIDDEN)
    session = cloud.principals.issue(caller.principal, caller.holder, int(ask.params.get("DurationSeconds", 12 * HOUR)))
    return ask.answer({"Credentials": _credentials(session)})


def get_caller_identity(_: Cloud, ask: Ask) -> Reply:
    """GetCallerIdentity: nobody can be denied it."""
    principal = ask.caller.principal
    return ask.answer({"UserId": principal.user_id, "Account": principal.account, "Arn": principal.arn})


def get_access_key_info(cloud: Cloud, ask: Ask) -> Reply:
    """GetAccessKeyInfo: the account an access key belongs to."""
    wanted = ask.params["AccessKeyId"]
    owned = cloud.history.owner_of(wanted)
    if owned is None:
        raise Refusal("InvalidClientTokenId", "The provided access key ID does not exist.", FORBIDDEN)
    return ask.answer({"Account": owned[0].account})


def instance_session(cloud: Cloud, role_arn: str, instance_id: str, seconds: float = 6 * HOUR) -> Session:
    """Credentials as EC2's metadata service hands them out. Raises Refusal if the role's trust does not let EC2 in."""
    return compute_session(cloud, role_arn, "ec2.amazonaws.com", instance_id, seconds)


def compute_session(cloud: Cloud, role_arn: str, service: str, name: str, seconds: float = 6 * HOUR) -> Session:
    """Credentials that a service hands to compute of this name (instance id, function name).

    Raises Refusal if the role's trust does not let the service in.
    """
    trust, role = trust_policy(cloud, role_arn), by_arn(role_arn, cloud.history)
    caller = Principal(kind="service", account="", arn=service, user_id="")
    request = Request(caller, "sts:AssumeRole", role_arn, role.account if role else "")
    if trust is None or role is None or not decide(request, Policies(resource=trust)).allowed:
        raise Refusal("AssumeRoleUnauthorizedAccess", f"{service} cannot assume the role", FORBIDDEN)
    return role_session(cloud, role, name, seconds)


def guard(_: Cloud, ask: Ask) -> None:
    """Refuse what would hand out credentials that nobody knows. Raises Refusal."""
    if ask.call.operation not in RULES:
        raise Refusal("NotImplemented", f"The sandbox does not emulate {ask.call.operation}.", 501)


RULES: dict[str, Rule] = {
    "AssumeRole": assume_role,
    "GetAccessKeyInfo": get_access_key_info,
    "GetCallerIdentity": get_caller_identity,
    "GetFederationToken": get_federation_token,
    "GetSessionToken": get_session_token,
}
