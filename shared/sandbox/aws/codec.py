"""Requests and answers by the services' own models: parameters out of HTTP, results into HTTP, no service special-cased."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.datastructures import MultiDict

from shared.sandbox.aws.http import Incoming, Reply

_REQUEST_ID = re.compile(rb"(<(?:RequestId|requestId|RequestID)>)[^<]*(</(?:RequestId|requestId|RequestID)>)")


@cache
def model(service: str) -> ServiceModel | None:
    """botocore's model of a service, by its botocore name; None where there is none."""
    try:
        return get_service_model(service)
    except UnknownServiceError:
        return None


def operation(service: str, name: str) -> OperationModel | None:
    """The model of one operation, or None."""
    known = model(service)
    if known is None:
        return None
    try:
        found: OperationModel = known.operation_model(name)
    except OperationNotFoundError:
        return None
    return found


def protocol(service: str) -> str:
    """The wire protocol of a service, as the SDK chooses it: json, query, ec2, rest-xml or rest-json."""
    known = model(service)
    return str(known.resolved_protocol) if known else "json"


def parameters(incoming: Incoming, service: str, name: str) -> dict[str, Any]:
    """The request's parameters by their API names, as a client passed them; empty where the operation is not modelled."""
    modelled = operation(service, name)
    if modelled is None:
        return {}
    parser = PROTOCOL_PARSERS[protocol(service)](modelled, map_type=dict)
    form = incoming.body.decode() if protocol(service) in ("query", "ec2") else ""
    values = MultiDict(incoming.parameters | dict(_pairs(form)))
    request = {
        "method": incoming.method,
        "values": values,
        "headers": incoming.headers,
        "body": incoming.body,
        "url_path": incoming.path,
        "url_params": _path_parameters(modelled.http.get("requestUri", "/"), incoming.path),
    }
    return dict(parser.parse(request))  # type: ignore[arg-type]  # moto's TypedDict asks for its own mapping classes


def _pairs(form: str) -> list[tuple[str, str]]:
    return [
        (unquote(k.replace("+", " ")), unquote(v.replace("+", " "))) for k, _, v in (p.partition("=") for p in form.split("&") if p)
    ]


@cache
def _path_pattern(template: str) -> re.Pattern[str]:
    escaped = re.escape(template.partition("?")[0]).replace(r"\{", "{").replace(r"\}", "}").replace(r"\+", "+").replace(r"\-", "-")
    greedy = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", escaped)
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", greedy), re.DOTALL)


def _path_parameters(template: str, path: str) -> dict[str, str]:
    found = _path_pattern(template).fullmatch(path)
    return {name: unquote(value) for name, value in found.groupdict().items()} if found else {}


def answer(service: str, name: str, result: Mapping[str, Any], status: int | None = None) -> Reply:
    """A result as the service would send it. Raises ValueError for an operation that has no model."""
    modelled = operation(service, name)
    if modelled is None:
        raise ValueError(f"no model of {service}:{name}")
    serializer = get_serializer_class(service, protocol(service))(operation_model=modelled, pretty_print=False)
    sent = serializer.serialize(dict(result))
    body = sent["body"]
    headers = tuple((key, str(value)) for key, value in sent["headers"].items())
    return Reply(status or int(sent["status_code"]), headers, body if isinstance(body, bytes) else str(body).encode())


def stamped(reply: Reply, request_id: str, *, s3: bool) -> Reply:
    """The answer under our request id, in the header and, where the protocol repeats it, in the body.

    An S3 object's content is never touched: only answers in XML are.
    """
    is_xml = "xml" in reply.header("content-type") and (not s3 or reply.status >= 400)  # noqa: PLR2004 - HTTP error
    body = _REQUEST_ID.sub(rb"\g<1>" + request_id.encode() + rb"\g<2>", reply.body) if is_xml else reply.body
    headers = reply.with_headers(x_amz_request_id=request_id, x_amzn_requestid=request_id).headers
    return Reply(reply.status, headers, body)
