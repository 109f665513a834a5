"""What an application shows Entra to prove itself: a secret, an assertion under its certificate, or one of a federated issuer."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import jwt
from jwt.types import Options

from shared.sandbox.azure.directory import Certificate, Federated, Secret, ServicePrincipal
from shared.sandbox.azure.wire import Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_ALGORITHMS = ["RS256", "PS256"]
_UNSEEN: Options = {"verify_signature": False, "verify_aud": False, "verify_exp": False}


class Proof:
    """Checks what a principal shows. A credential that was removed is taken for as long as the directory is late to hear it."""

    def __init__(self, cloud: "Cloud", principal: ServicePrincipal) -> None:
        self._cloud = cloud
        self._principal = principal
        self._now = cloud.clock.now()

    def check(self, form: Mapping[str, str]) -> None:
        """Raises Problem with Entra's reason."""
        if "client_secret" in form:
            self._secret(form["client_secret"])
        elif "client_assertion" in form:
            self._assertion(form["client_assertion"])
        else:
            raise _refused(7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")

    def _secret(self, text: str) -> None:
        found = [held for held in self._held(Secret) if held.opens(text, held.start)]
        if not found:
            raise _refused(
                7000215, f"Invalid client secret provided. Ensure the secret being sent belongs to app '{self._principal.app_id}'."
            )
        if not any(held.opens(text, self._now) for held in found):
            raise _refused(7000222, f"The provided client secret keys for app '{self._principal.app_id}' are expired.")

    def _assertion(self, text: str) -> None:
        try:
            claims: dict[str, Any] = jwt.decode(text, options=_UNSEEN)
            header = jwt.get_unverified_header(text)
        except jwt.PyJWTError:
            raise _refused(50027, "Invalid JWT token. Token format not valid.") from None
        if claims.get("iss") == self._principal.app_id:
            self._certified(text, header)
        else:
            self._federated(text, claims)

    def _certified(self, text: str, header: Mapping[str, Any]) -> None:
        for held in self._held(Certificate):
            old, new = str(header.get("x5t", "")).rstrip("="), str(header.get("x5t#S256", "")).rstrip("=")
            named = old == held.thumbprint or new == held.thumbprint256
            if named and held.start <= self._now < held.end and _verifies(text, held.key, self._audiences()):
                return
        app = self._principal.app_id
        raise _refused(700027, f"The certificate used to sign the client assertion is not registered on application '{app}'.")

    def _audiences(self) -> list[str]:
        tenant = self._cloud.entra.directory.tenant
        return [f"https://login.microsoftonline.com/{tenant}/{path}" for path in ("oauth2/v2.0/token", "v2.0", "oauth2/token")]

    def _federated(self, text: str, claims: Mapping[str, Any]) -> None:
        issued = [held for held in self._held(Federated) if held.issuer == claims.get("iss")]
        if not issued:
            raise _refused(
                700211, f"No matching federated identity record found for presented assertion issuer '{claims.get('iss')}'.", 400
            )
        meant = [held for held in issued if held.subject == claims.get("sub")]
        if not meant:
            raise _refused(
                700213, f"No matching federated identity record found for presented assertion subject '{claims.get('sub')}'.", 400
            )
        key = self._cloud.entra.directory.issuers.get(str(claims.get("iss")))
        if key is None or not any(_verifies(text, key, list(held.audiences)) for held in meant):
            raise _refused(700212, "No matching federated identity record found for presented assertion audience.", 400)

    def _held[C: (Secret, Certificate, Federated)](self, kind: type[C]) -> Iterator[C]:
        for credentials in self._cloud.entra.directory.credentials_of(self._principal.app_id):
            for held in credentials.known(self._now - self._cloud.delays.directory):
                if isinstance(held, kind):
                    yield held


def _verifies(text: str, key: Any, audiences: list[str]) -> bool:  # noqa: ANN401 - any public key of PyJWT's
    try:
        jwt.decode(text, key, algorithms=_ALGORITHMS, audience=audiences)
    except jwt.PyJWTError:
        return False
    return True


def _refused(number: int, text: str, status: int = 401) -> Problem:
    return Problem(status, "invalid_client" if status == 401 else "invalid_request", f"AADSTS{number}: {text}")  # noqa: PLR2004 - HTTP
