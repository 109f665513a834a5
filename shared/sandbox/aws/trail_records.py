"""CloudTrail records: an answered call as CloudTrail writes it down.

Source: CloudTrail user guide, "CloudTrail record contents", "CloudTrail userIdentity element". `requestID` is the client's own
request id. Secrets, content and ciphertext are left out, as CloudTrail does.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from botocore.parsers import create_parser

from shared.sandbox.aws import codec
from shared.sandbox.aws.calls import Answered
from shared.sandbox.aws.clock import iso
from shared.sandbox.aws.principals import Caller
from shared.sandbox.aws.trail_names import DATA_EVENTS, EVENT_NAMES, EVENT_SOURCES, READ_ONLY, SECRETS

GLOBAL_REGION = "us-east-1"

HEADERS = (
    "x-amz-copy-source",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
)
"""Headers of S3 that CloudTrail keeps under their own names."""


@lru_cache(maxsize=20_000)
def text(call: Answered) -> str:
    """The CloudTrail record of a call as JSON; worked out once, as it is looked up again and again."""
    return json.dumps(record(call))


def record(call: Answered) -> dict[str, Any]:
    """The CloudTrail record of a call."""
    made: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": {**user_identity(call.caller), **({"invokedBy": call.invoked_by} if call.invoked_by else {})},
        "eventTime": iso(call.at),
        "eventSource": event_source(call),
        "eventName": event_name(call),
        "awsRegion": region(call),
        "sourceIPAddress": call.invoked_by or call.http.headers.get("x-sandbox-source-ip", call.http.address),
        "userAgent": call.http.headers.get("user-agent", ""),
        "requestParameters": request_parameters(call),
        "responseElements": response_elements(call),
        "requestID": call.id,
        "eventID": call.event_id,
        "readOnly": is_read_only(call),
        "resources": resources(call),
        "eventType": "AwsApiCall",
        "managementEvent": is_management(call),
        "recipientAccountId": call.account or call.principal.account,
        "eventCategory": "Management" if is_management(call) else "Data",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "clientProvidedHostHeader": call.http.host},
    }
    if not call.http.secure:
        del made["tlsDetails"]
    if call.service == "s3" and not is_management(call):
        made["additionalEventData"] = {"bytesTransferredOut": call.sent, "SignatureVersion": "SigV4"}
    if call.error:
        made |= {"errorCode": call.error, "errorMessage": call.message}
    return made


def event_source(call: Answered) -> str:
    """The service's name in `eventSource`."""
    return EVENT_SOURCES.get(call.service, f"{call.service}.amazonaws.com")


def event_name(call: Answered) -> str:
    """The operation's name as CloudTrail spells it."""
    return EVENT_NAMES.get(f"{call.service}:{call.operation}", call.operation)


def region(call: Answered) -> str:
    """IAM records in us-east-1, whatever Region its caller signed for."""
    return GLOBAL_REGION if call.service == "iam" else call.region


def is_management(call: Answered) -> bool:
    """Whether a call is in the event history, or only in a trail with data events."""
    return f"{call.service}:{call.operation}" not in DATA_EVENTS


def is_read_only(call: Answered) -> bool:
    """Whether CloudTrail counts a call as reading."""
    return call.operation.startswith(("Get", "List", "Describe", "Head", "Lookup", "BatchGet")) or call.operation in READ_ONLY


def user_identity(caller: Caller) -> dict[str, Any]:
    """The `userIdentity` element."""
    principal = caller.principal
    shared = {
        "principalId": principal.user_id,
        "arn": principal.arn,
        "accountId": principal.account,
        "accessKeyId": caller.access_key_id,
    }
    if principal.kind == "root":
        return {"type": "Root", **shared}
    if principal.kind == "user":
        return {"type": "IAMUser", **shared, "userName": principal.arn.rpartition("/")[2]}
    if principal.kind == "role":
        return {"type": "AssumedRole", **shared, "sessionContext": _session_context(caller, "Role")}
    if principal.kind == "federated":
        return {"type": "FederatedUser", **shared, "sessionContext": _session_context(caller, "IAMUser")}
    if principal.kind == "service":
        return {"type": "AWSService", "invokedBy": principal.arn}
    return {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}


