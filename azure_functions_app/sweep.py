"""Azure, every few minutes: no open case is without a workflow, and none waits for what has been decided."""

import asyncio
import logging
from datetime import timedelta

from shared.domain.case import Case
from shared.workflow.deps import Deps
from shared.workflow.step import over

from .workflows import Workflows

LOG = logging.getLogger("codeblue")


RECENT = timedelta(minutes=6)
"""A little more than the time between two of these."""


async def revive(deps: Deps, workflows: Workflows) -> tuple[str, ...]:
    """Begin the workflow of every open case that has none; their ids. Of one that came to a bad end people are told.

    A decision that was made elsewhere (at a terminal), or whose nudge was lost, wakes the workflow now. Raises `CloudError`.
    """
    begun = []
    for case in await asyncio.to_thread(deps.cases.all):
        if over(case):
            continue
        lost, broken = await workflows.lost(case.id)
        if broken:
            words = "Its fences stand. It is begun again now; if this comes again, work on it by hand: `codeblue apply`."
            deps.notifier.page(case.id, "The workflow of a case has failed", words)
        if lost:
            await workflows.start(case.id)
            LOG.warning("%s had no workflow, and has one again", case.id)
            begun.append(case.id)
        elif _just_decided(case, deps):
            await workflows.nudge(case.id)
    return tuple(begun)


def _just_decided(case: Case, deps: Deps) -> bool:
    return bool(case.approvals) and deps.clock.now() - case.approvals[-1].at <= RECENT
