"""Refusals: an AWS error with its code, sentence and HTTP status, written in the protocol of the service asked."""

import json
from collections.abc import Mapping
from xml.sax.saxutils import escape

from shared.sandbox.aws.http import Reply

BAD_REQUEST = 400
FORBIDDEN = 403
NOT_FOUND = 404
CONFLICT = 409
PRECONDITION_FAILED = 412


class Refusal(Exception):
    """The service refuses. `code` and `message` are what a client's `ClientError` shows."""

    def __init__(self, code: str, message: str, status: int = BAD_REQUEST) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


#: How each service refuses a caller who has no permission: (code, HTTP status).
DENIED: Mapping[str, tuple[str, int]] = {
    "ec2": ("UnauthorizedOperation", FORBIDDEN),
    "iam": ("AccessDenied", FORBIDDEN),
    "rds": ("AccessDenied", FORBIDDEN),
    "s3": ("AccessDenied", FORBIDDEN),
    "s3control": ("AccessDenied", FORBIDDEN),
    "sns": ("AuthorizationError", FORBIDDEN),
    "sts": ("AccessDenied", FORBIDDEN),
}

#: How each service says "slow down": (code, message, HTTP status), from its API reference.
THROTTLED: Mapping[str, tuple[str, str, int]] = {
    "cloudtrail": ("ThrottlingException", "Rate exceeded", 400),
    "dynamodb": ("ThrottlingException", "Throughput exceeds the current capacity of your table.", 400),
    "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
    "guardduty": ("TooManyRequestsException", "Too Many Requests", 429),
    "kms": (
        "ThrottlingException",
        "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
        400,
    ),
    "organizations": ("TooManyRequestsException", "You have sent too many requests in too short a period of time.", 400),
    "s3": ("SlowDown", "Please reduce your request rate.", 503),
    "s3control": ("SlowDown", "Please reduce your request rate.", 503),
}
_THROTTLED_ELSEWHERE = ("Throttling", "Rate exceeded", BAD_REQUEST)


def denied(service: str, message: str) -> Refusal:
    """The refusal of a caller without permission, in the service's own code."""
    code, status = DENIED.get(service, ("AccessDeniedException", BAD_REQUEST))
    return Refusal(code, message, status)


def throttled(service: str) -> Refusal:
    """The refusal of a call that comes too fast, in the service's own code."""
    return Refusal(*THROTTLED.get(service, _THROTTLED_ELSEWHERE))


def render(refusal: Refusal, service: str, protocol: str, *, head: bool = False) -> Reply:
    """The refusal as an HTTP answer. An answer to HEAD has no body: the client sees the status only."""
    if protocol in ("json", "rest-json", "smithy-rpc-v2-cbor"):
        body = json.dumps({"__type": refusal.code, "message": refusal.message, "Message": refusal.message})
        headers = (("content-type", "application/x-amz-json-1.1"), ("x-amzn-errortype", refusal.code))
        return Reply(refusal.status, headers, body.encode())
    body = "" if head else _xml(refusal, service)
    return Reply(refusal.status, (("content-type", "application/xml"),), body.encode())


def _xml(refusal: Refusal, service: str) -> str:
    error = f"<Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message>"
    if service == "s3":
        return f'<?xml version="1.0" encoding="UTF-8"?><Error>{error}<RequestId></RequestId></Error>'
    if service == "ec2":
        return f"<Response><Errors><Error>{error}</Error></Errors><RequestID></RequestID></Response>"
    return f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId></RequestId></ErrorResponse>"
