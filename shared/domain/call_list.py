"""The call list: who is told of an open page, in which order, and when."""

from datetime import timedelta
from functools import cached_property
from itertools import accumulate
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from .duration import Duration
from .value import Value

SECRET = r"^(env:[A-Z][A-Z0-9_]{0,63}|[A-Za-z0-9/_+=.@-]{1,512})?$"
TARGET = r"^(topic|webhook|arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256})$"


class Level(Value):
    """One level of the call list: `to` whom, and how long to `wait` for an answer before the next one is told.

    `to` is `topic` (the deployment's own), the ARN of an SNS topic, or `webhook`, of which `secret` names where address and key
    are kept (a name in Secrets Manager; `env:NAME`, a variable that a key vault fills), never they themselves. `form`: what the
    webhook understands.
    """

    to: Annotated[str, Field(pattern=TARGET)]
    wait: Duration = timedelta(minutes=10)
    form: Literal["generic", "pagerduty"] = "generic"
    secret: Annotated[str, Field(pattern=SECRET)] = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.secret) is not (self.to == "webhook"):
            raise ValueError('`to = "webhook"` together with the name of its `secret`, or a topic without one')
        return self


class Step(NamedTuple):
    """One telling of an open page: which level (from 0), and how long after the first."""

    level: int
    after: timedelta


class Paging(Value):
    """Who is told in which order until somebody acknowledges (`call_list`), and how often the whole list is gone through again.

    Without a list pages go to the topic, once. A deployed responder looks at its clock every five minutes.
    """

    call_list: Annotated[tuple[Level, ...], Field(max_length=10)] = ()
    repeat: Annotated[int, Field(strict=True, ge=0, le=9)] = 0

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every telling, in order."""
        order = [*enumerate(self.call_list)] * (1 + self.repeat)
        ends = accumulate((level.wait for _, level in order), initial=timedelta())
        return tuple(Step(number, after) for (number, _), after in zip(order, ends, strict=False))

    def due(self, waited: timedelta) -> int:
        """How many steps should have been told after this long, 1 at least."""
        return max(1, sum(step.after <= waited for step in self.steps))
