"""Who may do what: one pure function over a request and the policies that apply to it.

The rules, as the IAM User Guide ("Policy evaluation logic", "Cross-account policy evaluation logic"), the KMS Developer Guide
("Grants", "Default key policy") and the STS reference give them:

1. An explicit deny in any policy wins. Service-linked roles are beyond SCPs and RCPs; boundaries and session policies bind
   users, roles and their sessions only; no identity policy binds the root user.
2. SCPs, where there are any, must allow; they bind principals of their account, never a service or an anonymous caller.
3. In one account an allow of the resource policy *or* of the identity policies suffices. A resource policy that names the
   user or the session itself is not limited by a boundary or session policy; one that names the role, the user behind a
   federated session, or everyone ("*") is; one that names the account only hands the decision to the identity policies.
4. Key policies and role trust policies must allow, or hand over to the account; a KMS grant counts as an allow.
5. Across accounts the resource policy and the identity policies must both allow.
6. Identity allows are cut down to the boundary and to the session policy. A federated session without a session policy has none.
7. Services and anonymous callers are allowed by resource policies only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal

from shared.sandbox.aws.conditions import holds
from shared.sandbox.aws.grants import Grant, granted
from shared.sandbox.aws.naming import Principal, Reach, many, reach
from shared.sandbox.aws.patterns import Context, expand, matches, matches_arn

__all__ = ["Decision", "Grant", "Named", "Policies", "Principal", "Request", "decide"]

type Effect = Literal["allow", "explicit-deny", "implicit-deny"]
type Document = Mapping[str, Any]
"""A policy document as JSON gives it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One action on one resource. `resource` is an ARN, or "*" for actions without one; condition keys are in lower case."""

    principal: Principal
    action: str
    resource: str
    resource_account: str
    context: Context = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Named:
    """A policy document with the name under which a decision speaks of it."""

    name: str
    document: Document


@dataclass(frozen=True, slots=True)
class Policies:
    """All that applies to a request: of the caller's account, except `resource`, `rcps` and `grants` (of the resource's).

    `session` is None where the session was made without a session policy. No `scps` means that none bind (no organisation, or
    its management account); otherwise one of them must allow.
    """

    identity: tuple[Named, ...] = ()
    resource: Named | None = None
    boundary: Named | None = None
    session: tuple[Named, ...] | None = None
    scps: tuple[Named, ...] = ()
    rcps: tuple[Named, ...] = ()
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, and what decided it: `by` is a policy with its Sid, or what is missing ("no identity-based policy allows").

    `layer` is the type of policy that decided, in the words of the services' error messages.
    """

    allowed: bool
    effect: Effect
    by: str
    layer: str = ""


IDENTITY: Final = "identity-based policy"
RESOURCE: Final = "resource-based policy"
BOUNDARY: Final = "permissions boundary"
SESSION: Final = "session policy"
SCP: Final = "service control policy"
RCP: Final = "resource control policy"
GRANT: Final = "grant"

# STS answers these whatever a policy says (STS API reference).
NEVER_REFUSED: Final = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})

_SERVICE_LINKED: Final = ":role/aws-service-role/"
_TRUST: Final = "sts:assumerole"


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one layer says: the statement that denies ("" if none), how far its allows reach, and the statement that allows."""

    denied: str = ""
    reach: Reach = Reach.NOBODY
    allowed: str = ""


def decide(request: Request, policies: Policies) -> Decision:
    """The decision on a request. Raises UnknownOperator for a condition operator that no service would have accepted."""
    if request.action in NEVER_REFUSED:
        return Decision(allowed=True, effect="allow", by=f"{request.action} needs no permission")
    if _out_of_bounds(request):
        by = f"no policy can allow a {request.principal.kind} principal"
        return Decision(allowed=False, effect="implicit-deny", by=by, layer=IDENTITY)
    layers = _layers(request, policies)
    for name, outcome in layers.items():
        if outcome.denied:
            return Decision(allowed=False, effect="explicit-deny", by=outcome.denied, layer=name)
    if SCP in layers and not layers[SCP].reach:
        return _missing(SCP)
    return _allowed_by(request, policies, layers)


def _layers(request: Request, policies: Policies) -> dict[str, _Outcome]:
    """The outcome of each type of policy that binds this caller, in the order in which the services name the first that refuses."""
    caller = request.principal
    identified = caller.kind in {"user", "role", "federated"}
    linked = _SERVICE_LINKED in caller.issuer
    layers: dict[str, _Outcome] = {}
    if policies.scps and not linked and (identified or caller.kind == "root"):
        layers[SCP] = _any(policies.scps, request)
    if policies.rcps and not linked:
        layers[RCP] = _any(policies.rcps, request)
    if policies.resource:
        layers[RESOURCE] = _resource_policy(policies.resource, request, bounded=policies.boundary is not None)
    if identified:
        layers[IDENTITY] = _any(policies.identity, request)
        if policies.boundary:
            layers[BOUNDARY] = _any((policies.boundary,), request)
        if policies.session is not None:
            layers[SESSION] = _any(policies.session, request)
    return layers


def _out_of_bounds(request: Request) -> bool:
    """Calls that no policy opens: root assumes no role; a federation token calls neither IAM nor STS (STS API reference)."""
    service, _, operation = request.action.partition(":")
    caller = request.principal.kind
    return (caller == "root" and operation == "AssumeRole") or (
        caller == "federated" and service in {"iam", "sts"} and not operation.startswith("AssumeRoleWith")
    )


def _allowed_by(request: Request, policies: Policies, layers: Mapping[str, _Outcome]) -> Decision:
    """Who allows, once nobody denies: rules 3 to 7."""
    caller = request.principal
    named = layers.get(RESOURCE, _Outcome())
    grant = next((grant for grant in policies.grants if granted(grant, caller, request.action, request.context)), None)
    if grant:
        return Decision(allowed=True, effect="allow", by=f"grant {grant.grant_id}", layer=GRANT)
    local = caller.account == request.resource_account
    alone = (local and named.reach is Reach.ITSELF) or caller.kind in {"service", "anonymous"}
    if named.reach and alone:
        return _allow(RESOURCE, named)
    if not named.reach and (alone or not local or _must_be_named(request)):
        return _missing(RESOURCE)
    if local and named.reach is Reach.ROLE:
        return _limited(request, layers, _allow(RESOURCE, named))
    return _limited(request, layers, _by_identity(caller, layers))


def _by_identity(caller: Principal, layers: Mapping[str, _Outcome]) -> Decision:
    if caller.kind == "root":
        return Decision(allowed=True, effect="allow", by="the root user", layer=IDENTITY)
    return _allow(IDENTITY, layers[IDENTITY]) if layers[IDENTITY].reach else _missing(IDENTITY)


def _limited(request: Request, layers: Mapping[str, _Outcome], decision: Decision) -> Decision:
    """An allow, unless the boundary or the session policy leaves it out."""
    if not decision.allowed:
        return decision
    if request.principal.kind == "federated" and SESSION not in layers:
        return _missing(SESSION)
    return next((_missing(name) for name in (BOUNDARY, SESSION) if name in layers and not layers[name].reach), decision)


def _must_be_named(request: Request) -> bool:
    """Whether the resource's own policy has to allow even within the account: KMS keys and roles to be assumed."""
    action = request.action.lower()
    return (action.startswith("kms:") and ":key/" in request.resource) or (
        action.startswith((_TRUST, "sts:tagsession", "sts:setsourceidentity")) and request.resource != "*"
    )


