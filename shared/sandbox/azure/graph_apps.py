"""Graph's applications and service principals: found, disabled, their credentials added and taken away."""

import base64
import secrets
import uuid
from functools import partial
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from shared.sandbox.azure.clock import iso, moment
from shared.sandbox.azure.directory import Application, Certificate, Federated, Secret, ServicePrincipal
from shared.sandbox.azure.graph_ask import Ask, Route
from shared.sandbox.azure.wire import Answer, Problem

READ = ("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
WRITE = ("Application.ReadWrite.All", "Directory.ReadWrite.All")

_TWO_YEARS = 2 * 365 * 86400.0

type Holder = Application | ServicePrincipal


def shown(held: Holder) -> dict[str, Any]:
    """An application or a service principal as Graph shows it; keys of certificates come with `$select=keyCredentials`."""
    common = {
        "id": held.id,
        "appId": held.app_id,
        "displayName": held.name,
        "createdDateTime": iso(held.created),
        "passwordCredentials": [_secret(secret) for secret in held.credentials.secrets],
        "keyCredentials": [_certificate(certificate) for certificate in held.credentials.certificates],
    }
    if isinstance(held, Application):
        return {**common, "signInAudience": "AzureADMyOrg"}
    managed = ["isExplicit=True", held.resource_id] if held.resource_id else []
    return {**common, "accountEnabled": held.enabled, "servicePrincipalType": held.type, "alternativeNames": managed, "tags": []}


def _secret(held: Secret) -> dict[str, Any]:
    return {
        "keyId": held.key_id,
        "displayName": held.name or None,
        "hint": held.hint,
        "secretText": None,
        "customKeyIdentifier": None,
        "startDateTime": iso(held.start),
        "endDateTime": iso(held.end),
    }


def _certificate(held: Certificate) -> dict[str, Any]:
    return {
        "keyId": held.key_id,
        "displayName": held.name or None,
        "customKeyIdentifier": held.thumbprint,
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": base64.b64encode(held.der).decode() or None,
        "startDateTime": iso(held.start),
        "endDateTime": iso(held.end),
    }


def _federated(held: Federated) -> dict[str, Any]:
    named = {"id": held.id, "name": held.name, "issuer": held.issuer, "subject": held.subject}
    return {**named, "audiences": list(held.audiences), "description": None}


def _all(kind: str, ask: Ask) -> Answer:
    directory = ask.cloud.entra.directory
    held = directory.applications.values() if kind == "applications" else directory.principals.values()
    return ask.many((shown(one) for one in held), kind)


def _get(kind: str, ask: Ask) -> Answer:
    content = shown(ask.cloud.entra.directory.holder(kind, ask.ids[0]))
    if "keyCredentials" not in ask.request.query.get("$select", ""):
        content["keyCredentials"] = [{**held, "key": None} for held in content["keyCredentials"]]
    return ask.one(content, kind)


def _update(kind: str, ask: Ask) -> Answer:
    """Writes `accountEnabled` and whole lists of credentials; a secret can be left out of its list, not put in."""
    held, asked = ask.cloud.entra.directory.holder(kind, ask.ids[0]), ask.body()
    if unknown := set(asked) - {"accountEnabled", "keyCredentials", "passwordCredentials", "displayName", "tags"}:
        raise Problem(400, "Request_BadRequest", f"Invalid property '{min(unknown)}'.")
    if "accountEnabled" in asked and isinstance(held, ServicePrincipal) and held.enabled != asked["accountEnabled"]:
        held.enabled, held.switched = asked["accountEnabled"], ask.now
    before = described(held)
    if "keyCredentials" in asked:
        _certificates(held, asked["keyCredentials"], ask.now)
    if "passwordCredentials" in asked:
        _secrets(held, asked["passwordCredentials"], ask.now)
    ask.audit(f"Update {'application' if kind == 'applications' else 'service principal'}", held.id, _label(kind))
    if described(held) != before:
        ask.audit(KEYED[kind], held.id, _label(kind), KeyDescription=(before, described(held)))
    return Answer(204)


def _certificates(held: Holder, asked: list[dict[str, Any]], now: float) -> None:
    kept = {one.get("keyId") for one in asked}
    for certificate in [one for one in held.credentials.certificates if one.key_id not in kept]:
        held.credentials.remove(certificate, now)
    known = {one.key_id for one in held.credentials.certificates}
    for one in asked:
        if one.get("keyId") not in known:
            held.credentials.certificates.append(_read(one, now))


def _read(asked: dict[str, Any], now: float) -> Certificate:
    try:
        der = base64.b64decode(asked["key"])
        key = x509.load_der_x509_certificate(der).public_key()
    except (KeyError, TypeError, ValueError):
        raise Problem(400, "Request_BadRequest", "Key credential is invalid: a certificate is expected.") from None
    if not isinstance(key, RSAPublicKey):
        raise Problem(400, "Request_BadRequest", "Key credential is invalid: an RSA key is expected.")
    made = Certificate.of(der, key, now, moment(asked["endDateTime"]) if asked.get("endDateTime") else now + _TWO_YEARS)
    made.key_id, made.name = asked.get("keyId") or made.key_id, asked.get("displayName") or ""
    return made


def _secrets(held: Holder, asked: list[dict[str, Any]], now: float) -> None:
    kept = {one.get("keyId") for one in asked}
    if kept - {one.key_id for one in held.credentials.secrets}:
        raise Problem(400, "CannotUpdatePasswordCredential", "New password credentials must be generated with the service action.")
    for secret in [one for one in held.credentials.secrets if one.key_id not in kept]:
        held.credentials.remove(secret, now)


def _add_password(kind: str, ask: Ask) -> Answer:
    held, asked = ask.cloud.entra.directory.holder(kind, ask.ids[0]), ask.body().get("passwordCredential") or {}
    text = secrets.token_urlsafe(30)
    end = moment(asked["endDateTime"]) if asked.get("endDateTime") else ask.now + _TWO_YEARS
    made = Secret.of(text, ask.now, end, asked.get("displayName", ""))
    before = described(held)
    held.credentials.secrets.append(made)
    ask.audit(KEYED[kind], held.id, _label(kind), KeyDescription=(before, described(held)))
    return ask.one({**_secret(made), "secretText": text}, "passwordCredential")


def _remove_password(kind: str, ask: Ask) -> Answer:
    held, wanted = ask.cloud.entra.directory.holder(kind, ask.ids[0]), ask.body().get("keyId")
    gone = next((one for one in held.credentials.secrets if one.key_id == wanted), None)
    if gone is None:
        raise Problem(400, "Request_BadRequest", f"No password credential found with keyId {wanted}.")
    before = described(held)
    held.credentials.remove(gone, ask.now)
    name = "Remove service principal credentials" if kind == "servicePrincipals" else KEYED[kind]
    ask.audit(name, held.id, _label(kind), KeyDescription=(before, described(held)))
    return Answer(204)


def _remove_key(kind: str, ask: Ask) -> Answer:
    """Wants a proof signed by a certificate that the application still has: nobody but the application itself can call it."""
    ask.cloud.entra.directory.holder(kind, ask.ids[0])
    raise Problem(401, "Authentication_MissingOrMalformed", "Access Token missing or malformed: proof of possession is not valid.")


def _list_federated(ask: Ask) -> Answer:
    held = ask.cloud.entra.directory.holder("applications", ask.ids[0])
    return ask.many((_federated(one) for one in held.credentials.federated), "federatedIdentityCredentials")


def _add_federated(ask: Ask) -> Answer:
    held, asked = ask.cloud.entra.directory.holder("applications", ask.ids[0]), ask.body()
    if any((one.issuer, one.subject) == (asked["issuer"], asked["subject"]) for one in held.credentials.federated):
        text = "FederatedIdentityCredential with issuer and subject already exists on application."
        raise Problem(409, "Request_MultipleObjectsWithSameKeyValue", text)
    made = Federated(str(uuid.uuid4()), asked["name"], asked["issuer"], asked["subject"], tuple(asked["audiences"]))
    before = _trusted(held)
    held.credentials.federated.append(made)
    ask.audit("Update application", held.id, "Application", FederatedIdentityCredentials=(before, _trusted(held)))
    return Answer.of(201, _federated(made))


def _remove_federated(ask: Ask) -> Answer:
    held, wanted = ask.cloud.entra.directory.holder("applications", ask.ids[0]), ask.ids[1]
    gone = next((one for one in held.credentials.federated if wanted in (one.id, one.name)), None)
    if gone is None:
        raise Problem(404, "Request_ResourceNotFound", f"Resource '{wanted}' does not exist.")
    held.credentials.remove(gone, ask.now)
    ask.audit("Update application", held.id, "Application")
    return Answer(204)


KEYED = {
    "applications": "Update application \N{EN DASH} Certificates and secrets management ",
    "servicePrincipals": "Add service principal credentials",
}
"""How the audit log calls a change of credentials, the blank at the end included."""


def described(held: Holder) -> list[str]:
    """Secrets and certificates as the audit log writes them."""
    secrets_ = [(one.key_id, "Password", one.name) for one in held.credentials.secrets]
    certificates = [(one.key_id, "AsymmetricX509Cert", one.name) for one in held.credentials.certificates]
    return [
        f"[KeyIdentifier={key},KeyType={kind},KeyUsage=Verify,DisplayName={name}]" for key, kind, name in (*secrets_, *certificates)
    ]


def _trusted(held: Holder) -> list[dict[str, str]]:
    return [{"Id": one.id, "Name": one.name, "Issuer": one.issuer, "Subject": one.subject} for one in held.credentials.federated]


def _label(kind: str) -> str:
    return "Application" if kind == "applications" else "ServicePrincipal"


def _of(kind: str) -> tuple[Route, ...]:
    return (
        Route("GET", kind, READ, partial(_all, kind)),
        Route("GET", f"{kind}/{{}}", READ, partial(_get, kind)),
        Route("PATCH", f"{kind}/{{}}", WRITE, partial(_update, kind)),
        Route("POST", f"{kind}/{{}}/addPassword", WRITE, partial(_add_password, kind)),
        Route("POST", f"{kind}/{{}}/removePassword", WRITE, partial(_remove_password, kind)),
        Route("POST", f"{kind}/{{}}/removeKey", WRITE, partial(_remove_key, kind)),
    )


ROUTES = (
    *_of("applications"),
    *_of("servicePrincipals"),
    Route("GET", "applications/{}/federatedIdentityCredentials", READ, _list_federated),
    Route("POST", "applications/{}/federatedIdentityCredentials", WRITE, _add_federated),
    Route("DELETE", "applications/{}/federatedIdentityCredentials/{}", WRITE, _remove_federated),
)
