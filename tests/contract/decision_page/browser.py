"""A person's browser, and what it finds behind the page."""

import base64
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from functions import environment, page
from functions.answers import HEADERS
from shared.adapters.aws.custody_places import table_of
from shared.domain.case import Case, Mode
from shared.settings import Modes, OneWay, Policy
from shared.workflow.deps import Deps
from tests.contract.decision_page.pool import Pool
from tests.page import Page
from tests.workflow.called import by_alias
from tests.workflow.test_functions_people import Nudges

TABLE = table_of("codeblue-cases")
ASK = Policy(modes=Modes(fence=Mode.ASK))
TWO = Policy(one_way=OneWay(second_person="always"))


@dataclass
class Browser:
    """A person's browser, with its cookies; `last` is the newest answer."""

    cookies: dict[str, str] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)

    def get(self, address: str) -> int:
        """The status of what is there; redirects are not followed."""
        parts = urlsplit(address)
        query = dict(each.split("=", 1) for each in parts.query.split("&") if each)
        return self._sent(f"GET {parts.path}", {"queryStringParameters": query} if query else {})

    def post(self, **form: str) -> int:
        return self.sends(urlencode(form).encode())

    def sends(self, body: bytes, to: str = "/decide") -> int:
        """Anything in the place of a form, as the HTTP API hands it on."""
        return self._sent(f"POST {to}", {"body": base64.b64encode(body).decode(), "isBase64Encoded": True})

    def press(self, answer: str) -> int:
        """A button of the page that is shown."""
        fields = {each["name"]: each["value"] for each in self.page.all("input")}
        assert answer in {each["value"] for each in self.page.all("button")}
        return self.post(**fields, answer=answer)

    def taking(self) -> dict[str, str]:
        """What the form beside "I have it" sends: the first of the page that is shown."""
        assert self.page.all("form")[0]["action"] == "/acknowledge"
        return {each["name"]: each["value"] for each in self.page.all("input")[:2]} | {"answer": "take"}

    def take(self, **other: str) -> int:
        """The button "I have it", or another form there."""
        return self.sends(urlencode(self.taking() | other).encode(), "/acknowledge")

    def begun(self, pool: Pool, address: str) -> int:
        """Follow an address to the provider, sign in, and come back; the status of that."""
        assert self.get(address) == 303
        return self.back(**pool.sign_in(self.location))

    def sign_in(self, pool: Pool, address: str) -> int:
        """The same, and the status of the page that is shown then."""
        assert self.begun(pool, address) == 303
        return self.get(self.location)

    def back(self, **query: str) -> int:
        return self.get(f"/signed-in?{urlencode(query)}")

    @property
    def location(self) -> str:
        return str(self.last["headers"]["location"])

    @property
    def page(self) -> Page:
        return Page(self.last["body"])

    def _sent(self, route: str, more: dict[str, Any]) -> int:
        cookies = [f"{name}={value}" for name, value in self.cookies.items()]
        event = {"version": "2.0", "routeKey": route, "cookies": cookies, **more}
        self.last = dict[str, Any](page.handler(event, by_alias("live")))
        for each in self.last.get("cookies", ()):
            pair, _, attributes = each.partition("; ")
            assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} <= set(attributes.split("; "))
            assert pair.startswith("__Host-")
            name, _, value = pair.partition("=")
            self.cookies = {n: v for n, v in {**self.cookies, name: value}.items() if v}
        assert HEADERS.items() <= self.last["headers"].items()
        return int(self.last["statusCode"])


@dataclass
class Scene:
    """A case that asks, the pool that people sign in at, and where workflows are nudged."""

    case: Case
    deps: Deps
    pool: Pool
    nudges: Nudges

    @property
    def address(self) -> str:
        return f"/case?id={self.case.id}"

    @property
    def decided(self) -> list[tuple[str, bool]]:
        return [(each.by, each.granted) for each in self.deps.cases.load(self.case.id).approvals]

    @property
    def entries(self) -> list[Any]:
        return [entry.body for entry in self.deps.journal(self.case.id).entries() if entry.kind in {"approved", "declined"}]


def served(scene: Scene, patch: pytest.MonkeyPatch) -> Scene:
    """The same, behind the function."""
    for name in ("ready", "reader"):
        patch.setattr(environment, name, lambda: scene.deps)
    for name in ("tokens", "workflows"):
        patch.setattr(environment, name, lambda: scene.nudges)
    return scene
