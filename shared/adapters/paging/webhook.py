"""Incident tools by webhook: an HTTPS POST in their own form (PagerDuty Events API v2), or in ours, which is signed.

Nothing of a page's text leaves by it: which case, which level, and one of our own subjects. Whoever gets it asks the responder.
"""

import hashlib
import hmac
import json
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from shared.domain.errors import NotReady, Refused, Unreachable
from shared.domain.value import Value
from shared.ports import Told, What

logging.getLogger("urllib3").setLevel(logging.ERROR)  # its warnings quote the path asked for, which of a webhook is a secret

PAGERDUTY = "https://events.pagerduty.com/v2/enqueue"
"""Where nothing else is said (PagerDuty, "Send an Event to PagerDuty"); its service region of the EU has another."""

ACTIONS: Mapping[What, str] = {"page": "trigger", "acknowledged": "acknowledge", "resolved": "resolve"}
"""What happened, as `event_action` calls it."""

SIGNATURE = "Codeblue-Signature"

TIMEOUT = Timeout(connect=2.0, read=3.0)

AGAIN = Retry(
    total=1,
    redirect=False,
    allowed_methods=None,
    status_forcelist=(429, 500, 502, 503, 504),
    backoff_factor=0.5,
    backoff_jitter=0.5,
    raise_on_status=False,
    respect_retry_after_header=False,
)
"""Once more, for whoever waits is not asleep; the same page twice is one in the tool."""

SUCCESS = range(200, 300)


class Kept(Value):
    """The secret, as JSON: where the tool listens, and the routing key, or what our own form is signed with."""

    url: Annotated[str, Field(pattern=r"^https://[^\s/@?#]+(/[^\s#]*)?$")] = PAGERDUTY
    key: Annotated[str, Field(min_length=16)]


@dataclass(frozen=True, slots=True)
class Webhook:
    """One incident tool. `secret` reads what is kept of it, each time; `tls` is whom it is believed for."""

    name: str
    form: Literal["generic", "pagerduty"]
    secret: Callable[[], str]
    tls: ssl.SSLContext | None = None

    def tell(self, told: Told) -> None:
        """Send it. Raises `NotReady` for a secret that is none, `Refused`, `Unreachable`; no error shows address or key."""
        kept = self._kept()
        body = json.dumps(FORMS[self.form](told, kept.key), separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json"}
        if self.form == "generic":
            headers[SIGNATURE] = signature(body, kept.key, told.at)
        answer = self._answer("POST", kept.url, body, headers)
        if answer not in SUCCESS:
            raise Refused(f"the webhook {self.name} answered {answer}", code=str(answer))

    def reached(self) -> None:
        """Whether somebody answers there, whatever they say: nothing is sent. Raises `NotReady`, `Unreachable`."""
        self._answer("HEAD", self._kept().url, None, {})

    def _kept(self) -> Kept:
        try:
            kept = Kept.model_validate_json(self.secret())
        except ValidationError:
            raise NotReady(f"the secret {self.name} is not {{url, key}}: https, and a key of 16 characters or more") from None
        if self.form == "generic" and kept.url == PAGERDUTY:
            raise NotReady(f'the secret {self.name} has no url, and its level no `form = "pagerduty"`')
        return kept

    def _answer(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> int:
        with PoolManager(ssl_context=self.tls or ssl.create_default_context(), timeout=TIMEOUT, retries=AGAIN) as http:
            try:
                return http.request(method, url, body=body, headers=headers, redirect=False, preload_content=False).status
            except HTTPError as error:
                why = type(getattr(error, "reason", None) or error).__name__
                raise Unreachable(f"the webhook {self.name} gives no answer: {why}") from None


def signature(body: bytes, key: str, at: datetime) -> str:
    """`t=<seconds>,v1=<hexadecimal HMAC-SHA256 of "<seconds>.<body>">`: whoever has the key checks both, and how old it is."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={hmac.new(key.encode(), b'%d.' % seconds + body, hashlib.sha256).hexdigest()}"


def _generic(told: Told, _key: str) -> dict[str, object]:
    """`{version, what, case, subject, level, at}`."""
    return {"version": 1, **told._asdict(), "at": told.at.isoformat(timespec="seconds")}


def _pagerduty(told: Told, key: str) -> dict[str, object]:
    """An event of the Events API v2. One case is one incident; a page about none is one by its subject."""
    about = told.case or hashlib.sha256(told.subject.encode()).hexdigest()
    event: dict[str, object] = {"routing_key": key, "event_action": ACTIONS[told.what], "dedup_key": f"codeblue-{about}"}
    if told.what == "page":
        details = {"case": told.case, "level": told.level, "next": f"codeblue status {told.case}".strip()}
        summary = f"{told.case}: {told.subject}" if told.case else told.subject
        event["payload"] = {"summary": summary, "source": "codeblue", "severity": "critical", "custom_details": details}
    return event


FORMS: Mapping[str, Callable[[Told, str], dict[str, object]]] = {"generic": _generic, "pagerduty": _pagerduty}
"""A message in the words of each form."""
