"""A hospital whose charts are stored under the key that the thief could use, and responders that can replace it."""

from dataclasses import dataclass

from shared.adapters.memory.access import MemoryAccess
from shared.adapters.memory.objects import MemoryObjects, MemoryStore
from shared.domain.case import Mode
from shared.domain.facet import AliasTarget, EncryptedWith, Successor
from shared.domain.resource import Kind, Ref
from shared.ports import Relation
from shared.ports.objects import Encryption, Scheme
from shared.reencryption.plan import Canary
from shared.settings import Modes, OneWay, Policy
from shared.workflow.deps import Deps
from shared.workflow.recovery import Recovery
from tests.hospital import CHARTS, EXPORT, HOME, KEY, Hospital, ref

ALIAS = Ref(cloud=KEY.cloud, kind=Kind.ALIAS, account=HOME, region="us-east-1", id=f"arn:aws:kms:us-east-1:{HOME}:alias/charts")
TOPIC = Ref(cloud=KEY.cloud, kind=Kind.TOPIC, account=HOME, region="us-east-1", id=f"arn:aws:sns:us-east-1:{HOME}:results")
OURS = ref(Kind.BUCKET, "codeblue-canary")
DISK = ref(Kind.SNAPSHOT, "snap-1")
OLD = Encryption(Scheme.SSE_KMS, KEY.id)
ASK = Policy()
AUTO = Policy(modes=Modes(rekey=Mode.AUTO, migrate=Mode.AUTO), one_way=OneWay(mode=Mode.AUTO))


@dataclass
class Night:
    """A hospital whose charts are stored under the key, and a responder that can replace it."""

    hospital: Hospital
    objects: MemoryObjects
    access: MemoryAccess

    def worker(self, policy: Policy = ASK, **other: object) -> Deps:
        canaries = {KEY.region: Canary(store=OURS, key=KEY.id)}
        return self.hospital.worker(policy, recovery=lambda: Recovery(self.objects, self.access, canaries), **other)

    def look(self, target: Ref) -> str:
        (found,) = self.hospital.world.look(target, EncryptedWith)
        return found.key

    def successor(self) -> str:
        return next((s.key for s in self.hospital.world.look(KEY, Successor)), "")

    def schemes(self) -> set[str]:
        return {held.facts.encryption.key for kept in self.objects.stores[CHARTS].versions.values() for held in kept}


def fallen(hospital: Hospital) -> Night:
    """Twelve versions of four charts under the key, and what else depends on it."""
    world, objects = hospital.world, MemoryObjects()
    world.put(CHARTS, EncryptedWith(key=KEY.id, bucket_key=True))
    world.put(TOPIC, EncryptedWith(key=KEY.id))
    world.put(ALIAS, AliasTarget(key=KEY.id))
    world.relate(KEY, Relation.DEPENDANTS, CHARTS, TOPIC)
    world.relate(KEY, Relation.ALIASES, ALIAS)
    world.relate(KEY, Relation.LISTED, DISK)
    objects.stores |= {CHARTS: MemoryStore(), OURS: MemoryStore()}
    for number in range(12):
        objects.write(CHARTS, f"chart {number % 4}", b"x" * number, OLD)
    access = MemoryAccess()
    access.fenced.add(EXPORT)
    return Night(hospital, objects, access)
