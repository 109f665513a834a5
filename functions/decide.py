"""AWS Lambda behind a URL: a person approves or refuses exactly what a case asks.

Who it is AWS has checked by the request's signature (`AuthType: AWS_IAM`); the request's own words about that count for nothing.
The decision is on record and in the case before the workflow is told: the token is a nudge, the case is the fact.
"""

import json
import re
from collections.abc import Collection
from http import HTTPStatus

from aws_lambda_powertools.utilities.data_classes import LambdaFunctionUrlEvent
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from shared.domain.case import Case
from shared.domain.errors import CodeblueError
from shared.workflow.answering import STATUS, Decision, decided
from shared.workflow.deps import Deps

from . import environment
from .doors import Tokens, Workflows

SESSION = re.compile(r"arn:aws[a-z-]*:sts::(\d{12}):assumed-role/([^/]+)/[^/]+")
"""The account and the role of a session."""


def handler(event: dict[str, object], context: LambdaContext) -> dict[str, object]:
    """Entry point: a function URL's event; answers an HTTP response."""
    del context
    request = LambdaFunctionUrlEvent(event)
    who = request.request_context.authorizer.iam if request.request_context.authorizer else None
    if who is None or not may_decide(who.user_arn or "", environment.settings().approvers):
        return _response(HTTPStatus.FORBIDDEN, "the request is not signed by the session of an approver's role")
    try:
        order = Decision.model_validate_json(request.decoded_body or "")
        case = settle(order, who.user_arn, environment.ready(), environment.tokens(), environment.workflows())
    except (CodeblueError, ValidationError) as why:
        return refused(why)
    return _response(HTTPStatus.OK, f"case {case.id}: {'approved' if order.granted else 'refused'} by {who.user_arn}")


def may_decide(who: str, approvers: Collection[str]) -> bool:
    """Whether this is a session (STS ARN, `…:assumed-role/<role>/<session>`) of one of these roles (IAM ARNs).

    Whoever administers this account could let themselves call the function; that alone decides nothing.
    """
    session = SESSION.fullmatch(who)
    return session is not None and session.groups() in {(arn.split(":")[4], arn.rpartition("/")[2]) for arn in approvers}


def refused(why: Exception) -> dict[str, object]:
    """The response that says what went wrong. Raises it where no row of `STATUS` fits."""
    status = next((status for kind, status in STATUS.items() if isinstance(why, kind)), None)
    if status is None:
        raise why
    return _response(status, "the body is {case, digest, granted}" if isinstance(why, ValidationError) else str(why))


def settle(order: Decision, who: str, deps: Deps, tokens: Tokens, workflows: Workflows) -> Case:
    """The case with the decision in it; its workflow goes on.

    Raises `NotApproved`, `OwnRequest`, `Absent`, and `LeaseLost` where another worker has the case for too long.
    """
    case = decided(order, who, deps)
    if token := tokens.token(case.id):
        workflows.answer(token, case.id, case.stage)
    return case


def _response(status: HTTPStatus, words: str) -> dict[str, object]:
    return {"statusCode": int(status), "headers": {"content-type": "application/json"}, "body": json.dumps({"message": words})}
