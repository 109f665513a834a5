"""Azure's activities: one stage of one case, one part of a migration, and what follows when a stage could not be run."""

import uuid
from collections.abc import Mapping

from shared.domain.case import Stage
from shared.ports import Notifier
from shared.workflow import migrating
from shared.workflow.deps import Deps
from shared.workflow.stages import STEPS
from shared.workflow.step import Part
from shared.workflow.tasks import Task, pause, run

SAME_AGAIN_SECONDS, OTHER_SECONDS = 300, 2
"""After a stage could not be run: before the same one, before the one that takes its place."""

type Answer = dict[str, object]
"""`{"next": task or None, "wait": seconds}`, and `"parts"` where workers are to be given any."""


def run_stage(given: Mapping[str, object], deps: Deps) -> Answer:
    """Run the stage that is asked for. Raises what it raises; a repetition after a crash does what is left to do."""
    outcome = run(Task.model_validate(given), deps, uuid.uuid4().hex)
    answer = _answer(None if outcome.stage is None else Task(case=outcome.case, stage=outcome.stage), pause(outcome))
    parts = [part.model_dump(mode="json") for part in outcome.parts]
    return {**answer, "parts": parts} if parts else answer


def move_part(given: Mapping[str, object], deps: Deps) -> bool:
    """Work on one part of a migration; whether it is over. Raises what it raises; whoever comes after it does what is left."""
    return migrating.work(Part.model_validate(given), deps)


def give_way(given: Mapping[str, object], people: Notifier) -> Answer:
    """Where the failure of this stage leads, as the table says; where it leads nowhere, people are called."""
    task = Task.model_validate(given)
    instead = STEPS[task.stage].fails_to
    if instead is None:
        words = "It can not be run; the function's log says why. It is tried again within minutes; by hand: `codeblue apply`."
        people.page(task.case, f"The stage {task.stage} of a case fails", words)
        return _answer(None, 0)
    same = instead is task.stage
    failed: Stage | None = None if same else task.stage
    return _answer(Task(case=task.case, stage=instead, failed=failed), SAME_AGAIN_SECONDS if same else OTHER_SECONDS)


def _answer(task: Task | None, seconds: int) -> Answer:
    return {"next": task.model_dump(mode="json", exclude_none=True) if task else None, "wait": seconds}
