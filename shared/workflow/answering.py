"""A person's decision that came from outside: in the case as soon as no other worker has it, and what they are told by HTTP."""

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from pydantic import Field, ValidationError

from shared.domain.case import Case
from shared.domain.errors import Absent, LeaseLost, NotApproved, OwnRequest
from shared.domain.person import UNVOUCHED, Vouched
from shared.domain.value import Value

from .deciding import decide
from .deps import Deps
from .run import hold

TRIES = 40
POLL_SECONDS = 0.5

STATUS: Mapping[type[Exception], HTTPStatus] = {
    ValidationError: HTTPStatus.BAD_REQUEST,
    Absent: HTTPStatus.NOT_FOUND,
    OwnRequest: HTTPStatus.FORBIDDEN,
    NotApproved: HTTPStatus.CONFLICT,
    LeaseLost: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""What the person is told, by what went wrong; the first row that fits."""


class Decision(Value):
    """The request's body, as JSON."""

    case: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    digest: str
    granted: bool


def decided(order: Decision, who: str, deps: Deps, vouched: Vouched = UNVOUCHED) -> Case:
    """The case with the decision in it, on record and saved.

    Raises `NotApproved`, `OwnRequest`, `Absent`, and `LeaseLost` where another worker has the case for too long.
    """
    for _ in range(TRIES):
        with hold(order.case, deps, uuid.uuid4().hex) as held:
            if held is not None:
                return held.save(decide(held.load(), deps, order.digest, who, granted=order.granted, vouched=vouched))
        deps.clock.sleep(POLL_SECONDS)
    raise LeaseLost(f"case {order.case} is being worked on; send the same again")
