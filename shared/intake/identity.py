"""Whose credentials made a call: CloudTrail's `userIdentity` as an `Actor`.

The kind of credential decides how its access can end, so the more particular kind wins: another account's principal before
its own kind, a service-linked or reserved role before any session, an instance's session before other sessions of the role.
"""

import re

from shared.domain.actor import Actor, Credential
from shared.domain.resource import Kind, Ref

from .arn import Place, named, ref
from .record import Identity, Record
from .tolerant import folded, text

ANONYMOUS = frozenset({"anonymous", "anonymous_principal"})
"""What S3 writes for a caller without credentials, in `accountId` or `principalId`."""

INSTANCE = re.compile(r"i-[0-9a-f]{8,17}")
"""EC2 names the sessions of an instance's role by the instance (IAM user guide, "Use an IAM role … on Amazon EC2")."""

SIGN_IN = "signin.amazonaws.com"

CONSOLE_AGENT = re.compile(r"console\.|signin\.")
"""The user agent of the console, for records older than `sessionCredentialFromConsole`."""


def actor_of(record: Record) -> Actor | None:
    """The caller, None where the record names none."""
    who = record.user_identity
    if not (who.type or who.principal_id or who.arn or who.invoked_by):
        return None
    if ANONYMOUS & {who.account_id.lower(), who.principal_id.lower()}:
        return Actor(credential=Credential.ANONYMOUS, account=record.account)
    principal = _principal(who, record.place)
    return Actor(
        credential=_credential(record, principal),
        account=who.account_id or (principal.account if principal else record.account),
        principal=principal,
        unique_id=_unique_id(who),
        session=_session(who),
        access_key=who.access_key_id,
        source_identity=who.session_context.source_identity,
        known_as=_subject(who),
    )


def _subject(who: Identity) -> str:
    """Whom an identity provider outside signed the token about: its object id, where that is Entra ("Access token claims", sub)."""
    told = folded(who.session_context.web_id_federation_data.get("attributes"))
    return next((text(value).lower() for name, value in told.items() if name.endswith(":sub")), "")


def _principal(who: Identity, place: Place) -> Ref | None:
    """The user or role that holds the permissions; a session's issuer, whose ARN alone knows the path."""
    home = Place(who.account_id or place.account, place.region)
    found = ref(who.session_context.session_issuer.arn, home) or ref(who.arn, home)
    if found is None and who.type in NAMED_BY_USER_NAME and who.user_name:
        found = named(NAMED_BY_USER_NAME[who.type], who.user_name, home)
    return found if found and found.kind in PRINCIPAL_KINDS else None


NAMED_BY_USER_NAME = {"IAMUser": Kind.USER, "Role": Kind.ROLE}
"""Identity types whose `userName` is the principal's; elsewhere it is what a federated person is called."""

PRINCIPAL_KINDS = frozenset({Kind.USER, Kind.ROLE})


def _credential(record: Record, principal: Ref | None) -> Credential:
    who = record.user_identity
    if who.type in {"AWSService", ""} and not who.arn:
        return Credential.SERVICE
    if who.account_id and record.recipient_account_id and who.account_id != record.recipient_account_id:
        return Credential.FOREIGN
    if who.type == "IAMUser" or (principal and principal.kind is Kind.USER and who.type not in BY_TYPE):
        return _of_user(record)
    return BY_TYPE.get(who.type) or of_role(principal, _session(who), who)


BY_TYPE = {
    "Root": Credential.ROOT,
    "FederatedUser": Credential.FEDERATION_TOKEN,
    "IdentityCenterUser": Credential.IDENTITY_CENTER,
    "SAMLUser": Credential.FEDERATED,
    "WebIdentityUser": Credential.FEDERATED,
    "Directory": Credential.FEDERATED,
    "AWSAccount": Credential.FOREIGN,
}


def _of_user(record: Record) -> Credential:
    """A user's temporary credentials (ASIA…) are the console's, or GetSessionToken's: those end with the user's keys."""
    who = record.user_identity
    signed_in = record.session_credential_from_console or SIGN_IN in {record.event_source, who.invoked_by}
    by_agent = who.access_key_id.startswith("ASIA") and CONSOLE_AGENT.match(record.user_agent)
    return Credential.CONSOLE if signed_in or by_agent else Credential.LONG_TERM_KEY


def of_role(principal: Ref | None, session: str, who: Identity | None = None) -> Credential:
    """The kind of a role's session, from the role's name, the session's name and what the record says of its making."""
    context = who.session_context if who else None
    name = principal.name if principal else ""
    if name.startswith("AWSServiceRoleFor"):
        return Credential.SERVICE_LINKED
    if name.startswith("AWSReservedSSO_"):
        return Credential.IDENTITY_CENTER
    if INSTANCE.fullmatch(session) or (context and context.ec2_role_delivery):
        return Credential.INSTANCE_SESSION
    return Credential.FEDERATED if context and context.web_id_federation_data else Credential.ROLE_SESSION


def _unique_id(who: Identity) -> str:
    """AIDA… or AROA…: the issuer's own, or the part of `principalId` before the session."""
    on_behalf = text(who.on_behalf_of.get("userid"))
    return who.session_context.session_issuer.principal_id or who.principal_id.partition(":")[0] or on_behalf


def _session(who: Identity) -> str:
    """The session's name: the part of `principalId` after the colon, or the end of the ARN of an assumed role or federated user."""
    tail = who.arn.rsplit("/", 1)[-1] if ":assumed-role/" in who.arn or ":federated-user/" in who.arn else ""
    return who.principal_id.partition(":")[2] or tail