def _session_context(caller: Caller, issuer_type: str) -> dict[str, Any]:
    account, _, name, unique_id = caller.holder or ("", "role", "", "")
    issuer = {"type": issuer_type, "principalId": unique_id, "arn": caller.principal.issuer, "accountId": account, "userName": name}
    session = caller.session
    context: dict[str, Any] = {"sessionIssuer": issuer, "webIdFederationData": {}}
    context["attributes"] = {"creationDate": iso(session.issued_at) if session else "", "mfaAuthenticated": "false"}
    if session and session.source_identity:
        context["sourceIdentity"] = session.source_identity
    if session and session.instance:
        context["ec2RoleDelivery"] = "2.0"
    return context


def request_parameters(call: Answered) -> dict[str, Any] | None:
    """The parameters in CloudTrail's spelling, without secrets and content."""
    params = codec.parameters(call.http, call.service, call.operation)
    if call.service == "s3":
        return _s3_parameters(params, call) or None
    return _spelled(params) or None


def _s3_parameters(params: Mapping[str, Any], call: Answered) -> dict[str, Any]:
    named = {"Bucket": "bucketName", "Key": "key", "VersionId": "versionId", "Prefix": "prefix"}
    kept = {name: value for name, value in params.items() if name not in ("Body", "Policy") and name not in SECRETS}
    spelled = {named.get(name, name[:1].lower() + name[1:]): _plain(value) for name, value in kept.items()}
    if call.operation == "PutBucketPolicy" and call.http.body.startswith(b"{"):
        spelled["bucketPolicy"] = json.loads(call.http.body)
    return {**spelled, **{name: call.http.headers[name] for name in HEADERS if name in call.http.headers}, "Host": call.http.host}


def _spelled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name[:1].lower() + name[1:]: _plain(value) for name, value in values.items() if name not in SECRETS}


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping):
        return _spelled(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.strftime("%b %-d, %Y %-I:%M:%S %p")
    return value if isinstance(value, str | int | float | bool) or value is None else "..."


def response_elements(call: Answered) -> dict[str, Any] | None:
    """What a write made, without secrets; null for reads and failures. AssumeRole and its like tell what they issued."""
    issued = call.service == "sts" and "Credentials" in call.reply.body.decode(errors="replace")
    if call.error or call.service == "s3" or (is_read_only(call) and not issued):
        return None
    return _spelled(answered(call)) or None


def answered(call: Answered) -> dict[str, Any]:
    """A successful answer as a client reads it; empty for operations without a model or a body."""
    modelled = codec.operation(call.service, call.operation)
    if modelled is None or modelled.output_shape is None or call.error:
        return {}
    response = {"body": call.reply.body, "headers": dict(call.reply.headers), "status_code": call.reply.status}
    parsed = create_parser(codec.protocol(call.service)).parse(response, modelled.output_shape)
    return {name: value for name, value in parsed.items() if name != "ResponseMetadata"}


def resources(call: Answered) -> list[dict[str, str]]:
    """The `resources` element: the ARNs the call was about."""
    arn, account = call.resource, call.account
    if call.service == "s3" and arn.startswith("arn:"):
        bucket, _, key = arn.partition("/")
        held = [{"accountId": account, "type": "AWS::S3::Bucket", "ARN": bucket}]
        return [{"type": "AWS::S3::Object", "ARN": arn}, *held] if key else held
    if call.service == "kms" and ":key/" in arn:
        return [{"accountId": account, "type": "AWS::KMS::Key", "ARN": arn}]
    if call.service == "sts" and ":role/" in arn:
        return [{"accountId": account, "type": "AWS::IAM::Role", "ARN": arn}]
    return []
