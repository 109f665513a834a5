"""A call by a runbook of Systems Manager: who stands behind it, and what they want, as Systems Manager has it."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from shared.adapters.aws.runbooks import ALIAS
from shared.bootstrap import execution
from shared.domain.errors import Refused
from shared.domain.value import Value

from .signed import may_decide

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from shared.adapters.aws.runbooks import Execution

QUALIFIER = 7
"""The place of the alias in a function's ARN (Lambda, "Function ARN")."""

NOT_AN_APPROVER = "it was neither begun nor answered by the session of an approver's role"


class Call(Value):
    """What a runbook hands over: the id of its own execution (a UUID), and nothing that anybody could have made up."""

    automation: Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


def calls(context: "LambdaContext") -> bool:
    """Whether a runbook calls: by which alias a function was invoked AWS says, and nothing in the event.

    The runbooks' role has no other alias, and no URL has this one.
    """
    return context.invoked_function_arn.split(":")[QUALIFIER:] == [ALIAS]


def behind(event: Mapping[str, object], function: str, approvers: Collection[str]) -> "Execution":
    """The execution, by an approver. Raises `Refused`, `CloudError`; so the step fails, and says why."""
    found = execution(Call.model_validate(event).automation, function)
    if not may_decide(found.by, approvers):
        raise Refused(NOT_AN_APPROVER)
    return found
