"""Who may wake us, and what a forged alert achieves: nothing."""

from datetime import timedelta

import pytest

from shared.adapters.memory.clock import BEGINNING
from shared.adapters.memory.windows import BoundedMemory
from shared.containment.guard import Protected
from shared.domain.actor import Actor, Credential
from shared.domain.case import Case, Mode, Stage, Verdict
from shared.domain.errors import Unreachable
from shared.domain.facet import DenyAll, PolicyStatement
from shared.domain.resource import Kind, Ref
from shared.domain.signal import Signal
from shared.ports import Memory
from shared.workflow.opening import Turned, Wanted, admit
from tests.hospital import ALERT, CHARTS, CLINICIAN, EXPORT, HOME, KEY, RESPONDER, SESSION, THIEF, Hospital, ref, signal
from tests.workflow.driving import YES, respond

OURSELVES = Actor(credential=Credential.ROLE_SESSION, account=HOME, principal=RESPONDER, unique_id="AROARESPONDER", session="night")
SERVED: dict[str, object] = {"failed": True, "source_address": "s3.amazonaws.com", "event": "Decrypt"}
NAMESAKE = OURSELVES.but(unique_id="AROANAMESAKE")


def turned(hospital: Hospital, alert: Signal) -> Turned:
    before = hospital.world.state()
    found = admit(alert, hospital.worker(), automatic=True)
    assert isinstance(found, Turned)
    assert hospital.world.state() == before
    assert hospital.cases.all() == ()
    return found


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(signal(SESSION), id="another actor: an ordinary clinician"),
        pytest.param(signal(THIEF, CHARTS, KEY), id="a resource more"),
        pytest.param(signal(event="Something:Else"), id="another event"),
        pytest.param(signal(account="444455556666"), id="another account"),
    ],
)
def test_an_alert_that_its_source_knows_otherwise_opens_no_case(hospital: Hospital, forged: Signal) -> None:
    found = turned(hospital, forged)
    assert found.verdict is Verdict.REFUSED
    assert "forged" in found.reason


def test_an_alert_may_name_fewer_resources_than_its_source(hospital: Hospital) -> None:
    hospital.sources.learn(signal(THIEF, CHARTS, KEY))
    assert respond(hospital.worker(), signal(THIEF, CHARTS)).mode is Mode.AUTO


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        pytest.param(signal(failed=True), "failed", id="a call that failed"),
        pytest.param(signal(sample=True), "sample", id="a sample finding"),
        pytest.param(signal(Actor(credential=Credential.SERVICE, account=HOME)), "service", id="the work of an AWS service"),
    ],
)
def test_dropped_is(hospital: Hospital, alert: Signal, words: str) -> None:
    hospital.sources.learn(alert)
    found = turned(hospital, alert)
    assert found.verdict is Verdict.DROPPED
    assert words in found.reason


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        pytest.param(signal(at=BEGINNING - timedelta(hours=25)), "ago", id="one that is stale"),
        pytest.param(signal(at=BEGINNING + timedelta(hours=1)), "from now", id="one from the future"),
        pytest.param(signal(None), "no actor", id="one that names nobody"),
    ],
)
def test_a_person_is_asked_about(hospital: Hospital, alert: Signal, words: str) -> None:
    hospital.sources.learn(alert)
    case = admit(alert, hospital.worker(), automatic=True)
    assert isinstance(case, Case)
    assert case.mode is Mode.ASK
    assert words in case.why_ask


