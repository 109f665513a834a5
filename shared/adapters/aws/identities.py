"""Who we are, and the unique ids of those who must never be fenced."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from shared.adapters.aws.clients import CONNECTIONS, Clients, spoke_of
from shared.adapters.aws.errors import call
from shared.domain.errors import Absent, CloudError, NotReady
from shared.workflow.stages import Power

PERMISSIONS = frozenset({"iam:GetRole", "iam:GetUser"})


@dataclass(frozen=True, slots=True)
class Caller:
    """The credentials of this program: their ARN as it is recorded, and the unique id that no namesake gets."""

    arn: str
    unique_id: str


def caller(clients: Clients) -> Caller:
    """Ourselves (`UserId` is `AROA…:session` for a role's session)."""
    found = clients.identity
    return Caller(arn=found["Arn"], unique_id=found["UserId"].split(":")[0])


def unique_ids(clients: Clients, names: Iterable[str]) -> frozenset[str]:
    """The unique ids behind these ARNs or ids.

    Raises `NotReady` where one does not exist: a fence without that exemption could lock the last resort out.
    """
    wanted = list(names)
    with ThreadPoolExecutor(max_workers=8) as pool:
        return frozenset(pool.map(partial(_unique_id, clients), wanted))


def spokes(clients: Clients, accounts: Iterable[str]) -> frozenset[str]:
    """The unique ids of the roles that these accounts have for us, where every power is a worker of its own.

    What one of them does comes back as an event, and is ours. A role that is not there, or an account that does not let us in, has
    no session to be known by: that never stops a response elsewhere.
    """
    if not os.environ.get("CODEBLUE_POWER"):
        return frozenset()
    asked = [(account, spoke_of(power)) for account in accounts for power in Power]
    with ThreadPoolExecutor(max_workers=CONNECTIONS) as pool:
        return frozenset(filter(None, pool.map(lambda one: _spoke(clients, *one), asked)))


def _spoke(clients: Clients, account: str, name: str) -> str:
    try:
        return call(clients.iam(account).get_role, RoleName=name)["Role"]["RoleId"]
    except CloudError:
        return ""


def _unique_id(clients: Clients, name: str) -> str:
    if not name.startswith("arn:"):
        return name
    iam = clients.iam(name.split(":")[4])
    plain = name.rsplit("/", 1)[-1]
    try:
        if ":user/" in name:
            return call(iam.get_user, UserName=plain)["User"]["UserId"]
        return call(iam.get_role, RoleName=plain)["Role"]["RoleId"]
    except Absent:
        raise NotReady(f"the policy names {name} as responder or break-glass, and it does not exist") from None
