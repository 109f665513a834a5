"""A blank Azure with one subscription, and clients of the services' own that reach it."""

import json
from typing import Any
from urllib.parse import urlencode

from azure.core.credentials import AccessToken, AccessTokenInfo

from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.delays import Delays
from shared.sandbox.azure.directory import ServicePrincipal, User
from shared.sandbox.azure.entra import TENANT
from shared.sandbox.azure.resource_groups import add_group, add_subscription
from shared.sandbox.azure.transport import transport
from shared.sandbox.azure.wire import Request

SUBSCRIPTION = "00000000-1111-4222-8333-444455556666"
GROUP = "hospital"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"


class Bearer:
    """A credential that asks the cloud's Entra directly, without the hops of a sign-in."""

    def __init__(self, cloud: Cloud, who: User | ServicePrincipal, seconds: float = 3600.0) -> None:
        self._cloud = cloud
        self._who = who
        self._seconds = seconds

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        token = self._cloud.entra.issue(self._who, scopes[0].removesuffix("/.default"), self._seconds)
        return AccessToken(token.text, int(token.caller.expires))

    def get_token_info(self, *scopes: str, **_: object) -> AccessTokenInfo:
        token = self.get_token(*scopes)
        return AccessTokenInfo(token.token, token.expires_on)


class Scene:
    """The cloud, its owner, and clients for whoever is named. Nothing is tried twice, unless a test wants it."""

    def __init__(self, delays: Delays | None = None) -> None:
        self.cloud = Cloud(delays=delays)
        add_subscription(self.cloud, SUBSCRIPTION, parent="clinics")
        add_group(self.cloud, SUBSCRIPTION, GROUP)
        self.owner = self.cloud.entra.directory.add_user("owner@hospital.example", "an-owners-password-EXAMPLE")
        self.cloud.rbac.assign(self.owner.id, "Owner", SCOPE)

    def options(self, **place: str) -> dict[str, Any]:
        """What every client of the sandbox is made with."""
        return {"transport": transport(self.cloud, **place), "retry_total": 0, "logging_enable": False}

    def bearer(self, who: User | ServicePrincipal | None = None) -> Bearer:
        return Bearer(self.cloud, who or self.owner)


class Arm:
    """ARM by hand, for what the SDKs of today have no client."""

    def __init__(self, scene: Scene, who: User | ServicePrincipal | None = None) -> None:
        self._scene = scene
        self._token = scene.bearer(who).get_token("https://management.azure.com/.default").token

    def __call__(self, method: str, path: str, content: object = None) -> tuple[int, Any]:
        url = f"https://management.azure.com{path}?api-version=2021-05-01-preview"
        body = json.dumps(content).encode() if content is not None else b""
        answer = self._scene.cloud.answer(Request(method, url, {"authorization": f"Bearer {self._token}"}, body))
        return answer.status, answer.json()


def form_post(scene: Scene, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """What the token endpoint answers to a form: status and content."""
    url = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
    answer = scene.cloud.answer(Request("POST", url, {}, urlencode(form).encode()))
    return answer.status, answer.json()
