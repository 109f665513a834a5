"""Entra's token endpoint: secrets, certificates, federated assertions, passwords and refresh tokens, with their refusals.

Codes and sentences: Microsoft Entra authentication and authorization error codes (AADSTS…).
"""

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from jwt.algorithms import RSAAlgorithm

from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.credentials import Proof
from shared.sandbox.azure.directory import ServicePrincipal, User, matches
from shared.sandbox.azure.entra import AUDIENCES, KEY_ID, signing_key
from shared.sandbox.azure.wire import Answer, Problem, Request

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_HOST = "https://login.microsoftonline.com"
_WATCHED_TOKEN = 86400.0
"""A token of a client that handles claims challenges lives up to 28 hours; here a day."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """A session of a user in an application, kept alive by a refresh token."""

    user_id: str
    app_id: str
    issued: float


class Login:
    """`login.microsoftonline.com`."""

    name = "login"

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._refresh: dict[str, Refresh] = {}
        self._grants: Mapping[str, Callable[[Request, Mapping[str, str]], Answer]] = {
            "client_credentials": self._client_credentials,
            "password": self._password,
            "refresh_token": self._refreshed,
        }

    def handle(self, request: Request) -> Answer:
        tenant, _, rest = request.path.strip("/").partition("/")
        if rest == "discovery/instance":
            return Answer.of(200, _instance(request))
        if rest.startswith("userrealm/"):
            return Answer.of(200, {"ver": "1.0", "account_type": "Managed", "cloud_instance_name": "microsoftonline.com"})
        if tenant not in (self._cloud.entra.directory.tenant, "common", "organizations"):
            raise refusal(
                90002, "invalid_request", f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
            )
        if rest == "v2.0/.well-known/openid-configuration":
            return Answer.of(200, _configuration(tenant))
        if rest == "discovery/v2.0/keys":
            return Answer.of(200, {"keys": [_published_key()]})
        if rest == "oauth2/v2.0/token" and request.method == "POST":
            return self._token(request)
        raise Problem(404, "not_found", "There is no such endpoint.")

    def refuse(self, request: Request, problem: Problem) -> Answer:
        """OAuth 2.0 (RFC 6749, 5.2), with the codes that Entra adds."""
        number = problem.message.partition(":")[0].removeprefix("AADSTS")
        return Answer.of(
            problem.status,
            {
                "error": problem.code,
                "error_description": f"{problem.message} Trace ID: {request.id} Timestamp: {iso(request.at)}",
                "error_codes": [int(number)] if number.isdigit() else [],
                "timestamp": iso(request.at),
                "trace_id": request.id,
                "correlation_id": request.header("client-request-id") or request.id,
            },
        ).plus(problem.headers)

    def _token(self, request: Request) -> Answer:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        grant = self._grants.get(form.get("grant_type", ""))
        if grant is None:
            raise refusal(
                70003, "unsupported_grant_type", f"The app requested an unsupported grant type '{form.get('grant_type')}'."
            )
        return grant(request, form)

    def _client_credentials(self, request: Request, form: Mapping[str, str]) -> Answer:
        app_id = form.get("client_id", "")
        principal = self._cloud.entra.directory.principal_of(app_id)
        if principal is None:
            text = f"Application with identifier '{app_id}' was not found in the directory '{self._cloud.entra.directory.tenant}'."
            raise refusal(700016, "unauthorized_client", text)
        with self._signed_in("ServicePrincipalSignInLogs", request, principal):
            Proof(self._cloud, principal).check(form)
            if not self._cloud.entra.enabled(principal):
                raise refusal(7000112, "unauthorized_client", f"Application '{app_id}'({principal.name}) is disabled.")
        return Answer.of(200, self._issued(principal, form))

    def _password(self, request: Request, form: Mapping[str, str]) -> Answer:
        user = self._cloud.entra.directory.user_of(form.get("username", ""))
        if user is None:
            raise refusal(50034, "invalid_grant", "The user account does not exist in the directory.")
        with self._signed_in("SignInLogs", request, user):
            if not matches(user.password, form.get("password", "")):
                raise refusal(50126, "invalid_grant", "Error validating credentials due to invalid username or password.")
            self._may_go_in(user)
        return Answer.of(200, self._with_session(user, form))

    def _refreshed(self, request: Request, form: Mapping[str, str]) -> Answer:
        held = self._refresh.get(form.get("refresh_token", ""))
        user = self._cloud.entra.directory.users.get(held.user_id) if held else None
        if held is None or user is None:
            raise refusal(9002313, "invalid_grant", "Invalid request. Request is malformed or invalid.")
        with self._signed_in("SignInLogs", request, user):
            self._may_go_in(user)
            if held.issued < user.sessions_from:
                text = "The provided grant has expired due to it being revoked, a fresh auth token is needed."
                raise refusal(50173, "invalid_grant", text)
        return Answer.of(200, self._with_session(user, form))

    def _may_go_in(self, user: User) -> None:
        if not self._cloud.entra.enabled(user):
            raise refusal(50057, "invalid_grant", "The user account is disabled.")

    def _with_session(self, user: User, form: Mapping[str, str]) -> dict[str, Any]:
        """Scopes with `offline_access` get a refresh token too."""
        answer = self._issued(user, form)
        if "offline_access" in form.get("scope", ""):
            text = f"1.{secrets.token_urlsafe(48)}"
            self._refresh[text] = Refresh(user.id, form.get("client_id", ""), self._cloud.clock.now())
            answer |= {"refresh_token": text, "client_info": self._client_info(user)}
        return answer

    def _client_info(self, user: User) -> str:
        content = json.dumps({"uid": user.id, "utid": self._cloud.entra.directory.tenant}).encode()
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    def _issued(self, subject: User | ServicePrincipal, form: Mapping[str, str]) -> dict[str, Any]:
        audience = _audience(form.get("scope", ""))
        watched = "cp1" in form.get("claims", "")
        seconds = _WATCHED_TOKEN if watched and AUDIENCES.get(audience) == "graph" else self._cloud.delays.token
        token = self._cloud.entra.issue(subject, audience, seconds, app_id=form.get("client_id", ""), watched=watched)
        return {"token_type": "Bearer", "expires_in": int(seconds), "ext_expires_in": int(seconds), "access_token": token.text}

    def _signed_in(self, category: str, request: Request, subject: User | ServicePrincipal) -> "_SignIn":
        return _SignIn(self._cloud, category, request, subject)


class _SignIn:
    """Writes the sign-in log, however the attempt ends."""

    def __init__(self, cloud: "Cloud", category: str, request: Request, subject: User | ServicePrincipal) -> None:
        self._cloud = cloud
        self._category = category
        self._row = {"CorrelationId": request.id, "IPAddress": request.address, "TimeGenerated": iso(request.at)}
        if isinstance(subject, User):
            self._row |= {"UserId": subject.id, "UserPrincipalName": subject.upn}
        else:
            self._row |= {"ServicePrincipalId": subject.id, "AppId": subject.app_id, "ServicePrincipalName": subject.name}
        cloud.calls.identify(request, subject.id)

    def __enter__(self) -> None:
        """The attempt begins."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        code = str(error).partition("AADSTS")[2].partition(":")[0] if error else "0"
        self._cloud.logs.record("/providers/microsoft.aadiam", self._category, {**self._row, "ResultType": code})


