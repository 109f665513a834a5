"""What is answered by HTTP."""

import json
from collections.abc import Mapping
from http import HTTPStatus

import azure.functions as func
from pydantic import ValidationError

from shared.domain.errors import BadInput
from shared.workflow.answering import STATUS

from .callers import NotAllowed, Unauthenticated
from .receiving import AGAIN, TooMuch

REFUSALS: Mapping[type[Exception], HTTPStatus] = {
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    TooMuch: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BadInput: HTTPStatus.BAD_REQUEST,
    **dict.fromkeys(AGAIN, HTTPStatus.SERVICE_UNAVAILABLE),
    **STATUS,
}
"""By what went wrong; the first row that fits. An action group sends again what was answered with 503."""


def answer(status: HTTPStatus, **words: object) -> func.HttpResponse:
    """JSON."""
    return func.HttpResponse(json.dumps(words), status_code=int(status), mimetype="application/json")


def refusal(why: Exception, body: str = "") -> func.HttpResponse:
    """The response that says what went wrong. Raises it where no row fits; `body`: what a request has to be like."""
    status = next((status for kind, status in REFUSALS.items() if isinstance(why, kind)), None)
    if status is None:
        raise why
    return answer(status, message=f"the body is {body}" if isinstance(why, ValidationError) else str(why))
