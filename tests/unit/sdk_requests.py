"""Requests as unmodified SDK clients put them on the wire, caught just before they are sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.session import get_session

from shared.sandbox.aws.authoriser import Principal
from shared.sandbox.aws.wire import Call, parse

ACCOUNT = "111122223333"
REGION = "eu-central-1"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # pragma: allowlist secret
ALICE = Principal("user", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/alice", "AIDAALICE")
KEY_ID = "0d990263-018e-4e65-a703-eff731de951e"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY_ID}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ward"


@dataclass(frozen=True)
class Received:
    method: str
    host: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Sent(Exception):
    """Raised in place of sending, with the request that a client was about to send."""


@cache
def client(service: str, region: str = REGION, token: str | None = None, signature: str | None = None) -> Any:  # noqa: ANN401 - any client
    made = get_session().create_client(
        service,
        region_name=region,
        endpoint_url="http://127.0.0.1:5000",
        aws_access_key_id="AKIAALICE",
        aws_secret_access_key=SECRET,
        aws_session_token=token,
        config=Config(signature_version=signature, inject_host_prefix=False, parameter_validation=False),
    )
    made.meta.events.register("before-send", _instead_of_sending)
    return made


def _instead_of_sending(request: AWSPreparedRequest, **_: object) -> None:
    raise Sent(request)


def sent(service: str, operation: str, parameters: Mapping[str, Any], **options: Any) -> Received:  # noqa: ANN401 - client options
    """The request of an SDK client, as a server receives it."""
    with pytest.raises(Sent) as raised:
        client(service, **options)._make_api_call(operation, dict(parameters))
    request: AWSPreparedRequest = raised.value.args[0]
    url = urlsplit(request.url)
    given: Mapping[str, Any] = dict(request.headers.items())
    headers = {name.lower(): value.decode() if isinstance(value, bytes) else str(value) for name, value in given.items()}
    body: Any = request.body or b""
    content = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else _read(body)
    return Received(request.method, url.netloc, url.path, url.query, {**headers, "host": url.netloc}, content)


def _read(body: bytearray | BinaryIO) -> bytes:
    return bytes(body) if isinstance(body, bytearray) else body.read()


def presigned(operation: str, parameters: Mapping[str, Any], **options: Any) -> Received:  # noqa: ANN401 - client options
    url = urlsplit(client("s3", **options).generate_presigned_url(operation, Params=parameters))
    return Received("GET", url.netloc, url.path, url.query, {"host": url.netloc})


def resolve(account: str, region: str, reference: str) -> str:
    return (
        reference if ":key/" in reference else f"arn:aws:kms:{region}:{account}:key/{KEY_ID if 'alias' in reference else reference}"
    )


def read(request: Received, caller: Principal = ALICE) -> Call:
    return parse(request, caller, resolve)


def ciphertext(key_id: str = KEY_ID) -> bytes:
    return key_id.encode() + b"\0" * 40
