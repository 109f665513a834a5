"""AWS Lambda behind an HTTP API: a page on which a person reads what a case asks, takes it, and approves or refuses exactly that.

Who it is their organisation's identity provider says (`sign_in`). A link only opens, and counts as used when somebody has signed in
by it. Nothing of a case is shown to anybody else, and its id is all of it that is in an address.
"""

import hmac
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple
from urllib.parse import parse_qs

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from shared.domain.errors import Absent, BadInput, CodeblueError, NotApproved, NotReady
from shared.domain.page import OpenPage
from shared.report.question import Form, listed, page
from shared.workflow.acknowledging import acknowledge as take
from shared.workflow.answering import Decision
from shared.workflow.asking import barred
from shared.workflow.paging import opened as opened_page

from . import environment
from .answers import Answer, done, failed, had, sent_to, shown
from .decide import settle
from .sign_in import NotSignedIn, Provider, SignedIn, address, derived, person, redeemed

LOG = logging.getLogger("codeblue")

SESSION, ATTEMPT = "__Host-session", "__Host-sign-in"
"""Cookies; the prefix has browsers keep them to this host alone (RFC 6265bis, 4.1.3.2)."""

ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
"""Lax: the sign-in comes back from another site. What decides is sent by POST, which no other site sends them with."""

ATTEMPT_SECONDS, SESSION_SECONDS = 600, 1800
LARGEST_COOKIE = 4096
"""Bytes of a cookie with its name and attributes that a browser keeps at the least (RFC 6265, 6.1)."""

CASE = re.compile(r"cb-[a-z0-9-]{1,61}")
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
BEGUN = re.compile(rf"(?P<seed>{TOKEN.pattern})\.(?P<link>{TOKEN.pattern}|)\.(?P<case>{CASE.pattern}|)")
"""A sign-in that was begun: its seed, and the link or the case that it is to open."""


class Asked(NamedTuple):
    """A request: what its address and its form say, and its cookies by name."""

    query: Mapping[str, str]
    form: Mapping[str, str]
    cookies: Mapping[str, str]


def handler(event: dict[str, object], context: LambdaContext) -> Answer:
    """Entry point: an event of the HTTP API (payload format 2.0). Whatever goes wrong is a page too."""
    del context
    request = APIGatewayProxyEventV2(event)
    sends = request.route_key in FORMS
    # whoever sends a browser back here without a sign-in of its own ends nothing by that
    ended = () if request.route_key == "GET /signed-in" else (f"{SESSION}=; Max-Age=0; {ATTRIBUTES}",)
    try:
        asked = Asked(_plain(request.query_string_parameters), _form(request), _cookies(request))
        return ROUTES[request.route_key](asked)
    except NotSignedIn as why:
        return {**failed(why, links={"Sign in": "/cases"}), "cookies": [*ended]}
    except (CodeblueError, ValidationError) as why:
        return failed(why, links={"What is asked now": "/cases"}, perhaps=sends)
    except Exception as why:  # noqa: BLE001  # a person reads it at night; what it says could quote a request
        LOG.error("the decision page has failed: %s", type(why).__name__)  # noqa: TRY400  # the same
        return failed(why, links={}, perhaps=sends)


def opened(asked: Asked) -> Answer:
    """A link of a page: whoever follows it is sent to sign in. It is not used by that, for mail scanners follow links as well."""
    token = asked.query.get("t", "")
    if not TOKEN.fullmatch(token):
        raise Absent("the link is not whole: mail programs break long ones")
    environment.links().opens(token)
    return _signing_in(link=token)


def back(asked: Asked) -> Answer:
    """Somebody comes back from signing in: now the link is used, and their session begins. Raises as `person` and `redeemed`."""
    if "error" in asked.query:
        raise NotSignedIn("the identity provider did not let you in")
    seed, link, case = _attempt(asked.cookies.get(ATTEMPT, ""))
    token = redeemed(provider(), seed, asked.query.get("state", ""), asked.query.get("code", ""))
    person(provider(), token)
    session = f"{SESSION}={token}; Max-Age={SESSION_SECONDS}; {ATTRIBUTES}"
    if len(session) > LARGEST_COOKIE:
        raise NotReady("the ID token is longer than a browser keeps: have the identity provider send the approvers' groups alone")
    to = _used(link, seed) if link else case
    return sent_to(f"/case?id={to}" if to else "/cases", session, f"{ATTEMPT}=; Max-Age=0; {ATTRIBUTES}")


def _used(link: str, sign_in: str) -> str:
    """The case of the link; nothing where somebody else was first: what is asked they see in the list of all."""
    try:
        return environment.links().use(link, sign_in)
    except Absent:
        return ""


def cases(asked: Asked) -> Answer:
    """What is asked now, for whoever has signed in; anybody else signs in first."""
    if SESSION not in asked.cookies:
        return _signing_in()
    who, deps = _signed_in(asked), environment.reader()
    return shown(listed(deps.cases.all(), deps.clock.now(), who.called, "/case?id="))


def case(asked: Asked) -> Answer:
    """What one case asks. Raises `Absent`."""
    ident = asked.query.get("id", "")
    if not CASE.fullmatch(ident):
        raise Absent("the address names no case")
    if SESSION not in asked.cookies:
        return _signing_in(case=ident)
    who, deps = _signed_in(asked), environment.reader()
    found = deps.cases.load(ident)
    deciding = Form(to="/decide", csrf=_csrf(asked, ident, found.awaiting.digest) if found.awaiting else "")
    waits, own = opened_page(found, found, deps.clock.now()), bool(barred(found, deps, who.who, who.vouched))
    taking = Form(to="/acknowledge", csrf=_taking(asked, ident, waits) if waits else "")
    return shown(page(found, deps.journal(ident), deps.clock.now(), who.called, deciding, taking, own=own))


