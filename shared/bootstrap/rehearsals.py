"""What a rehearsal works with: custody to look at, and an account of AWS to have its scene in."""

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from shared.adapters.local.clock import SystemClock
from shared.settings import Policy
from shared.workflow.rehearsing import Looking

from . import audited
from .records import custody

if TYPE_CHECKING:
    from shared.adapters.aws.rehearsal import Scenery


def looking(policy: Policy) -> Looking:
    """What is seen of the responder by whoever only looks at cases and their records. Raises `NotReady` as `custody`."""
    clock = SystemClock()
    kept = custody(policy, clock)
    audit = partial(audited, policy=policy, open_case=True, public_key=None, folder=None)
    return Looking(kept.cases, clock, kept.journal(clock, reading=True), audit)


def scenery(account: str) -> "Scenery":
    """The scene of a deployed responder's rehearsal: entered by the role that this account has for it. Raises `CloudError`."""
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.rehearsal import Scenery, inside

    return Scenery(inside(Clients(), account), SystemClock(), datetime.now(UTC), bounded=True)
