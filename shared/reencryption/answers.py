"""What the answer to one call means for the run, and how long a call is tried again.

Retries wait a random part of an exponentially growing time ("full jitter": AWS Architecture Blog,
"Exponential backoff and jitter").
"""

import re
from collections.abc import Callable
from enum import StrEnum
from secrets import SystemRandom

from shared.domain.errors import Absent, CloudError, Refused, Throttled, Unreachable
from shared.ports import Clock
from shared.ports.objects import BARRED, CUSTOMER_KEY

ATTEMPTS = 10
SHORTEST = 0.025
LONGEST = 10.0
"""Seconds. The first wait is `SHORTEST` on average: the rest of a page is done meanwhile, and waits for this one."""

BROKEN = frozenset({"InternalError", "500"})
"""Codes of a server that failed by itself (S3 API reference, "Error responses"): no reason to send less."""

_random = SystemRandom()


class Answer(StrEnum):
    """What a failed call means for the run."""

    RETRY = "retry"
    GONE = "gone"
    CHANGED = "changed"
    WRONG_LANE = "wrong-lane"
    CUSTOMER_KEY = "customer-key"
    DENIED = "denied"
    REFUSED = "refused"
    BARRED = "barred"
    FATAL = "fatal"


ANSWERS: tuple[tuple[type[CloudError], str, Answer], ...] = (
    # a server without the call may answer 501, which is no reason to ask again
    (CloudError, r"^(NotImplemented|MethodNotAllowed)$", Answer.WRONG_LANE),
    (Throttled, r"", Answer.RETRY),
    (Unreachable, r"", Answer.RETRY),
    # a key that is missing, disabled or pending deletion; KMS.NotFoundException must never read as an object that is gone
    (CloudError, r"^KMS\.", Answer.FATAL),
    (Absent, r"^NoSuchBucket$", Answer.FATAL),
    (Absent, r"", Answer.GONE),
    (Refused, rf"^{CUSTOMER_KEY}$", Answer.CUSTOMER_KEY),
    (Refused, rf"^{BARRED}", Answer.BARRED),
    (Refused, r"^(PreconditionFailed|412|ConditionalRequestConflict|409)$", Answer.CHANGED),
    (Refused, r"^InvalidRequest$", Answer.WRONG_LANE),
    (Refused, r"^(AccessDenied|403)", Answer.DENIED),
    (CloudError, r"", Answer.REFUSED),
)
"""Error, pattern of the service's code, and what it means; the first row that matches decides."""


def meaning(error: CloudError) -> Answer:
    """What this failure means for the run."""
    return next(answer for kind, code, answer in ANSWERS if isinstance(error, kind) and re.search(code, error.code))


def persistently[T](clock: Clock, call: Callable[[], T], throttled: Callable[[], None] = lambda: None) -> T:
    """The answer of a call that is tried again while the cloud says later. Raises its last `CloudError`."""
    for attempt in range(1, ATTEMPTS):
        try:
            return call()
        except CloudError as error:
            if meaning(error) is not Answer.RETRY:
                raise
            if slows(error):
                throttled()
            clock.sleep(later(attempt))
    return call()


def slows(error: CloudError) -> bool:
    """Whether the store asks for fewer calls; a failure in five hundred would otherwise hold a prefix at a quarter of its limit."""
    return isinstance(error, Throttled) and error.code not in BROKEN


def later(attempt: int) -> float:
    """Seconds to wait after this many attempts."""
    return _random.uniform(0, min(LONGEST, SHORTEST * 2**attempt))
