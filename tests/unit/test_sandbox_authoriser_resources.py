"""Resource policies: whom they let in, and past which limits, row by row as the IAM User Guide documents it."""

import pytest

from shared.sandbox.aws.authoriser import Policies, Request, decide
from tests.unit.sandbox_people import (
    ALICE,
    ALL,
    CLOUDTRAIL,
    EVERYONE,
    FAR,
    FEDERATED,
    HOME,
    NOBODY,
    NOTHING,
    ROLE,
    ROOT,
    SESSION,
    STRANGER,
    STRANGER_ROOT,
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
    ("a resource policy that names the user suffices", ask(ALICE), Policies(resource=to(USER)), "allow"),
    (
        "... even past a boundary that leaves it out",
        ask(ALICE),
        Policies(resource=to(USER), boundary=policy(allow("ec2:*"))),
        "allow",
    ),
    ("... not past a boundary that denies", ask(ALICE), Policies(resource=to(USER), boundary=policy(deny())), "policy"),
    ("a resource policy that names the role suffices for its session", ask(WARD), Policies(resource=to(ROLE)), "allow"),
    (
        "... but a boundary limits it",
        ask(WARD),
        Policies(resource=to(ROLE), boundary=policy(allow("ec2:*"))),
        "no permissions boundary allows",
    ),
    ("... and a session policy limits it", ask(WARD), Policies(resource=to(ROLE), session=NOTHING), "no session policy allows"),
    (
        "a resource policy that names the session itself passes both",
        ask(WARD),
        Policies(resource=to(SESSION), session=NOTHING, boundary=policy()),
        "allow",
    ),
    ("a resource policy that names everyone suffices in the account", ask(ALICE), Policies(resource=EVERYONE), "allow"),
    (
        "... within the boundary",
        ask(ALICE),
        Policies(resource=EVERYONE, boundary=policy(allow("ec2:*"))),
        "no permissions boundary allows",
    ),
    (
        "a resource policy that names the account only hands over",
        ask(ALICE),
        Policies(resource=to(ROOT.arn)),
        "no identity-based policy allows",
    ),
    ("... also by its number", ask(ALICE), Policies(resource=to(HOME)), "no identity-based policy allows"),
    (
        "a resource policy that names the federated session passes its lack of a session policy",
        ask(TEMP),
        Policies(resource=to(FEDERATED)),
        "allow",
    ),
    ("... one that names the user behind it does not", ask(TEMP), Policies(resource=to(USER)), "no session policy allows"),
    (
        "a resource policy that denies wins over the root user",
        ask(ROOT),
        Policies(resource=policy(deny(Principal="*"), name="bucket policy")),
        "bucket policy",
    ),
    (
        "a deny that names the account binds everyone in it",
        ask(WARD),
        Policies(identity=ALL, resource=policy(deny(Principal={"AWS": HOME}))),
        "policy",
    ),
    (
        "a deny that names the role binds its sessions",
        ask(WARD),
        Policies(identity=ALL, resource=policy(deny(Principal={"AWS": ROLE}))),
        "policy",
    ),
    (
        "a deny that names another role does not",
        ask(WARD),
        Policies(identity=ALL, resource=policy(deny(Principal={"AWS": f"{ROLE}2"}))),
        "allow",
    ),
    (
        "the unique id of a deleted user names nobody of the same name",
        ask(ALICE),
        Policies(resource=to("AIDAGONE")),
        "no identity-based policy allows",
    ),
    ("the unique id of the user itself names it", ask(ALICE), Policies(resource=to("AIDAALICE")), "allow"),
    (
        "the unique id of a deleted role names no session of its successor",
        ask(WARD),
        Policies(resource=to("AROAGONE")),
        "no identity-based policy allows",
    ),
    ("the unique id of the role itself names its sessions", ask(WARD), Policies(resource=to("AROAWARD")), "allow"),
    (
        "a canonical user names nobody",
        ask(ALICE),
        Policies(resource=to("79a5", kind="CanonicalUser")),
        "no identity-based policy allows",
    ),
    (
        "a wildcard inside a principal's ARN is no wildcard",
        ask(ALICE),
        Policies(resource=to(f"arn:aws:iam::{HOME}:user/*")),
        "no identity-based policy allows",
    ),
    (
        "NotPrincipal with deny spares whom it lists with the account",
        ask(ALICE),
        Policies(identity=ALL, resource=policy(deny(NotPrincipal={"AWS": [USER, HOME]}))),
        "allow",
    ),
    (
        "... not without the account",
        ask(ALICE),
        Policies(identity=ALL, resource=policy(deny(NotPrincipal={"AWS": [USER]}))),
        "policy",
    ),
    (
        "... and not who has a boundary",
        ask(ALICE),
        Policies(identity=ALL, boundary=ALL[0], resource=policy(deny(NotPrincipal={"AWS": [USER, HOME]}))),
        "policy",
    ),
    (
        "... a session needs role, session and account listed",
        ask(WARD),
        Policies(identity=ALL, resource=policy(deny(NotPrincipal={"AWS": [ROLE, HOME]}))),
        "policy",
    ),
    (
        "NotPrincipal with allow gives to all but the listed",
        ask(WARD),
        Policies(resource=policy(allow(NotPrincipal={"AWS": USER}))),
        "allow",
    ),
    (
        "... and nothing to the listed",
        ask(ALICE),
        Policies(resource=policy(allow(NotPrincipal={"AWS": USER}))),
        "no identity-based policy allows",
    ),
    ("... and to the anonymous", ask(NOBODY), Policies(resource=policy(allow(NotPrincipal={"AWS": USER}))), "allow"),
    # across accounts
    ("a foreigner needs the resource policy", ask(STRANGER), Policies(identity=ALL), "no resource-based policy allows"),
    ("... and its own policies", ask(STRANGER), Policies(resource=to(STRANGER.arn)), "no identity-based policy allows"),
    ("... both suffice", ask(STRANGER), Policies(identity=ALL, resource=to(STRANGER.arn)), "allow"),
    ("... the account may be named instead", ask(STRANGER), Policies(identity=ALL, resource=to(FAR)), "allow"),
    ("... or everyone", ask(STRANGER), Policies(identity=ALL, resource=EVERYONE), "allow"),
    (
        "a foreigner's own boundary binds though it is named itself",
        ask(STRANGER),
        Policies(identity=ALL, resource=to(STRANGER.arn), boundary=policy()),
        "no permissions boundary allows",
    ),
    ("a foreign root user needs the resource policy only", ask(STRANGER_ROOT), Policies(resource=to(FAR)), "allow"),
    ("a foreign root user is nobody without it", ask(STRANGER_ROOT), Policies(), "no resource-based policy allows"),
    ("everyone includes the anonymous", ask(NOBODY), Policies(resource=EVERYONE), "allow"),
    ("an account does not", ask(NOBODY), Policies(resource=to(HOME)), "no resource-based policy allows"),
    ("a service is allowed by name", ask(CLOUDTRAIL), Policies(resource=to("cloudtrail.amazonaws.com", kind="Service")), "allow"),
    (
        "... by no other's",
        ask(CLOUDTRAIL),
        Policies(resource=to("config.amazonaws.com", kind="Service")),
        "no resource-based policy allows",
    ),
    (
        "a user is no service of its name",
        ask(ALICE),
        Policies(resource=to(USER, kind="Service")),
        "no identity-based policy allows",
    ),
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
