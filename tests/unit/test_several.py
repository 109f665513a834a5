"""One responder in two clouds: whatever is asked about goes to the cloud that it is of, and to no other."""

from datetime import timedelta

import pytest

from shared.adapters.memory.clock import BEGINNING, MemoryClock
from shared.adapters.memory.evidence import MemoryEvidence
from shared.adapters.memory.sources import MemorySources
from shared.adapters.memory.world import MemoryWorld
from shared.adapters.several.ports import SeveralDirectories, SeveralLogs, SeveralSources, SeveralWorlds
from shared.domain.actor import Actor, Credential, Lineage
from shared.domain.errors import Unreachable
from shared.domain.facet import SignIn, Versioning
from shared.domain.resource import Cloud, Kind, Ref
from shared.domain.signal import Confirmation
from shared.ports import Relation
from tests.hospital import ALERT, CHARTS, EXPORT, KEY, THIEF, act, signal
from tests.unit.action_rows_doors import KEY_1, PROGRAM, SECRET, STORE

ON = Versioning(status="Enabled")
HERE, THERE = MemoryWorld(lacks=frozenset({SignIn})), MemoryWorld()
WORLD = SeveralWorlds({Cloud.AWS: lambda: HERE, Cloud.AZURE: lambda: THERE})
ALONE = SeveralWorlds({Cloud.AWS: lambda: HERE})


class Directory:
    """Knows whoever it is asked about, and makes one more of each."""

    def __init__(self) -> None:
        self.asked: list[Actor] = []

    def resolve(self, actor: Actor) -> Actor:
        self.asked.append(actor)
        return actor

    def made_since(self, lineage: Lineage, _since: object) -> tuple[Actor, ...]:
        return tuple(actor.but(session="made") for actor in lineage.actors)

    given_since = made_since


def test_each_resource_is_looked_at_and_changed_in_its_own_cloud() -> None:
    HERE.put(CHARTS)
    THERE.put(STORE)
    THERE.relate(STORE, Relation.KEYS, KEY)
    WORLD.write(STORE, [ON])
    assert (WORLD.look(STORE, Versioning), WORLD.look(CHARTS, Versioning)) == ((ON,), ())
    assert (WORLD.related(STORE, Relation.KEYS), WORLD.related(CHARTS, Relation.KEYS)) == ((KEY,), ())
    assert (WORLD.traits(EXPORT, SignIn), WORLD.traits(PROGRAM, SignIn) is None) == (None, False)


def test_a_cloud_that_nobody_answers_for_has_nothing_to_change_and_can_not_be_reached() -> None:
    assert ALONE.traits(STORE, Versioning) is None
    with pytest.raises(Unreachable, match="azure"):
        ALONE.look(STORE, Versioning)


def test_the_log_of_the_actors_cloud_is_asked_and_every_log_about_somebody_without_a_name() -> None:
    logs = {cloud: MemoryEvidence(MemoryClock()) for cloud in Cloud}
    logs[Cloud.AWS].happened(act(THIEF, "GetObject", CHARTS))
    logs[Cloud.AZURE].happened(act(KEY_1, "GetBlob", STORE), act(SECRET, "GetBlob", STORE))
    both = SeveralLogs({cloud: lambda cloud=cloud: logs[cloud] for cloud in Cloud})  # type: ignore[misc]  # bound early
    since = BEGINNING - timedelta(days=1)
    assert [a.name for a in both.by(THIEF, since)] == ["GetObject"]
    assert [a.actor for a in both.by(SECRET, since)] == [SECRET]
    assert [a.actor for a in both.by(KEY_1, since)] == [KEY_1]
    assert len(both.on(STORE, since)) == 2
    assert both.edits((CHARTS, STORE), since) == ()
    assert both.by(Actor(credential=Credential.ANONYMOUS, account=""), since) == ()


def test_each_identity_service_is_told_of_its_own_only() -> None:
    here, there = Directory(), Directory()
    both = SeveralDirectories({Cloud.AWS: lambda: here, Cloud.AZURE: lambda: there})
    nobody = Actor(credential=Credential.ANONYMOUS, account="")
    assert [both.resolve(each) for each in (THIEF, SECRET, nobody)] == [THIEF, SECRET, nobody]
    assert (here.asked, there.asked) == ([THIEF], [SECRET])
    made = both.made_since(Lineage(root=THIEF, members=(SECRET, nobody)), ALERT)
    assert [actor.principal for actor in made] == [EXPORT, PROGRAM]
    assert both.given_since(Lineage(root=nobody), ALERT) == ()


def test_a_source_of_another_cloud_bears_nothing_out() -> None:
    asked = SeveralSources({Cloud.AWS: lambda: MemorySources(signal())})
    assert asked.confirm(signal()) is Confirmation.AGREES
    assert asked.confirm(signal().but(cloud=Cloud.AZURE)) is Confirmation.UNREACHABLE


@pytest.mark.parametrize(
    ("actor", "cloud"),
    [(THIEF, Cloud.AWS), (SECRET, Cloud.AZURE), (KEY_1, Cloud.AZURE), (THIEF.but(principal=None), Cloud.AWS)],
    ids=["a user", "an application", "a store's key", "an access key that nobody has looked up"],
)
def test_an_identity_is_of_one_cloud(actor: Actor, cloud: Cloud) -> None:
    assert actor.cloud is cloud


def test_a_resource_of_a_third_kind_is_of_its_own_cloud_too() -> None:
    vault = Ref(cloud=Cloud.AZURE, kind=Kind.KEY_VAULT, account="s", id="/subscriptions/s")
    assert WORLD.traits(vault, Versioning) == THERE.traits(vault, Versioning)
