"""What a call made or handed out that can act by itself: users, roles, keys, logins, sessions, compute given a role.

Read from the call's own answer (`responseElements`), so that a descendant is known by its unique id and not by a guess.
"""

from collections.abc import Callable

from shared.domain.actor import Actor, Credential
from shared.domain.resource import Kind, Ref

from .arn import named, ref
from .identity import actor_of, of_role
from .record import Record
from .tolerant import folded, items, text, within

type RoleOf = Callable[[str], Ref | None]
"""The role in an instance profile (its ARN or name): no record tells it, IAM GetInstanceProfile does."""


def created(record: Record, role_of: RoleOf) -> tuple[Actor, ...]:
    """The actors that this call brought about; none where it failed."""
    if record.failed:
        return ()
    if record.event_name in BY_PROFILE:
        return _instances(record, role_of)
    read = READERS.get(record.event_name)
    return read(record) if read else ()


def _answer(record: Record, *path: str) -> str:
    return text(within(record.response_elements, *path))


def _asked(record: Record, *path: str) -> str:
    return text(within(record.request_parameters, *path))


def _user(record: Record) -> tuple[Actor, ...]:
    return _made(Credential.LONG_TERM_KEY, ref(_answer(record, "user", "arn"), record.place), _answer(record, "user", "userid"))


def _role(record: Record) -> tuple[Actor, ...]:
    return _made(Credential.ROLE_SESSION, ref(_answer(record, "role", "arn"), record.place), _answer(record, "role", "roleid"))


def _made(credential: Credential, principal: Ref | None, unique_id: str) -> tuple[Actor, ...]:
    return (Actor(credential=credential, account=principal.account, principal=principal, unique_id=unique_id),) if principal else ()


def _access_key(record: Record) -> tuple[Actor, ...]:
    """CreateAccessKey without a user name makes a key for the caller."""
    key = _answer(record, "accesskey", "accesskeyid")
    owner = _answer(record, "accesskey", "username") or _asked(record, "username")
    user = named(Kind.USER, owner, record.place) if owner else None
    caller = actor_of(record)
    if caller and caller.principal and (user is None or caller.principal.name == user.name):
        return (caller.but(credential=Credential.LONG_TERM_KEY, access_key=key),)
    return (Actor(credential=Credential.LONG_TERM_KEY, account=user.account, principal=user, access_key=key),) if user else ()


def _login(record: Record) -> tuple[Actor, ...]:
    user = named(Kind.USER, _answer(record, "loginprofile", "username") or _asked(record, "username"), record.place)
    return _made(Credential.CONSOLE, user, "")


def _session(record: Record) -> tuple[Actor, ...]:
    """A role session. The requested role's ARN has the path that the session's ARN lacks; a chained role may be elsewhere."""
    unique_id, _, name = _answer(record, "assumedroleuser", "assumedroleid").partition(":")
    role = ref(_asked(record, "rolearn"), record.place) or ref(_answer(record, "assumedroleuser", "arn"), record.place)
    if role is None:
        return ()
    federated = record.event_name in {"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}
    return (
        Actor(
            credential=Credential.FEDERATED if federated else of_role(role, name),
            account=role.account,
            principal=role,
            unique_id=unique_id,
            session=name,
            access_key=_answer(record, "credentials", "accesskeyid"),
            source_identity=_answer(record, "sourceidentity"),
        ),
    )


def _federation_token(record: Record) -> tuple[Actor, ...]:
    """The token keeps to the permissions of the user who asked for it, under a name of its own."""
    caller = actor_of(record)
    name = _answer(record, "federateduser", "federateduserid").partition(":")[2]
    key = _answer(record, "credentials", "accesskeyid")
    return (caller.but(credential=Credential.FEDERATION_TOKEN, session=name, access_key=key),) if caller and name else ()


def _session_token(record: Record) -> tuple[Actor, ...]:
    caller = actor_of(record)
    return (caller.but(access_key=_answer(record, "credentials", "accesskeyid")),) if caller else ()


def _function(record: Record) -> tuple[Actor, ...]:
    """A function, new or rewritten, calls under a session of its role that is named like the function."""
    role = ref(_asked(record, "role") or _answer(record, "role"), record.place)
    name = _answer(record, "functionname") or _asked(record, "functionname").rsplit(":", 1)[-1]
    return (Actor(credential=Credential.ROLE_SESSION, account=role.account, principal=role, session=name),) if role else ()


def _instances(record: Record, role_of: RoleOf) -> tuple[Actor, ...]:
    profile = next((found for path in PROFILES if (found := _asked(record, *path))), "")
    role = role_of(profile) if profile else None
    if role is None:
        return ()
    started = tuple(
        text(folded(each).get("instanceid")) for each in items(within(record.response_elements, "instancesset", "items"))
    )
    given = tuple(_answer(record, f"{call}response", "iaminstanceprofileassociation", "instanceid") for call in ASSOCIATIONS)
    return tuple(_instance(role, instance) for instance in (*started, *given) if instance)


def _instance(role: Ref, instance: str) -> Actor:
    return Actor(credential=Credential.INSTANCE_SESSION, account=role.account, principal=role, session=instance)


ASSOCIATIONS = ("associateiaminstanceprofile", "replaceiaminstanceprofileassociation")

PROFILES = tuple(
    (*outer, "iaminstanceprofile", field)
    for outer in ((), *((f"{call}request",) for call in ASSOCIATIONS))
    for field in ("arn", "name")
)
"""Where requests that give compute a role name the instance profile."""

BY_PROFILE = frozenset({"RunInstances", "AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation"})

READERS: dict[str, Callable[[Record], tuple[Actor, ...]]] = {
    "CreateUser": _user,
    "CreateRole": _role,
    "CreateAccessKey": _access_key,
    "CreateLoginProfile": _login,
    "AssumeRole": _session,
    "AssumeRoleWithSAML": _session,
    "AssumeRoleWithWebIdentity": _session,
    "GetFederationToken": _federation_token,
    "GetSessionToken": _session_token,
    "CreateFunction20150331": _function,
    "UpdateFunctionCode20150331v2": _function,
    "UpdateFunctionConfiguration20150331v2": _function,
}
"""Event name, and who can act because of it."""
