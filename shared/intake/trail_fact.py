"""A CloudTrail record as a fact: who, on what, with what success."""

from shared.domain.actor import Credential

from .fact import NOBODY, Fact, Who
from .identity import ANONYMOUS, BY_TYPE, CONSOLE_AGENT, INSTANCE, SIGN_IN
from .moments import seconds
from .objects_left_out import without_key
from .tolerant import LONGEST
from .trail import Caller, Named, Trail, caller_of
from .trail_opens import OPENERS, opened_by

SOURCE = "cloudtrail"

READS = ("Get", "List", "Describe", "Head", "Lookup", "Search", "BatchGet", "Query", "Scan", "Select", "Check", "Test", "Simulate")
"""How the names of calls begin that change nothing, for records that do not say `readOnly`."""

NO_ERROR = frozenset({None, ""})

INSIGHT = "a CloudTrail insight: a change of rates; look at the calls themselves"

NO_CALLS: dict[str | None, str] = {"AwsCloudTrailInsight": INSIGHT, "Insight": INSIGHT}
"""`eventType` or `eventCategory`, and why such an event is set aside."""


def fact_of(trail: Trail) -> Fact:
    """The fact in one record; it never fails: what is missing is empty."""
    account = trail.recipient_account_id or (caller.account_id if (caller := _caller(trail)) else "") or ""
    name, error, made = trail.event_name, trail.error_code, trail.response_elements
    reads = trail.read_only
    failed = error not in NO_ERROR or trail.error_message not in NO_ERROR
    return Fact(
        source=SOURCE,
        event=name[:256],
        id=trail.event_id or "",
        at=seconds(trail.event_time),
        account=account,
        region=trail.aws_region or "",
        service=trail.event_source.partition(".")[0],
        actor=_who(trail, account),
        resources=_listed(trail.resources) if trail.resources else (),
        opens=opened_by(trail, _caller(trail), account) if name in OPENERS and error in NO_ERROR else (),
        failed=failed or (trail.event_type == "AwsConsoleSignIn" and b"Failure" in bytes(made)),
        error=error or "",
        reads=name.startswith(READS) if reads is None else reads,
        aside=NO_CALLS.get(trail.event_type) or NO_CALLS.get(trail.event_category) or "",
        address=trail.source_ip_address or "",
        agent=trail.user_agent or "",
        request_id=trail.request_id or "",
        network=trail.vpc_endpoint_id or "",
        request=trail.request_parameters,
        answer=made,
        more=trail.additional_event_data,
    )


def _listed(resources: tuple[Named, ...]) -> tuple[str, ...]:
    return tuple({whole: None for each in resources[:100] if each.arn and (whole := without_key(each.arn))})


KNOWN = 4096
"""Callers that are remembered: a log file has few callers and many calls."""

USUAL = 4096
"""Bytes of a caller that is remembered; CloudTrail writes a few hundred."""

_known: dict[tuple[object, ...], Who] = {}


def _caller(trail: Trail) -> Caller | None:
    return caller_of(bytes(trail.user_identity))


def _who(trail: Trail, account: str) -> Who:
    """The caller. What it depends on is the key under which it is remembered."""
    key = (
        bytes(trail.user_identity),
        account,
        trail.event_source == SIGN_IN,
        (trail.user_agent or "")[:8],
        trail.event_type,
        trail.session_credential_from_console,
    )
    found = _known.get(key)
    if found is None:
        found = _read_who(trail, _caller(trail), account)
        if len(_known) >= KNOWN:
            _known.clear()
        if len(key[0]) <= USUAL:
            _known[key] = found
    return found


