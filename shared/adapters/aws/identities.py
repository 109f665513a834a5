"""Who we are, and the unique ids of those who must never be fenced."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.errors import Absent, NotReady

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
