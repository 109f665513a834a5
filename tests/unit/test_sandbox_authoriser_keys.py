"""Key policies, grants and role trust, which must allow by themselves: row by row as the KMS and IAM guides document it."""

import pytest

from shared.sandbox.aws.authoriser import Grant, Policies, Principal, Request, decide
from tests.unit.sandbox_people import (
    ALICE,
    ALL,
    CLOUDTRAIL,
    EVERYONE,
    HOME,
    KEY,
    ROLE,
    ROOT,
    STRANGER,
    USER,
    WARD,
    allow,
    ask,
    deny,
    policy,
    to,
)

ASSUME = {"action": "sts:AssumeRole", "resource": ROLE}
DECRYPT = {"action": "kms:Decrypt", "resource": KEY}

ROWS: tuple[tuple[str, Request, Policies, str], ...] = (
    ("an identity policy alone opens no key", ask(ALICE, **DECRYPT), Policies(identity=ALL), "no resource-based policy allows"),
    (
        "... nor when the key policy names another",
        ask(ALICE, **DECRYPT),
        Policies(identity=ALL, resource=to(ROLE)),
        "no resource-based policy allows",
    ),
    (
        "a key policy that hands over to the account lets it",
        ask(ALICE, **DECRYPT),
        Policies(identity=ALL, resource=to(ROOT.arn)),
        "allow",
    ),
    ("... and by itself gives nothing", ask(ALICE, **DECRYPT), Policies(resource=to(ROOT.arn)), "no identity-based policy allows"),
    ("a key policy that names the caller suffices", ask(ALICE, **DECRYPT), Policies(resource=to(USER)), "allow"),
    (
        "a key policy that forgets the account locks root out",
        ask(ROOT, **DECRYPT),
        Policies(resource=to(ROLE)),
        "no resource-based policy allows",
    ),
    ("a key policy that names the account lets root in", ask(ROOT, **DECRYPT), Policies(resource=to(ROOT.arn)), "allow"),
    ("calls about no key need no key policy", ask(ALICE, "kms:CreateKey", "*"), Policies(identity=ALL), "allow"),
    (
        "an alias has no policy of its own",
        ask(ALICE, "kms:CreateAlias", f"arn:aws:kms:eu-central-1:{HOME}:alias/x"),
        Policies(identity=ALL),
        "allow",
    ),
    ("a grant opens the key to its grantee", ask(ALICE, **DECRYPT), Policies(grants=(Grant("g", USER, ("Decrypt",)),)), "allow"),
    ("... to the sessions of a role", ask(WARD, **DECRYPT), Policies(grants=(Grant("g", ROLE, ("Decrypt",)),)), "allow"),
    ("... to a foreigner", ask(STRANGER, **DECRYPT), Policies(grants=(Grant("g", STRANGER.arn, ("Decrypt",)),)), "allow"),
    ("... to a service", ask(CLOUDTRAIL, **DECRYPT), Policies(grants=(Grant("g", CLOUDTRAIL.arn, ("Decrypt",)),)), "allow"),
    (
        "... for its operations only",
        ask(ALICE, **DECRYPT),
        Policies(grants=(Grant("g", USER, ("Encrypt",)),)),
        "no resource-based policy allows",
    ),
    (
        "... to nobody else",
        ask(WARD, **DECRYPT),
        Policies(grants=(Grant("g", USER, ("Decrypt",)),)),
        "no resource-based policy allows",
    ),
    (
        "... never past a deny",
        ask(ALICE, **DECRYPT),
        Policies(resource=policy(deny(Principal="*")), grants=(Grant("g", USER, ("Decrypt",)),)),
        "policy",
    ),
    (
        "a grant on a context asks for exactly it",
        ask(ALICE, **DECRYPT, kms__encryptioncontext__ward="7", kms__encryptioncontext__bed="1"),
        Policies(grants=(Grant("g", USER, ("Decrypt",), context_equals={"Ward": "7"}),)),
        "no resource-based policy allows",
    ),
    (
        "a grant on a part of the context asks for that part",
        ask(ALICE, **DECRYPT, kms__encryptioncontext__ward="7", kms__encryptioncontext__bed="1"),
        Policies(grants=(Grant("g", USER, ("Decrypt",), context_subset={"Ward": "7"}),)),
        "allow",
    ),
    (
        "a constraint on the context binds no call without one",
        ask(ALICE, "kms:DescribeKey", KEY),
        Policies(grants=(Grant("g", USER, ("DescribeKey",), context_equals={"Ward": "7"}),)),
        "allow",
    ),
    (
        "the retiring principal may retire",
        ask(ALICE, "kms:RetireGrant", KEY),
        Policies(grants=(Grant("g", ROLE, (), retiring=USER),)),
        "allow",
    ),
    (
        "a grant opens nothing but KMS",
        ask(ALICE),
        Policies(grants=(Grant("g", USER, ("GetObject",)),)),
        "no identity-based policy allows",
    ),
    # trust
    ("an identity policy alone assumes no role", ask(ALICE, **ASSUME), Policies(identity=ALL), "no resource-based policy allows"),
    ("a trust policy that names the user suffices in the account", ask(ALICE, **ASSUME), Policies(resource=to(USER)), "allow"),
    (
        "... one that names the account needs the identity policy",
        ask(ALICE, **ASSUME),
        Policies(resource=to(HOME)),
        "no identity-based policy allows",
    ),
    ("... and has it", ask(ALICE, **ASSUME), Policies(resource=to(HOME), identity=ALL), "allow"),
    ("a foreigner needs both", ask(STRANGER, **ASSUME), Policies(resource=to(STRANGER.arn)), "no identity-based policy allows"),
    (
        "a trust policy's deny wins",
        ask(ALICE, **ASSUME),
        Policies(identity=ALL, resource=policy(allow(Principal={"AWS": USER}), deny(Principal="*"))),
        "policy",
    ),
    ("the root user assumes no role", ask(ROOT, **ASSUME), Policies(resource=EVERYONE), "no policy can allow a root principal"),
    (
        "a trust policy without Resource is about its role",
        ask(ALICE, **ASSUME),
        Policies(resource=policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": USER}})),
        "allow",
    ),
    (
        "a web identity is let in by its provider",
        ask(Principal("federated", HOME, "cognito", "x"), "sts:AssumeRoleWithWebIdentity", ROLE),
        Policies(resource=to("cognito", kind="Federated")),
        "allow",
    ),
    ("nobody is refused its own identity", ask(ALICE, "sts:GetCallerIdentity", "*"), Policies(identity=(policy(deny()),)), "allow"),
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
