"""Who may approve what can not be undone: somebody other than who asked for it."""

from copy import replace

import pytest

from shared.containment.actions import ACTIONS
from shared.domain.case import Case, Mode, Verdict
from shared.domain.errors import OwnRequest
from shared.domain.person import Vouched
from shared.domain.plan import Wave
from shared.settings import Modes, OneWay, Policy
from shared.workflow.asking import barred
from shared.workflow.deciding import decide
from shared.workflow.deps import Deps
from shared.workflow.opening import Wanted, admit
from tests.hospital import Hospital, built, signal
from tests.workflow.driving import NOBODY, go_on, respond
from tests.workflow.recovering import fallen

ASKING = Policy(one_way=OneWay(second_person="always"))
REHEARSAL = Policy(one_way=OneWay(second_person="never"))
NOBODY_ASKED = Policy(one_way=OneWay(mode=Mode.AUTO))
FENCE_ASKED = Policy(modes=Modes(fence=Mode.ASK))


def asking(hospital: Hospital, policy: Policy) -> tuple[Case, Deps]:
    """A case that asks about its new key."""
    deps = fallen(hospital).worker(policy)
    case = respond(deps, asks=NOBODY)
    assert case.awaiting
    return case, deps


def approved(case: Case, deps: Deps, by: str, *, granted: bool = True) -> Case:
    assert case.awaiting
    return decide(case, deps, case.awaiting.digest, by, granted=granted)


def test_who_asked_for_it_is_told_who_may_approve_it(hospital: Hospital) -> None:
    case, deps = asking(hospital, ASKING)
    before = hospital.world.state()
    with pytest.raises(OwnRequest, match="any other identity that may write to custody approves it"):
        approved(case, deps, deps.caller)
    kinds = [entry.kind for entry in deps.journal(case.id).entries()]
    assert ("approved" in kinds, hospital.world.state()) == (False, before)


def test_somebody_else_approves_it_and_both_stand_in_the_record(hospital: Hospital) -> None:
    case, deps = asking(hospital, ASKING)
    assert approved(case, deps, "dr-yes").approvals[-1].by == "dr-yes"
    said = next(entry.body for entry in deps.journal(case.id).entries() if entry.kind == "approved")
    assert (said["by"], said["asked_by"]) == ("dr-yes", deps.caller)


def test_a_second_worker_that_looks_at_the_question_does_not_become_the_one_who_asked(hospital: Hospital) -> None:
    case, deps = asking(hospital, ASKING)
    again = go_on(case, fallen_again(deps, hospital, "arn:aws:iam::111122223333:user/second"))
    assert again.awaiting
    assert again.awaiting.by == deps.caller


def fallen_again(deps: Deps, hospital: Hospital, caller: str) -> Deps:
    return hospital.worker(deps.policy, recovery=deps.recovery, caller=caller)


def only_the_fence(case: Case) -> tuple[str, bool] | None:
    return ("dr-yes", True) if case.awaiting and case.awaiting.envelope else None


def test_who_had_a_case_opened_by_the_responders_hands_asked_for_whatever_it_asks(hospital: Hospital) -> None:
    deps = fallen(hospital).worker(ASKING)
    opened = admit(signal(), deps, automatic=False, wanted=Wanted(Mode.ASK, by="ann"))
    assert isinstance(opened, Case)
    case = go_on(opened, deps, only_the_fence)
    for who in ("ann", deps.caller):
        with pytest.raises(OwnRequest):
            approved(case, deps, who)
    assert approved(case, deps, "dr-yes").approvals[-1].by == "dr-yes"
    said = {entry.kind: entry.body for entry in deps.journal(case.id).entries()}
    assert (said["opened"]["asked_by"], said["approved"]["opened_by"]) == ("ann", "ann")


ANN = Vouched(names=frozenset({"ann@st-brendan.example", "ann", "ann.entra"}))
LEAD = "arn:aws:sts::111122223333:assumed-role/lead"


@pytest.fixture(scope="module")
def asked() -> tuple[Case, Deps]:
    return asking(built(), ASKING)


@pytest.mark.parametrize(
    ("by", "identities", "own"),
    [
        pytest.param(f"{LEAD}/Ann@st-brendan.example", (), True, id="a session named as her mail"),
        pytest.param(f"{LEAD}/ANN", (), True, id="a session with the name in her mail"),
        pytest.param(f"{LEAD}/ann.entra", (), True, id="a session with her provider's name"),
        pytest.param(f"{LEAD}/al", (frozenset({"al", "ann"}),), True, id="a session that the policy says is hers"),
        pytest.param(f"{LEAD}/al", (frozenset({"al", "bob"}),), False, id="a session that the policy says is another's"),
        pytest.param(f"{LEAD}/bob", (), False, id="somebody else's session"),
        pytest.param("arn:aws:sts::111122223333:assumed-role/ann/bob", (), False, id="somebody else's under a role of her name"),
        pytest.param("arn:aws:iam::111122223333:user/ann", (), False, id="a user, whose ARN is no session's"),
    ],
)
def test_who_signed_in_is_known_again_as_who_asked_by(
    asked: tuple[Case, Deps], by: str, identities: tuple[frozenset[str], ...], own: bool
) -> None:
    case, deps = asked
    named = replace(deps, estate=deps.estate.but(identities=identities))
    assert bool(barred(case.but(asked_by=by), named, "https://pool.example#1", ANN)) is own


