"""What the first look could not reach stays on the list for people, and a signing key that fails stops no fence."""

from datetime import timedelta

import pytest

from shared.adapters.aws.traits import TRAITS
from shared.adapters.memory.world import MemoryWorld
from shared.containment.guard import Protected
from shared.domain.actor import Actor, Credential
from shared.domain.case import Stage, Verdict
from shared.domain.errors import Throttled
from shared.domain.facet import DenyAll, RoleByGroup, SignIn
from shared.domain.resource import Cloud, Kind
from shared.intake.azure_names import principal
from shared.ports import Relation
from shared.workflow.local import Patience
from tests.hospital import ALERT, CHARTS, EXPORT, THIEF, Hospital, ref, signal
from tests.hospital import ELSEWHERE as OTHER_CLOUDS
from tests.workflow.driving import respond

ELSEWHERE = "444455556666"


def test_a_key_of_an_account_without_a_role_of_ours_makes_the_case_partial_and_stays_on_the_list(hospital: Hospital) -> None:
    key = ref(Kind.KEY, "5d0a8f3e", account=ELSEWHERE)
    hospital.world.unreachable.add(ELSEWHERE)
    alert = signal(THIEF, CHARTS, key)
    hospital.sources.learn(alert)
    case = respond(hospital.worker(), alert)
    assert case.verdict is Verdict.PARTIAL
    assert str(key) in {left.target for left in case.people}
    assert {d.on for d in hospital.world.look(EXPORT, DenyAll)} == {True}


def test_a_key_that_does_not_exist_is_said_to_be_missing(hospital: Hospital) -> None:
    key = ref(Kind.KEY, "no-such-key")
    alert = signal(THIEF, CHARTS, key)
    hospital.sources.learn(alert)
    case = respond(hospital.worker(), alert)
    assert (case.verdict, {left.target for left in case.people}) == (Verdict.PARTIAL, {str(key)})


def test_a_signing_key_that_is_throttled_stops_no_fence_and_the_record_is_signed_later(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = hospital.clock.now()
    sign = hospital.signer.sign

    def throttled(message: bytes) -> bytes:
        if (hospital.clock.now() - until).total_seconds() < 3:
            raise Throttled("Sign: ThrottlingException")
        return sign(message)

    monkeypatch.setattr(hospital.signer, "sign", throttled)
    case = respond(hospital.worker())
    assert case.verdict is Verdict.CONTAINED
    assert {d.on for d in hospital.world.look(EXPORT, DenyAll)} == {True}
    assert any("/checkpoints/" in path for path in hospital.sinks[0].list(f"{case.id}/"))


VISITOR = principal(Kind.USER, "00000000-aaaa-4aaa-8aaa-000000000003")
GUEST = Actor(credential=Credential.ENTRA_GUEST, account="", principal=VISITOR, unique_id=VISITOR.id)
US = principal(Kind.SERVICE_PRINCIPAL, "00000000-aaaa-4aaa-8aaa-000000000004")
WARDS = tuple(
    RoleByGroup(group=name, assignment="", role="/roles/r", scope="/s", present=True) for name in ("free", "kept", "ours")
)


@pytest.fixture
def abroad(hospital: Hospital) -> Hospital:
    """A guest of the directory is the thief, who signs in, and has roles by groups."""
    hospital.world = MemoryWorld(TRAITS, OTHER_CLOUDS - {SignIn})
    hospital.world.endings[SignIn] = timedelta(minutes=90)
    hospital.world.put(CHARTS)
    hospital.world.put(VISITOR, SignIn(enabled=True), *WARDS)
    for ward in WARDS:
        group = principal(Kind.GROUP, ward.group)
        hospital.world.put(group)
        hospital.world.relate(group, Relation.MEMBERS, VISITOR, *((US,) if ward.group == "ours" else ()))
    hospital.directory.enter(VISITOR, VISITOR.id, ALERT - timedelta(days=900))
    hospital.sources.learn(signal(GUEST, cloud=Cloud.AZURE))
    return hospital


def test_a_guests_tokens_keep_a_case_from_being_contained_until_they_are_dead(abroad: Hospital) -> None:
    deps, seen = abroad.worker(exempt=frozenset({US.id})), []
    for ward in WARDS:
        abroad.world.write(VISITOR, [ward.absent])
    for seconds in (2, 4000):
        case = respond(deps, signal(GUEST, cloud=Cloud.AZURE), patience=Patience(sweep_seconds=seconds))
        seen.append((case.verdict, case.stage, [left.blocks for left in case.people if "still works" in left.reason]))
    assert seen == [(Verdict.PARTIAL, Stage.SWEEP, [True]), (Verdict.CONTAINED, Stage.CLOSE, [])]


def test_of_each_group_that_is_not_ours_to_touch_people_are_told_whatever_else_is_done(abroad: Hospital) -> None:
    deps = abroad.worker(exempt=frozenset({US.id}), protected=Protected(resources=frozenset({"kept"})))
    case = respond(deps, signal(GUEST, cloud=Cloud.AZURE), patience=Patience(sweep_seconds=2))
    reasons = " ".join(left.reason for left in case.people if left.target == str(VISITOR))
    assert {role.group for role in abroad.world.look(VISITOR, RoleByGroup)} == {"kept", "ours"}
    assert ("the group kept is protected" in reasons, "break-glass too are in ours" in reasons) == (True, True)
