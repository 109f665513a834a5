"""Azure's driver: one loop that knows how to call, to wait and to be woken, and no stage by name.

Rules
1. It is replayed from its history, which may be older than the table of stages: whatever depends on the table is said by an
   activity, and comes back from the history as it was said. So a new version of the table may be deployed while a case waits.
2. It decides by nothing but its input and what activities answer; it reads no clock but the history's.
3. An event is a nudge; the case carries the fact. One that came too early wakes the next wait, one that got lost is made up for by
   the wait's end.
4. A history grows with every round and is read anew at every step: after `ROUNDS` it is begun anew. An event that falls into that
   moment loses nothing, for the first thing that the new one does is to look at the case.
5. Where an activity hands out parts of its work they go to workers beside each other, as they are; the next round sees the rest.
"""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

NAME = "respond"
MOVED = "moved"
"""The event that says: people have moved the case."""

ROUNDS = 100

RETRY = df.RetryOptions(first_retry_interval_in_milliseconds=2_000, max_number_of_attempts=5)
"""What a cloud does not answer now it may answer in ten seconds; then the table says where failure leads."""


def respond(context: df.DurableOrchestrationContext) -> Generator[Any, Any]:
    """Run what each activity says is next, until nothing is.

    The input is a task (`shared.workflow.tasks.Task`), opaque here. Activities answer
    `{"next": task | None, "wait": seconds}`, with `"parts"` where there are any.
    """
    task = context.get_input(expected_type=dict)
    for _ in range(ROUNDS):
        try:
            answer = yield context.call_activity_with_retry("run_stage", RETRY, task)
        except Exception:  # noqa: BLE001  # the SDK raises nothing narrower
            answer = yield context.call_activity_with_retry("give_way", RETRY, task)
        task = answer["next"]
        if task is None:
            return
        if answer.get("parts"):
            yield from _beside(context, answer["parts"])
        if answer["wait"]:
            yield from _wait(context, answer["wait"])
    context.continue_as_new(task)


def _beside(context: df.DurableOrchestrationContext, parts: list[Any]) -> Generator[Any, Any]:
    """Give each part to a worker, and go on when all have answered; one that fails is asked for again by the next round."""
    tasks = [context.call_activity_with_retry("move_part", RETRY, part) for part in parts]
    try:
        yield context.task_all(tasks)
    except Exception:  # noqa: BLE001  # the SDK raises nothing narrower
        return


def _wait(context: df.DurableOrchestrationContext, seconds: int) -> Generator[Any, Any]:
    """Until the time is over, or people have moved the case."""
    end = context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds))
    first = yield context.task_any([context.wait_for_external_event(MOVED), end])
    if first != end:
        end.cancel()
