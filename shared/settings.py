"""`response.toml`: what the organisation has decided beforehand. Without a file, the defaults below.

An unknown key or a bad value stops everything: a policy that is half understood would be half obeyed.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from shared.domain.call_list import Level, Paging
from shared.domain.case import Mode
from shared.domain.duration import Duration
from shared.domain.errors import BadInput
from shared.domain.plan import Wave
from shared.domain.value import Value, digest

ENTRA_ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""An object of Entra's, or a subscription: nothing on AWS is called so."""

Account = Annotated[str, Field(pattern=rf"^(\d{{12}}|{ENTRA_ID})$")]
Names = tuple[str, ...]


class Modes(Value):
    """Who decides that a wave runs: `observe` plans only, `ask` waits for a person, `auto` goes ahead."""

    preserve: Mode = Mode.AUTO
    fence: Mode = Mode.AUTO
    sweep: Mode = Mode.AUTO
    rekey: Mode = Mode.ASK
    migrate: Mode = Mode.ASK
    enforce: Mode = Mode.ASK
    retire: Mode = Mode.ASK


class Approvals(Value):
    """How long an approval may be waited for. At the limit nothing is done and people are paged: time never consents."""

    expires: Duration = timedelta(hours=4)
    at_limit: Literal["stop"] = "stop"


class Phi(Value):
    """What marks a store as health data (`tags` as `key` or `key=value`, `names` as shell patterns). Unknown counts as PHI."""

    tags: Names = ()
    names: Names = ()


class Protected(Value):
    """What is never changed, by unique id or ARN."""

    principals: Names = ()
    resources: Names = ()


class Responder(Value):
    """Ourselves: ids of roles that act for us (AROA…, object ids of Entra), and the identities of the last resort.

    `clouds` are those that we answer for, the first of them for pages; none named: the one that keeps the record.
    `places` are where we come from on Azure (public addresses, ids of subnets): stores and vaults that are closed let us in.
    `restore` are roles that restore backups (ARNs): retired keys go on opening for them. `guardrails`: the service and resource
    control policies of the deployment are attached to every account of AWS: not even its administrator takes a fence off.
    """

    roles: Names = ()
    break_glass: Names = ()
    restore: Names = ()
    places: Names = ()
    clouds: tuple[Literal["aws", "azure"], ...] = ()
    guardrails: bool = False

    @property
    def on_aws(self) -> Self:
        """The same with those of `roles` and `break_glass` alone that are of AWS."""
        return self._with(lambda name: not _of_entra(name))

    @property
    def on_azure(self) -> Self:
        """The same with those alone that are of Entra."""
        return self._with(_of_entra)

    def _with(self, ours: Callable[[str], bool]) -> Self:
        return self.but(roles=tuple(filter(ours, self.roles)), break_glass=tuple(filter(ours, self.break_glass)))


def _of_entra(name: str) -> bool:
    return re.fullmatch(ENTRA_ID, name, re.IGNORECASE) is not None


class Limits(Value):
    """Where automation stops trusting itself: more new `lineages` than this within `window`, or a fact older than `stale_after`."""

    lineages: Annotated[int, Field(strict=True, ge=1, le=1000)] = 5
    window: Duration = timedelta(minutes=10)
    stale_after: Duration = timedelta(hours=24)
    evidence_days: Annotated[int, Field(strict=True, ge=1, le=90)] = 30


class CustodyPlaces(Value):
    """Where the record is kept; empty means the place of that name by convention. `directory` takes the place of all of them.

    `azure` is a resource group (`/subscriptions/S/resourceGroups/G`) whose account and vault keep the record instead, made in
    `azure_region`. A `witness` is a bucket, a folder, or `https://ACCOUNT.blob.core.windows.net`: of another account or cloud.
    `retention_days` is six years (45 CFR 164.316(b)(2)(i)) and some. `mode`: what a fence does when no sink at all can be written.
    """

    bucket: str = ""
    second_bucket: str = ""
    table: str = "codeblue-cases"
    key: str = "alias/codeblue-custody"
    directory: str = ""
    second_directory: str = ""
    witness: str = ""
    azure: str = ""
    azure_region: str = "eastus"
    retention_days: Annotated[int, Field(strict=True, ge=1, le=36500)] = 2192
    mode: Literal["fence", "wait"] = "wait"


class Tenant(Value):
    """One tenant's own: who may use its keys, and which stores, keys and accounts are its."""

    principals: Names = ()
    buckets: Names = ()
    keys: Names = ()
    accounts: tuple[Account, ...] = ()


