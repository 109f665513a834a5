"""An OpenID Connect provider that answers over HTTP as a Cognito user pool does, with its refusals."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from functions.sign_in import Provider
from shared.sandbox.aws.http import Incoming, Reply
from shared.sandbox.aws.listener import Listener

CLIENT, PAGE = "codeblue-page", "https://page.example"
GROUP = "7f1c1a52-0d3e-4a55-9a43-3f5a8e1d2c11"
KEY_ID = "pool-key-1"
JSON = (("content-type", "application/json"),)


@dataclass
class Pool:
    """What it says of whoever signs in (`says`), under which key and algorithm; `down`: it gives no answer that can be read."""

    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    says: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    signs: rsa.RSAPrivateKey | None = None
    down: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    redeemed: int = 0

    def __post_init__(self) -> None:
        self.door = Listener(self._served)
        self.door.start()

    @property
    def url(self) -> str:
        return self.door.url

    def provider(self) -> Provider:
        return Provider(
            issuer=self.url,
            keys=f"{self.url}/.well-known/jwks.json",
            authorize=f"{self.url}/oauth2/authorize",
            token=f"{self.url}/oauth2/token",
            client=CLIENT,
            back=f"{PAGE}/signed-in",
            groups=frozenset({GROUP}),
            groups_claim="custom:groups",
            mfa=frozenset({"mfa"}),
            mfa_claim="custom:mfa",
        )

    def sign_in(self, address: str) -> dict[str, str]:
        """A person signs in at this address; what their browser brings back."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert address.startswith(f"{self.url}/oauth2/authorize?")
        assert (asked["client_id"], asked["redirect_uri"], asked["response_type"]) == (CLIENT, f"{PAGE}/signed-in", "code")
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        usual: dict[str, Any] = {
            "iss": self.url,
            "sub": "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
            "aud": CLIENT,
            "exp": now + 1800,
            "iat": now,
            "auth_time": now,
            "nonce": nonce,
            "token_use": "id",
            "email": "Ann@st-brendan.example",
            "custom:groups": f"[{GROUP}, some-other-group]",
            "custom:mfa": '["pwd","mfa"]',
            "identities": [{"userId": "ann.entra", "providerName": "organisation"}],
        }
        claims = {name: value for name, value in {**usual, **self.says}.items() if value is not None}
        header = {"kid": KEY_ID, **self.header}
        if header.get("alg") == "none":
            return jwt.encode(claims, "", algorithm="none", headers=header)
        return jwt.encode(claims, self.signs or self.key, algorithm="RS256", headers=header)

    def _served(self, incoming: Incoming) -> Reply:
        if self.down:
            return Reply(503, (), b"<html>")
        if incoming.path == "/.well-known/jwks.json":
            public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
            return Reply(200, JSON, json.dumps({"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}).encode())
        assert (incoming.method, incoming.path) == ("POST", "/oauth2/token")
        return self._exchanged(dict(parse_qsl(incoming.body.decode())))

    def _exchanged(self, said: dict[str, str]) -> Reply:
        """Once, with the verifier, and for the client and the address that asked (RFC 6749, 4.1.3; RFC 7636, 4.6)."""
        asked = self.codes.pop(said["code"], {})
        hashed = hashlib.sha256(said["code_verifier"].encode()).digest()
        same = (
            said["grant_type"] == "authorization_code"
            and asked.get("client_id") == said["client_id"]
            and asked.get("redirect_uri") == said["redirect_uri"]
            and asked.get("code_challenge") == base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
        )
        if not same:
            return Reply(400, JSON, b'{"error": "invalid_grant"}')
        self.redeemed += 1
        answer = {"id_token": self.id_token(asked["nonce"]), "access_token": "opaque", "token_type": "Bearer", "expires_in": 300}
        return Reply(200, JSON, json.dumps(answer).encode())
