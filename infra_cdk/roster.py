"""The functions that are deployed: one for each power, and those around them; what each is called and may do."""

from collections.abc import Mapping
from typing import NamedTuple

from shared.adapters.aws.map_runs import MOST
from shared.workflow.stages import Power


class Post(NamedTuple):
    """One function: its entry point, the power that it works with, how long and how many at a time it runs, and with what memory.

    `keeps`: it works with custody. A memory of 1,769 MB is one whole processor (Lambda developer guide, "Memory").
    """

    entry: str
    power: Power
    seconds: int = 900
    at_once: int = 5
    megabytes: int = 1769
    keeps: bool = True


POSTS: Mapping[str, Post] = {
    **{power.value: Post("functions.stage.handler", power) for power in Power},
    "move": Post("functions.move.handler", Power.MIGRATE, at_once=MOST),
    "ingest": Post("functions.ingest.handler", Power.RECORD, seconds=120),
    "ask": Post("functions.ask.handler", Power.RECORD, seconds=60, megabytes=512),
    "decide": Post("functions.decide.handler", Power.RECORD, seconds=60, megabytes=1024),
    "desk": Post("functions.desk.handler", Power.RECORD, seconds=120, at_once=2, megabytes=1024),
    "sweep": Post("functions.sweep.handler", Power.RECORD, seconds=120, at_once=1, megabytes=512),
    "page": Post("functions.page.handler", Power.RECORD, seconds=29, at_once=5, megabytes=1024),
    "doctor": Post("functions.doctor.handler", Power.OBSERVE, seconds=600, at_once=1, megabytes=512),
    "rehearse": Post("functions.rehearse.handler", Power.RECORD, at_once=1, megabytes=512, keeps=False),
    "notify": Post("functions.notify.handler", Power.RECORD, seconds=120, at_once=2, megabytes=512, keeps=False),
}
"""By the name that the function has after `codeblue-`; its role has the same. API Gateway waits thirty seconds for `page`."""

SIGNED_IN = frozenset({"page"})
"""Functions that are there only where people can sign in."""

REHEARSED = frozenset({"rehearse"})
"""Functions that are there only where somebody asked for rehearsals."""

MACHINE = "codeblue-response"
TOPIC = "codeblue-pages"
BUS = "codeblue"


def role_arn(account: str, name: str, partition: str = "aws") -> str:
    """The ARN of a function's role; known before it is made, so that other accounts can name it."""
    return f"arn:{partition}:iam::{account}:role/codeblue-{name}"


def dead_of(name: str) -> str:
    """The name of the queue of what a function could not be given."""
    return f"codeblue-{name}-dead"


def log_of(name: str) -> str:
    """The name of a function's log group."""
    return f"/codeblue/{name}"


def posts(*, sign_in: bool, rehearsed: bool = False) -> Mapping[str, Post]:
    """Those that are deployed; `sign_in`: people can sign in; `rehearsed`: somebody asked for rehearsals."""
    without = frozenset().union(() if sign_in else SIGNED_IN, () if rehearsed else REHEARSED)
    return {name: post for name, post in POSTS.items() if name not in without}


def keepers(*, sign_in: bool) -> tuple[str, ...]:
    """The functions that work with custody."""
    return tuple(name for name, post in posts(sign_in=sign_in).items() if post.keeps)


def of_power(power: Power, *, sign_in: bool) -> tuple[str, ...]:
    """The functions that work with this power in other accounts."""
    return tuple(name for name in keepers(sign_in=sign_in) if POSTS[name].power is power)
