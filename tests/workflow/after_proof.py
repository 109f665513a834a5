"""A hospital of two tenants whose keys were replaced and whose charts were moved: what comes after the proof."""

from copy import replace
from dataclasses import dataclass, field
from datetime import timedelta

from shared.adapters.memory.access import MemoryAccess
from shared.adapters.memory.objects import MemoryObjects, MemoryStore
from shared.adapters.memory.traffic import MemoryTraffic
from shared.domain.actor import Actor, Credential
from shared.domain.case import Case, LeftForPeople
from shared.domain.exposure import Told
from shared.domain.facet import EncryptedWith, KeyState, Successor
from shared.domain.plan import Wave
from shared.domain.resource import Kind, Ref
from shared.domain.signal import Signal
from shared.ports import Encrypting, KeyUse, Relation, Request
from shared.ports.objects import Encryption, Lock, Scheme
from shared.reencryption.plan import Canary
from shared.settings import Policy
from shared.workflow.deps import Deps
from shared.workflow.question import Decide
from shared.workflow.recovery import Recovery
from tests.hospital import ALERT, CHARTS, CLINICIAN, CLINICIANS, DELEGATION, EXPORT, HOME, KEY, READERS, Hospital, act, ref, signal
from tests.workflow.driving import go_on, respond

OURS = ref(Kind.BUCKET, "codeblue-canary")
OTHERS = ref(Kind.BUCKET, "st-ita-charts")
OTHER_KEY = ref(Kind.KEY, "0b6f22e1")
RESTORER = ref(Kind.ROLE, "restore")
WARD = Actor(credential=Credential.ROLE_SESSION, account=HOME, principal=CLINICIAN, unique_id="AROACLINIC", session="ward-7")
LAST_WEEK = ALERT - timedelta(days=7)


@dataclass
class Morning:
    """Two tenants' stores under a key each; the second's holds a version that nobody may change."""

    hospital: Hospital
    objects: MemoryObjects = field(default_factory=MemoryObjects)
    access: MemoryAccess = field(default_factory=MemoryAccess)
    traffic: MemoryTraffic = field(init=False)

    def __post_init__(self) -> None:
        self.traffic = MemoryTraffic(self.hospital.clock)
        self.traffic.watch = dict.fromkeys((CHARTS, OTHERS), (Told.DATA_EVENTS,))
        world = self.hospital.world
        world.relate(KEY, Relation.REPLICAS)
        for store, key in ((CHARTS, KEY), (OTHERS, OTHER_KEY)):
            world.put(store, READERS, EncryptedWith(key=key.id, bucket_key=True))
            world.put(key, DELEGATION, CLINICIANS, KeyState(enabled=True, deletion_pending=False))
            world.relate(store, Relation.KEYS, key)
            world.relate(key, Relation.DEPENDANTS, store)
            self.objects.stores[store] = MemoryStore()
            for number in range(6):
                self.objects.write(store, f"chart {number % 3}", b"x" * number, Encryption(Scheme.SSE_KMS, key.id))
        self.objects.stores[OURS] = MemoryStore()
        self.access.fenced.add(EXPORT)
        self.lock("chart 1")
        self.hospital.sources.learn(self.alert)
        self.hospital.directory.enter(RESTORER, "AROARESTORE", LAST_WEEK)

    @property
    def alert(self) -> Signal:
        return signal(None, CHARTS, OTHERS).but(actor=signal().actor)

    def lock(self, name: str) -> None:
        """Retain the latest version of this object of the second tenant in compliance mode."""
        kept = self.objects.stores[OTHERS].versions[name]
        kept[0] = replace(kept[0], facts=replace(kept[0].facts, lock=Lock("COMPLIANCE", ALERT + timedelta(days=3000))))

    def worker(self, policy: Policy | None = None, **other: object) -> Deps:
        usual = {
            "recovery": lambda: Recovery(self.objects, self.access, {KEY.region: Canary(store=OURS, key=KEY.id)}),
            "traffic": lambda: self.traffic,
        }
        return self.hospital.worker(policy, **{**usual, **other})

    def until(self, wave: Wave, deps: Deps) -> Case:
        """Everything approved up to this wave, which is asked about."""
        return respond(deps, self.alert, asks=up_to(wave))

    def to_the_end(self, case: Case, deps: Deps) -> Case:
        return go_on(case, deps, asks=lambda _: ("dr-no", True))

    def successor(self, key: Ref) -> str:
        return next((s.key for s in self.hospital.world.look(key, Successor)), "")

    def enabled(self, key: Ref) -> bool:
        (state,) = self.hospital.world.look(key, KeyState)
        return state.enabled


def up_to(wave: Wave) -> Decide:
    """A person who agrees to everything before this wave, and then says nothing."""
    return lambda case: None if case.awaiting and case.awaiting.wave is wave else ("dr-yes", True)


def wrote(
    store: Ref, actor: Actor = WARD, scheme: str = "", key: str = "", tls: str = "TLSv1.3", name: str = "PutObject"
) -> Request:
    """One recorded write of last week."""
    return Request(act(actor, name, store, at=LAST_WEEK), store, Told.DATA_EVENTS, "chart", asked=Encrypting(scheme, key), tls=tls)


def used(key: Ref, actor: Actor = WARD, within: str = "", name: str = "Decrypt", **fields: object) -> KeyUse:
    """One recorded use of a key, of last week unless told otherwise."""
    said: dict[str, object] = {"at": LAST_WEEK, "address": "10.0.0.9", "by_service": bool(within)} | fields
    by_service = bool(said.pop("by_service"))
    made = act(actor, name, key, **said)  # type: ignore[arg-type]  # a table of fields
    return KeyUse(replace(made, by_service=by_service), key, within)


def said(case: Case, target: Ref) -> list[LeftForPeople]:
    return [left for left in case.people if left.target == str(target)]
