"""Each power changes what its own stages change: a whole response, every write held against the power of its stage."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from shared.adapters.aws.permissions import declared, evidence_files, looking, migration
from shared.adapters.aws.powers import policies, writes
from shared.adapters.aws.stored_secrets import KEY_USE
from shared.adapters.aws.world import FACETS
from shared.adapters.memory.world import MemoryWorld
from shared.domain.case import Case, Mode, Stage
from shared.domain.facet import Facet
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt
from shared.settings import Modes, OneWay, Policy
from shared.workflow.deps import Deps
from shared.workflow.opening import admit
from shared.workflow.stages import STEPS, Power
from shared.workflow.tasks import Task, run
from tests.hospital import Hospital
from tests.workflow.after_proof import Morning

AUTO = Policy(modes=Modes(**dict.fromkeys(("rekey", "migrate", "enforce", "retire"), Mode.AUTO)), one_way=OneWay(mode=Mode.AUTO))
LONGEST_POLICY = 6144
"""Characters of a managed policy (IAM user guide, quotas)."""


@dataclass
class Watched:
    """A world that remembers what was written at which stage."""

    world: MemoryWorld
    stage: Stage = Stage.OPEN
    written: set[tuple[Stage, Kind, type[Facet]]] = field(default_factory=set)

    def write(self, target: Ref, facets: Sequence[Facet]) -> Receipt:
        self.written |= {(self.stage, target.kind, type(facet)) for facet in facets}
        return self.world.write(target, facets)

    def __getattr__(self, name: str) -> object:
        return getattr(self.world, name)


def responded(case: str, deps: Deps, watched: Watched) -> set[Stage]:
    """Every stage that ran, as the state machine runs them, with its pauses."""
    ran: set[Stage] = set()
    for _ in range(80):
        ran.add(watched.stage)
        answer = run(Task(case=case, stage=watched.stage), deps, "request-1")
        if answer.stage is None:
            break
        watched.stage = answer.stage
        deps.clock.sleep(answer.again_seconds or 0)
    return ran


@pytest.fixture
def response(hospital: Hospital) -> tuple[set[Stage], Watched]:
    """A whole response, to the end of the old key, that nobody is asked about."""
    morning, watched = Morning(hospital), Watched(hospital.world)
    deps = morning.worker(AUTO, world=watched)
    admitted = admit(morning.alert, deps, automatic=True)
    assert isinstance(admitted, Case)
    return responded(admitted.id, deps, watched), watched


def test_no_stage_writes_what_its_power_may_not(response: tuple[set[Stage], Watched]) -> None:
    ran, watched = response
    assert {STEPS[stage].power for stage in ran} == set(Power)
    rows = {(stage, kind, facet): FACETS[kind, facet].writes for stage, kind, facet in watched.written}
    assert {stage for stage, _, _ in rows} >= {Stage.FENCE, Stage.SWEEP, Stage.PRESERVE, Stage.REKEY, Stage.ENFORCE}
    assert [row for row, needs in rows.items() if not needs <= writes(STEPS[row[0]].power) | looking()] == []


@pytest.mark.parametrize("power", Power, ids=lambda power: f"the power to {power}")
def test_a_powers_policies_fit_and_hold_nothing_that_is_not_declared(power: Power) -> None:
    documents = policies(power).values()
    assert max(map(len, documents)) <= LONGEST_POLICY
    allowed = {action for text in documents for statement in json.loads(text)["Statement"] for action in statement["Action"]}
    assert allowed <= declared() | {a for each in (*migration(), *evidence_files()) for a in each["Action"]} | KEY_USE  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("power", "denied"),
    [
        pytest.param(Power.OBSERVE, "iam:PutUserPolicy", id="whoever looks fences nobody"),
        pytest.param(Power.RECORD, "kms:PutKeyPolicy", id="whoever records changes no key"),
        pytest.param(Power.FENCE, "kms:CreateKey", id="whoever fences makes no key"),
        pytest.param(Power.FENCE, "s3:GetObjectVersion", id="whoever fences reads no stored data"),
        pytest.param(Power.REKEY, "s3:PutBucketPolicy", id="whoever replaces a key closes no bucket"),
        pytest.param(Power.MIGRATE, "iam:PutRolePolicy", id="whoever moves data fences nobody"),
        pytest.param(Power.ENFORCE, "kms:DisableKey", id="whoever denies for good disables no key"),
        pytest.param(Power.RETIRE, "s3:PutObject", id="whoever retires a key writes no data"),
    ],
)
def test_powers_are_apart(power: Power, denied: str) -> None:
    assert denied not in "".join(policies(power).values())
