"""Somebody edits a policy between our reading and our writing: the log gives it back, once, and only what is fit to be given."""

from collections.abc import Sequence
from copy import replace
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from shared.adapters.memory.world import MemoryWorld
from shared.domain.actor import Actor
from shared.domain.case import Case, Mode, Verdict
from shared.domain.facet import Facet, PolicyStatement
from shared.domain.plan import Status
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt, Relation, Traits
from shared.settings import Modes, Policy
from shared.workflow import deciding, history
from shared.workflow.deps import Deps
from tests.hospital import ALERT, CHARTS, KEY, READERS, RESPONDER, SESSION, THIEF, Hospital, ref, signal, statement
from tests.policy_edits import PIPELINE, US, allowed, edit, merged
from tests.workflow.driving import FOR_EVER, YES, go_on, respond

NEW = allowed("Ward7")
WRITTEN = (Kind.BUCKET, Kind.KEY)


@dataclass
class Recorded:
    """The hospital's world, with a log of its policies. Each of `meanwhile` is written right before our next write, and lost."""

    hospital: Hospital
    meanwhile: list[tuple[Actor, Ref, PolicyStatement]] = field(default_factory=list)

    @property
    def world(self) -> MemoryWorld:
        return self.hospital.world

    def look[F: Facet](self, target: Ref, facet: type[F]) -> tuple[F, ...]:
        return self.world.look(target, facet)

    def traits(self, target: Ref, facet: type[Facet]) -> Traits | None:
        return self.world.traits(target, facet)

    def related(self, target: Ref, relation: Relation) -> tuple[Ref, ...]:
        return self.world.related(target, relation)

    def write(self, target: Ref, facets: Sequence[Facet]) -> Receipt:
        """Ours."""
        if target.kind not in WRITTEN or not isinstance(facets[0], PolicyStatement):
            return self.world.write(target, facets)
        for mine in [each for each in self.meanwhile if each[1] == target]:
            self.meanwhile.remove(mine)
            self.record(mine[0], target, *merged(self.policy(target), mine[2]))
        receipt = self.world.write(target, facets)
        self.record(US, target, *self.policy(target), request_id=receipt.request_ids[0])
        return receipt

    def policy(self, target: Ref) -> tuple[PolicyStatement, ...]:
        return self.world.look(target, PolicyStatement)

    def record(self, actor: Actor, target: Ref, *statements: PolicyStatement, request_id: str = "theirs") -> None:
        """The log says so; whether the policy was that for a moment nobody can tell."""
        made = edit(actor, self.hospital.clock.now(), *statements, target=target)
        self.hospital.evidence.edited(replace(made, act=replace(made.act, request_id=request_id)))


def enters(hospital: Hospital, actor: Actor) -> None:
    """The identity service knows it, and has for long."""
    assert actor.principal
    hospital.directory.enter(actor.principal, actor.unique_id, ALERT - timedelta(days=900))


@pytest.fixture
def recorded(hospital: Hospital) -> Recorded:
    """The hospital with a deployment pipeline."""
    enters(hospital, PIPELINE)
    return Recorded(hospital)


def responded(
    recorded: Recorded, *meanwhile: tuple[Actor, Ref, PolicyStatement], policy: Policy | None = None
) -> tuple[Case, Deps]:
    """A case until it is quiet; in its first write of each policy somebody's edit is lost."""
    recorded.meanwhile.extend(meanwhile)
    deps = recorded.hospital.worker(policy, world=recorded)
    return respond(deps, asks=YES), deps


def returned(case: Case, deps: Deps) -> list[tuple[Ref, str, Status]]:
    """What the record says was put back."""
    results = history.results(case, deps.journal(case.id))
    return [(o.target, o.part, o.status) for o in (r.outcome for r in results) if o.action == "return-edit"]


def ours(recorded: Recorded, target: Ref = CHARTS) -> list[str]:
    return [s.sid for s in recorded.policy(target) if s.sid.startswith("Codeblue")]


