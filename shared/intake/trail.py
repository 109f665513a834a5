"""CloudTrail records as they stream: decoded straight from a log file's bytes, a hundred thousand in a second.

Strict on types, for that is what makes it fast; a file that does not fit is read again by the tolerant reader (`trail_of`),
which makes the same struct of what clouds really send. That both say the same is a test over every recorded event.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from .fact import NOTHING, opened
from .tolerant import Document, flag, folded, items, text

MAX_RESOURCES = 100


class Camel(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """Keys as CloudTrail writes them; unknown ones are skipped without being built. JSON has no cycles to collect."""


class Issuer(Camel, frozen=True, gc=False):
    """`sessionContext.sessionIssuer`."""

    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None


class Attributes(Camel, frozen=True, gc=False):
    """`sessionContext.attributes`."""

    mfa_authenticated: str | None = None


class Session(Camel, frozen=True, gc=False):
    """`userIdentity.sessionContext`."""

    session_issuer: Issuer | None = None
    attributes: Attributes | None = None
    web_id_federation_data: msgspec.Raw = NOTHING
    ec2_role_delivery: str | None = None
    source_identity: str | None = None


class Caller(Camel, frozen=True, gc=False):
    """`userIdentity`."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    access_key_id: str | None = None
    user_name: str | None = None
    invoked_by: str | None = None
    session_context: Session | None = None
    on_behalf_of: msgspec.Raw = NOTHING


class Named(Camel, frozen=True, gc=False):
    """One of `resources`."""

    arn: str | None = msgspec.field(default=None, name="ARN")
    account_id: str | None = None
    type: str | None = None


class Trail(Camel, frozen=True, gc=False):
    """One event. The three bodies stay as they came until a rule asks for them, and the caller until it is not a known one."""

    event_name: str = msgspec.field(name="eventName")
    event_source: str = msgspec.field(name="eventSource")
    event_time: str | None = None
    event_id: str | None = msgspec.field(default=None, name="eventID")
    event_type: str | None = None
    event_category: str | None = None
    aws_region: str | None = None
    source_ip_address: str | None = msgspec.field(default=None, name="sourceIPAddress")
    user_agent: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    user_identity: msgspec.Raw = NOTHING
    request_parameters: msgspec.Raw = NOTHING
    response_elements: msgspec.Raw = NOTHING
    additional_event_data: msgspec.Raw = NOTHING
    resources: tuple[Named, ...] | None = None
    recipient_account_id: str | None = None
    request_id: str | None = msgspec.field(default=None, name="requestID")
    vpc_endpoint_id: str | None = None
    read_only: bool | None = None
    session_credential_from_console: bool | str | None = None


class LogFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A log file as CloudTrail delivers it (CloudTrail user guide, "CloudTrail log file examples")."""

    records: list[Trail] = msgspec.field(name="Records")


LOG_FILE = msgspec.json.Decoder(LogFile)
ONE = msgspec.json.Decoder(Trail)
ARRAY = msgspec.json.Decoder(list[Trail])
CALLER: msgspec.json.Decoder[Caller | None] = msgspec.json.Decoder(Caller | None)


def trail_of(document: Document) -> Trail:
    """The record in what may have any spelling, any type in any place, or nothing at all."""
    who = folded(document.get("useridentity"))
    return Trail(
        event_name=text(document.get("eventname")),
        event_source=text(document.get("eventsource")),
        event_time=_time(document.get("eventtime")),
        event_id=text(document.get("eventid")),
        event_type=text(document.get("eventtype")),
        event_category=text(document.get("eventcategory")),
        aws_region=text(document.get("awsregion")),
        source_ip_address=text(document.get("sourceipaddress")),
        user_agent=text(document.get("useragent")),
        error_code=text(document.get("errorcode")),
        error_message=text(document.get("errormessage")),
        user_identity=raw(_caller(who)) if who else NOTHING,
        request_parameters=raw(document.get("requestparameters")),
        response_elements=raw(document.get("responseelements")),
        additional_event_data=raw(document.get("additionaleventdata")),
        resources=tuple(_named(item) for item in items(document.get("resources"))),
        recipient_account_id=text(document.get("recipientaccountid")),
        request_id=text(document.get("requestid")),
        vpc_endpoint_id=text(document.get("vpcendpointid")),
        read_only=flag(document.get("readonly")) if document.get("readonly") is not None else None,
        session_credential_from_console=flag(document.get("sessioncredentialfromconsole")),
    )


def raw(thing: object) -> msgspec.Raw:
    """The JSON bytes of a value, so that both ways of reading end in the same struct."""
    if isinstance(thing, msgspec.Raw):
        return thing
    try:
        return msgspec.Raw(msgspec.json.encode(thing))
    except (TypeError, ValueError, RecursionError, UnicodeEncodeError):
        return NOTHING


def _time(thing: object) -> str:
    return str(thing) if isinstance(thing, int | float) and not isinstance(thing, bool) else text(thing)


def caller_of(body: bytes) -> Caller | None:
    """The caller in a `userIdentity` as it came; None where it names nobody."""
    try:
        return CALLER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        who = opened(msgspec.Raw(body))
        return _caller(who) if who else None


def _caller(who: Mapping[str, Any]) -> Caller:
    context = folded(who.get("sessioncontext"))
    issuer = folded(context.get("sessionissuer"))
    return Caller(
        type=text(who.get("type")),
        principal_id=text(who.get("principalid")),
        arn=text(who.get("arn")),
        account_id=_account(who.get("accountid")),
        access_key_id=text(who.get("accesskeyid")),
        user_name=text(who.get("username")),
        invoked_by=text(who.get("invokedby")),
        session_context=_session(context, issuer) if context else None,
        on_behalf_of=raw(who.get("onbehalfof")),
    )


def _session(context: Mapping[str, Any], issuer: Mapping[str, Any]) -> Session:
    return Session(
        session_issuer=Issuer(
            principal_id=text(issuer.get("principalid")),
            arn=text(issuer.get("arn")),
            account_id=_account(issuer.get("accountid")),
            user_name=text(issuer.get("username")),
        ),
        attributes=Attributes(mfa_authenticated=text(folded(context.get("attributes")).get("mfaauthenticated"))),
        web_id_federation_data=raw(context.get("webidfederationdata")),
        ec2_role_delivery=text(context.get("ec2roledelivery")),
        source_identity=text(context.get("sourceidentity")),
    )


def _account(thing: object) -> str:
    return f"{thing:012d}" if isinstance(thing, int) and not isinstance(thing, bool) and 0 <= thing < 10**12 else text(thing)


def _named(item: object) -> Named:
    fields = folded(item)
    return Named(
        arn=text(fields.get("arn")),
        account_id=_account(fields.get("accountid")),
        type=text(fields.get("type") or fields.get("resourcetype")),
    )
