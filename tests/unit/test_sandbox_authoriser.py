"""Who may do what by identity policies, boundaries, sessions and the organisation, row by row as the IAM guide documents it."""

from collections.abc import Mapping
from copy import replace
from typing import Any

import pytest

from shared.sandbox.aws.authoriser import Named, Policies, Request, decide
from tests.unit.sandbox_people import (
    ALICE,
    ALL,
    CLOUDTRAIL,
    EVERYONE,
    LINKED,
    NOBODY,
    NOTHING,
    OBJECT,
    ROOT,
    STRANGER,
    TEMP,
    USER,
    WARD,
    allow,
    ask,
    deny,
    policy,
    to,
)

ROWS: tuple[tuple[str, Request, Policies, str], ...] = (
    # one account, no resource policy
    ("a user without policies gets nothing", ask(ALICE), Policies(), "no identity-based policy allows"),
    ("an identity policy that allows suffices", ask(ALICE), Policies(identity=ALL), "allow"),
    (
        "an explicit deny wins over every allow",
        ask(ALICE),
        Policies(identity=(policy(allow(), deny("s3:*", Sid="No")),)),
        "policy Sid No",
    ),
    ("the root user needs no policy", ask(ROOT), Policies(), "allow"),
    ("the root user has no identity policies to be denied by", ask(ROOT), Policies(identity=(policy(deny()),)), "allow"),
    ("an anonymous caller gets nothing by itself", ask(NOBODY), Policies(identity=ALL), "no resource-based policy allows"),
    # boundary and session
    (
        "a boundary that leaves the action out cuts it off",
        ask(ALICE),
        Policies(identity=ALL, boundary=policy(allow("ec2:*"))),
        "no permissions boundary allows",
    ),
    ("a boundary alone grants nothing", ask(ALICE), Policies(boundary=ALL[0]), "no identity-based policy allows"),
    ("a boundary that denies wins", ask(ALICE), Policies(identity=ALL, boundary=policy(allow(), deny("s3:*"))), "policy"),
    (
        "a session policy that leaves the action out cuts it off",
        ask(WARD),
        Policies(identity=ALL, session=NOTHING),
        "no session policy allows",
    ),
    ("a session policy alone grants nothing", ask(WARD), Policies(session=ALL), "no identity-based policy allows"),
    ("a session without a session policy has its role's permissions", ask(WARD), Policies(identity=ALL), "allow"),
    ("a session policy that denies wins", ask(WARD), Policies(identity=ALL, session=(policy(allow(), deny()),)), "policy"),
    ("a federated session has what user and session policy both allow", ask(TEMP), Policies(identity=ALL, session=ALL), "allow"),
    ("a federated session without a session policy has nothing", ask(TEMP), Policies(identity=ALL), "no session policy allows"),
    (
        "a federation token opens no IAM call",
        ask(TEMP, "iam:CreateUser"),
        Policies(identity=ALL, session=ALL),
        "no policy can allow a federated principal",
    ),
    # organisation
    (
        "an SCP that leaves the action out cuts it off",
        ask(ALICE),
        Policies(identity=ALL, scps=(policy(allow("ec2:*")),)),
        "no service control policy allows",
    ),
    ("an SCP that denies wins", ask(ALICE), Policies(identity=ALL, scps=(policy(allow(), deny("s3:*", Sid="G")),)), "policy Sid G"),
    ("an SCP binds the root user", ask(ROOT), Policies(scps=(policy(allow(), deny("s3:*")),)), "policy"),
    (
        "an SCP also limits what a resource policy gives",
        ask(ALICE),
        Policies(resource=to(USER), scps=(policy(allow("ec2:*")),)),
        "no service control policy allows",
    ),
    ("an SCP does not bind a service-linked role", ask(LINKED), Policies(identity=ALL, scps=(policy(deny()),)), "allow"),
    (
        "an SCP does not bind a service",
        ask(CLOUDTRAIL),
        Policies(resource=to("cloudtrail.amazonaws.com", kind="Service"), scps=(policy(deny()),)),
        "allow",
    ),
    ("an RCP that denies wins over the root user", ask(ROOT), Policies(rcps=(policy(deny(Principal="*")),)), "policy"),
    ("an RCP binds foreigners", ask(STRANGER), Policies(identity=ALL, resource=EVERYONE, rcps=(policy(deny()),)), "policy"),
    ("an RCP need not allow", ask(ALICE), Policies(identity=ALL, rcps=(policy(deny("kms:*")),)), "allow"),
    ("an RCP does not bind a service-linked role", ask(LINKED), Policies(identity=ALL, rcps=(policy(deny()),)), "allow"),
)