def _read_who(trail: Trail, caller: Caller | None, account: str) -> Who:
    if caller is None or not (caller.type or caller.principal_id or caller.arn or caller.invoked_by):
        return NOBODY
    if (caller.account_id or "").lower() in ANONYMOUS or (caller.principal_id or "").lower() in ANONYMOUS:
        return Who("anonymous", Credential.ANONYMOUS, account, ())
    home = caller.account_id or account
    principal, name = _principal(caller, home)
    kind = _credential(trail, caller, name)
    text = caller.arn or caller.principal_id or caller.user_name or caller.invoked_by or caller.type or ""
    if kind in SERVICES:
        return Who(text[:LONGEST], kind, home, (), name, service=True)
    return Who(text[:LONGEST], kind, home, _keys(caller, kind, home, principal), name, via=caller.invoked_by or "")


SERVICES = frozenset({Credential.SERVICE, Credential.SERVICE_LINKED})


def _principal(caller: Caller, home: str) -> tuple[str, str]:
    """`role:<account>:<name>` or `user:<account>:<name>`, and the name; a session's issuer before its own ARN."""
    issuer = caller.session_context.session_issuer if caller.session_context else None
    arn = (issuer.arn if issuer else "") or caller.arn or ""
    tail = arn.rpartition(":")[2]
    kind, _, rest = tail.partition("/")
    if kind == "assumed-role":
        name = rest.partition("/")[0]
        return f"role:{home}:{name}", name
    name = rest.rpartition("/")[2] or (caller.user_name or "")
    if kind == "role" or caller.type == "Role":
        return f"role:{home}:{name}", name
    if kind == "user" or caller.type == "IAMUser":
        return (f"user:{home}:{name}", name) if name else ("", "")
    return "", name


def _keys(caller: Caller, kind: str, home: str, principal: str) -> tuple[str, ...]:
    """The roots: the user or role, the session or access key (what handed it out names the same), the source identity."""
    if kind == Credential.ROOT:
        return (f"root:{home}",)
    found = [principal] if principal and not (kind == Credential.IDENTITY_CENTER and principal.startswith("role:")) else []
    session = caller.principal_id or ""
    if ":" in session:
        found.append(f"session:{session}")
        if "@" in session:
            found.append("person:" + session.partition(":")[2].lower())
    elif session and not principal:
        found.append(f"id:{session}")
    if caller.access_key_id:
        found.append(f"key:{caller.access_key_id}")
    if caller.session_context and (source := caller.session_context.source_identity):
        found.append(f"source:{home}:{source}")
    return tuple(found)


def _credential(trail: Trail, caller: Caller, name: str) -> str:
    """What kind, as `identity.actor_of` says it: the more particular kind wins."""
    kind = caller.type or ""
    if kind in {"AWSService", ""} and not caller.arn:
        return Credential.SERVICE
    if caller.account_id and trail.recipient_account_id and caller.account_id != trail.recipient_account_id:
        return Credential.FOREIGN
    if kind == "IAMUser" or (kind not in BY_TYPE and ":user/" in (caller.arn or "")):
        return _of_user(trail, caller)
    return BY_TYPE.get(kind) or _of_role(caller, name)


def _of_user(trail: Trail, caller: Caller) -> str:
    signed_in = trail.session_credential_from_console in {True, "true"} or SIGN_IN in {trail.event_source, caller.invoked_by}
    by_agent = (caller.access_key_id or "").startswith("ASIA") and CONSOLE_AGENT.match(trail.user_agent or "")
    return Credential.CONSOLE if signed_in or by_agent else Credential.LONG_TERM_KEY


def _of_role(caller: Caller, name: str) -> str:
    if name.startswith("AWSServiceRoleFor"):
        return Credential.SERVICE_LINKED
    if name.startswith("AWSReservedSSO_"):
        return Credential.IDENTITY_CENTER
    context = caller.session_context
    session = (caller.principal_id or "").partition(":")[2] or (caller.arn or "").rpartition("/")[2]
    if INSTANCE.fullmatch(session) or (context and context.ec2_role_delivery):
        return Credential.INSTANCE_SESSION
    by_web = context is not None and bytes(context.web_id_federation_data) not in NO_DATA
    return Credential.FEDERATED if by_web else Credential.ROLE_SESSION


NO_DATA = frozenset({b"null", b"{}", b"[]", b'""'})
