"""AWS Lambda on a schedule: whether a response would work tonight, looked at every day; people are paged about what is not well.

It only looks. That it ran at all has an alarm of its own: a doctor that does not come says nothing.
"""

from typing import TYPE_CHECKING

from shared.bootstrap import examined
from shared.workflow.visiting import visit

from . import environment

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, object], context: "LambdaContext") -> dict[str, int]:
    """Entry point: a schedule's event, which says nothing; answers how much was looked at, and how much of it is not well."""
    del event, context
    return visit(examined(environment.policy(), lambda: None, at_home=False), environment.people())