class TestOurselves:
    """Our own calls come back as events; any other act by our identities is an attack on us."""

    def test_a_call_whose_request_id_we_journaled_is_dropped(self, hospital: Hospital) -> None:
        hospital.cases.remember(["request-7"])
        found = turned(hospital, signal(OURSELVES, request_id="request-7"))
        assert found.verdict is Verdict.DROPPED
        assert hospital.notifier.pages == []

    @pytest.mark.parametrize("request_id", ["request-8", ""], ids=["an unknown request id", "no request id at all"])
    def test_a_call_of_ours_with_this_is_refused_and_people_are_paged(self, hospital: Hospital, request_id: str) -> None:
        hospital.cases.remember(["request-7"])
        found = turned(hospital, signal(OURSELVES, request_id=request_id))
        assert found.verdict is Verdict.REFUSED
        assert [p.subject for p in hospital.notifier.pages] == ["An act by a responder identity that we did not make"]

    @pytest.mark.parametrize(
        ("others", "pages"),
        [
            pytest.param([{}], 1, id="the same again"),
            pytest.param([{"at": ALERT + timedelta(minutes=61)}], 2, id="the same an hour later"),
            pytest.param([{"event": "Other"}], 2, id="another event"),
            pytest.param([{"actor": OURSELVES.but(unique_id=RESPONDER.id)}], 2, id="another identity"),
            pytest.param([{"failed": True}], 2, id="one that failed, and says nothing of one that did not"),
            pytest.param([SERVED, SERVED | {"event": "GenerateDataKey"}], 2, id="whatever a service tried for us"),
            pytest.param(
                [SERVED | {"failed": False}, SERVED | {"event": "Decrypt", "failed": False}], 2, id="what a service did for us"
            ),
        ],
    )
    def test_within_an_hour_people_are_paged_once_about(
        self, hospital: Hospital, others: list[dict[str, object]], pages: int
    ) -> None:
        memory, deps = BoundedMemory(), hospital.worker(exempt=frozenset({OURSELVES.unique_id, RESPONDER.id}))
        ours = signal(OURSELVES)
        for number, alert in enumerate([ours, *(ours.but(**other) for other in others)] * 3):
            found = admit(alert.but(id=f"a-{number}"), deps, automatic=True, wanted=Wanted(told=lambda: memory))
            assert isinstance(found, Turned)
            assert found.verdict is Verdict.REFUSED
        assert len(hospital.notifier.pages) == pages

    def test_a_memory_that_gives_no_answer_keeps_nobody_from_being_told(self, hospital: Hospital) -> None:
        def silent() -> Memory:
            raise Unreachable("dynamodb")

        admit(signal(OURSELVES), hospital.worker(), automatic=True, wanted=Wanted(told=silent))
        assert len(hospital.notifier.pages) == 1

    def test_who_is_spared_by_name_because_nobody_could_say_its_id_is_refused_like_one_of_ours(self, hospital: Hospital) -> None:
        deps = hospital.worker(exempt=frozenset({RESPONDER.id}))
        found = admit(signal(OURSELVES), deps, automatic=True)
        assert isinstance(found, Turned)
        assert found.verdict is Verdict.REFUSED

    def test_the_request_id_of_one_of_our_calls_does_not_excuse_a_stranger(self, hospital: Hospital) -> None:
        hospital.cases.remember(["request-7"])
        alert = signal(request_id="request-7")
        hospital.sources.learn(alert)
        assert respond(hospital.worker(), alert).verdict is Verdict.CONTAINED

    def test_a_role_recreated_under_our_name_is_an_attacker(self, hospital: Hospital) -> None:
        hospital.directory.leave(RESPONDER)
        hospital.directory.enter(RESPONDER, "AROANAMESAKE", ALERT)
        hospital.world.put(RESPONDER)
        alert = signal(NAMESAKE)
        hospital.sources.learn(alert)
        case = respond(hospital.worker(), alert, asks=YES)
        assert case.verdict is Verdict.CONTAINED
        assert any(target == RESPONDER for target, _ in hospital.world.writes)


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(ref(Kind.BUCKET, "codeblue-custody"), id="the custody bucket"),
        pytest.param(ref(Kind.KEY, "protected"), id="a protected key"),
    ],
)
def test_what_is_protected_is_not_changed_and_said_so(hospital: Hospital, target: Ref) -> None:
    hospital.world.put(target)
    alert = signal(THIEF, target)
    hospital.sources.learn(alert)
    case = respond(hospital.worker(protected=Protected(resources=frozenset({target.id}))), alert)
    assert all(written != target for written, _ in hospital.world.writes)
    assert case.verdict is Verdict.PARTIAL
    assert str(target) in {left.target for left in case.left}


