"""Who we are, and the unique ids of those who must never be fenced."""

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import msgspec

from shared.adapters.aws.clients import CONNECTIONS, Clients, spoke_of
from shared.adapters.aws.errors import call
from shared.adapters.aws.job_names import ROLE, lent
from shared.domain.errors import Absent, CloudError, NotReady
from shared.workflow.stages import Power

PERMISSIONS = frozenset({"iam:GetRole", "iam:GetUser"})


class Caller(msgspec.Struct, frozen=True):
    """The credentials of this program: their ARN as it is recorded, and the unique id that no namesake gets."""

    arn: str
    unique_id: str


def caller(clients: Clients) -> Caller:
    """Ourselves (`UserId` is `AROA…:session` for a role's session)."""
    found = clients.identity
    return Caller(arn=found["Arn"], unique_id=found["UserId"].split(":")[0])


class Known(NamedTuple):
    """Whom the policy names as responder or break-glass: by unique id, and by ARN those of whom that is not known, with the reason.

    `gone`: nobody bears the name. `unasked`: their account did not say who does.
    """

    ids: frozenset[str]
    gone: Mapping[str, str]
    unasked: Mapping[str, str]


def known(clients: Clients, names: Iterable[str]) -> Known:
    """The unique ids behind these ARNs or ids. It never raises: who is not found stops nothing for whoever is."""
    wanted = list(dict.fromkeys(names))
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = dict(zip(wanted, pool.map(partial(_unique_id, clients), wanted), strict=True))
    gone = {name: "it does not exist" for name, said in found.items() if isinstance(said, Absent)}
    failed = {name: str(said) for name, said in found.items() if isinstance(said, CloudError) and name not in gone}
    return Known(frozenset(said for said in found.values() if isinstance(said, str)), gone, failed)


def unique_ids(clients: Clients, names: Iterable[str]) -> frozenset[str]:
    """All of them, for whoever looks beforehand. Raises `NotReady` where one does not exist or can not be looked up."""
    found = known(clients, names)
    for name, why in (*found.gone.items(), *found.unasked.items()):
        raise NotReady(f"the policy names {name} as responder or break-glass: {why}")
    return found.ids


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


def of_jobs(clients: Clients, accounts: Iterable[str]) -> frozenset[str]:
    """The unique ids of the roles that our jobs have: in these accounts where every power is a worker of its own, else in ours.

    One that others than the service could have is none of ours, whatever it is called. One that is not there stops nothing.
    """
    asked = accounts if os.environ.get("CODEBLUE_POWER") else [clients.home]
    with ThreadPoolExecutor(max_workers=CONNECTIONS) as pool:
        return frozenset(filter(None, pool.map(partial(_jobs, clients), asked)))


def _jobs(clients: Clients, account: str) -> str:
    try:
        role = call(clients.iam(account).get_role, RoleName=ROLE)["Role"]
    except CloudError:
        return ""
    return str(role["RoleId"]) if lent(role["AssumeRolePolicyDocument"]) else ""


def _spoke(clients: Clients, account: str, name: str) -> str:
    try:
        return call(clients.iam(account).get_role, RoleName=name)["Role"]["RoleId"]
    except CloudError:
        return ""


def _unique_id(clients: Clients, name: str) -> str | CloudError:
    if not name.startswith("arn:"):
        return name
    plain = name.rsplit("/", 1)[-1]
    try:
        iam = clients.iam(name.split(":")[4])
        if ":user/" in name:
            return call(iam.get_user, UserName=plain)["User"]["UserId"]
        return call(iam.get_role, RoleName=plain)["Role"]["RoleId"]
    except CloudError as error:
        return error