@pytest.mark.parametrize(
    ("request_", "policies", "expected"), [row[1:] for row in ROWS], ids=[f"{n}: {row[0]}" for n, row in enumerate(ROWS)]
)
def test_a_decision(request_: Request, policies: Policies, expected: str) -> None:
    decision = decide(request_, policies)
    if expected == "allow":
        assert decision.effect == "allow"
    else:
        assert (decision.allowed, decision.by) == (False, expected)


MATCHES: tuple[tuple[str, Mapping[str, Any], bool], ...] = (
    ("an action in another case", {"Action": "S3:getobject"}, True),
    ("an action with wildcards", {"Action": ["ec2:*", "s3:Get?bject"]}, True),
    ("another action", {"Action": "s3:PutObject"}, False),
    ("NotAction of another action", {"Action": None, "NotAction": "s3:Put*"}, True),
    ("NotAction of the action", {"Action": None, "NotAction": ["s3:Get*"]}, False),
    ("the resource", {"Resource": OBJECT}, True),
    ("the resource by wildcard", {"Resource": ["arn:aws:s3:::other/*", "arn:aws:s3:::phi/p*"]}, True),
    ("a resource in another case", {"Resource": OBJECT.upper()}, False),
    ("a resource shortened to its service", {"Resource": "arn:aws:s3"}, True),
    ("a wildcard that would have to cross a colon", {"Resource": "arn:*/patient"}, False),
    ("NotResource of another", {"Resource": None, "NotResource": "arn:aws:s3:::other/*"}, True),
    ("NotResource of the resource", {"Resource": None, "NotResource": ["arn:aws:s3:::phi/*"]}, False),
    ("a resource with the user's name", {"Resource": "arn:aws:s3:::${aws:PrincipalTag/Bucket}/${aws:username}"}, True),
    ("a resource with a variable that has no value", {"Resource": "arn:aws:s3:::phi/${aws:nothing}*"}, False),
    ("a resource with a default for it", {"Resource": "arn:aws:s3:::phi/${aws:nothing, 'patient'}"}, True),
    ("a resource with a value that looks like a wildcard", {"Resource": "arn:aws:s3:::phi/${aws:PrincipalTag/star}"}, False),
    ("a resource with an escaped wildcard", {"Resource": "arn:aws:s3:::phi/${*}"}, False),
)
FACTS = {
    "aws:username": ("patient",),
    "aws:principaltag/bucket": ("phi",),
    "aws:principaltag/star": ("*",),
}


@pytest.mark.parametrize(("change", "expected"), [row[1:] for row in MATCHES], ids=[row[0] for row in MATCHES])
def test_a_statement_is_about(change: Mapping[str, Any], expected: bool) -> None:
    statement = {key: value for key, value in (allow() | dict(change)).items() if value is not None}
    request = replace(ask(ALICE), context=FACTS)
    assert decide(request, Policies(identity=(policy(statement),))).allowed is expected


def test_a_document_of_the_old_version_has_no_variables() -> None:
    statement = allow(Resource="arn:aws:s3:::phi/${aws:username}")
    request = replace(ask(ALICE), context=FACTS)
    assert decide(request, Policies(identity=(policy(statement),))).allowed
    assert not decide(request, Policies(identity=(policy(statement, version="2008-10-17"),))).allowed


def test_an_object_key_with_a_newline_is_within_its_bucket() -> None:
    assert decide(
        ask(ALICE, resource="arn:aws:s3:::phi/a\nb"), Policies(identity=(policy(allow(Resource="arn:aws:s3:::phi/*")),))
    ).allowed


def test_a_single_statement_needs_no_list() -> None:
    assert decide(ask(ALICE), Policies(identity=(Named("p", {"Version": "2012-10-17", "Statement": allow()}),))).allowed


LAYERS = (
    (Policies(), "identity-based policy"),
    (Policies(identity=(policy(deny()),)), "identity-based policy"),
    (Policies(resource=policy(deny(Principal="*"))), "resource-based policy"),
    (Policies(identity=ALL, boundary=policy()), "permissions boundary"),
    (Policies(identity=ALL, session=NOTHING), "session policy"),
    (Policies(identity=ALL, scps=(policy(deny()),)), "service control policy"),
    (Policies(identity=ALL, rcps=(policy(deny()),)), "resource control policy"),
)


@pytest.mark.parametrize(("policies", "layer"), LAYERS, ids=[row[1] for row in LAYERS])
def test_a_refusal_names_the_type_of_policy_that_refused(policies: Policies, layer: str) -> None:
    assert decide(ask(ALICE), policies).layer == layer
