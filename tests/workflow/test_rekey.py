"""The key that the thief could use gets a successor, and everything stored moves to it: by exact digest, rightful users first."""

from datetime import timedelta

from shared.adapters.memory.clock import BEGINNING
from shared.domain.case import Case, Reach, Rightful, Scope, Standing, Verdict
from shared.domain.facet import EncryptedWith, PolicyStatement, Successor
from shared.domain.plan import Wave
from shared.domain.resource import Kind
from shared.ports import Relation
from shared.workflow.local import Patience
from tests.hospital import CHARTS, CLINICIAN, KEY, SESSION, THIEF, Hospital, act, bodies, ref
from tests.workflow.driving import NOBODY, YES, go_on, respond
from tests.workflow.recovering import AUTO, DISK, TOPIC, Night


def asked(case: Case) -> Wave:
    assert case.awaiting is not None
    return case.awaiting.wave


def test_a_person_is_asked_by_exact_digest_and_until_then_nothing_moves(night: Night) -> None:
    case = respond(night.worker())
    assert (case.verdict, asked(case), case.plans[0].digest) == (
        Verdict.AWAITING_APPROVAL,
        Wave.REKEY,
        case.awaiting and case.awaiting.digest,
    )
    assert night.successor() == ""
    assert night.look(CHARTS) == KEY.id


def test_the_fence_stands_while_the_question_is_open(night: Night) -> None:
    case = respond(night.worker())
    assert case.fenced_at is not None
    assert any((s.body or "").find("AIDAEXPORT") > 0 for s in night.hospital.world.look(CHARTS, PolicyStatement))


def test_approved_all_of_it_is_under_the_successor_and_proved(night: Night) -> None:
    case = respond(night.worker(), asks=YES)
    assert (case.verdict, case.awaiting) == (Verdict.CONTAINED, None)
    assert night.successor()
    assert (night.look(CHARTS), night.look(TOPIC)) == (night.successor(), night.successor())
    assert night.schemes() == {night.successor()}
    kinds = [e.kind for e in night.worker().journal(case.id).entries()]
    assert kinds.count("planned") == 2
    assert "verified" in kinds


def test_the_policy_alone_can_let_it_run(night: Night) -> None:
    case = respond(night.worker(AUTO))
    assert asked(case) is Wave.REKEY
    night.hospital.world.relate(KEY, Relation.ALIASES)
    again = go_on(respond(night.worker(AUTO)), night.worker(AUTO), YES)
    assert night.schemes() == {night.successor()}
    assert again.verdict is Verdict.CONTAINED


def test_rightful_users_are_let_in_before_anything_moves(night: Night) -> None:
    respond(night.worker(), asks=YES)
    writes = [(target, facet) for target, facets in night.hospital.world.writes for facet in facets]
    admitted = next(
        n for n, (t, f) in enumerate(writes) if t.id == night.successor() and CLINICIAN.id in str(getattr(f, "body", ""))
    )
    moved = next(n for n, (_, f) in enumerate(writes) if isinstance(f, EncryptedWith))
    assert admitted < moved


def test_nothing_moves_while_a_rightful_user_could_not_follow(night: Night) -> None:
    successor = KEY.but(id=f"{KEY.id}-of-{respond(night.worker()).id}")
    night.access.shut_out.add((CLINICIAN, successor))
    case = respond(night.worker(), asks=YES)
    assert case.verdict is Verdict.PARTIAL
    assert night.look(CHARTS) == KEY.id
    assert night.schemes() == {KEY.id}
    assert any("may use the old key and not the successor" in left.reason for left in case.people)


def test_a_role_that_the_thief_entered_is_neither_let_in_nor_waited_for(night: Night) -> None:
    world, pipeline = night.hospital.world, ref(Kind.ROLE, "pipeline")
    world.put(pipeline)
    night.hospital.directory.enter(pipeline, "AROAPIPE", BEGINNING - timedelta(days=900))
    night.hospital.evidence.happened(act(THIEF, "AssumeRole", pipeline, created=(SESSION.but(principal=pipeline, session="odd"),)))
    case = respond(night.worker())
    night.access.shut_out.add((pipeline, KEY.but(id=f"{KEY.id}-of-{case.id}")))
    done = go_on(case, night.worker(), YES)
    assert [r.actor.principal for r in done.scope.rightful if r.entered] == [pipeline]
    assert night.schemes() == {night.successor()}
    admitted = bodies(night.hospital, KEY.but(id=night.successor())).values()
    assert not any(s["Effect"] == "Allow" and pipeline.id in str(s["Principal"]) for s in admitted)
    assert not any(str(pipeline.name) in left.target and "successor" in left.reason for left in done.people)


def test_whom_the_thief_is_as_a_whole_has_to_follow_nothing() -> None:
    session, whole = (Standing(actor=SESSION, reach=reach) for reach in (Reach.SESSION, Reach.PRINCIPAL))
    rightful = (Rightful(actor=SESSION.but(session="")),)
    assert Scope(standings=(session,), rightful=rightful).users == rightful
    assert Scope(standings=(whole,), rightful=rightful).users == ()


def test_what_only_people_can_move_is_listed(night: Night) -> None:
    case = respond(night.worker(), asks=YES)
    assert any(DISK.id in left.target and not left.blocks for left in case.people)


def test_refused_the_old_key_stays_and_the_fence_too(night: Night) -> None:
    case = respond(night.worker(), asks=lambda _: ("dr-no", False))
    assert night.successor() == ""
    assert case.declined == (Wave.REKEY,)
    assert go_on(case, night.worker()).awaiting is None


def test_the_approval_of_one_digest_is_not_that_of_the_next(night: Night) -> None:
    answers = iter([("dr-yes", True), None])
    case = respond(night.worker(), asks=lambda _: next(answers))
    assert asked(case) is Wave.MIGRATE
    assert night.schemes() == {KEY.id}
    assert night.look(CHARTS) == night.successor()


def test_a_worker_that_dies_in_the_middle_is_followed_by_one_that_ends_it(night: Night) -> None:
    case = respond(night.worker(), asks=NOBODY)
    for allowance in range(40, 400, 60):
        night.hospital.world.allowance = allowance
        case = go_on(case, night.worker(), YES, Patience(hold_seconds=5))
    night.hospital.world.allowance = None
    case = go_on(case, night.worker(), YES)
    assert case.verdict is Verdict.CONTAINED
    assert night.schemes() == {night.successor()}
    assert len(night.hospital.world.look(KEY, Successor)) == 1


def test_a_responder_that_only_fences_replaces_no_key(hospital: Hospital) -> None:
    assert respond(hospital.worker(), asks=YES).verdict is Verdict.CONTAINED
    assert hospital.world.look(KEY, Successor) == ()