class OneWay(Value):
    """Who decides about changes that cannot be undone, whatever the wave's own mode.

    `second_person`: of what somebody other than who asked has to approve: of the end of a key (`end`), of everything that cannot
    be undone (`always`, by `--yes` too), of nothing (`never`). `named_sessions`: roles whose trust says how their sessions are
    called (`sts:RoleSessionName`, SAML): of any other role two sessions under two names may be one person (ADR 52).
    """

    mode: Mode = Mode.ASK
    second_person: Literal["always", "end", "never"] = "end"
    named_sessions: tuple[Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$")], ...] = ()

    def takes_two(self, *, reversible: bool, grave: bool) -> bool:
        """Whether such a change takes a second person. Where nobody has to be asked, nobody else has to be."""
        if self.mode is Mode.AUTO or self.second_person == "never":
            return False
        return grave or (self.second_person == "always" and not reversible)


class Keys(Value):
    """What becomes of a key that is `sound`, for the whole record shows no use of it by the actor: a successor, or new material.

    A key that the actor used is always replaced, and so is one of which nobody can say. `vault`: where the successor lies of a key
    whose vault the actor could administer, in one of its own or in the same.
    """

    sound: Literal["replace", "rotate"] = "replace"
    vault: Literal["own", "same"] = "own"


class MigrationRules(Value):
    """What moves stored data: an `engine` by name, or the one that the planner picks (`auto`).

    `kms_percent`: how much of the requests to KMS that nobody uses a migration takes, for clinicians share them. `data_keys`: where
    a new key only wraps the old data keys (Azure), whether what is stored is written again under new ones. `workers`: parts of a
    store that are worked on at a time, where there are workers beside each other.
    """

    data_keys: Literal["wrapped", "new"] = "wrapped"
    workers: Annotated[int, Field(strict=True, ge=1, le=100)] = 6
    engine: Literal["auto", "in process", "distributed map", "batch job"] = "auto"
    kms_percent: Annotated[int, Field(strict=True, ge=1, le=20)] = 20


class FenceRules(Value):
    """`tls_floor`: the oldest TLS that a fenced store still answers. `quarantine`: the narrowest thing that is cut off first."""

    tls_floor: Literal["1.2", "1.3", "off"] = "1.2"
    quarantine: Literal["session", "role"] = "session"


class Triage(Value):
    """What triage does otherwise than its table: rules `off`, `thresholds` of rules, `rules` of your own (docs/triage.md).

    `join`: facts of one actor or resource no further apart than this are one case. Names are checked where the table is.
    """

    join: Duration = timedelta(hours=24)
    off: Names = ()
    thresholds: dict[str, dict[str, str | int]] = Field(default_factory=dict)
    rules: tuple[dict[str, object], ...] = ()


class Policy(Value):
    """The whole of `response.toml`."""

    version: Literal[1] = 1
    modes: Modes = Modes()
    approval: Approvals = Approvals()
    phi: Phi = Phi()
    protected: Protected = Protected()
    responder: Responder = Responder()
    limits: Limits = Limits()
    custody: CustodyPlaces = CustodyPlaces()
    tenants: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")], Tenant] = Field(default_factory=dict)
    one_way: OneWay = OneWay()
    keys: Keys = Keys()
    migration: MigrationRules = MigrationRules()
    fence: FenceRules = FenceRules()
    triage: Triage = Triage()
    paging: Paging = Paging()
    identities: dict[str, Names] = Field(default_factory=dict)
    """people and programs that have several names (ARNs, object ids, sign-in names, `STORE` or `STORE/key1` for a store's keys)"""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the policy in canonical form: two files that say the same have the same digest."""
        return digest(self.model_dump(mode="json"))

    def mode(self, wave: Wave) -> Mode:
        """Who decides that this wave runs; a rollback is always a person's decision."""
        return Mode.ASK if wave is Wave.ROLLBACK else Mode(getattr(self.modes, wave.value))

    @classmethod
    def read(cls, text: str) -> Self:
        """The policy in this TOML. Raises BadInput naming the first bad key and what is allowed there."""
        try:
            return cls.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as why:
            raise BadInput(f"response.toml is not TOML: {why}") from None
        except ValidationError as why:
            raise BadInput("response.toml: " + _sentence(why.errors()[0])) from None


def load(path: Path | None) -> Policy:
    """The policy in this file, or the defaults where no file is named. Raises BadInput, also where the file cannot be read."""
    if path is None:
        return Policy()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as why:
        raise BadInput(f"{path.name} cannot be read: {type(why).__name__}") from None
    return Policy.read(text)


WORDS = {
    "model_type": "must be a table",
    "dict_type": "must be a table",
    "missing": "is missing",
    "tuple_type": "must be a list",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "string_pattern_mismatch": "must match {pattern}",
    "value_error": "must be {error}",
}
"""What is allowed, by the kind of mistake (pydantic's error types)."""


def _sentence(error: ErrorDetails) -> str:
    """`limits.window must be a duration such as …`."""
    *table, _ = place = tuple(str(step) for step in error["loc"] if step != "[key]")
    where = ".".join(place)
    if error["type"] == "extra_forbidden":
        return f"{where} is no key of this file; allowed there: {', '.join(_keys(table))}"
    words = WORDS.get(error["type"], error["msg"]).format(**error.get("ctx", {}))
    return f"{where} {words}"


def _keys(table: Sequence[str]) -> Iterable[str]:
    """The keys that a table may have, by its path."""
    match table:
        case []:
            defaults: Value = Policy()
        case ["tenants", *_]:
            defaults = Tenant()
        case ["paging", "call_list", *_]:
            defaults = Level(to="topic")
        case [name, *_]:
            defaults = getattr(Policy(), name)
    return (key for key, _ in defaults)
