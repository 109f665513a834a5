"""What IAM looked like at any moment: the sandbox evaluates a request against the state of a few seconds ago.

IAM is eventually consistent: a change "might not be visible immediately" (IAM user guide, "Changes that I make are not always
immediately visible"). So every write is followed by a look at the account, and each identity keeps a line of frozen views, one
per change. An unchanged identity keeps its view: a record costs comparisons, not copies.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, Role, User, iam_backends
from moto.iam.models import Group as MotoGroup

from shared.sandbox.aws.clock import Clock

type Kind = Literal["user", "role", "group", "policy"]


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A long-term access key of a user."""

    id: str
    secret: str = field(repr=False)
    active: bool = True


@dataclass(frozen=True, slots=True)
class Identity:
    """A user, role, group or managed policy as it was at one moment. `documents` are inline policies, or the managed one itself."""

    kind: Kind
    account: str
    name: str
    id: str
    arn: str
    documents: tuple[tuple[str, str], ...] = ()
    attached: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    boundary: str = ""
    trust: str = ""
    keys: tuple[AccessKey, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


class Timeline[T]:
    """Values of one thing over time, the newest last."""

    def __init__(self) -> None:
        self._line: list[tuple[float, T | None]] = []

    def put(self, at: float, value: T | None) -> bool:
        """Append a value if it differs from the newest; True if it did."""
        if self.newest == value:
            return False
        self._line.append((at, value))
        return True

    @property
    def newest(self) -> T | None:
        return self._line[-1][1] if self._line else None

    def at(self, moment: float) -> T | None:
        """The value in force at a moment; None before the first."""
        return next((value for at, value in reversed(self._line) if at <= moment), None)


class IdentityHistory:
    """Every identity of every account over time, and the delay after which a change is in force.

    `settle` puts everything recorded so far in force at once; setting a delay settles, so that only later changes are slow.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: dict[tuple[str, Kind, str], Timeline[Identity]] = {}
        self._owners: dict[str, tuple[str, str]] = {}
        self._delay = 0.0
        self._settled = 0.0
        self.boundaries: dict[tuple[str, str], str] = {}

    @property
    def delay(self) -> float:
        return self._delay

    def set_delay(self, seconds: float) -> None:
        """Let identity changes take `seconds` to come into force, from now on."""
        self.settle()
        self._delay = seconds

    def settle(self) -> None:
        self._settled = self._clock.now()

    def forget(self) -> None:
        """Start anew, without delay."""
        self._lines.clear()
        self._owners.clear()
        self.boundaries.clear()
        self._delay = self._settled = 0.0

    @property
    def horizon(self) -> float:
        """The moment whose state is in force now."""
        return max(self._clock.now() - self._delay, self._settled)

    def find(self, account: str, kind: Kind, name: str) -> Identity | None:
        """The identity in force, by name (for a managed policy, by ARN)."""
        line = self._lines.get((account, kind, name))
        return line.at(self.horizon) if line else None

    def newest(self, account: str, kind: Kind, name: str) -> Identity | None:
        """The identity as last written, in force or not."""
        line = self._lines.get((account, kind, name))
        return line.newest if line else None

    def owner_of(self, access_key_id: str) -> tuple[Identity, AccessKey] | None:
        """The user who holds a long-term access key in force, and the key."""
        account, name = self._owners.get(access_key_id, ("", ""))
        user = self.find(account, "user", name)
        key = next((key for key in user.keys if key.id == access_key_id), None) if user else None
        return (user, key) if user and key else None

    def accounts(self) -> frozenset[str]:
        """Accounts that have, or once had, an identity."""
        return frozenset(account for account, _, _ in self._lines)

    def record(self, account: str) -> None:
        """Look at an account after a write and note what changed."""
        now = self._clock.now()
        seen = {(account, view.kind, view.arn if view.kind == "policy" else view.name): view for view in self._views(account)}
        for place, view in seen.items():
            self._lines.setdefault(place, Timeline()).put(now, view)
            self._owners.update((key.id, (account, view.name)) for key in view.keys)
        for place, line in self._lines.items():
            if place[0] == account and place not in seen:
                line.put(now, None)

    def _views(self, account: str) -> Iterator[Identity]:
        backend = iam_of(account)
        members = {group.name: {user.name for user in group.users} for group in backend.groups.values()}
        for user in backend.users.values():
            groups = tuple(name for name, users in members.items() if user.name in users)
            tags = _tags(backend.tagger.list_tags_for_resource(user.arn)["Tags"])
            yield _user(account, user, groups, self.boundaries.get((account, user.name), ""), tags)
        yield from (_role(account, role) for role in backend.roles.values())
        yield from (_group(account, group) for group in backend.groups.values())
        yield from (_policy(account, policy) for policy in backend.managed_policies.values())


def iam_of(account: str) -> IAMBackend:
    """moto's IAM of an account."""
    return iam_backends[account]["aws"]


def _tags(tags: Iterable[dict[str, str]] | None) -> tuple[tuple[str, str], ...]:
    return tuple((tag["Key"], tag["Value"]) for tag in tags or ())


def _user(account: str, user: User, groups: tuple[str, ...], boundary: str, tags: tuple[tuple[str, str], ...]) -> Identity:
    keys = tuple(AccessKey(key.access_key_id, key.secret_access_key, key.status == "Active") for key in user.access_keys)
    return Identity(
        kind="user",
        account=account,
        name=user.name,
        id=user.id,
        arn=user.arn,
        documents=tuple(user.policies.items()),
        attached=tuple(user.managed_policies),
        groups=groups,
        boundary=boundary,
        keys=keys,
        tags=tags,
    )


def _role(account: str, role: Role) -> Identity:
    return Identity(
        kind="role",
        account=account,
        name=role.name,
        id=role.id,
        arn=role.arn,
        documents=tuple(role.policies.items()),
        attached=tuple(role.managed_policies),
        boundary=role.permissions_boundary_arn or "",
        trust=role.assume_role_policy_document,
        tags=_tags(role.tags),
    )


def _group(account: str, group: MotoGroup) -> Identity:
    documents = tuple(group.policies.items())
    return Identity("group", account, group.name, group.id, group.arn, documents, tuple(group.managed_policies))


def _policy(account: str, policy: ManagedPolicy) -> Identity:
    document = next((version.document for version in policy.versions if version.version_id == policy.default_version_id), "")
    return Identity("policy", account, policy.name, policy.id, policy.arn, ((policy.name, str(document)),))


@cache
def _aws_managed() -> dict[str, Any]:
    """AWS's own managed policies, as moto carries them; read once, as they are five megabytes."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data  # noqa: PLC0415 - the same reason

    return dict(json.loads(aws_managed_policies_data))


_AWS_POLICY = "arn:aws:iam::aws:policy/"


def plant_aws_managed(account: str, arn: str) -> bool:
    """Make an AWS managed policy attachable in an account, when it is first named; False if AWS has none of that ARN."""
    backend = iam_of(account)
    if arn in backend.managed_policies or not arn.startswith(_AWS_POLICY):
        return arn in backend.managed_policies
    name = arn.rpartition("/")[2]
    data = _aws_managed().get(name)
    if data is None:
        return False
    policy = AWSManagedPolicy.from_data(name, account, "us-east-1", data)
    backend.managed_policies[arn] = policy
    return policy.arn == arn
