"""New data keys where a new key only wraps the old ones: what is stored is written again, by a person's word, and proved."""

from collections.abc import Sequence
from copy import replace

import pytest

from shared.adapters.memory.access import MemoryAccess
from shared.adapters.memory.objects import MemoryObjects, MemoryStore
from shared.adapters.memory.traffic import MemoryTraffic
from shared.domain.case import Case, Verdict
from shared.domain.errors import Refused
from shared.domain.facet import EncryptedWith, Facet, KeyState, Successor
from shared.domain.plan import Wave
from shared.domain.resource import Cloud, Kind, Ref
from shared.ports import Receipt, Relation, Traits
from shared.ports.objects import Bar, Encryption, Lock, Scheme, StoreFacts
from shared.settings import MigrationRules, Policy
from shared.workflow.deps import Deps
from shared.workflow.recovery import Recovery
from tests.hospital import CHARTS, EXPORT, KEY, Hospital
from tests.workflow.after_proof import used
from tests.workflow.driving import REFUSE, YES, go_on, respond
from tests.workflow.test_rewrap import Rewrapping

WARD = CHARTS.but(kind=Kind.ENCRYPTION_SCOPE, id=f"{CHARTS.id}/scopes/ward-7")
NEW = Policy(migration=MigrationRules(data_keys="new"))


class Scopes(Rewrapping):
    """Keys that only wrap, and stores and parts of stores that can have another part made for them."""

    def traits(self, target: Ref, facet: type[Facet]) -> Traits | None:
        found = super().traits(target, facet)
        return replace(found, rewraps=target.kind is Kind.KEY) if found and facet is Successor else found


class Blobs(MemoryObjects):
    """Objects of a service that changes no key in place."""

    def store(self, store: Ref) -> StoreFacts:
        return replace(super().store(store), in_place=False)


@pytest.fixture
def blobs(hospital: Hospital) -> Blobs:
    return filled(hospital, Blobs())


def filled(hospital: Hospital, objects: Blobs) -> Blobs:
    """Two blobs of a store's own, and one of a part of it."""
    objects.stores[CHARTS] = MemoryStore()
    for target in (CHARTS, WARD):
        hospital.world.put(target, EncryptedWith(key=KEY.id, follows=True))
    hospital.world.relate(KEY, Relation.DEPENDANTS, CHARTS, WARD)
    objects.write(CHARTS, "a/jane", b"jane", Encryption(Scheme.SCOPE, CHARTS.id))
    objects.write(CHARTS, "a/john", b"john", Encryption(Scheme.SCOPE, CHARTS.id))
    objects.write(CHARTS, "b/jack", b"jack", Encryption(Scheme.SCOPE, WARD.id))
    return objects


def worker(hospital: Hospital, blobs: Blobs, policy: Policy = NEW, *, beside: bool = False) -> Deps:
    access = MemoryAccess()
    access.fenced.add(EXPORT)
    recovery = Recovery(blobs, access, {}, beside=beside, part=4)
    return hospital.worker(policy, world=Scopes(hospital.world), recovery=lambda: recovery)


def parts(blobs: Blobs) -> dict[str, str]:
    """The part of the store that the newest version of each blob is in."""
    return {name: held[0].facts.encryption.key for name, held in blobs.stores[CHARTS].versions.items()}


def new_of(case: Case) -> dict[Ref, str]:
    return {s.old: s.new.id for s in case.scope.renewed}


def test_what_is_stored_is_written_again_each_part_under_its_own_successor(hospital: Hospital, blobs: Blobs) -> None:
    case = respond(worker(hospital, blobs), asks=YES)
    renewed = new_of(case)
    assert renewed.keys() == {CHARTS, WARD}
    assert parts(blobs) == {"a/jane": renewed[CHARTS], "a/john": renewed[CHARTS], "b/jack": renewed[WARD]}
    assert case.verdict is Verdict.CONTAINED
    assert {(v.key, v.copied, v.done) for v in case.versions} == {(CHARTS, 2, True), (WARD, 1, True)}
    assert {w.wave for w in case.waves} >= {Wave.REKEY, Wave.MIGRATE}


