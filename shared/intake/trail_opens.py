"""Which identities a call made or handed out: the links of a lineage. Read from the answer, where the new id stands."""

from typing import Any

from .fact import opened
from .tolerant import folded, text, within
from .trail import Caller, Trail

OPENERS = frozenset(
    {
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "AssumeRoot",
        "CreateAccessKey",
        "CreateLoginProfile",
        "CreateRole",
        "CreateUser",
        "GetFederationToken",
        "GetSessionToken",
    }
)

PARTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("credentials", "accesskeyid"), "key:{}"),
    (("assumedroleuser", "assumedroleid"), "session:{}"),
    (("federateduser", "federateduserid"), "session:{}"),
    (("accesskey", "accesskeyid"), "key:{}"),
    (("accesskey", "username"), "user:{account}:{}"),
    (("loginprofile", "username"), "user:{account}:{}"),
    (("user", "username"), "user:{account}:{}"),
    (("role", "rolename"), "role:{account}:{}"),
)
"""Where in the answer a new identity stands, and the key of its lineage."""


def opened_by(trail: Trail, caller: Caller | None, account: str) -> tuple[str, ...]:
    """The keys of what this call brought about; nothing for a service's own calls, which open sessions all day long."""
    if caller is None or caller.type == "AWSService" or (caller.type in {None, ""} and caller.invoked_by):
        return ()
    answer: dict[str, Any] = folded(opened(trail.response_elements))
    return tuple(form.format(name, account=account) for path, form in PARTS if (name := text(within(answer, *path))))
