"""The state machine, interpreted: its own definition drives the functions, with a hospital in memory behind them."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.ask import Question, wait
from functions.decide import settle
from functions.stage import answered
from infra_cdk.graph import BEGIN, DONE, State, definition
from shared.domain.case import Case, Mode, Stage, Verdict
from shared.settings import Modes, Policy
from shared.workflow.answering import Decision
from shared.workflow.deps import Deps
from shared.workflow.opening import admit
from shared.workflow.tasks import Task, run
from tests.hospital import Hospital, signal
from tests.workflow.test_functions_people import ANN, Nudges

STATES: dict[str, State] = definition()["States"]
ASK = Policy(modes=Modes(fence=Mode.ASK))
MOST = 2000

HOLDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "IsNull": lambda value, wanted: (value is None) is wanted,
    "BooleanEquals": operator.is_,
    "StringEquals": operator.eq,
    "NumericGreaterThan": operator.gt,
    "NumericGreaterThanEquals": operator.ge,
}
"""The comparisons of a choice, as far as the machine uses them."""


def at(path: str, data: Any) -> Any:  # noqa: ANN401  # any JSON
    """What a reference path (`$.a.b`) names."""
    for name in path.split(".")[1:]:
        data = data[name]
    return data


@dataclass
class Machine:
    """One execution. `person` is asked wherever it waits with a token, and answers by deciding or not at all."""

    deps: Deps
    person: Callable[[Case, Nudges], None] = lambda _case, _nudges: None
    break_down: frozenset[str] = frozenset()
    nudges: Nudges = field(default_factory=Nudges)
    went: list[str] = field(default_factory=list)
    waited: int = 0

    def execute(self, case_id: str) -> str:
        """The state in which it ends."""
        name, data = BEGIN, {"case": case_id, "stage": "open"}
        for _ in range(MOST):
            self.went.append(name)
            state = STATES[name]
            if state["Type"] in {"Succeed", "Fail"}:
                return name
            name, data = getattr(self, f"_{state['Type'].lower()}")(state, data)
        raise AssertionError(f"it goes on and on: {self.went[-20:]}")

    def _pass(self, state: State, data: Any) -> tuple[str, Any]:  # noqa: ANN401
        given = state["Parameters"]
        rounds = data["rounds"] + 1 if "rounds.$" in given else given["rounds"]
        return state["Next"], {"case": data["case"], "failed": given["failed"], "rounds": rounds}

    def _choice(self, state: State, data: Any) -> tuple[str, Any]:  # noqa: ANN401
        for row in state["Choices"]:
            value = at(row["Variable"], data)
            ((holds, wanted),) = ((HOLDS[kind], row[kind]) for kind in row.keys() & HOLDS.keys())
            if holds(value, wanted):
                return row["Next"], data
        return state["Default"], data

    def _wait(self, state: State, data: Any) -> tuple[str, Any]:  # noqa: ANN401
        seconds = state["Seconds"] if "Seconds" in state else at(state["SecondsPath"], data)
        assert seconds == int(seconds) > 0
        self.waited += seconds
        self.deps.clock.sleep(seconds)
        return state["Next"], data

    def _task(self, state: State, data: Any) -> tuple[str, Any]:  # noqa: ANN401
        if state["Resource"].endswith(".waitForTaskToken"):
            return self._asks(state, data)
        stage = state["Parameters"]["Payload"]["stage"]
        if stage in self.break_down:
            self.break_down -= {stage}
            return state["Catch"][0]["Next"], {**data, "error": "the worker died"}
        answer = answered(run(Task(case=data["case"], stage=stage, failed=data["failed"]), self.deps, f"request-{len(self.went)}"))
        return state["Next"], {**data, "answer": {name: answer[name] for name in ("stage", "ask", "wait")}}

    def _asks(self, state: State, data: Any) -> tuple[str, Any]:  # noqa: ANN401
        token = f"t-{len(self.went)}"
        wait(Question(case=data["case"], token=token), self.deps.cases, self.nudges, self.nudges)
        self.person(self.deps.cases.load(data["case"]), self.nudges)
        for used, case_id, stage in self.nudges.answers:
            if used == token:
                return state["Next"], {**data, "answer": {"case": case_id, "stage": stage.value}}
        self.deps.clock.sleep(at(state["TimeoutSecondsPath"], data))
        return state["Catch"][0]["Next"], data


def opened(deps: Deps) -> str:
    admitted = admit(signal(), deps, automatic=True)
    assert isinstance(admitted, Case)
    return admitted.id


def decides(deps: Deps, *, granted: bool) -> Callable[[Case, Nudges], None]:
    """A person who answers whatever is asked."""

    def person(case: Case, nudges: Nudges) -> None:
        assert case.awaiting
        settle(Decision(case=case.id, digest=case.awaiting.digest, granted=granted), ANN, deps, nudges, nudges)

    return person


def test_it_contains_a_breach_with_nobody_at_the_keyboard(hospital: Hospital) -> None:
    deps = hospital.worker()
    machine, case = Machine(deps), opened(deps)
    assert machine.execute(case) == DONE
    assert deps.cases.load(case).verdict is Verdict.CONTAINED
    assert [name for name in machine.went if name in set(Stage)][:4] == ["open", "scope", "fence", "preserve"]


def test_a_question_is_waited_for_and_the_answer_leads_on(hospital: Hospital) -> None:
    deps = hospital.worker(ASK)
    machine, case = Machine(deps, decides(deps, granted=True)), opened(deps)
    assert machine.execute(case) == DONE
    assert deps.cases.load(case).verdict is Verdict.CONTAINED
    assert machine.went.count("fence: asks") == 1


def test_what_a_person_refuses_ends_it_with_nothing_done(hospital: Hospital) -> None:
    deps = hospital.worker(ASK)
    machine, case = Machine(deps, decides(deps, granted=False)), opened(deps)
    assert machine.execute(case) == DONE
    assert deps.cases.load(case).verdict is Verdict.REFUSED


def test_a_question_that_nobody_answers_is_no_approval(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    deps = hospital.worker(ASK)
    machine, case = Machine(deps), opened(deps)
    monkeypatch.setattr("tests.infra.test_graph_runs.MOST", 60)
    with pytest.raises(AssertionError, match="goes on and on"):
        machine.execute(case)
    assert deps.cases.load(case).verdict is Verdict.AWAITING_APPROVAL
    assert deps.cases.load(case).fenced_at is None


def test_where_the_worker_of_a_fence_dies_the_hold_takes_over_and_contains_it(hospital: Hospital) -> None:
    deps = hospital.worker()
    machine, case = Machine(deps, break_down=frozenset({"fence"})), opened(deps)
    assert machine.execute(case) == DONE
    assert "hold" in machine.went
    assert deps.cases.load(case).verdict is Verdict.CONTAINED
