"""Signing in with azure-identity: what Entra takes, what it refuses with which code, and what a token outlives."""

import datetime as dt

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
)
from azure.mgmt.authorization import AuthorizationManagementClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.sandbox.azure.directory import Application, Certificate, Federated, Secret, ServicePrincipal
from shared.sandbox.azure.entra import TENANT
from tests.contract.azure.scenes import SCOPE, SUBSCRIPTION, Scene, form_post

SECRET = "a-client-secret-EXAMPLE"
ARM = "https://management.azure.com/.default"
FOREVER = 2.0**33
IDENTITY = f"{SCOPE}/resourceGroups/hospital/providers/Microsoft.ManagedIdentity/userAssignedIdentities/viewer"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def application(scene: Scene) -> tuple[Application, ServicePrincipal]:
    app, principal = scene.cloud.entra.directory.add_application("imaging")
    app.credentials.secrets.append(Secret.of(SECRET, 0, FOREVER))
    return app, principal


def by_secret(scene: Scene, app_id: str, secret: str = SECRET) -> ClientSecretCredential:
    return ClientSecretCredential(TENANT, app_id, secret, **scene.options())


def refused(credential: object) -> str:
    with pytest.raises(ClientAuthenticationError) as error:
        credential.get_token(ARM)  # type: ignore[attr-defined]
    return str(error.value)


def test_a_secret_opens_and_its_token_is_signed_by_the_published_key() -> None:
    scene = Scene()
    app, principal = application(scene)
    token = by_secret(scene, app.app_id).get_token(ARM).token
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["oid"], claims["appid"], claims["aud"]) == (principal.id, app.app_id, "https://management.azure.com")


def test_each_way_a_secret_fails_has_its_code() -> None:
    scene = Scene()
    app, principal = application(scene)
    assert "AADSTS7000215" in refused(by_secret(scene, app.app_id, "wrong-EXAMPLE"))
    assert "AADSTS700016" in refused(by_secret(scene, "00000000-0000-0000-0000-00000000beef"))
    app.credentials.secrets[0].end = 1.0
    assert "AADSTS7000222" in refused(by_secret(scene, app.app_id))
    app.credentials.secrets[0].end = FOREVER
    principal.enabled = False
    assert "AADSTS7000112" in refused(by_secret(scene, app.app_id))


def test_a_token_outlives_the_disabling_of_its_principal_until_it_ends() -> None:
    scene = Scene()
    app, principal = application(scene)
    scene.cloud.rbac.assign(principal.id, "Reader", SCOPE)
    client = AuthorizationManagementClient(by_secret(scene, app.app_id), SUBSCRIPTION, **scene.options())
    assert list(client.role_assignments.list_for_scope(SCOPE))
    principal.enabled = False
    assert list(client.role_assignments.list_for_scope(SCOPE))
    scene.cloud.clock.advance(3601)
    with pytest.raises(HttpResponseError) as late:
        list(client.role_assignments.list_for_scope(SCOPE))
    assert late.value.status_code == 401


def certificate(key: rsa.RSAPrivateKey) -> tuple[bytes, Certificate]:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "imaging")])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=3650)).sign(key, hashes.SHA256())
    der = made.public_bytes(serialization.Encoding.DER)
    held = Certificate.of(der, key.public_key(), 0, FOREVER)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem + made.public_bytes(serialization.Encoding.PEM), held


def test_a_certificate_opens_until_it_is_taken_away(key: rsa.RSAPrivateKey) -> None:
    scene = Scene()
    app, _ = application(scene)
    pem, held = certificate(key)
    assert "AADSTS700027" in refused(CertificateCredential(TENANT, app.app_id, certificate_data=pem, **scene.options()))
    app.credentials.certificates.append(held)
    assert CertificateCredential(TENANT, app.app_id, certificate_data=pem, **scene.options()).get_token(ARM).token
    app.credentials.remove(held, scene.cloud.clock.now())
    assert "AADSTS700027" in refused(CertificateCredential(TENANT, app.app_id, certificate_data=pem, **scene.options()))


def test_a_federated_assertion_opens_only_for_its_subject(key: rsa.RSAPrivateKey) -> None:
    scene = Scene()
    app, _ = application(scene)
    issuer = "https://token.actions.example"
    scene.cloud.entra.directory.issuers[issuer] = key.public_key()
    app.credentials.federated.append(Federated("f1", "ci", issuer, "repo:hospital/imaging:ref:refs/heads/main"))

    def credential(subject: str) -> ClientAssertionCredential:
        claims = {"iss": issuer, "sub": subject, "aud": "api://AzureADTokenExchange"}
        text = jwt.encode(claims, key, "RS256")
        return ClientAssertionCredential(TENANT, app.app_id, lambda: text, **scene.options())

    assert credential("repo:hospital/imaging:ref:refs/heads/main").get_token(ARM).token
    assert "AADSTS700213" in refused(credential("repo:thief/imaging:ref:refs/heads/main"))


def test_a_removed_secret_is_taken_until_the_directory_has_heard() -> None:
    scene = Scene()
    scene.cloud.delays.directory = 30
    app, _ = application(scene)
    app.credentials.remove(app.credentials.secrets[0], scene.cloud.clock.now())
    assert by_secret(scene, app.app_id).get_token(ARM).token
    scene.cloud.clock.advance(31)
    assert "AADSTS7000215" in refused(by_secret(scene, app.app_id))


def test_a_machine_gets_the_same_token_of_its_identity_for_a_day() -> None:
    scene = Scene()
    identity = scene.cloud.entra.directory.add_managed_identity(IDENTITY)
    first, again = (
        ManagedIdentityCredential(client_id=identity.app_id, **scene.options(identity=IDENTITY)).get_token(ARM).token
        for _ in range(2)
    )
    assert first == again
    scene.cloud.clock.advance(86400)
    assert ManagedIdentityCredential(**scene.options(identity=IDENTITY)).get_token(ARM).token != first


def test_revoked_sessions_end_refresh_tokens_and_not_access_tokens() -> None:
    scene = Scene()
    user = scene.cloud.entra.directory.add_user("nurse@hospital.example", "a-nurses-password-EXAMPLE")
    form = {
        "grant_type": "password",
        "client_id": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        "username": user.upn,
        "password": "a-nurses-password-EXAMPLE",
        "scope": f"{ARM} offline_access",
    }
    status, session = form_post(scene, form)
    assert status == 200
    again = {"grant_type": "refresh_token", "refresh_token": session["refresh_token"], "scope": form["scope"]}
    assert form_post(scene, again)[0] == 200
    user.sessions_from = scene.cloud.clock.now() + 1
    status, answer = form_post(scene, again)
    assert (status, answer["error"], answer["error_codes"]) == (400, "invalid_grant", [50173])
    user.enabled = False
    assert form_post(scene, form)[1]["error_codes"] == [50057]
