"""The gate before moto: who calls, may they, what does the rule say, and a line in the call log for every answer."""

import re
import uuid
from dataclasses import dataclass, field, replace

from moto.s3.models import s3_backends

from shared.sandbox.aws import codec, context, keys, permission, rules, wire
from shared.sandbox.aws.calls import Answered
from shared.sandbox.aws.cloud import Ask, Cloud
from shared.sandbox.aws.emulator import load_json
from shared.sandbox.aws.history import iam_of
from shared.sandbox.aws.http import Incoming, Reply
from shared.sandbox.aws.permission import Need
from shared.sandbox.aws.policies import holder_of
from shared.sandbox.aws.principals import ANONYMOUS, Caller, wrong_signature
from shared.sandbox.aws.refusals import FORBIDDEN, Refusal, render
from shared.sandbox.aws.resource_policies import account_of
from shared.sandbox.aws.trail_names import DATA_EVENTS
from shared.sandbox.aws.wire_calls import Call, Needed, UnknownOperation
from shared.sandbox.aws.wire_signature import Credential, MalformedSignature, credential, signature_matches

_READS = ("Get", "List", "Simulate", "Generate")
_CODE = re.compile(rb"<Code>([^<]*)</Code>")
_MESSAGE = re.compile(rb"<Message>([^<]*)</Message>")


@dataclass(slots=True)
class _Visit:
    """One request on its way through the gate, filled in as it is understood."""

    id: str
    at: float
    http: Incoming
    service: str = "s3"
    region: str = "us-east-1"
    caller: Caller = field(default_factory=lambda: Caller(ANONYMOUS))
    call: Call | None = None
    ask: Ask | None = None

    @property
    def operation(self) -> str:
        return self.call.operation if self.call else "Unknown"