def said(case: Case) -> list[str]:
    return [left.reason for left in case.left if "of event" in left.reason]


class TestLost:
    """An edit that a write of ours overwrote."""

    @pytest.mark.parametrize("target", [CHARTS, KEY])
    def test_it_is_put_back_beside_ours(self, recorded: Recorded, target: Ref) -> None:
        case, deps = responded(recorded, (PIPELINE, target, NEW))
        assert NEW in recorded.policy(target)
        assert ours(recorded, target)
        assert (case.verdict, returned(case, deps)) == (Verdict.CONTAINED, [(target, NEW.sid, Status.APPLIED)])

    def test_a_statement_goes_back_to_its_later_form(self, recorded: Recorded) -> None:
        later = allowed(READERS.sid, "s3:GetObjectVersion")
        responded(recorded, (PIPELINE, CHARTS, later))
        assert later in recorded.policy(CHARTS)
        assert READERS not in recorded.policy(CHARTS)

    def test_it_is_put_back_once_and_whoever_takes_it_out_then_has_the_last_word(self, recorded: Recorded) -> None:
        case, deps = responded(recorded, (PIPELINE, CHARTS, NEW))
        recorded.world.put(CHARTS, NEW.but(body=None))
        case = go_on(case, deps)
        assert NEW not in recorded.policy(CHARTS)
        assert sum(NEW in facets for _, facets in recorded.world.writes) == 1

    def test_it_is_put_back_when_the_late_log_shows_it(self, recorded: Recorded) -> None:
        recorded.hospital.evidence.lag = timedelta(minutes=5)
        case, deps = responded(recorded, (PIPELINE, CHARTS, NEW))
        assert NEW not in recorded.policy(CHARTS)
        go_on(case, deps, patience=FOR_EVER)
        assert NEW in recorded.policy(CHARTS)

    def test_it_says_who_wrote_it_and_why_it_comes_back(self, recorded: Recorded) -> None:
        case, deps = responded(recorded, (PIPELINE, CHARTS, NEW))
        (change,) = [c for c in history.made(deps.journal(case.id)) if c.action == "return-edit"]
        assert str(PIPELINE) in change.why
        assert "overwrote it unseen" in change.why
        assert change.citation == "45 CFR 164.308(a)(4)(ii)(C)"

    def test_one_approval_of_the_fence_covers_it(self, recorded: Recorded) -> None:
        case, _ = responded(recorded, (PIPELINE, CHARTS, NEW), policy=Policy(modes=Modes(fence=Mode.ASK)))
        assert case.verdict is Verdict.CONTAINED
        assert NEW in recorded.policy(CHARTS)

    def test_a_rollback_leaves_it(self, recorded: Recorded) -> None:
        case, deps = responded(recorded, (PIPELINE, CHARTS, NEW))
        wanted = deciding.rollback_plan(case, deps)
        deciding.undo(case, deps, wanted, wanted.digest, "dr-yes", whole=True)
        assert NEW in recorded.policy(CHARTS)

    def test_what_can_not_be_put_back_is_said_and_takes_nothing_of_the_fence_with_it(self, recorded: Recorded) -> None:
        wide = allowed("Wide", "s3:" + "x" * 9000)
        recorded.world.room[CHARTS, NEW.document] = 9000
        case, _ = responded(recorded, (PIPELINE, CHARTS, wide))
        assert ours(recorded)
        assert case.verdict is Verdict.PARTIAL
        assert READERS in recorded.policy(CHARTS)

    def test_what_the_last_resort_wrote_is_put_back_too(self, recorded: Recorded) -> None:
        glass = PIPELINE.but(principal=ref(Kind.ROLE, "break-glass"), unique_id="AROARESPONDER")
        enters(recorded.hospital, glass)
        responded(recorded, (glass, CHARTS, NEW))
        assert NEW in recorded.policy(CHARTS)

    def test_clinicians_keep_their_statement_though_a_thief_is_in_their_role(self, recorded: Recorded) -> None:
        alert = signal(SESSION)
        recorded.hospital.sources.learn(alert)
        recorded.meanwhile.append((PIPELINE, CHARTS, NEW))
        respond(recorded.hospital.worker(world=recorded), alert)
        assert NEW in recorded.policy(CHARTS)


