"""A person signs in: OpenID Connect's authorization code flow with PKCE (RFC 7636), as a public client, at one provider.

Between the two requests everything lies with the person's own browser: one random seed, of which the state, the nonce and the
verifier are made. What shows who they are is the provider's ID token, and it is verified anew with every request: nobody but the
provider can make a session, our own functions included.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

import jwt
from botocore.awsrequest import AWSRequest
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session

from shared.domain.errors import CodeblueError, Unreachable
from shared.domain.person import Vouched
from shared.domain.value import Value

RECENT = 30 * 60
"""Seconds since a person signed in after which they do so again before they look or decide; ID tokens live as long."""

ANSWER_SECONDS = 10
"""How long the provider is waited for; API Gateway gives up after thirty."""

LEEWAY = 30
"""Seconds that clocks may differ by."""

REQUIRED = ["iss", "sub", "aud", "exp", "iat", "auth_time"]


VERIFIED = "custom:email_verified"
"""What the organisation's provider said of the address, where it said anything (OpenID Connect Core, 5.1)."""


class NotSignedIn(CodeblueError):
    """Nobody vouches for whoever sent this, or not any more: they sign in (again)."""


class NotAllowed(CodeblueError):
    """It is known who this is, and they may not: no second factor, or no approver."""


class Provider(Value):
    """Where people sign in, as what we are known there (`client`), and to which address they come `back`.

    `groups`: of which a person is in one, by the claim `groups_claim`; `mfa`: of which the claim `mfa_claim` says one.
    """

    issuer: str
    keys: str
    authorize: str
    token: str
    client: str
    back: str
    groups: frozenset[str]
    groups_claim: str
    mfa: frozenset[str]
    mfa_claim: str


class SignedIn(Value):
    """A person: `who` is issuer and subject, with the mail address that people read; `vouched` is what the record says besides."""

    who: str
    called: str
    vouched: Vouched


def derived(seed: str, what: str) -> str:
    """A value of this sign-in alone; of one such value nobody learns another."""
    return base64.urlsafe_b64encode(hmac.digest(seed.encode(), what.encode(), "sha256")).rstrip(b"=").decode()


def address(provider: Provider, seed: str) -> str:
    """Where a browser is sent to sign in (OpenID Connect Core, 3.1.2.1), anew also where somebody is signed in."""
    verifier = derived(seed, "verifier").encode()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": provider.client,
        "redirect_uri": provider.back,
        "scope": "openid email",
        "state": derived(seed, "state"),
        "nonce": derived(seed, "nonce"),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "prompt": "login",
    }
    return f"{provider.authorize}?{urlencode(asked)}"


def redeemed(provider: Provider, seed: str, state: str, code: str) -> str:
    """The ID token for a code that came back with this state. Raises `NotSignedIn`, `Unreachable`."""
    if not code or not hmac.compare_digest(state.encode(), derived(seed, "state").encode()):
        raise NotSignedIn("the answer of the sign-in is not one to a question of this browser's")
    given = {
        "grant_type": "authorization_code",
        "client_id": provider.client,
        "redirect_uri": provider.back,
        "code": code,
        "code_verifier": derived(seed, "verifier"),
    }
    said = _posted(provider.token, given)
    token = said.get("id_token")
    if not isinstance(token, str):
        raise NotSignedIn("the code of the sign-in was used before, is too old, or is not this browser's")
    claims, _ = _verified(provider, token)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), derived(seed, "nonce").encode()):
        raise NotSignedIn("the ID token is of another sign-in")
    return token


