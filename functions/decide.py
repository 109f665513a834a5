"""AWS Lambda behind a URL, and for the runbook that asks: a person approves or refuses exactly what a case asks.

Who it is AWS has checked by the request's signature (`AuthType: AWS_IAM`), or where the runbook asked them; the request's own words
about that count for nothing.
The decision is on record and in the case before the workflow is told: the token is a nudge, the case is the fact.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.data_classes import LambdaFunctionUrlEvent
from pydantic import ValidationError

from shared.adapters.aws.runbooks import Execution
from shared.domain.case import Case
from shared.domain.errors import CodeblueError
from shared.domain.person import UNVOUCHED, Vouched
from shared.workflow.answering import STATUS, Decision, decided
from shared.workflow.deps import Deps

from . import environment, runbook
from .doors import Tokens, Workflows
from .signed import NOBODY, message, refused, signer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, object], context: "LambdaContext") -> dict[str, object]:
    """Entry point: a function URL's event, which gets an HTTP response, or a runbook's call, which gets a sentence."""
    if runbook.calls(context):
        return answered(runbook.behind(event, "decide", environment.settings().approvers))
    request = LambdaFunctionUrlEvent(event)
    who = signer(request, environment.settings().approvers)
    if not who:
        return message(HTTPStatus.FORBIDDEN, NOBODY)
    try:
        order = Decision.model_validate_json(request.decoded_body or "")
        case = settle(order, who, environment.ready(), environment.tokens(), environment.workflows())
    except (CodeblueError, ValidationError) as why:
        return refused(why, "{case, digest, granted}", STATUS)
    return message(HTTPStatus.OK, said(case, order, who))


def answered(run: Execution) -> dict[str, object]:
    """What an approver answered in a runbook's step. Raises as `settle`, and `ValidationError`."""
    order = Decision(case=run.given["case"], digest=run.given["digest"], granted=bool(run.answer))
    case = settle(order, run.by, environment.ready(), environment.tokens(), environment.workflows())
    return {"message": said(case, order, run.by)}


def said(case: Case, order: Decision, who: str) -> str:
    """The sentence about it."""
    return f"case {case.id}: {'approved' if order.granted else 'refused'} by {who}"


def settle(  # the decision, who took it, and the doors that it goes through
    order: Decision, who: str, deps: Deps, tokens: Tokens, workflows: Workflows, vouched: Vouched = UNVOUCHED
) -> Case:
    """The case with the decision in it; its workflow goes on.

    Raises `NotApproved`, `OwnRequest`, `Absent`, and `LeaseLost` where another worker has the case for too long.
    """
    case = decided(order, who, deps, vouched)
    if token := tokens.token(case.id):
        workflows.answer(token, case.id, case.stage)
    return case
