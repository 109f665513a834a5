"""moto behind the boundary: one admitted request in, one answer out, and its backends for reading.

The services that a response asks are dispatched straight to moto's response classes: moto's own Flask routes take a newline in
an object key for the end of the path, and cost more than the answer. Everything else goes through moto's server application.
"""

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import moto.core.responses
import moto.kms.models
from moto.core.base_backend import BackendDict
from moto.core.common_types import TYPE_RESPONSE
from moto.core.config import default_user_config
from moto.core.exceptions import ServiceException
from moto.core.model_instances import reset_model_data
from moto.core.request import Request
from moto.core.utils import method_names_from_class
from moto.dynamodb.responses import DynamoHandler
from moto.iam.responses import IamResponse
from moto.kms.responses import KmsResponse
from moto.kms.utils import AbstractPrivateKey, generate_private_key
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from moto.s3.responses import S3Response
from moto.s3control.responses import S3ControlResponse
from moto.ssoadmin.responses import SSOAdminResponse
from werkzeug.exceptions import HTTPException
from werkzeug.test import run_wsgi_app

from shared.sandbox.aws.http import Incoming, Reply, environ_for
from shared.sandbox.aws.refusals import Refusal

type Dispatch = Callable[[Request, str, Mapping[str, str]], TYPE_RESPONSE]


class _EmulatorRequest(Request):
    """moto's request, as it builds it from a WSGI server."""

    from_wsgi_server = True


class _Kms(KmsResponse):
    """moto's KMS, told that an existing key has a valid id: its pattern does not know the ids of multi-Region keys."""

    def _validate_cmk_id(self, key_id: str) -> None:
        if self.kms_backend.get_key_id(key_id) not in self.kms_backend.keys:
            super()._validate_cmk_id(key_id)


@cache
def _never_asked_for() -> AbstractPrivateKey:
    return generate_private_key("SYMMETRIC_DEFAULT")


def _private_key(spec: str) -> AbstractPrivateKey:
    """moto makes an RSA key, which takes longer than all else of CreateKey, for every key that only encrypts too."""
    return _never_asked_for() if spec == "SYMMETRIC_DEFAULT" else generate_private_key(spec)


def _s3(request: Request, url: str, headers: Mapping[str, str]) -> TYPE_RESPONSE:
    """An S3 request with a key, or with a bucket only, in path style."""
    has_key = bool(request.raw_path.lstrip("/").partition("/")[2])
    return (S3Response.key_dispatch if has_key else S3Response.bucket_dispatch)(request, url, headers)


DIRECT: Mapping[str, Dispatch] = {
    "dynamodb": DynamoHandler.dispatch,
    "iam": IamResponse.dispatch,
    "kms": _Kms.dispatch,
    "s3": _s3,
    "s3control": S3ControlResponse.dispatch,
    "sso-admin": SSOAdminResponse.dispatch,
}

ONE_ROUTE: Mapping[str, str] = {
    "backup": "backup",
    "cloudtrail": "cloudtrail",
    "ec2": "ec2",
    "efs": "efs",
    "events": "events",
    "guardduty": "guardduty",
    "lambda": "awslambda",
    "logs": "logs",
    "rds": "rds",
    "secretsmanager": "secretsmanager",  # pragma: allowlist secret
    "sqs": "sqs",
    "sts": "sts",
}
"""Services all of whose paths moto gives to one dispatcher, by moto's package; imported when they are asked for the first time."""


@cache
def _dispatcher(service: str) -> Dispatch | None:
    if service not in ONE_ROUTE:
        return DIRECT.get(service)
    routes: Mapping[str, Dispatch] = import_module(f"moto.{ONE_ROUTE[service]}.urls").url_paths
    (dispatch,) = set(routes.values())
    return dispatch


class Emulator:
    """moto's in-process services. Its state is global to the process: one emulator at a time."""

    def __init__(self) -> None:
        # an account owns none of the public images that moto would put into it, nor their hundreds of snapshots
        os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
        default_user_config["lambda"] = {"use_docker": False}
        default_user_config["stepfunctions"] = {"execute_state_machine": True}
        # moto asks a class for its methods at every request, and EC2's has a thousand
        vars(moto.core.responses)["method_names_from_class"] = cache(method_names_from_class)
        vars(moto.kms.models)["generate_private_key"] = _private_key
        self._server = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.RLock()

    def reset(self) -> None:
        """Forget every resource of every account."""
        with self._lock:
            BackendDict.reset()
            s3_backends.bucket_accounts.clear()
            reset_model_data()

    def ask(self, incoming: Incoming, service: str, *, account: str, credential: str) -> Reply:
        """moto's answer. `credential` is the scope `key/date/region/service/aws4_request`.

        Raises Refusal `NotImplemented` (501) for an operation that moto does not know.
        """
        environ = environ_for(incoming, account=account, credential=credential)
        dispatch = _dispatcher(service)
        try:
            return _direct(dispatch, environ) if dispatch else self._through_server(environ)
        except NotImplementedError as unknown:
            raise Refusal("NotImplemented", f"The sandbox does not emulate this operation: {unknown}", 501) from unknown

    def _through_server(self, environ: dict[str, Any]) -> Reply:
        body, status, headers = run_wsgi_app(self._server, environ, buffered=True)
        if status.startswith("404") and headers.get("content-type", "").startswith("text/html"):
            raise NotImplementedError(f"{environ['REQUEST_METHOD']} of this path")
        return Reply(int(status.split()[0]), tuple(headers.items()), b"".join(body))


def _direct(dispatch: Dispatch, environ: dict[str, Any]) -> Reply:
    request = _EmulatorRequest(environ)
    try:
        status, headers, body = dispatch(request, request.raw_url, dict(request.headers))
    except HTTPException as refused:
        response = refused.get_response()
        return Reply(response.status_code, tuple(response.headers.items()), response.get_data())
    except ServiceException as refused:
        raise Refusal(refused.code, refused.message) from refused
    return Reply(int(status), tuple(_headers(headers)), body if isinstance(body, bytes) else str(body or "").encode())


def _headers(headers: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    return ((name, str(value)) for name, value in headers.items() if value is not None and name.lower() != "status")


def load_json(text: str | bytes) -> dict[str, Any]:
    """A JSON object, or an empty one for an empty body."""
    loaded = json.loads(text) if text else {}
    return loaded if isinstance(loaded, dict) else {}
