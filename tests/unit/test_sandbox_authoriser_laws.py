"""The laws of authorisation: what holds for every request and every set of policies."""

from collections.abc import Iterator
from copy import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.sandbox.aws.authoriser import Grant, Named, Policies, Request, decide
from tests.unit.sandbox_people import (
    ALICE,
    CLOUDTRAIL,
    HOME,
    KEY,
    NOBODY,
    OBJECT,
    ROLE,
    ROOT,
    SESSION,
    STRANGER,
    TEMP,
    USER,
    WARD,
    policy,
)

_ACTIONS = st.sampled_from(["*", "s3:*", "s3:GetObject", "s3:Put*", "kms:*", "kms:Decrypt"])
_RESOURCES = st.sampled_from(["*", OBJECT, "arn:aws:s3:::phi/*", KEY, "arn:aws:s3:::other/*"])
_CONDITIONS = st.sampled_from([{}, {"Bool": {"aws:SecureTransport": "false"}}, {"ArnNotLike": {"aws:PrincipalArn": "arn:*"}}])
_PRINCIPALS = st.sampled_from(["*", {"AWS": USER}, {"AWS": HOME}, {"AWS": ROLE}, {"AWS": SESSION}, {"Service": CLOUDTRAIL.arn}])
_STATEMENTS = st.builds(
    lambda effect, action, resource, condition, principal: {
        "Effect": effect,
        "Action": action,
        "Resource": resource,
        "Condition": condition,
        "Principal": principal,
    },
    st.sampled_from(["Allow", "Deny"]),
    _ACTIONS,
    _RESOURCES,
    _CONDITIONS,
    _PRINCIPALS,
)
_DOCUMENTS = st.lists(_STATEMENTS, max_size=4).map(lambda statements: policy(*statements))
_POLICIES = st.builds(
    Policies,
    identity=st.lists(_DOCUMENTS, max_size=2).map(tuple),
    resource=st.none() | _DOCUMENTS,
    boundary=st.none() | _DOCUMENTS,
    session=st.none() | st.lists(_DOCUMENTS, max_size=2).map(tuple),
    scps=st.lists(_DOCUMENTS, max_size=2).map(tuple),
    rcps=st.lists(_DOCUMENTS, max_size=1).map(tuple),
    grants=st.just(()) | st.just((Grant("g", USER, ("Decrypt",)),)),
)
_REQUESTS = st.builds(
    Request,
    st.sampled_from([ALICE, WARD, TEMP, ROOT, STRANGER, NOBODY, CLOUDTRAIL]),
    st.sampled_from(["s3:GetObject", "kms:Decrypt"]),
    st.sampled_from([OBJECT, KEY]),
    st.just(HOME),
    st.sampled_from([{}, {"aws:principalarn": (USER,)}, {"aws:securetransport": ("false",)}]),
)


@given(_REQUESTS, _POLICIES, _DOCUMENTS)
def test_adding_denies_never_allows(request_: Request, policies: Policies, document: Named) -> None:
    denies = policy(*(statement | {"Effect": "Deny"} for statement in document.document["Statement"]))
    for more in _with(policies, denies):
        assert decide(request_, policies).allowed or not decide(request_, more).allowed


def _with(policies: Policies, more: Named) -> Iterator[Policies]:
    yield replace(policies, identity=(*policies.identity, more))
    yield replace(policies, rcps=(*policies.rcps, more))
    if policies.scps:
        yield replace(policies, scps=(*policies.scps, more))
    if policies.resource:
        statements = [*policies.resource.document["Statement"], *more.document["Statement"]]
        yield replace(policies, resource=policy(*statements))


@given(_REQUESTS, _POLICIES)
def test_the_order_of_statements_and_policies_decides_nothing(request_: Request, policies: Policies) -> None:
    turned = Policies(
        identity=_turned(policies.identity),
        resource=_turned((policies.resource,))[0] if policies.resource else None,
        boundary=_turned((policies.boundary,))[0] if policies.boundary else None,
        session=None if policies.session is None else _turned(policies.session),
        scps=_turned(policies.scps),
        rcps=_turned(policies.rcps),
        grants=policies.grants,
    )
    assert decide(request_, turned).effect == decide(request_, policies).effect


def _turned(policies: tuple[Named, ...]) -> tuple[Named, ...]:
    return tuple(policy(*reversed(each.document["Statement"])) for each in reversed(policies))


@given(_REQUESTS, _POLICIES)
def test_a_boundary_or_session_policy_never_gives_more(request_: Request, policies: Policies) -> None:
    if request_.principal.kind == "federated":
        return
    free = replace(policies, boundary=None, session=None)
    assert decide(request_, free).allowed or not decide(request_, policies).allowed


@given(_REQUESTS, _POLICIES)
def test_an_explicit_deny_names_what_denies_and_an_allow_what_allows(request_: Request, policies: Policies) -> None:
    decision = decide(request_, policies)
    assert decision.allowed is (decision.effect == "allow")
    assert decision.by
