"""AWS Lambda on a schedule: whether a response would work tonight, looked at every day; people are paged about what is not well.

It only looks. That it ran at all has an alarm of its own: a doctor that does not come says nothing.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.bootstrap import examined
from shared.ports import Notifier

from . import environment

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from shared.adapters.aws.doctor import Check

SUBJECT = "A response would not work tonight as it should"

SHOWN = 40
"""Lines of one page; `codeblue doctor` shows all of them."""


def handler(event: dict[str, object], context: "LambdaContext") -> dict[str, int]:
    """Entry point: a schedule's event, which says nothing; answers how much was looked at, and how much of it is not well."""
    del event, context
    return visit(examined(environment.policy(), lambda: None, at_home=False), environment.people())


def visit(checks: Iterable["Check"], people: Notifier) -> dict[str, int]:
    """Look at everything, then page about all that is not well at once. Raises nothing that a check does not."""
    found = list(checks)
    wrong = [f"{check.what} ({check.where}): NOT: {check.words}. Next: {check.next}" for check in found if not check.well]
    if wrong:
        more = [f"and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
        people.page("", SUBJECT, "\n".join([*wrong[:SHOWN], *more, "`codeblue doctor` shows all of it."]))
    return {"looked": len(found), "wrong": len(wrong)}
