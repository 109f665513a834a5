"""The state machine is the table of stages, and nothing else."""

import json
from collections.abc import Iterator

import pytest

from infra_cdk import fan_out
from infra_cdk.graph import ANEW, BEGIN, DONE, FAILED, LONGEST_SECONDS, MOVED, ROUNDS, State, definition
from shared.bootstrap.clouds import OWN_TURN
from shared.domain.case import Stage
from shared.workflow.stages import FIRST, STEPS

GRAPH = definition()["States"]
THROTTLED = "Lambda.TooManyRequestsException"
MOST_EVENTS = 25_000
"""Of one execution's history (Step Functions quotas)."""


def ways(state: State) -> Iterator[str]:
    """Where a state can lead."""
    yield from (row["Next"] for row in state.get("Choices", ()))
    yield from (row["Next"] for row in state.get("Catch", ()))
    yield from filter(None, (state.get("Next"), state.get("Default")))


def stages_after(name: str) -> set[str]:
    """The stages and ends that can come next, through what only waits and chooses."""
    found, ahead = set[str](), list(ways(GRAPH[name]))
    seen = set[str]()
    while ahead:
        at = ahead.pop()
        if at in set(STEPS) | {DONE, MOVED, ANEW, FAILED}:
            found.add(at)
        elif at not in seen:
            seen.add(at)
            ahead.extend(ways(GRAPH[at]))
    return found


@pytest.mark.parametrize("stage", STEPS, ids=lambda stage: f"from {stage}")
def test_the_graph_leads_where_the_table_leads(stage: Stage) -> None:
    step = STEPS[stage]
    people = {MOVED, DONE, ANEW} | ({FAILED} if step.fails_to is None else set())
    assert stages_after(stage) == set(step.then) | {step.fails_to} - {None} | people


@pytest.mark.parametrize("stage", STEPS, ids=lambda stage: f"{stage}")
def test_every_stage_is_run_by_the_function_of_its_power(stage: Stage) -> None:
    called = GRAPH[stage]["Parameters"]
    assert called["FunctionName"] == f"${{{STEPS[stage].power}}}"
    assert called["Payload"] == {"case.$": "$.case", "stage": stage.value, "failed.$": "$.failed"}


@pytest.mark.parametrize("stage", STEPS, ids=lambda stage: f"{stage}")
def test_who_may_wait_for_a_person_waits_with_a_token_and_a_limit(stage: Stage) -> None:
    asks = GRAPH.get(f"{stage}: asks")
    assert (asks is not None) == STEPS[stage].waits
    if asks:
        assert asks["Resource"].endswith(".waitForTaskToken")
        assert asks["TimeoutSecondsPath"] == "$.answer.wait"
        assert asks["Catch"][0] == {"ErrorEquals": ["States.Timeout"], "ResultPath": None, "Next": f"{stage}: leads on"}


def test_it_begins_with_the_first_stage_and_knows_no_other() -> None:
    assert definition()["StartAt"] == BEGIN
    assert stages_after(BEGIN) == {FIRST}
    assert {name for name, state in GRAPH.items() if state["Type"] == "Task" and "failed.$" in str(state)} == set(STEPS)


def test_a_case_that_people_moved_is_found_wherever_it_is() -> None:
    assert stages_after(MOVED) == set(STEPS) | {DONE}


def test_every_state_is_there_and_is_reached() -> None:
    reached, ahead = set[str](), [BEGIN]
    while ahead:
        at = ahead.pop()
        if at not in reached:
            reached.add(at)
            ahead.extend(ways(GRAPH[at]))
    assert reached == set(GRAPH)


@pytest.mark.parametrize("name", [n for n, s in GRAPH.items() if s["Type"] == "Task"], ids=str)
def test_every_call_is_tried_again_with_jitter(name: str) -> None:
    (retry,) = GRAPH[name]["Retry"]
    assert (retry["JitterStrategy"], retry["MaxAttempts"] > 3) == ("FULL", True)


@pytest.mark.parametrize("stage", STEPS, ids=lambda stage: f"{stage}")
def test_no_call_is_waited_for_without_end(stage: Stage) -> None:
    assert GRAPH[stage]["TimeoutSeconds"] == LONGEST_SECONDS


def test_an_execution_ends_before_its_history_is_full() -> None:
    events = max(len(trace) for trace in (("task",) * 5 + ("choice",) * 4 + ("ask",) * 6 + ("pass",) * 2 + ("wait",) * 2,))
    assert ROUNDS * (events + 3) < MOST_EVENTS


def test_it_fits_into_what_step_functions_takes() -> None:
    assert len(json.dumps(definition())) < 1024 * 1024
    assert max(map(len, GRAPH)) <= 80


def test_a_worker_whom_no_reserved_run_is_free_for_waits_longer_than_the_others_turns() -> None:
    """Two cases have twice the workers that are reserved: with full jitter half of each pause is waited, taken together."""
    worker = fan_out.definition()["States"][fan_out.LABEL]["ItemProcessor"]["States"]["part"]
    busy = next(row for row in worker["Retry"] if THROTTLED in row["ErrorEquals"])
    pauses = [min(busy["IntervalSeconds"] * busy["BackoffRate"] ** n, busy["MaxDelaySeconds"]) for n in range(busy["MaxAttempts"])]
    assert sum(pauses) / 2 > 2 * OWN_TURN
