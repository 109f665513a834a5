"""Plans for a small memory world, for the tests of the engine."""

from hypothesis import strategies as st

from shared.adapters.memory.world import MemoryWorld
from shared.containment import engine
from shared.containment.journal import Applied
from shared.domain.actor import Lineage
from shared.domain.facet import (
    AccessKeyStatus,
    AnyFacet,
    DenyAll,
    Facet,
    PublicAccessBlock,
    Versioning,
)
from shared.domain.plan import Change, Plan, Status, Wave
from shared.domain.resource import Ref
from tests.doubles import ListJournal
from tests.facets import TARGETS, any_facet
from tests.hospital import CHARTS, EXPORT, KEY, THIEF, statement

OURS = statement("Codeblue0101", Effect="Deny", Principal="*", Action="s3:*", Resource="*")
OTHER = statement("Codeblue0102", Effect="Deny", Principal="*", Action="s3:*", Resource="*")
THEIRS = statement("Readers", Effect="Allow", Principal="*", Action="s3:GetObject", Resource="*")
BLOCKED = PublicAccessBlock(block_acls=True, ignore_acls=True, block_policy=True, restrict_buckets=True)
ON, OFF = Versioning(status="Enabled"), Versioning(status="Suspended")
DOCUMENT = (CHARTS, "resource-policy")
FOUGHT_OVER = {DOCUMENT: (OURS.absent,)}


def change(target: Ref, after: AnyFacet, **fields: object) -> Change:
    said: dict[str, object] = {"target": target, "after": after, "action": "a", "why": "w", "citation": "c"}
    return Change.model_validate(said | fields)


def plan(*changes: Change) -> Plan:
    return Plan(wave=Wave.FENCE, lineage=Lineage(root=THIEF), policy="p", changes=changes)


WANTED = plan(change(CHARTS, OURS), change(CHARTS, BLOCKED), change(EXPORT, DenyAll(on=True)), change(KEY, OURS))


def a_world() -> MemoryWorld:
    world = MemoryWorld()
    world.put(CHARTS, THEIRS)
    world.put(KEY, THEIRS)
    world.put(EXPORT, AccessKeyStatus(key_id="AKIA1", active=True), AccessKeyStatus(key_id="AKIA2", active=False))
    return world


def apply(world: MemoryWorld, wanted: Plan, journal: ListJournal | None = None, need: int = 1) -> tuple[Applied, ...]:
    return engine.apply(wanted, world, journal or ListJournal(world), need)


def undo(world: MemoryWorld, results: tuple[Applied, ...], journal: ListJournal | None = None) -> tuple[Applied, ...]:
    """Take back what these results say was applied."""
    made = plan(*(r.change for r in results if r.outcome.status is Status.APPLIED))
    return engine.undo(made, world, journal or ListJournal(world))


def statuses(results: tuple[Applied, ...]) -> list[Status]:
    return [r.outcome.status for r in results]


def now(world: MemoryWorld, target: Ref, facet: Facet) -> Facet | None:
    return next((f for f in world.look(target, type(facet)) if f.part == facet.part), None)


@st.composite
def worlds_and_plans(draw: st.DrawFn) -> tuple[dict[Ref, list[AnyFacet]], Plan]:
    """A world, and a plan that changes no slot twice."""
    there = {target: draw(st.lists(any_facet, max_size=6)) for target in TARGETS}
    wanted = draw(st.lists(st.tuples(st.sampled_from(TARGETS), any_facet), max_size=8))
    by_slot = {c.slot: c for c in (change(target, after) for target, after in wanted)}
    return there, plan(*by_slot.values())


def made(there: dict[Ref, list[AnyFacet]]) -> MemoryWorld:
    world = MemoryWorld()
    for target, facets in there.items():
        world.put(target, *facets)
    return world
