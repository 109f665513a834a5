"""What a run says of itself, while it works and afterwards. No object key and no name of a version is in any of it in clear."""

from shared.domain.value import Value

from .lanes import Lane


class Progress(Value):
    """How far a sweep of the store is. `rate` is versions a second; `total` and `seconds_left` are None where nobody knows yet."""

    sweep: int
    done: int
    total: int | None
    moved: int
    rate: float
    seconds_left: float | None


class MigrationResult(Value):
    """What became of every version. `finished`: a whole sweep found nothing that could be moved; else `why` says what stopped it.

    `moved` counts versions by lane over all runs; `blocked`, `failed` and `nothing` are of the last sweep, by reason.
    `lost` counts copies that could not carry everything along. `update_lane` says whether updates in place were proved here.
    `broken_off` counts objects of which parts may lie in the store that no call of its service takes away.
    `keys` are all keys (ARNs) that versions were found under, None where not every version was looked at.
    """

    finished: bool
    why: str
    sweeps: int
    total: int
    moved: dict[Lane, int]
    blocked: dict[str, int]
    failed: dict[str, int]
    nothing: dict[str, int]
    lost: int
    update_lane: str
    broken_off: int = 0
    keys: frozenset[str] | None = None


class Mismatch(Value):
    """A moved version that is not what its lane promised; `differs` names fields of `Seen`."""

    name: str
    lane: Lane
    differs: tuple[str, ...]


class Proof(Value):
    """What a fresh look at every version found.

    `keys` counts versions by key ARN, or by scheme where there is no key; `unknown` where we may not look. `eligible_left` counts
    what is under an old key without a recorded reason. `rewritten` and `gone` count moved versions that others changed since.
    """

    total: int
    keys: dict[str, int]
    eligible_left: int
    blocked: dict[str, int]
    compared: int
    mismatches: tuple[Mismatch, ...]
    rewritten: int
    gone: int
    lost: int

    @property
    def done(self) -> bool:
        """Whether nothing eligible is left and every promise was kept."""
        return self.eligible_left == 0 and not self.mismatches