def _posted(url: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    """The provider's answer (JSON); nothing where it refuses. What it says of a refusal is nobody's to read here."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", url, data=urlencode(form).encode(), headers=headers)
    try:
        answer = URLLib3Session(timeout=ANSWER_SECONDS).send(request.prepare())
        content = json.loads(answer.content)
    except (HTTPClientError, ValueError) as error:
        raise Unreachable(f"the sign-in gives no answer: {type(error).__name__}") from None
    return content if answer.status_code == 200 and isinstance(content, dict) else {}  # noqa: PLR2004


def person(provider: Provider, token: str) -> SignedIn:
    """Whose ID token this is, if they may decide. Raises `NotSignedIn`, `NotAllowed`, `Unreachable`."""
    claims, factors = _verified(provider, token)
    if time.time() - float(claims["auth_time"]) > RECENT + LEEWAY:
        raise NotSignedIn(f"the sign-in is more than {RECENT // 60} minutes old")
    if not factors & provider.mfa:
        raise NotAllowed(f"the sign-in shows no second factor: its claim {provider.mfa_claim} says none of {_told(provider.mfa)}")
    groups = _values(claims.get(provider.groups_claim)) & provider.groups
    if not groups:
        raise NotAllowed(f"the person who signed in is in no group of approvers: the claim {provider.groups_claim} names none")
    email = str(claims.get("email") or "")
    if not email:
        raise NotAllowed("the sign-in tells no e-mail address, by which whoever asked is told from whoever approves")
    if VERIFIED in claims and str(claims[VERIFIED]).lower() != "true":
        raise NotAllowed(
            f"the sign-in says that nobody has shown {email} to be theirs (email_verified), so another could decide by that name: "
            "verify the address at your organisation's sign-in, and sign in again"
        )
    recorded = {
        "iss": str(claims["iss"]),
        "sub": str(claims["sub"]),
        "email": email,
        "auth_time": str(claims["auth_time"]),
        provider.mfa_claim: _told(factors & provider.mfa),
        provider.groups_claim: _told(groups),
    }
    subject = f"{claims['iss']}#{claims['sub']}"
    names = frozenset(name.lower() for name in (str(claims["sub"]), email, email.partition("@")[0], *_named(claims)) if name)
    return SignedIn(who=f"{email} ({subject})", called=email, vouched=Vouched(names=names, claims=recorded))


def _verified(provider: Provider, token: str) -> tuple[Mapping[str, Any], frozenset[str]]:
    """The claims of an ID token of this provider's, made out to us and not over, and the factors among them."""
    try:
        key = _keys(provider.keys).get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=provider.client,
            issuer=provider.issuer,
            leeway=LEEWAY,
            options={"require": REQUIRED, "strict_aud": True},
        )
    except (jwt.PyJWKClientConnectionError, ValueError):  # the second where the keys come as no JSON
        raise Unreachable("the keys of the sign-in could not be fetched: who you are can not be verified") from None
    except jwt.ExpiredSignatureError:
        raise NotSignedIn("the sign-in is over") from None
    except jwt.PyJWTError as error:
        raise NotSignedIn(f"the ID token does not hold: {type(error).__name__}") from None
    if claims.get("token_use", "id") != "id" or type(claims["auth_time"]) not in {int, float}:
        raise NotSignedIn("the token is no ID token")
    return claims, _values(claims.get(provider.mfa_claim))


@cache
def _keys(url: str) -> jwt.PyJWKClient:
    """The provider's keys, fetched once in five minutes by each worker, and for a key that is new to it."""
    return jwt.PyJWKClient(url, timeout=ANSWER_SECONDS)


def _values(claim: object) -> frozenset[str]:
    """A claim's values. A list that Cognito has mapped to an attribute is one text in brackets: `["a","b"]`, or `[a, b]`."""
    if isinstance(claim, list):
        return frozenset(each for each in claim if isinstance(each, str))
    if not isinstance(claim, str) or not claim:
        return frozenset()
    if not (claim.startswith("[") and claim.endswith("]")):
        return frozenset({claim})
    try:
        return _values(json.loads(claim))
    except ValueError:
        return frozenset(each.strip() for each in claim[1:-1].split(","))


def _named(claims: Mapping[str, Any]) -> list[str]:
    """What else a person is called: at the organisation's own provider, where Cognito stands before it (`identities`)."""
    federated = claims.get("identities")
    ids = [each.get("userId") for each in federated if isinstance(each, dict)] if isinstance(federated, list) else []
    return [name for name in (*ids, claims.get("preferred_username")) if isinstance(name, str)]


def _told(values: frozenset[str]) -> str:
    return ", ".join(sorted(values))
