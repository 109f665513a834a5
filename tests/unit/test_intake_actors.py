"""Whose credentials a CloudTrail event shows, row by row."""

from typing import Any

import pytest

from shared.domain.actor import Credential
from shared.domain.resource import Kind

from .cloudtrail_events import ACCOUNT, ANN, OTHER, ROLE, ref, session, signal, user

FEDERATED_USER = {
    "type": "FederatedUser",
    "principalId": f"{ACCOUNT}:visitor",
    "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/visitor",
    "accountId": ACCOUNT,
    "accessKeyId": "ASIAFED",
    "sessionContext": {"sessionIssuer": {"type": "IAMUser", "principalId": "AIDAANN", "arn": ANN.id, "userName": "ann"}},
}
SSO = "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0123"

ACTORS: dict[str, tuple[dict[str, Any], tuple[Credential, str, str, str]]] = {
    "a user's key": (user(), (Credential.LONG_TERM_KEY, ANN.id, "AIDAANN", "")),
    "a user known only by name": (
        {"type": "IAMUser", "userName": "ann", "accountId": ACCOUNT},
        (Credential.LONG_TERM_KEY, f"arn:aws:iam::{ACCOUNT}:user/ann", "", ""),
    ),
    "a user known only by id": (
        {"type": "IAMUser", "principalId": "AIDAANN", "accountId": ACCOUNT},
        (Credential.LONG_TERM_KEY, "", "AIDAANN", ""),
    ),
    "a user's temporary credentials": (user(accessKeyId="ASIAANN"), (Credential.LONG_TERM_KEY, ANN.id, "AIDAANN", "")),
    "a role's session": (session(), (Credential.ROLE_SESSION, f"{ROLE}/app", "AROAAPP", "nightly")),
    "a role with a path": (session("service/app"), (Credential.ROLE_SESSION, f"{ROLE}/service/app", "AROAAPP", "nightly")),
    "a session without issuer": (session(issuer=False), (Credential.ROLE_SESSION, f"{ROLE}/app", "AROAAPP", "nightly")),
    "an instance's session": (
        session(name="i-0a1b2c3d4e5f60718"),
        (Credential.INSTANCE_SESSION, f"{ROLE}/app", "AROAAPP", "i-0a1b2c3d4e5f60718"),
    ),
    "an old instance's session": (
        session(name="i-9c3d4e5f"),
        (Credential.INSTANCE_SESSION, f"{ROLE}/app", "AROAAPP", "i-9c3d4e5f"),
    ),
    "credentials delivered by EC2": (
        session(ec2RoleDelivery="2.0"),
        (Credential.INSTANCE_SESSION, f"{ROLE}/app", "AROAAPP", "nightly"),
    ),
    "a session named almost like an instance": (
        session(name="i-am-root"),
        (Credential.ROLE_SESSION, f"{ROLE}/app", "AROAAPP", "i-am-root"),
    ),
    "an Identity Center session": (
        session(SSO, "ann@example.org"),
        (Credential.IDENTITY_CENTER, f"{ROLE}/{SSO}", "AROAAPP", "ann@example.org"),
    ),
    "an Identity Center user": (
        {"type": "IdentityCenterUser", "accountId": ACCOUNT, "onBehalfOf": {"userId": "9067-1"}},
        (Credential.IDENTITY_CENTER, "", "9067-1", ""),
    ),
    "a service-linked role": (
        session("aws-service-role/x.amazonaws.com/AWSServiceRoleForX"),
        (Credential.SERVICE_LINKED, f"{ROLE}/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", "AROAAPP", "nightly"),
    ),
    "a web identity's session": (
        session(webIdFederationData={"federatedProvider": "arn:aws:iam::1:oidc-provider/x"}),
        (Credential.FEDERATED, f"{ROLE}/app", "AROAAPP", "nightly"),
    ),
    "a session with empty federation data": (
        session(webIdFederationData={}),
        (Credential.ROLE_SESSION, f"{ROLE}/app", "AROAAPP", "nightly"),
    ),
    "a web identity that asks for a session": (
        {"type": "WebIdentityUser", "principalId": "provider:app:person", "userName": "person"},
        (Credential.FEDERATED, "", "provider", "app:person"),
    ),
    "a federation token": (FEDERATED_USER, (Credential.FEDERATION_TOKEN, ANN.id, "AIDAANN", "visitor")),
    "the root user": (
        {"type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT},
        (Credential.ROOT, "", ACCOUNT, ""),
    ),
    "a service": ({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, (Credential.SERVICE, "", "", "")),
    "a service that says nothing else": ({"invokedBy": "cloudtrail.amazonaws.com"}, (Credential.SERVICE, "", "", "")),
    "nobody": ({"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}, (Credential.ANONYMOUS, "", "", "")),
    "nobody, as old records say it": ({"type": "AWSAccount", "principalId": "anonymous"}, (Credential.ANONYMOUS, "", "", "")),
    "another account": (
        {"type": "AWSAccount", "principalId": "AROAELSE:x", "accountId": OTHER},
        (Credential.FOREIGN, "", "AROAELSE", "x"),
    ),
    "another account's role": (
        session(account=OTHER),
        (Credential.FOREIGN, f"arn:aws:iam::{OTHER}:role/app", "AROAAPP", "nightly"),
    ),
}


@pytest.mark.parametrize(("identity", "expected"), ACTORS.values(), ids=ACTORS.keys())
def test_the_actor_is(identity: dict[str, Any], expected: tuple[Credential, str, str, str]) -> None:
    actor = signal(identity).actor
    assert actor is not None
    principal = actor.principal.id if actor.principal else ""
    assert (actor.credential, principal, actor.unique_id, actor.session) == expected


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"sessionCredentialFromConsole": "true"}, id="as the record says"),
        pytest.param({"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin"}, id="by signing in"),
        pytest.param({"userAgent": "console.amazonaws.com"}, id="by its user agent"),
    ],
)
def test_a_user_in_the_console_is_told_apart(fields: dict[str, Any]) -> None:
    actor = signal(user(accessKeyId="ASIAANN"), **fields).actor
    assert actor is not None
    assert actor.credential is Credential.CONSOLE


def test_the_account_of_another_accounts_actor_is_its_own() -> None:
    actor = signal(session(account=OTHER)).actor
    assert actor is not None
    assert (actor.account, actor.access_key) == (OTHER, "ASIAAPP")
    assert actor.principal == ref(Kind.ROLE, f"arn:aws:iam::{OTHER}:role/app", account=OTHER)


def test_the_user_id_is_what_policies_compare() -> None:
    assert str(signal(session()).actor.user_id) == "AROAAPP:nightly"  # type: ignore[union-attr]  # its row above says so
    assert str(signal(FEDERATED_USER).actor.user_id) == f"{ACCOUNT}:visitor"  # type: ignore[union-attr]  # the same


def test_a_source_identity_is_kept() -> None:
    actor = signal(session(sourceIdentity="ann")).actor
    assert actor is not None
    assert actor.source_identity == "ann"


@pytest.mark.parametrize("identity", [None, {}, "null", [], {"accountId": ACCOUNT}], ids=str)
def test_an_event_without_identity_is_a_signal_without_actor(identity: object) -> None:
    assert signal(identity).actor is None