def test_a_part_is_made_only_when_the_old_one_is_under_the_new_key(hospital: Hospital, blobs: Blobs) -> None:
    order: list[str] = []

    class Watched(Scopes):
        def write(self, target: Ref, facets: Sequence[Facet]) -> Receipt:
            order.extend(f"{target.kind}: {facet.facet}" for facet in facets)
            return super().write(target, facets)

    deps = replace(worker(hospital, blobs), world=Watched(hospital.world))
    respond(deps, asks=YES)
    made = [n for n, each in enumerate(order) if each.endswith("successor") and not each.startswith("key")]
    told = [n for n, each in enumerate(order) if each.endswith("encrypted-with")]
    assert max(told) < min(made)


@pytest.mark.parametrize("asked", ["wrapped", "new"])
def test_nothing_is_written_again_without_both_the_policys_word_and_a_persons(hospital: Hospital, blobs: Blobs, asked: str) -> None:
    before = parts(blobs)
    policy = Policy(migration=MigrationRules.model_validate({"data_keys": asked}))
    deps = worker(hospital, blobs, policy)
    yes_until_migrate = lambda case: REFUSE(case) if case.awaiting.wave is Wave.MIGRATE else YES(case)  # noqa: E731
    case = respond(deps, asks=yes_until_migrate)
    assert parts(blobs) == before
    assert bool(case.scope.renewed) is (asked == "new")


def test_what_stays_is_said_with_its_reason(hospital: Hospital, blobs: Blobs) -> None:
    held = Encryption(Scheme.SCOPE, WARD.id)
    blobs.write(CHARTS, "b/log", b"x", held, bar=Bar.IN_PLACE)
    blobs.write(CHARTS, "b/court", b"x", held, lock=Lock(legal_hold=True))
    case = respond(worker(hospital, blobs), asks=YES)
    said = [left.reason for left in case.people]
    assert any("append or page blob" in reason for reason in said)
    assert any("legal hold" in reason for reason in said)
    assert not any("in place" in reason and "closed" in reason for reason in said)


def test_whoever_goes_on_writing_under_the_old_one_is_found_by_the_proof(hospital: Hospital, blobs: Blobs) -> None:
    deps = worker(hospital, blobs)

    def late(call: str) -> None:
        if call == "attributes" and "b/late" not in blobs.stores[CHARTS].versions:
            blobs.write(CHARTS, "b/late", b"late", Encryption(Scheme.SCOPE, WARD.id))

    blobs.beside = late
    case = respond(deps, asks=YES)
    blobs.beside = lambda _: None
    case = go_on(case, deps, asks=YES)
    assert parts(blobs)["b/late"] == new_of(case)[WARD]


@pytest.mark.parametrize("beside", ["goes on writing there", "lets nobody list it", "says no to it", "does nothing"])
def test_the_old_key_stays_enabled_while_one_blob_could_still_be_moved(hospital: Hospital, blobs: Blobs, beside: str) -> None:
    hospital.world.put(KEY, KeyState(enabled=True, deletion_pending=False))
    traffic = MemoryTraffic(hospital.clock)
    traffic.used(used(KEY, within=CHARTS.id))
    deps = replace(worker(hospital, blobs), traffic=lambda: traffic)

    def somebody(call: str) -> None:
        if call == "list" and beside == "goes on writing there":
            blobs.write(CHARTS, f"b/late-{len(blobs.stores[CHARTS].versions)}", b"late", Encryption(Scheme.SCOPE, WARD.id))
        if call == "list" and beside == "lets nobody list it":
            raise Refused("denied", "AccessDenied")

    blobs.beside = somebody

    def says(now: Case) -> tuple[str, bool]:
        return "dr-no", not (beside == "says no to it" and now.awaiting is not None and now.awaiting.wave is Wave.MIGRATE)

    case = go_on(respond(deps, asks=says), deps, asks=says)
    proved = {v.key for v in case.versions if v.done} == new_of(case).keys()
    assert (proved, any(state.enabled for state in hospital.world.look(KEY, KeyState))) == (
        (True, False) if beside == "does nothing" else (False, True)
    )


def test_each_cloud_has_its_own_means(blobs: Blobs) -> None:
    azure = Recovery(blobs, MemoryAccess(), {})
    aws = Recovery(Blobs(), MemoryAccess(), {}, others={Cloud.AZURE: azure})
    assert (aws.of(CHARTS), aws.of(CHARTS.but(cloud=Cloud.AZURE)), azure.of(CHARTS)) == (aws, azure, azure)