def refusal(number: int, error: str, text: str, status: int = 400) -> Problem:
    """One of Entra's refusals, by its AADSTS number."""
    return Problem(status, error, f"AADSTS{number}: {text}")


def _audience(scope: str) -> str:
    """The resource that a scope belongs to; storage accounts and vaults are resources of their own too."""
    named = next((part for part in scope.split() if "://" in part), "")
    resource = "/".join(named.split("/")[:3]) if named else ""
    host = resource.removeprefix("https://")
    if resource in AUDIENCES or host.partition(".")[2] in ("vault.azure.net", "blob.core.windows.net"):
        return resource
    raise refusal(500011, "invalid_resource", f"The resource principal named {resource or scope} was not found in the tenant.")


def _instance(request: Request) -> dict[str, Any]:
    asked = request.query.get("authorization_endpoint", f"{_HOST}/common/oauth2/v2.0/authorize")
    tenant = asked.removeprefix("https://").split("/")[1]
    aliases = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"]
    return {
        "tenant_discovery_endpoint": f"{_HOST}/{tenant}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": aliases[0], "preferred_cache": aliases[1], "aliases": aliases}],
    }


def _configuration(tenant: str) -> dict[str, Any]:
    return {
        "token_endpoint": f"{_HOST}/{tenant}/oauth2/v2.0/token",
        "authorization_endpoint": f"{_HOST}/{tenant}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{_HOST}/{tenant}/oauth2/v2.0/devicecode",
        "issuer": f"{_HOST}/{tenant}/v2.0",
        "jwks_uri": f"{_HOST}/{tenant}/discovery/v2.0/keys",
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


def _published_key() -> dict[str, Any]:
    key: dict[str, Any] = RSAAlgorithm.to_jwk(signing_key().public_key(), as_dict=True)
    return {**key, "kid": KEY_ID, "use": "sig"}
