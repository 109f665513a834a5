"""Who calls: an access key and a session token become a principal, or a refusal in the service's own words."""

import secrets
import string
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.sandbox.aws.authoriser import Named, Principal
from shared.sandbox.aws.clock import Clock
from shared.sandbox.aws.history import Identity, IdentityHistory, Kind
from shared.sandbox.aws.refusals import FORBIDDEN, Refusal

ANONYMOUS = Principal(kind="anonymous", account="", arn="", user_id="")


@dataclass(frozen=True, slots=True)
class Session:
    """Temporary credentials and what was fixed when they were issued; times in seconds since 1970.

    `instance` is the EC2 instance whose metadata service handed them out, if one did.
    """

    access_key_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    principal: Principal
    holder: tuple[str, Kind, str, str]
    issued_at: float
    expires_at: float
    source_identity: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    policies: tuple[Named, ...] | None = None
    instance: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. `holder` names the identity whose policies count: account, kind, name, unique id."""

    principal: Principal
    access_key_id: str = ""
    secret: str = field(default="", repr=False)
    holder: tuple[str, Kind, str, str] | None = None
    session: Session | None = None


class Principals:
    """Root keys, users' keys (from IAM's history) and sessions of every account."""

    def __init__(self, clock: Clock, history: IdentityHistory) -> None:
        self._clock = clock
        self._history = history
        self._roots: dict[str, Caller] = {}
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def forget(self) -> None:
        self._roots.clear()
        self._sessions.clear()

    def root(self, account: str) -> Caller:
        """The root user of an account, with an access key made when first asked for."""
        with self._lock:
            held = next((caller for caller in self._roots.values() if caller.principal.account == account), None)
            if held is None:
                arn = f"arn:aws:iam::{account}:root"
                principal = Principal(kind="root", account=account, arn=arn, user_id=account)
                held = Caller(principal, new_id("AKIA"), _secret(40))
                self._roots[held.access_key_id] = held
            return held

    def issue(  # noqa: PLR0913 - what a session is made of
        self,
        principal: Principal,
        holder: tuple[str, Kind, str, str],
        seconds: float,
        *,
        source_identity: str = "",
        tags: Mapping[str, str] | None = None,
        transitive: tuple[str, ...] = (),
        policies: tuple[Named, ...] | None = None,
        instance: str = "",
    ) -> Session:
        """New temporary credentials, valid at once and for `seconds`."""
        now = self._clock.now()
        session = Session(
            access_key_id=new_id("ASIA"),
            secret=_secret(40),
            token=_secret(340),
            principal=principal,
            holder=holder,
            issued_at=now,
            expires_at=now + seconds,
            source_identity=source_identity,
            tags=dict(tags or {}),
            transitive=transitive,
            policies=policies,
            instance=instance,
        )
        return self.keep(session)

    def keep(self, session: Session) -> Session:
        """Let these temporary credentials be known, as they are."""
        self._sessions[session.access_key_id] = session
        return session

    def sessions(self) -> tuple[Session, ...]:
        """Every session ever issued: what no AWS call can list, and a drill wants to judge."""
        return tuple(self._sessions.values())

    def admit(self, access_key_id: str, token: str, service: str) -> Caller:
        """The caller behind a key. Raises Refusal for a key that is unknown, inactive, expired or without its token."""
        if not access_key_id:
            return Caller(ANONYMOUS)
        if access_key_id in self._roots:
            return self._roots[access_key_id]
        if access_key_id in self._sessions:
            return self._admit_session(self._sessions[access_key_id], token, service)
        owned = self._history.owner_of(access_key_id)
        if owned is None or not owned[1].active or token:
            raise unknown_key(service)
        user, key = owned
        return Caller(user_principal(user), key.id, key.secret, (user.account, "user", user.name, user.id))

    def _admit_session(self, session: Session, token: str, service: str) -> Caller:
        if not secrets.compare_digest(session.token, token):
            raise unknown_key(service)
        if session.expires_at <= self._clock.now():
            raise _expired(service)
        return Caller(session.principal, session.access_key_id, session.secret, session.holder, session)


def user_principal(user: Identity) -> Principal:
    """The principal that a user's own keys make."""
    return Principal(kind="user", account=user.account, arn=user.arn, user_id=user.id)


def new_id(prefix: str) -> str:
    """A unique id as IAM makes them: prefix and 16 capitals and digits."""
    return prefix + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(16))


def _secret(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


_QUERY_SERVICES = frozenset({"iam", "sts", "sns", "rds", "cloudformation", "autoscaling", "elasticloadbalancing"})


def unknown_key(service: str) -> Refusal:
    """The refusal of a key that does not exist (any more) or is inactive."""
    if service == "s3":
        return Refusal("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", FORBIDDEN)
    if service == "ec2":
        return Refusal("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    if service in _QUERY_SERVICES:
        return Refusal("InvalidClientTokenId", "The security token included in the request is invalid.", FORBIDDEN)
    return Refusal("UnrecognizedClientException", "The security token included in the request is invalid.")


def wrong_signature(service: str) -> Refusal:
    """The refusal of a request signed with another secret."""
    sentence = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
    )
    if service == "s3" or service in _QUERY_SERVICES:
        return Refusal("SignatureDoesNotMatch", sentence, FORBIDDEN)
    return Refusal("InvalidSignatureException", sentence)


def _expired(service: str) -> Refusal:
    if service == "s3":
        return Refusal("ExpiredToken", "The provided token has expired.")
    if service in _QUERY_SERVICES:
        return Refusal("ExpiredToken", "The security token included in the request is expired", FORBIDDEN)
    return Refusal("ExpiredTokenException", "The security token included in the request is expired")
