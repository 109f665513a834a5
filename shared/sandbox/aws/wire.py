"""From a raw HTTP request to what the authoriser needs: the operation, its permissions and its condition keys.

S3 has its own table of permissions; other REST services are read by their models; the rest names its operation in a header
(JSON protocol) or in the form (query protocol). What cannot be read is refused with a typed error, never guessed.
"""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from botocore.exceptions import UnknownServiceError

from shared.sandbox.aws import wire_kms, wire_resources, wire_routes, wire_s3
from shared.sandbox.aws.authoriser import Principal
from shared.sandbox.aws.wire_calls import Call, Needed, Origin, ResolveKey, UnknownOperation, UnknownSubresource
from shared.sandbox.aws.wire_signature import Credential, HttpRequest, MalformedSignature, credential, query_of, signature_matches

__all__ = [
    "Call",
    "Credential",
    "HttpRequest",
    "MalformedSignature",
    "Needed",
    "ResolveKey",
    "UnknownOperation",
    "UnknownSubresource",
    "credential",
    "parse",
    "service_of",
    "signature_matches",
]

# The signing name of a service -> its botocore name, and -> its prefix in IAM actions, where they differ.
SERVICES: Final[Mapping[str, str]] = {
    "access-analyzer": "accessanalyzer",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "email": "ses",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "sso": "sso-admin",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
PREFIXES: Final[Mapping[str, str]] = {"email": "ses", "monitoring": "cloudwatch", "tagging": "tag"}

_S3_CONTROL: Final = "/v20180820/"
_UNSIGNED_STS: Final = (b"Action=AssumeRoleWith", b"&Action=AssumeRoleWith")


def service_of(request: HttpRequest, signed: Credential | None) -> tuple[str, str]:
    """(botocore name, signing name) of the service that is called; unsigned calls are S3's, or STS's with a web identity."""
    if signed is None:
        return ("sts", "sts") if any(mark in request.body for mark in _UNSIGNED_STS) else ("s3", "s3")
    if signed.service == "s3" and request.path.startswith(_S3_CONTROL):
        return "s3control", "s3"
    return SERVICES.get(signed.service, signed.service), signed.service


def parse(request: HttpRequest, caller: Principal, resolve_key: ResolveKey) -> Call:
    """A request, understood. Raises UnknownOperation, MalformedSignature, and what `resolve_key` raises for an unknown key."""
    signed = credential(request)
    service, signing_name = service_of(request, signed)
    region = signed.region if signed else "us-east-1"
    operation, parameters = _operation(request, service)
    actions, context = _judged(request, service, signing_name, operation, parameters, Origin(caller, region, resolve_key))
    return Call(
        service=service,
        signing_name=signing_name,
        region=region,
        operation=operation,
        actions=actions,
        context=context,
        access_key_id=signed.access_key_id if signed else "",
        presigned=signed.presigned if signed else False,
        parameters=parameters,
    )


def _operation(request: HttpRequest, service: str) -> tuple[str, Mapping[str, Any]]:
    """The operation's name and its parameters, by protocol."""
    target = request.headers.get("x-amz-target")
    if target:
        return target.rpartition(".")[2], _json(request.body)
    if service == "s3":
        route, parameters = wire_s3.route(request)
        return route.operation, parameters
    form = _form(request)
    if "Action" in form:
        return form.pop("Action"), form
    return _rest(request, service)


def _form(request: HttpRequest) -> dict[str, str]:
    """Query-protocol parameters, of the form or, for a presigned call, of the query string."""
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    form = dict(parse_qsl(request.body.decode(), keep_blank_values=True)) if is_form else {}
    query = query_of(request)
    return form | query if "Action" in query else form


def _rest(request: HttpRequest, service: str) -> tuple[str, Mapping[str, Any]]:
    try:
        found = wire_routes.find(service, request.method, request.path, query_of(request), request.headers)
    except UnknownServiceError:
        found = None
    if found is None:
        raise UnknownOperation(f"{request.method} of this path is no operation of {service}")
    route, parameters = found
    is_json = request.headers.get("content-type", "").startswith("application/json") or request.body[:1] == b"{"
    return route.operation, {**(_json(request.body) if is_json else {}), **parameters}


def _json(body: bytes) -> dict[str, Any]:
    try:
        loaded = json.loads(body or b"{}")
    except ValueError:
        raise UnknownOperation("the body is no JSON") from None
    if not isinstance(loaded, dict):
        raise UnknownOperation("the body is no JSON object")
    return loaded


def _judged(
    request: HttpRequest, service: str, signing_name: str, operation: str, parameters: Mapping[str, Any], origin: Origin
) -> tuple[tuple[Needed, ...], dict[str, tuple[str, ...]]]:
    """The permissions and condition keys of an operation."""
    if service == "s3":
        return wire_s3.needed(request, operation, parameters), wire_s3.context(request)
    prefix = PREFIXES.get(signing_name, signing_name)
    general = wire_resources.context(prefix, operation, parameters)
    if service == "kms":
        return wire_kms.needed(operation, parameters, origin), general | wire_kms.context(operation, parameters, origin)
    return wire_resources.needed(prefix, operation, parameters, origin), general