class TestNotPutBack:
    """What is another's decision, or nobody's loss."""

    def test_an_actors_edit(self, recorded: Recorded) -> None:
        case, _ = responded(recorded, (THIEF, CHARTS, NEW))
        assert NEW not in recorded.policy(CHARTS)
        assert said(case) == []

    @pytest.mark.parametrize("principal", ["*", "arn:aws:iam::999988887777:root"])
    def test_what_opens_the_store_is_left_for_people_and_blocks_nothing(self, recorded: Recorded, principal: str) -> None:
        case, deps = responded(recorded, (PIPELINE, CHARTS, allowed("Open", principal=principal)))
        assert returned(case, deps) == []
        assert case.verdict is Verdict.CONTAINED
        assert len(said(case)) == 1
        assert "Open" not in said(case)[0]

    @pytest.mark.parametrize("unique_id", ["", "AROANAMESAKE"])
    def test_the_edit_of_a_principal_that_came_and_went(self, recorded: Recorded, unique_id: str) -> None:
        ghost = PIPELINE.but(principal=ref(Kind.ROLE, "ghost"), unique_id="AROAGHOST")
        if unique_id:
            enters(recorded.hospital, ghost.but(unique_id=unique_id))
        case, deps = responded(recorded, (ghost, CHARTS, NEW))
        assert returned(case, deps) == []
        assert len(said(case)) == 1

    def test_a_deny_of_the_responder(self, recorded: Recorded) -> None:
        deny = statement("Out", Effect="Deny", Principal={"AWS": RESPONDER.id}, Action="s3:*", Resource="*")
        case, deps = responded(recorded, (PIPELINE, CHARTS, deny))
        assert returned(case, deps) == []
        assert len(said(case)) == 1

    def test_an_edit_after_which_somebody_wrote_again(self, recorded: Recorded) -> None:
        recorded.hospital.evidence.lag = timedelta(seconds=30)
        case, deps = responded(recorded, (PIPELINE, CHARTS, NEW))
        recorded.world.put(CHARTS, allowed("Ward8"))
        recorded.record(PIPELINE, CHARTS, *recorded.policy(CHARTS))
        case = go_on(case, deps, patience=FOR_EVER)
        assert NEW not in recorded.policy(CHARTS)
        assert ["somebody has written the policy since" in reason for reason in said(case)] == [True]
        assert case.verdict is Verdict.CONTAINED

    def test_what_is_there_already(self, recorded: Recorded) -> None:
        recorded.world.put(CHARTS, NEW)
        recorded.record(PIPELINE, CHARTS, *recorded.policy(CHARTS))
        case, deps = responded(recorded)
        assert (returned(case, deps), said(case)) == ([], [])

    def test_what_nobody_agreed_to(self, recorded: Recorded) -> None:
        case, deps = responded(recorded)
        recorded.record(PIPELINE, CHARTS, *merged(recorded.policy(CHARTS), NEW))
        recorded.record(US, CHARTS, *recorded.policy(CHARTS))
        watching = recorded.hospital.worker(Policy(modes=Modes(sweep=Mode.OBSERVE)), world=recorded)
        case = go_on(case, watching)
        assert returned(case, deps) == []
        assert ["nobody has agreed" in left.reason for left in case.left if left.target == str(CHARTS)] == [True]

    def test_anything_while_the_log_can_not_be_read(self, recorded: Recorded) -> None:
        recorded.hospital.evidence.reachable = False
        case, deps = responded(recorded, (PIPELINE, CHARTS, NEW))
        assert returned(case, deps) == []
