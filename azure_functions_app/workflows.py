"""The workflows of all cases, as Durable Functions keeps them: an orchestration has its case's id, so there is one a case."""

import azure.durable_functions as df

from shared.domain.errors import Unreachable
from shared.workflow.stages import FIRST

from .orchestrator import MOVED, NAME

LIVE = frozenset({"Running", "Pending", "ContinuedAsNew", "Suspended"})
"""Of `OrchestrationRuntimeStatus`. A workflow that a person has suspended is not begun again either."""

BROKEN = frozenset({"Failed", "Terminated"})


class Workflows:
    """Starts and wakes orchestrations by the extension's own endpoint. Every method raises `Unreachable`."""

    def __init__(self, client: df.DurableOrchestrationClient) -> None:
        self._client = client

    async def start(self, case_id: str) -> bool:
        """Begin the case's workflow; false where it runs. A case that is further on than the first stage says so itself."""
        if await self._status(case_id) in LIVE:
            return False
        first = {"case": case_id, "stage": FIRST.value}
        try:
            await self._client.start_new(NAME, instance_id=case_id, client_input=first)
        except Exception as why:
            if await self._status(case_id) not in LIVE:  # else another delivery was faster
                raise Unreachable(f"the workflow of {case_id} could not be begun") from why
            return False
        return True

    async def nudge(self, case_id: str) -> None:
        """Let a workflow that waits look at its case now; where none runs, begin it."""
        if await self._status(case_id) in LIVE:
            try:
                await self._client.raise_event(case_id, MOVED)
            except Exception as why:
                raise Unreachable(f"the workflow of {case_id} could not be woken; it looks again by itself") from why
        else:
            await self.start(case_id)

    async def lost(self, case_id: str) -> tuple[bool, bool]:
        """Whether the case has no workflow that runs; and whether it had one that came to a bad end."""
        status = await self._status(case_id)
        return status not in LIVE, status in BROKEN

    async def _status(self, case_id: str) -> str:
        """Empty where there never was one."""
        try:
            found = await self._client.get_status(case_id)
        except Exception as why:
            raise Unreachable("the durable task extension does not answer") from why
        return str(found.runtime_status.value) if found.runtime_status else ""