CENTER = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Responders_0123456789abcdef"
NAMED = OneWay(second_person="always", named_sessions=("arn:aws:iam::111122223333:role/staff/lead",))


@pytest.mark.parametrize(
    ("asker", "who", "rule", "why"),
    [
        pytest.param(
            f"{LEAD}/ann", f"{LEAD}/bob", None, "whoever opens one gives it its name", id="two names of one role's sessions"
        ),
        pytest.param(f"{LEAD}/ann", f"{LEAD}/ann", None, "ann asked for", id="one session"),
        pytest.param(f"{LEAD}/ann", f"{LEAD}/bob", NAMED, "", id="two names of a role whose trust gives them"),
        pytest.param(f"{LEAD}/ann", f"{LEAD}/ann", NAMED, "ann asked for", id="one name of such a role"),
        pytest.param(f"{CENTER}/ann", f"{CENTER}/bob", None, "", id="two users of Identity Center"),
        pytest.param(f"{CENTER}/ann", f"{CENTER}/ann", None, "ann asked for", id="one user of Identity Center"),
        pytest.param(f"{LEAD}/ann", f"{LEAD}er/bob", None, "", id="sessions of two roles"),
        pytest.param(f"{LEAD}/ann", f"{LEAD.replace('1111', '9999')}/bob", None, "", id="of roles of one name in two accounts"),
        pytest.param(f"{LEAD}/ann", "arn:aws:iam::111122223333:user/bob", None, "", id="a session and a user"),
    ],
)
def test_two_sessions_of_one_role_are_two_people_where_somebody_else_named_them(
    asked: tuple[Case, Deps], asker: str, who: str, rule: OneWay | None, why: str
) -> None:
    case, deps = asked
    ruled = replace(deps, policy=Policy(one_way=rule)) if rule else deps
    said = barred(case.but(asked_by=asker), ruled, who)
    assert (why in said, bool(said)) == (True, bool(why))


def test_whoever_is_not_told_from_who_asked_hears_what_to_do_and_may_refuse(hospital: Hospital) -> None:
    case, deps = asking(hospital, ASKING)
    mine = case.but(asked_by=f"{LEAD}/ann")
    with pytest.raises(OwnRequest, match=r"Nothing was decided.*under another role.*named_sessions.*Anybody may refuse"):
        approved(mine, deps, f"{LEAD}/bob")
    assert Wave.REKEY in approved(mine, deps, f"{LEAD}/bob", granted=False).declined


def test_who_asked_for_it_may_refuse_it(hospital: Hospital) -> None:
    case, deps = asking(hospital, ASKING)
    assert Wave.REKEY in approved(case, deps, deps.caller, granted=False).declined


@pytest.mark.parametrize("policy", [REHEARSAL, NOBODY_ASKED], ids=["second_person = never", "mode = auto"])
def test_the_policy_can_say_that_one_person_is_enough(hospital: Hospital, policy: Policy) -> None:
    case, deps = asking(hospital, policy)
    assert approved(case, deps, deps.caller).verdict is Verdict.OPEN


def test_a_fence_that_can_be_undone_is_approved_by_whoever_it_is(hospital: Hospital) -> None:
    deps = hospital.worker(FENCE_ASKED)
    case = respond(deps)
    assert case.awaiting
    assert not case.awaiting.another
    assert approved(case, deps, deps.caller).envelope is not None


def test_disabling_a_key_is_nobodys_alone_though_it_can_be_undone() -> None:
    assert [action.name for action in ACTIONS.values() if action.grave] == ["disable-key"]


def test_whoever_said_beforehand_that_they_answer_for_all_of_it_approves_it_on_record(hospital: Hospital) -> None:
    case, deps = asking(hospital, ASKING)
    assert approved(case, replace(deps, beforehand=True), deps.caller).verdict is Verdict.OPEN
    said = next(entry.body for entry in deps.journal(case.id).entries() if entry.kind == "approved")
    assert (said["by"], said["asked_by"], said["beforehand"]) == (deps.caller, deps.caller, True)


def test_a_new_key_needs_nobody_else_unless_the_policy_says_so(hospital: Hospital) -> None:
    case, deps = asking(hospital, Policy())
    assert approved(case, deps, deps.caller).verdict is Verdict.OPEN
