"""A deployed responder, asked by people: its two URLs are outputs of its stack, and AWS knows whose the signed request is."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.errors import Absent, BadInput, CodeblueError, LeaseLost, NotApproved, NotReady, Refused, Unreachable

PERMISSIONS = frozenset({"cloudformation:DescribeStacks", "lambda:InvokeFunction", "lambda:InvokeFunctionUrl"})
"""What it takes besides being an approver."""

ANSWER_SECONDS = 130
"""A function of these ends after 120."""

MEANINGS: Mapping[int, type[CodeblueError]] = {
    HTTPStatus.BAD_REQUEST: BadInput,
    HTTPStatus.FORBIDDEN: Refused,
    HTTPStatus.NOT_FOUND: Absent,
    HTTPStatus.CONFLICT: NotApproved,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: BadInput,
    HTTPStatus.SERVICE_UNAVAILABLE: LeaseLost,
}
"""What an answer means that is no success; anything else: the function could not be run."""

type Output = Literal["DecisionsUrl", "DeskUrl"]


class Desk:
    """The responder that was deployed as this stack. Every method raises `CodeblueError` as `MEANINGS` says, or `Unreachable`."""

    def __init__(self, clients: Clients, stack: str) -> None:
        self._clients = clients
        described: Any = call(clients.cloudformation("", "").describe_stacks, StackName=stack)["Stacks"]
        self._outputs = {each["OutputKey"]: each["OutputValue"] for each in described[0].get("Outputs", ())}
        self._http = URLLib3Session(timeout=ANSWER_SECONDS)

    def ask(self, what: str, **named: str) -> dict[str, Any]:
        """The answer to an errand (`functions/desk.py`)."""
        return self._post("DeskUrl", {"what": what, **named})

    def decide(self, case: str, digest: str, *, granted: bool) -> str:
        """Approve or refuse what the case asks; the sentence that says who did."""
        return str(self._post("DecisionsUrl", {"case": case, "digest": digest, "granted": granted})["message"])

    def _post(self, output: Output, body: Mapping[str, object]) -> dict[str, Any]:
        if output not in self._outputs:
            raise NotReady(f"the stack has no output {output}: it is no responder of ours, or an older one")
        keys = self._clients.credentials("")
        if keys is None:
            raise NotReady("no credentials: the responder wants to know who asks")
        request = AWSRequest("POST", self._outputs[output], data=json.dumps(body).encode())
        SigV4Auth(keys, "lambda", self._clients.region).add_auth(request)
        try:
            answer = self._http.send(request.prepare())
        except HTTPClientError as error:
            raise Unreachable(f"the responder gave no answer: {type(error).__name__}; --direct works without it") from None
        return _read(answer.status_code, answer.content)


def _read(status: int, content: bytes) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(content)
    except ValueError:
        raise Unreachable(f"the responder answered {status} and no JSON; --direct works without it") from None
    if status != HTTPStatus.OK:
        # AWS itself, where a request does not come through, says "Message"
        words = str(said.get("message") or said.get("Message") or "")
        raise MEANINGS.get(status, Unreachable)(words or f"the responder answered {status}; --direct works without it")
    return said