class Gate:
    """Answers each request as one step, as a control plane does: only latency is suffered side by side."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def serve(self, incoming: Incoming) -> Reply:
        """The answer to a request. Raises Dropped where a fault cuts the connection."""
        visit = _Visit(str(uuid.uuid4()), self._cloud.clock.now(), incoming)
        refused: Refusal | None = None
        try:
            reply = self._answer(visit)
        except Refusal as refusal:
            refused = refusal
            reply = render(refusal, visit.service, codec.protocol(visit.service), head=incoming.method == "HEAD")
        reply = codec.stamped(reply, visit.id, s3=visit.service in ("s3", "s3control"))
        self._cloud.calls.note(_line(visit, reply, refused))
        self._cloud.faults.leave(visit.service, visit.operation, visit.caller.principal.arn, visit.region)
        return reply

    def _answer(self, visit: _Visit) -> Reply:
        cloud = self._cloud
        self._identify(visit)
        cloud.faults.arrive(visit.service, visit.operation, visit.caller.principal.arn, visit.region)
        with cloud.lock:
            visit.ask = self._allowed(visit)
            reply = rules.apply(cloud, visit.ask)
            if visit.service == "iam" and reply.ok and not visit.operation.startswith(_READS):
                cloud.history.record(visit.ask.account)
            return reply

    def _identify(self, visit: _Visit) -> None:
        """Who signed, and what they ask. Raises Refusal."""
        try:
            signed = credential(visit.http)
            if signed:
                visit.service, visit.region = signed.service, signed.region
                visit.caller = self._cloud.principals.admit(signed.access_key_id, signed.token, signed.service)
                if not signature_matches(visit.http, visit.caller.secret):
                    raise wrong_signature(visit.service)
                _unexpired(signed, visit.at)
            visit.call = wire.parse(visit.http, visit.caller.principal, _resolve_key)
        except MalformedSignature as malformed:
            raise Refusal("AuthorizationHeaderMalformed", str(malformed)) from malformed
        except UnknownOperation as unknown:
            raise Refusal(
                "NotImplemented", f"A header or query you provided requests a function that is not implemented: {unknown}", 501
            ) from unknown
        visit.service = visit.call.service

    def _allowed(self, visit: _Visit) -> Ask:
        """The request, once every permission it needs is found. Raises Refusal."""
        call, caller = visit.call, visit.caller
        if call is None:
            raise AssertionError("a request is identified before it is judged")
        holder = holder_of(self._cloud, caller)
        keys_of_request = {**call.context, **context.of_request(caller, holder, visit.http, call.region, visit.at)}
        if call.service == "s3":
            keys_of_request |= context.s3_keys(visit.http, at=visit.at)
        here = caller.principal.account
        needs = tuple(Need(each.action, arn, owner_of(arn, here)) for each in call.actions for arn in _resources(each))
        account = needs[-1].account if needs else here
        ask = Ask(visit.id, visit.at, visit.http, call, caller, account, keys_of_request)
        for need in needs:
            about = context.of_resource(need.resource, need.account, self._cloud.history)
            permission.require(self._cloud, caller, {**keys_of_request, **about}, need, service=call.service)
        return ask


def _unexpired(signed: Credential, at: float) -> None:
    """A presigned URL lives as long as it says (S3: `Request has expired`)."""
    if signed.expires_at is not None and signed.expires_at.timestamp() < at:
        raise Refusal("AccessDenied", "Request has expired", FORBIDDEN)


def _resources(needed: Needed) -> tuple[str, ...]:
    """What a permission is needed on. With an instance profile the roles in it are passed."""
    if needed.action != "iam:PassRole" or ":instance-profile/" not in needed.resource:
        return (needed.resource,)
    profiles = iam_of(account_of(needed.resource)).instance_profiles.values()
    profile = next((each for each in profiles if each.name == needed.resource.rpartition("/")[2]), None)
    return tuple(role.arn for role in profile.roles) if profile and profile.roles else (needed.resource,)


def owner_of(resource: str, default: str) -> str:
    """The account that owns a resource: of a bucket by its name, otherwise the one in the ARN, otherwise the caller's."""
    if resource.startswith("arn:aws:s3:::"):
        bucket = resource.removeprefix("arn:aws:s3:::").partition("/")[0]
        return s3_backends.bucket_accounts.get(bucket, ("", default))[1]
    account = account_of(resource)
    return account if account.isdigit() else default


def _resolve_key(account: str, region: str, reference: str) -> str:
    return str(keys.require(account, region, reference).arn)


def error_of(reply: Reply) -> tuple[str, str]:
    """The error code and sentence of an answer; two empty strings for a success."""
    if reply.ok:
        return "", ""
    if reply.body.startswith(b"{"):
        said = load_json(reply.body)
        code = str(said.get("__type") or said.get("code") or reply.header("x-amzn-errortype"))
        return code.rpartition("#")[2].partition(":")[0], str(said.get("message") or said.get("Message") or "")
    code, message = (found[1].decode() if (found := mark.search(reply.body)) else "" for mark in (_CODE, _MESSAGE))
    return code or str(reply.status), message


def _line(visit: _Visit, reply: Reply, refusal: Refusal | None) -> Answered:
    """The call log's line, without the contents of objects. A refusal to HEAD has no body, so the refusal itself is asked first."""
    error, message = (refusal.code, refusal.message) if refusal else error_of(reply)
    action, resource = visit.call.actions[-1] if visit.call and visit.call.actions else ("", "*")
    contents = f"{visit.service}:{visit.operation}" in DATA_EVENTS
    return Answered(
        id=visit.id,
        event_id=str(uuid.uuid4()),
        at=visit.at,
        caller=visit.caller,
        service=visit.service,
        region=visit.region,
        operation=visit.operation,
        action=action,
        resource=resource,
        account=visit.ask.account if visit.ask else visit.caller.principal.account,
        error=error,
        message=message,
        http=replace(visit.http, body=b"") if contents else visit.http,
        reply=replace(reply, body=b"") if contents else reply,
        sent=len(reply.body),
    )
