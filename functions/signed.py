"""A request to a function URL (`AuthType: AWS_IAM`), and the answer: whose it is AWS says, and nothing in the request itself.

That holds for what came through the URL. Whoever may invoke the alias behind it otherwise (`lambda:InvokeFunction`) writes the
event themselves, and so decides as anybody: no role of ours may, and approvers only by the URL.
"""

import json
import re
from collections.abc import Collection, Mapping
from http import HTTPStatus

from aws_lambda_powertools.utilities.data_classes import LambdaFunctionUrlEvent
from pydantic import ValidationError

SESSION = re.compile(r"arn:aws[a-z-]*:sts::(\d{12}):assumed-role/([^/]+)/[^/]+")
"""The account and the role of a session."""

NOBODY = "the request is not signed by the session of an approver's role"


def signer(request: LambdaFunctionUrlEvent, approvers: Collection[str]) -> str:
    """The STS ARN of the approver's session that signed the request; empty where it is nobody who may, or no request to a URL."""
    asked = request.request_context.authorizer if "requestContext" in request else None
    who = asked.iam if asked else None
    arn = (who.user_arn or "") if who else ""
    return arn if may_decide(arn, approvers) else ""


def may_decide(who: str, approvers: Collection[str]) -> bool:
    """Whether this is a session (STS ARN, `…:assumed-role/<role>/<session>`) of one of these roles (IAM ARNs).

    The ARN is AWS's word only where the event is: of a URL, or of an execution that Systems Manager was asked about.
    """
    session = SESSION.fullmatch(who)
    return session is not None and session.groups() in {(arn.split(":")[4], arn.rpartition("/")[2]) for arn in approvers}


def message(status: HTTPStatus, words: str) -> dict[str, object]:
    """An answer of one sentence."""
    return answer(status, {"message": words})


def refused(why: Exception, body: str, statuses: Mapping[type[Exception], HTTPStatus]) -> dict[str, object]:
    """The answer that says what went wrong. Raises it where no row of `statuses` fits; `body`: what a request has to be like."""
    status = next((status for kind, status in statuses.items() if isinstance(why, kind)), None)
    if status is None:
        raise why
    return message(status, f"the body is {body}" if isinstance(why, ValidationError) else str(why))


def answer(status: HTTPStatus, content: Mapping[str, object]) -> dict[str, object]:
    """An answer in JSON."""
    return {"statusCode": int(status), "headers": {"content-type": "application/json"}, "body": json.dumps(content)}