def acknowledge(asked: Asked) -> Answer:
    """A person takes what the page showed them to wait: on record under their name, and nobody else is called. Decides nothing."""
    who, form = _signed_in(asked), asked.form
    ident, deps = form.get("case", ""), environment.reader()
    if not CASE.fullmatch(ident):
        raise BadInput("the form names no case")
    found = deps.cases.load(ident)
    waits = opened_page(found, found, deps.clock.now())
    if waits is None:
        raise NotApproved(f"case {ident} waits for nobody: no page of it is open")
    if not hmac.compare_digest(form.get("csrf", "").encode(), _taking(asked, ident, waits).encode()):
        raise NotApproved("it was not sent from the page that shows you what the case waits for now")
    taken = take(ident, deps, who.who, who.vouched)
    links = {"The case": f"/case?id={ident}", "What is asked now": "/cases"}
    return had(taken, who.who, links)


def decide(asked: Asked) -> Answer:
    """What a person decided with the page's own buttons, and of exactly the digest that they saw. Raises as `settle`."""
    who, form = _signed_in(asked), asked.form
    given = {"case": form.get("case"), "digest": form.get("digest"), "granted": GRANTED.get(form.get("answer", ""))}
    order = Decision.model_validate(given)
    if not hmac.compare_digest(form.get("csrf", "").encode(), _csrf(asked, order.case, order.digest).encode()):
        raise NotApproved("the decision was not sent from the page that shows this digest to you")
    settle(order, who.who, environment.ready(), environment.tokens(), environment.workflows(), who.vouched)
    links = {"The case": f"/case?id={order.case}", "What is asked now": "/cases"}
    if not order.granted:
        return done(f"Refused: case {order.case}", "What you refused is not done.", [f"codeblue status {order.case}"], links)
    happened = f"You approved {order.digest}. The workflow goes on with it now."
    return done(f"Approved: case {order.case}", happened, [f"Follow it: codeblue status {order.case} --follow"], links)


GRANTED = {"approve": True, "refuse": False}

ROUTES: Mapping[str, Callable[[Asked], Answer]] = {
    "GET /open": opened,
    "GET /signed-in": back,
    "GET /cases": cases,
    "GET /case": case,
    "POST /acknowledge": acknowledge,
    "POST /decide": decide,
}
"""By the route of the HTTP API, which has no others."""

FORMS = frozenset(route for route in ROUTES if route.startswith("POST "))
"""Routes that take what a form of a page's sends, and may have done it when something goes wrong."""


@cache
def provider() -> Provider:
    """With whom people sign in. Raises `NotReady` where the deployment has no sign-in."""
    said = environment.settings()
    if not (said.page and said.sso_issuer and said.sso_domain and said.sso_client and said.sso_groups and said.sso_mfa):
        raise NotReady("CODEBLUE_PAGE and CODEBLUE_SSO_… of this function are not set: nobody can sign in")
    return Provider(
        issuer=said.sso_issuer,
        keys=f"{said.sso_issuer}/.well-known/jwks.json",
        authorize=f"{said.sso_domain}/oauth2/authorize",
        token=f"{said.sso_domain}/oauth2/token",
        client=said.sso_client,
        back=f"{said.page}/signed-in",
        groups=frozenset(said.sso_groups),
        groups_claim=said.sso_groups_claim,
        mfa=frozenset(said.sso_mfa),
        mfa_claim=said.sso_mfa_claim,
    )


def _signing_in(link: str = "", case: str = "") -> Answer:
    """Off to sign in, with the seed of it and what is to be opened afterwards in a cookie of this browser's."""
    seed = secrets.token_urlsafe(32)
    return sent_to(address(provider(), seed), f"{ATTEMPT}={seed}.{link}.{case}; Max-Age={ATTEMPT_SECONDS}; {ATTRIBUTES}")


def _attempt(cookie: str) -> tuple[str, str, str]:
    """The seed, the link and the case of a sign-in that was begun in this browser. Raises `NotSignedIn`."""
    begun = BEGUN.fullmatch(cookie)
    if begun is None:
        raise NotSignedIn(f"no sign-in was begun in this browser in the last {ATTEMPT_SECONDS // 60} minutes")
    return begun["seed"], begun["link"], begun["case"]


def _signed_in(asked: Asked) -> SignedIn:
    return person(provider(), asked.cookies.get(SESSION, ""))


def _csrf(asked: Asked, case_id: str, digest: str) -> str:
    """What only a page shows that was made for this session, this case and this digest."""
    return derived(asked.cookies[SESSION], f"decide {case_id} {digest}")


def _taking(asked: Asked, case_id: str, waits: OpenPage) -> str:
    """The same for what a case waits for: who takes it has read what that is."""
    return derived(asked.cookies[SESSION], f"acknowledge {case_id} {waits.about}")


def _form(request: APIGatewayProxyEventV2) -> Mapping[str, str]:
    if request.route_key not in FORMS:
        return {}
    try:
        return _plain({name: values[-1] for name, values in parse_qs(request.decoded_body or "", max_num_fields=10).items()})
    except ValueError:
        raise BadInput("what was sent is no form of this page's") from None


def _cookies(request: APIGatewayProxyEventV2) -> Mapping[str, str]:
    pairs = (each.partition("=") for each in request.get("cookies") or ())
    return _plain({name.strip(): value for name, _, value in pairs})


def _plain(given: Mapping[str, str]) -> Mapping[str, str]:
    """Without what is not ASCII: nothing that this page makes or takes has other characters."""
    return {name: value for name, value in given.items() if value.isascii()}