def _allow(layer: str, outcome: _Outcome) -> Decision:
    return Decision(allowed=True, effect="allow", by=outcome.allowed, layer=layer)


def _missing(layer: str) -> Decision:
    return Decision(allowed=False, effect="implicit-deny", by=f"no {layer} allows", layer=layer)


def _any(policies: Iterable[Named], request: Request) -> _Outcome:
    """Policies that name no principal, because they are attached to one: the first deny, the first allow."""
    allowed = ""
    for policy, statement, variables in _statements(policies):
        if (statement["Effect"] == "Deny" or not allowed) and _applies(statement, request, variables=variables):
            if statement["Effect"] == "Deny":
                return _Outcome(denied=_label(policy, statement))
            allowed = _label(policy, statement)
    return _Outcome(reach=Reach.ITSELF if allowed else Reach.NOBODY, allowed=allowed)


def _resource_policy(policy: Named, request: Request, *, bounded: bool) -> _Outcome:
    """A policy that names principals: the first deny, and the allow that names the caller most personally."""
    best = _Outcome()
    for _, statement, variables in _statements((policy,)):
        denies = statement["Effect"] == "Deny"
        found = reach(statement, request.principal, bounded=bounded)
        if found <= (Reach.NOBODY if denies else best.reach) or not _applies(statement, request, variables=variables):
            continue
        if denies:
            return _Outcome(denied=_label(policy, statement))
        best = _Outcome(reach=found, allowed=_label(policy, statement))
    return best


def _statements(policies: Iterable[Named]) -> Iterable[tuple[Named, Document, bool]]:
    """Each statement with its policy, and whether its document has policy variables (Version 2012-10-17)."""
    for policy in policies:
        statements = policy.document.get("Statement", ())
        variables = policy.document.get("Version") == "2012-10-17"
        for statement in (statements,) if isinstance(statements, Mapping) else statements:
            yield policy, statement, variables


def _label(policy: Named, statement: Document) -> str:
    return f"{policy.name} Sid {statement['Sid']}" if statement.get("Sid") else policy.name


def _applies(statement: Document, request: Request, *, variables: bool) -> bool:
    context = request.context if variables else None
    return (
        _is_about_action(statement, request.action)
        and _is_about_resource(statement, request.resource, context)
        and holds(statement.get("Condition") or {}, request.context, context)
    )


def _is_about_action(statement: Document, action: str) -> bool:
    if "NotAction" in statement:
        return not _named(tuple(many(statement["NotAction"])), action)
    return _named(tuple(many(statement.get("Action", ()))), action)


@lru_cache(maxsize=65_536)
def _named(patterns: tuple[str, ...], action: str) -> bool:
    """Whether one of the patterns fits the action: a responder's policy has two hundred, and is asked at every call."""
    return any(matches(pattern, action, ignore_case=True) for pattern in patterns)


def _is_about_resource(statement: Document, resource: str, variables: Context | None) -> bool:
    """A statement without Resource, as in a trust policy, is about the resource it is attached to."""
    negated = "NotResource" in statement
    patterns = many(statement["NotResource"] if negated else statement.get("Resource", "*"))
    return (
        any((text := expand(pattern, variables)) is not None and matches_arn(text, resource) for pattern in patterns) is not negated
    )
