"""A call by a runbook of Systems Manager: who stands behind it, and what they want, as Systems Manager has it."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from shared.bootstrap import execution
from shared.domain.errors import Refused
from shared.domain.value import Value

from .signed import may_decide

if TYPE_CHECKING:
    from shared.adapters.aws.runbooks import Execution

NOT_AN_APPROVER = "it was neither begun nor answered by the session of an approver's role"


class Call(Value):
    """What a runbook hands over: the id of its own execution (a UUID), and nothing that anybody could have made up."""

    automation: Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


def calls(event: Mapping[str, object]) -> bool:
    """Whether this is such a call. What comes through a URL has AWS's own fields at the top, and no other."""
    return "automation" in event and "requestContext" not in event


def behind(event: Mapping[str, object], function: str, approvers: Collection[str]) -> "Execution":
    """The execution, by an approver. Raises `Refused`, `CloudError`; so the step fails, and says why."""
    found = execution(Call.model_validate(event).automation, function)
    if not may_decide(found.by, approvers):
        raise Refused(NOT_AN_APPROVER)
    return found