def test_a_protected_identity_is_not_changed_nor_kept_from_the_data_and_said_so(hospital: Hospital) -> None:
    case = respond(hospital.worker(protected=Protected(ids=frozenset({"AIDAEXPORT"}))))
    assert all(written != EXPORT for written, _ in hospital.world.writes)
    assert "AIDAEXPORT" not in "".join(s.body or "" for s in hospital.world.look(CHARTS, PolicyStatement))
    assert case.verdict is Verdict.PARTIAL
    assert [left.target for left in case.left] == [str(THIEF)]


class TestDuplicates:
    """Delivery is at least once, and the same thief is one case."""

    def test_the_same_alert_again_is_the_same_case(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        first, second = respond(deps), respond(deps)
        assert first.id == second.id
        assert len(hospital.cases.all()) == 1

    def test_another_alert_about_the_same_actor_joins_the_open_case(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        other = signal(id="finding-2", event="Impact:IAMUser/AnomalousBehavior")
        hospital.sources.learn(other)
        assert respond(deps).id == respond(deps, other).id

    def test_an_alert_that_joins_is_on_the_case_and_on_record_once(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        other = signal(id="finding-2", event="Impact:IAMUser/AnomalousBehavior")
        hospital.sources.learn(other)
        case = respond(deps)
        for _ in range(2):
            admit(other, deps, automatic=True, raw=b"finding 2")
        assert hospital.cases.load(case.id).joined == ("finding-2",)
        assert [e.kind for e in deps.journal(case.id).entries()].count("joined") == 1

    def test_what_an_alert_that_joins_names_is_protected_too(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        wards = ref(Kind.BUCKET, "wards")
        hospital.world.put(wards)
        other = signal(THIEF, wards, id="finding-2")
        hospital.sources.learn(other)
        assert respond(deps).verdict is Verdict.CONTAINED
        assert not hospital.world.look(wards, PolicyStatement)
        assert respond(deps, other).verdict is Verdict.CONTAINED
        assert hospital.world.look(wards, PolicyStatement)

    def test_a_forged_alert_about_the_same_actor_joins_nothing(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        case = respond(deps)
        hospital.sources.learn(signal(THIEF, CHARTS, id="finding-2"))
        found = admit(signal(THIEF, ref(Kind.BUCKET, "wards"), KEY, id="finding-2"), deps, automatic=True)
        assert isinstance(found, Turned)
        assert found.verdict is Verdict.REFUSED
        assert hospital.cases.load(case.id).joined == ()

    def test_what_an_alert_names_that_nobody_confirms_is_left_for_people(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        wards = ref(Kind.BUCKET, "wards")
        hospital.world.put(wards)
        respond(deps)
        case = respond(deps, signal(THIEF, wards, id="finding-2"))
        assert case.verdict is Verdict.CONTAINED
        assert not hospital.world.look(wards, PolicyStatement)
        assert [left.target for left in case.people if not left.blocks] == [str(wards)]

    def test_a_case_whose_record_is_sealed_is_joined_by_nothing(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        case = respond(deps)
        lease = hospital.cases.take(case.id, "test")
        assert lease
        hospital.cases.save(case.but(stage=Stage.CLOSE), lease)
        hospital.cases.give_back(lease)
        other = signal(id="finding-2", event="Impact:IAMUser/AnomalousBehavior")
        hospital.sources.learn(other)
        assert respond(deps, other).id != case.id

    def test_another_actor_who_comes_from_elsewhere_is_another_case(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        other = signal(SESSION, id="finding-2", source_address="203.0.113.9")
        hospital.sources.learn(other)
        assert respond(deps).id != respond(deps, other).id

    def test_an_alert_about_a_case_that_was_refused_opens_nothing_again(self, hospital: Hospital) -> None:
        deps = hospital.worker()
        case = respond(deps)
        lease = hospital.cases.take(case.id, "test")
        assert lease
        hospital.cases.save(case.but(verdict=Verdict.REFUSED, stage=Stage.FENCE), lease)
        hospital.cases.give_back(lease)
        assert respond(deps).verdict is Verdict.REFUSED


def test_a_session_of_a_shared_role_is_fenced_alone(hospital: Hospital) -> None:
    alert = signal(SESSION)
    hospital.sources.learn(alert)
    case = respond(hospital.worker(), alert)
    assert case.verdict is Verdict.CONTAINED
    assert hospital.world.look(CLINICIAN, DenyAll) == ()
