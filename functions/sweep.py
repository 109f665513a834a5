"""AWS Lambda, every few minutes: no open case is without a workflow, and no open page without the next level of the call list.

A workflow that failed, was stopped, or could never be started is begun once more; the case says where it goes on.
"""

import logging
from typing import TYPE_CHECKING

from shared.ports import Cases
from shared.workflow.acknowledging import look
from shared.workflow.step import over

from . import environment
from .doors import Workflows

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

LOG = logging.getLogger("codeblue")


def handler(event: dict[str, object], context: "LambdaContext") -> dict[str, object]:
    """Entry point: a schedule's event, which says nothing; answers how many workflows were begun again, and pages told on."""
    del event, context
    deps = environment.ready()
    try:
        begun = revive(deps.cases, environment.workflows())
    finally:  # whoever can begin no workflow calls people all the same
        told = look(deps)
    return {"begun": len(begun), "told": len(told)}


def revive(cases: Cases, workflows: Workflows) -> tuple[str, ...]:
    """Begin the workflow of every open case that has none; their ids. Raises `CloudError`.

    What runs is asked before the cases are: a case that is opened between the two is begun twice at worst, and its lease and its
    stage let the second do nothing.
    """
    running = workflows.running()
    lost = tuple(case.id for case in cases.all() if not over(case) and case.id not in running)
    for case_id in lost:
        workflows.again(case_id)
        LOG.warning("%s had no workflow, and has one again", case_id)
    return lost
